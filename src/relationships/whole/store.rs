//! SQL of raw events and bases.

use super::Engagers;
use crate::{
    db::{DbError, Tx},
    events::Kind,
    ids::{CreatorKey, EventKey, PostKey},
    relationships::{Fact, purchases::Amount, queue::QueuedEvent, store::pair},
};
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

/// Rows read at once. More: memory; fewer: more round trips.
const PAGE: usize = 5_000;

/// Opens a cursor for [`each`] on raw events that are not in the base and were not taken back, all of them or those from
/// before a day. It sees what is committed now, and no more. There is one at a time in a transaction.
pub(super) async fn open(
    tx: &Tx,
    creator: CreatorKey,
    engagers: Engagers<'_>,
    until: Option<Date>,
) -> Result<(), DbError> {
    let sql = format!(
        "/* whole::open */
         declare raw_events no scroll cursor for
         select creator_key, engager_key, event_key, reference_key, kind, occurred_at, post_key, substance, verified,
                amount, currency
         from events e
         where creator_key = $1 and kind <> 13 and {}
           and occurred_on >= coalesce((select through from creator_bases where creator_key = $1), '-infinity')
           and ($5::date is null or occurred_on < $5)
           and not exists (select from retractions r
                           where r.creator_key = e.creator_key and r.event_key = e.event_key)",
        Engagers::CONDITION
    );
    let (keys, mask, number) = engagers.params();
    tx.execute(&sql, &[&creator.0, &keys, &mask, &number, &until]).await?;
    Ok(())
}

/// Hands all events of the cursor over, a page of them in memory at a time, and closes it.
pub(super) async fn each(tx: &Tx, mut take: impl FnMut(QueuedEvent)) -> Result<(), DbError> {
    let fetch = format!("/* whole::each */ fetch forward {PAGE} from raw_events");
    loop {
        let rows = tx.query(&fetch, &[]).await?;
        rows.iter().filter_map(raw_event).for_each(&mut take);
        if rows.len() < PAGE {
            return tx.batch("close raw_events").await;
        }
    }
}

fn raw_event(row: &Row) -> Option<QueuedEvent> {
    Some(QueuedEvent {
        pair: pair(row),
        event: EventKey(row.get("event_key")),
        reference: row.get::<_, Option<Uuid>>("reference_key").map(EventKey),
        fact: Fact {
            kind: Kind::from_code(row.get("kind"))?,
            occurred_at: row.get("occurred_at"),
            post: row.get::<_, Option<i64>>("post_key").map(PostKey),
            substance: row.get::<_, Option<i16>>("substance").map(|substance| substance != 0),
            verified: row.get("verified"),
            amount: Amount::of(row.get("amount"), row.get("currency")),
        },
    })
}

/// The base of a registered creator.
pub(super) struct Base {
    /// Events from before this day are in it; `None`: none are.
    pub(super) through: Option<Date>,
}

/// The base of a creator; `None` when the creator is not registered.
pub(super) async fn base_of(tx: &Tx, creator: CreatorKey) -> Result<Option<Base>, DbError> {
    let sql = "/* whole::base_of */
               select b.through from creators c left join creator_bases b using (creator_key) where c.creator_key = $1";
    Ok(tx.query_opt(sql, &[&creator.0]).await?.map(|row| Base { through: row.get(0) }))
}

/// Days with raw events of a creator, and how many.
pub(super) async fn events_by_day(
    tx: &Tx,
    creator: CreatorKey,
    from: Option<Date>,
    to: Date,
) -> Result<Vec<(Date, i64)>, DbError> {
    let sql = "/* whole::events_by_day */
               select occurred_on, count(*) from events
               where creator_key = $1 and occurred_on >= coalesce($2::date, '-infinity') and occurred_on < $3
               group by occurred_on order by occurred_on";
    Ok(tx.query(sql, &[&creator.0, &from, &to]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// True when any of these events is a raw event of these days.
pub(super) async fn has_any(
    tx: &Tx,
    creator: CreatorKey,
    events: &[EventKey],
    from: Option<Date>,
    to: Date,
) -> Result<bool, DbError> {
    let keys: Vec<Uuid> = events.iter().map(|event| event.0).collect();
    let sql = "/* whole::has_any */
               select exists (
                   select from unnest((select $2::uuid[])) as wanted (event_key)
                   join events e on e.creator_key = $1 and e.event_key = wanted.event_key
                   where e.occurred_on >= coalesce($3::date, '-infinity') and e.occurred_on < $4)";
    Ok(tx.query(sql, &[&creator.0, &keys, &from, &to]).await?[0].get(0))
}

/// Counts a creator's events from before this day as gone.
pub(super) async fn set_through(tx: &Tx, creator: CreatorKey, through: Date) -> Result<(), DbError> {
    tx.execute(
        "/* whole::set_through */
         insert into creator_bases (creator_key, through) values ($1, $2)
         on conflict (creator_key) do update set through = greatest(creator_bases.through, excluded.through)",
        &[&creator.0, &through],
    )
    .await?;
    Ok(())
}
