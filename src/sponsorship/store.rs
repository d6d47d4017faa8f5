//! SQL of sponsorship.

use super::model::{
    Encounter, LOOKED_AT_DAYS, POSTS_DAYS, RETURN_DAYS, Returns, Sponsorship, UnderSponsorship,
};
use crate::{
    db::{Client, Columns, DbError, Pool, Tx},
    events::Kind,
    ids::{CreatorKey, EngagerKey, TenantId},
    relationships::{
        days::{Day, DaySet, date_of, day_of},
        store::{Table, load_some},
        whole::{Engagers, Part},
    },
    scores::{
        discounts::store::found_of,
        store::{Known, known},
    },
};
use jiff::Timestamp;
use std::collections::HashMap;

/// People of a creator who are looked at, about; of more, a sample. More: finer shares of the largest creators; fewer: less
/// memory.
const PEOPLE: u64 = 10_000;
/// Creators read from the list at once.
const PAGE: i64 = 100;

/// Creators of a tenant after one who are to be looked at, in the order of their keys; no more than a page of them.
pub(super) async fn due(
    client: &Client,
    tenant: TenantId,
    after: Option<CreatorKey>,
) -> Result<Vec<CreatorKey>, DbError> {
    let rows = client
        .query(include_str!("store/due.sql"), &[&tenant.0, &CreatorKey::page_start(after), &PAGE])
        .await?;
    Ok(rows.iter().map(|row| CreatorKey(row.get(0))).collect())
}

/// What was seen of a creator, and when.
pub(super) struct Look {
    creator: CreatorKey,
    found: Sponsorship,
    at: Timestamp,
    statistics_xid: Option<i64>,
    /// Version of the row that there was, to notice a mark that is set meanwhile.
    known: Option<String>,
}

/// Looks at a creator; `None`: it is not registered any more.
pub(super) async fn look(pool: &Pool, creator: CreatorKey) -> Result<Option<Look>, DbError> {
    let tx = Tx::begin_snapshot(pool).await?;
    let look = match known(&tx, &[creator]).await?.pop() {
        Some(known) => Some(look_in(&tx, &known).await?),
        None => None,
    };
    tx.rollback().await?;
    Ok(look)
}

async fn look_in(tx: &Tx, known: &Known) -> Result<Look, DbError> {
    let sql = "/* sponsorship::look */
               select now(), (now() at time zone 'UTC')::date,
                      (select changed_xid from creator_statistics where creator_key = $1),
                      (select xmin::text from creator_sponsorship where creator_key = $1)";
    let row = &tx.query(sql, &[&known.key.0]).await?[0];
    // Without any statistics nothing was seen of anybody, but of posts.
    let until = known.statistics.as_ref().and_then(|sums| sums.until);
    let mut found = read_posts(tx, known.key, until.unwrap_or_else(|| day_of(row.get(1)))).await?;
    // The tenant's clock goes on when a feed has ended. Nobody can be seen coming back after that.
    let seen_until = known.statistics.as_ref().and_then(|sums| sums.window).map(|(_, end)| end).min(until);
    found.returns = match seen_until.filter(|_| found.sponsored_posts > 0) {
        Some(until) => read_returns(tx, known, until).await?,
        None => UnderSponsorship::default(),
    };
    Ok(Look { creator: known.key, found, at: row.get(0), statistics_xid: row.get(2), known: row.get(3) })
}

async fn read_posts(tx: &Tx, creator: CreatorKey, until: Day) -> Result<Sponsorship, DbError> {
    let first = date_of(until.saturating_sub(POSTS_DAYS - 1));
    let row = &tx.query(include_str!("store/posts.sql"), &[&creator.0, &first]).await?[0];
    Ok(Sponsorship {
        posts: row.get("posts"),
        sponsored_posts: row.get("sponsored_posts"),
        brands: row.get("brands"),
        returns: UnderSponsorship::default(),
    })
}

async fn read_returns(tx: &Tx, known: &Known, until: Day) -> Result<UnderSponsorship, DbError> {
    let loyal = loyal(tx, known).await?;
    let mut returns = UnderSponsorship::default();
    for (engager, encounters) in encounters(tx, known.key, loyal.keys(), until).await? {
        if let Some(active) = loyal.get(&engager) {
            returns.add(engager, active, &encounters, until);
        }
    }
    Ok(returns)
}

