//! SQL of the history of scores.

use super::{
    codec::{decode, encode},
    model::Published,
};
use crate::{
    db::{Client, DbError, Pool, Tx},
    ids::{CreatorKey, TenantId},
    relationships::days::{Day, date_of, day_of},
    scores::{
        CreatorStatistics,
        components::Evidence,
        store::{STATISTICS_COLUMNS, statistics},
    },
    sponsorship::{
        UnderSponsorship,
        store::{RETURNS_COLUMNS, returns},
    },
    trust::{
        TrustSums,
        store::{TRUST_COLUMNS, trust_sums},
    },
};
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

/// Creators recorded in one transaction.
const PAGE: i64 = 500;
/// Rows of a timeline. More than are kept of a creator, so that none is left out.
pub const MOST_POINTS: i64 = 200;

/// Columns of [`recorded`]; every column of the table is prefixed with `h.`.
const COLUMNS: &str = "h.day as history_day, h.model_version as history_model, h.events as history_events, \
    h.engagers as history_engagers, h.observed_days, h.trusted_people as history_trusted, h.loyal_reach, h.components";

/// Tenants whose creators are not all recorded for a day.
pub(super) async fn due(client: &Client, day: Day) -> Result<Vec<TenantId>, DbError> {
    let sql = "/* history::due */
               select tenant_id from tenants left join score_history_rounds r using (tenant_id)
               where r.day is null or r.day < $1 or not r.finished order by tenant_id";
    Ok(client.query(sql, &[&date_of(day)]).await?.iter().map(|row| TenantId(row.get(0))).collect())
}

/// Begins to record a day, unless that was done before or a later one has begun: then whoever is at it is not waited for.
/// What is left of an earlier day stays undone: by now it would be recorded as what this day made of it.
pub(super) async fn begin(client: &Client, tenant: TenantId, day: Day) -> Result<(), DbError> {
    let sql = "/* history::begin */
               insert into score_history_rounds as r (tenant_id, day)
               select $1, $2 where not exists (
                   select from score_history_rounds begun where begun.tenant_id = $1 and begun.day >= $2
               )
               on conflict (tenant_id) do update set day = excluded.day, after_key = null, finished = false
               where r.day < excluded.day";
    client.execute(sql, &[&tenant.0, &date_of(day)]).await?;
    Ok(())
}

/// Opens the transaction of a page. It may be lost in a crash, as its page is then recorded again. Erasures wait for it: they
/// look for its lock, which it has before it looks for creators.
pub(super) async fn open(pool: &Pool) -> Result<Tx, DbError> {
    let lock = "lock table creator_score_history in row exclusive mode";
    Tx::begin_with(pool, &format!("{}; {lock}", Tx::REPEATABLE)).await
}

/// Takes the next page of a day for this transaction: after which creator it begins. `None`: there is none, or another worker
/// is at it.
pub(super) async fn turn(tx: &Tx, tenant: TenantId, day: Day) -> Result<Option<Option<CreatorKey>>, DbError> {
    let sql = "/* history::turn */
               select after_key from score_history_rounds
               where tenant_id = $1 and day = $2 and not finished for update skip locked";
    let row = tx.query_opt(sql, &[&tenant.0, &date_of(day)]).await?;
    Ok(row.map(|row| row.get::<_, Option<Uuid>>(0).map(CreatorKey)))
}

/// A creator, what its scores are made from, and what was recorded of it last.
pub(super) struct Present {
    pub(super) key: CreatorKey,
    pub(super) niches: Vec<String>,
    pub(super) statistics: Option<CreatorStatistics>,
    pub(super) trust: Option<TrustSums>,
    pub(super) sponsorship: Option<UnderSponsorship>,
    /// A row that cannot be read is followed by another, as if there were none.
    pub(super) last: Option<Published>,
}

/// The creators of a tenant after one who were registered before a day ended, in the order of their keys, and whether they
/// are the last ones.
pub(super) async fn page(
    tx: &Tx,
    tenant: TenantId,
    after: Option<CreatorKey>,
    day: Day,
) -> Result<(Vec<Present>, bool), DbError> {
    let sql = format!(
        "/* history::page */
         select c.creator_key, c.niches, {STATISTICS_COLUMNS}, {TRUST_COLUMNS}, {RETURNS_COLUMNS}, {COLUMNS}
         from creators c
         left join creator_statistics s on s.tenant_id = $1 and s.creator_key = c.creator_key and s.creator_key > $2
         left join creator_trust t on t.tenant_id = $1 and t.creator_key = c.creator_key and t.creator_key > $2
         left join creator_sponsorship p on p.tenant_id = $1 and p.creator_key = c.creator_key and p.creator_key > $2
         left join lateral (
             select * from creator_score_history l where l.creator_key = c.creator_key order by l.day desc limit 1
         ) h on true
         where c.tenant_id = $1 and c.creator_key > $2
           and c.created_at < ($3::date + 1)::timestamp at time zone 'utc'
         order by c.creator_key limit $4"
    );
    let rows = tx.query(&sql, &[&tenant.0, &CreatorKey::page_start(after), &date_of(day), &PAGE]).await?;
    let is_last = i64::try_from(rows.len()).is_ok_and(|count| count < PAGE);
    Ok((rows.iter().map(present).collect(), is_last))
}

fn present(row: &Row) -> Present {
    Present {
        key: CreatorKey(row.get("creator_key")),
        niches: row.get("niches"),
        statistics: statistics(row),
        trust: trust_sums(row),
        sponsorship: returns(row),
        last: recorded(row).ok().flatten().map(|(_, published)| published),
    }
}

/// Records what is published of creators at the end of a day.
pub(super) async fn write(tx: &Tx, day: Day, rows: &[(CreatorKey, Published)]) -> Result<(), DbError> {
    let sql = include_str!("write.sql");
    tx.execute(
        sql,
        &[
            &date_of(day),
            &rows.iter().map(|(creator, _)| creator.0).collect::<Vec<Uuid>>(),
            &rows.iter().map(|(_, row)| row.model_version).collect::<Vec<i32>>(),
            &rows.iter().map(|(_, row)| row.evidence.events).collect::<Vec<i64>>(),
            &rows.iter().map(|(_, row)| row.evidence.engagers).collect::<Vec<i32>>(),
            &rows
                .iter()
                .map(|(_, row)| i32::try_from(row.evidence.days).unwrap_or(i32::MAX))
                .collect::<Vec<i32>>(),
            &rows.iter().map(|(_, row)| row.trusted_people).collect::<Vec<i32>>(),
            &rows.iter().map(|(_, row)| row.loyal_reach).collect::<Vec<f64>>(),
            &rows.iter().map(|(_, row)| encode(&row.components)).collect::<Vec<Vec<u8>>>(),
        ],
    )
    .await?;
    Ok(())
}

/// Notes what loyal reach was published of creators at the end of a day, as far as anything was.
pub(super) async fn note_reach_before(tx: &Tx, creators: &[CreatorKey], then: Day) -> Result<(), DbError> {
    tx.execute(include_str!("reach_before.sql"), &[&uuids(creators), &date_of(then)]).await?;
    Ok(())
}

/// What [`note_reach_before`] noted last, under the name `reach_before`. The table is prefixed with `g.`.
pub const REACH_BEFORE_COLUMN: &str = "g.loyal_reach as reach_before";

/// Days of creators up to one, ascending, by creator.
pub(super) async fn days_until(
    tx: &Tx,
    creators: &[CreatorKey],
    until: Day,
) -> Result<Vec<(CreatorKey, Vec<Day>)>, DbError> {
    let sql = "/* history::days_until */
               select creator_key, array_agg(day order by day) from creator_score_history
               where creator_key = any ($1) and day <= $2 group by creator_key";
    let rows = tx.query(sql, &[&uuids(creators), &date_of(until)]).await?;
    let days = |row: &Row| row.get::<_, Vec<Date>>(1).into_iter().map(day_of).collect();
    Ok(rows.iter().map(|row| (CreatorKey(row.get(0)), days(row))).collect())
}