/// Active days of the loyal people of a creator, or of a sample. Whom discounts dismiss is left out: anybody can send such
/// people.
async fn loyal(tx: &Tx, known: &Known) -> Result<HashMap<EngagerKey, DaySet>, DbError> {
    let Some(sums) = &known.statistics else { return Ok(HashMap::new()) };
    let discounts = sums.discounts(found_of(tx, &[known.key]).await?.remove(&known.key).unwrap_or_default());
    let people = u64::from(sums.engagers.unsigned_abs());
    let sample = Part::of(people, PEOPLE).next().map_or(Engagers::All, Engagers::Part);
    let relationships = load_some(tx, Table::Relationships, known.key, sample).await?.relationships;
    let counts = |engager: EngagerKey, days: &DaySet| engager.is_somebody_but(&known.own) && days.len() > 1;
    let loyal = relationships.into_iter().filter(|((_, engager), relationship)| {
        counts(*engager, relationship.active_days()) && !discounts.dismisses(*engager, relationship)
    });
    Ok(loyal.map(|((_, engager), relationship)| (engager, relationship.active_days().clone())).collect())
}

async fn encounters(
    tx: &Tx,
    creator: CreatorKey,
    people: impl Iterator<Item = &EngagerKey>,
    until: Day,
) -> Result<HashMap<EngagerKey, Vec<Encounter>>, DbError> {
    let keys: Vec<i64> = people.map(|engager| engager.0).collect();
    let active = Kind::ALL.iter().filter(|kind| kind.is_active());
    let kinds: Vec<i16> = active.map(|kind| kind.code()).collect();
    let [first, last] = [LOOKED_AT_DAYS - 1, RETURN_DAYS].map(|days| date_of(until.saturating_sub(days)));
    let sql = include_str!("store/encounters.sql");
    let mut encounters: HashMap<EngagerKey, Vec<Encounter>> = HashMap::new();
    for row in tx.query(sql, &[&creator.0, &keys, &first, &last, &kinds]).await? {
        let of_person = encounters.entry(EngagerKey(row.get("engager_key"))).or_default();
        of_person.push((day_of(row.get("occurred_on")), row.get("sponsored")));
    }
    Ok(encounters)
}

/// Puts what was seen of a creator in the place of what was before. A creator that is gone gets nothing.
pub(super) async fn write(client: &Client, look: &Look) -> Result<(), DbError> {
    let Sponsorship { posts, sponsored_posts, brands, returns } = &look.found;
    let UnderSponsorship { sponsored, ordinary } = returns;
    client
        .execute(
            include_str!("store/write.sql"),
            &[
                &look.creator.0,
                posts,
                sponsored_posts,
                brands,
                &sponsored.people,
                &sponsored.returned,
                &ordinary.people,
                &ordinary.returned,
                &look.at,
                &look.statistics_xid,
                &look.known,
            ],
        )
        .await?;
    Ok(())
}

/// Marks a creator to be looked at in the next round: a post that is gone leaves no trace of when. While there is no row yet,
/// statistics tell of it a day later.
pub async fn mark(tx: &Tx, creator: CreatorKey) -> Result<(), DbError> {
    let sql = "/* sponsorship::mark */
               update creator_sponsorship set looked_at = '-infinity' where creator_key = $1";
    tx.execute(sql, &[&creator.0]).await?;
    Ok(())
}

/// What is known of the sponsored posts of a creator; `None`: it has none.
pub async fn of_creator(client: &Client, creator: CreatorKey) -> Result<Option<Sponsorship>, DbError> {
    let sql = format!(
        "/* sponsorship::of_creator */ select p.posts, p.sponsored_posts, p.brands, {RETURNS_COLUMNS}
         from creator_sponsorship p where p.creator_key = $1"
    );
    let row = client.query_opt(&sql, &[&creator.0]).await?;
    Ok(row.and_then(|row| {
        Some(Sponsorship {
            posts: row.get("posts"),
            sponsored_posts: row.get("sponsored_posts"),
            brands: row.get("brands"),
            returns: returns(&row)?,
        })
    }))
}

/// Columns of [`returns`]; every column of the table is prefixed with `p.`.
pub const RETURNS_COLUMNS: &str =
    "p.sponsored_people, p.sponsored_returned, p.ordinary_people, p.ordinary_returned";

/// Share of posts that somebody paid for, under the name `sponsored_share`; null without posts. The table is prefixed with `p.`.
pub const SHARE_COLUMN: &str = "p.sponsored_posts / nullif(p.posts, 0)::float8 as sponsored_share";

/// The people in the columns of [`RETURNS_COLUMNS`]; `None` when the outer join found none.
#[must_use]
pub fn returns(row: &impl Columns) -> Option<UnderSponsorship> {
    let people: Option<i32> = row.get("sponsored_people");
    Some(UnderSponsorship {
        sponsored: Returns { people: people?, returned: row.get("sponsored_returned") },
        ordinary: Returns { people: row.get("ordinary_people"), returned: row.get("ordinary_returned") },
    })
}