/// Drops days of creators.
pub(super) async fn drop_days(tx: &Tx, dropped: &[(CreatorKey, Day)]) -> Result<(), DbError> {
    let sql = "/* history::drop_days */
               delete from creator_score_history h using unnest($1::uuid[], $2::date[]) as dropped (creator_key, day)
               where h.creator_key = dropped.creator_key and h.day = dropped.day";
    let keys: Vec<Uuid> = dropped.iter().map(|(creator, _)| creator.0).collect();
    let days: Vec<Date> = dropped.iter().map(|(_, day)| date_of(*day)).collect();
    tx.execute(sql, &[&keys, &days]).await?;
    Ok(())
}

/// Notes how far a day is recorded.
pub(super) async fn advance(
    tx: &Tx,
    tenant: TenantId,
    last: Option<CreatorKey>,
    finished: bool,
) -> Result<(), DbError> {
    let sql = "/* history::advance */
               update score_history_rounds set after_key = $2, finished = $3 where tenant_id = $1";
    tx.execute(sql, &[&tenant.0, &last.map(|key| key.0), &finished]).await?;
    Ok(())
}

/// What there is of a creator for a day.
pub struct Then {
    /// The row that holds then, and its day.
    pub held: Option<(Day, Published)>,
    /// The first day that is kept.
    pub first: Option<Day>,
}

/// The last row of a creator at or before a day; `None`: it is not registered.
pub async fn at(client: &Client, creator: CreatorKey, day: Day) -> Result<Option<Then>, DbError> {
    let sql = format!(
        "/* history::at */
         select {COLUMNS}, (select min(day) from creator_score_history f where f.creator_key = $1) as first_kept
         from creators c left join lateral (
             select * from creator_score_history p
             where p.creator_key = c.creator_key and p.day <= $2 order by p.day desc limit 1
         ) h on true
         where c.creator_key = $1"
    );
    let Some(row) = client.query_opt(&sql, &[&creator.0, &date_of(day)]).await? else { return Ok(None) };
    let first = row.get::<_, Option<Date>>("first_kept").map(day_of);
    Ok(Some(Then { held: recorded(&row)?, first }))
}

/// The rows of a creator from one day to another, and before them the one that holds on the first day; `None`: it is not
/// registered.
pub(super) async fn between(
    client: &Client,
    creator: CreatorKey,
    (from, to): (Day, Day),
) -> Result<Option<Vec<(Day, Published)>>, DbError> {
    let sql = format!(
        "/* history::between */
         select {COLUMNS} from creators c left join lateral (
             select * from creator_score_history p
             where p.creator_key = c.creator_key and p.day <= $3
               and p.day >= coalesce((select max(day) from creator_score_history b
                                      where b.creator_key = c.creator_key and b.day <= $2), $2)
             order by p.day desc limit $4
         ) h on true
         where c.creator_key = $1 order by h.day"
    );
    let rows = client.query(&sql, &[&creator.0, &date_of(from), &date_of(to), &MOST_POINTS]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let points: Result<Vec<_>, DbError> = rows.iter().map(recorded).collect();
    Ok(Some(points?.into_iter().flatten().collect()))
}

/// The row in the columns of [`COLUMNS`] and its day; `None` when the outer join found none.
fn recorded(row: &Row) -> Result<Option<(Day, Published)>, DbError> {
    let Some(day) = row.get::<_, Option<Date>>("history_day") else { return Ok(None) };
    let components = decode(row.get("components"))
        .map_err(|error| DbError::Damaged(format!("a day of the history of scores: {error}")))?;
    let evidence = Evidence {
        events: row.get("history_events"),
        engagers: row.get("history_engagers"),
        days: row.get::<_, i32>("observed_days").unsigned_abs(),
    };
    let published = Published {
        model_version: row.get("history_model"),
        components,
        evidence,
        trusted_people: row.get("history_trusted"),
        loyal_reach: row.get("loyal_reach"),
    };
    Ok(Some((day_of(day), published)))
}

fn uuids(creators: &[CreatorKey]) -> Vec<Uuid> {
    creators.iter().map(|creator| creator.0).collect()
}
