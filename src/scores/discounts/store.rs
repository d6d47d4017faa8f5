//! SQL of discounts.

use super::{
    Discount, Found, Pattern,
    crowds::first_day_of,
    lockstep::{self, Presence, present},
    look::{Visit, add},
    one_kind::{self, OfReach},
};
use crate::{
    db::{Client, DbError, Pool, Tx},
    ids::{CreatorKey, EngagerKey, TenantId},
    relationships::{codec::decode_days, days::date_of},
    scores::store::enqueue_later,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio_postgres::Row;
use uuid::Uuid;

/// What was found of creators, as far as anything was.
pub async fn found_of(tx: &Tx, creators: &[CreatorKey]) -> Result<HashMap<CreatorKey, Found>, DbError> {
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let sql = "/* discounts::found_of */
               select creator_key, engager_key, pattern, weight from edge_discounts where creator_key = any ($1)";
    by_creator(&tx.query(sql, &[&keys]).await?)
}

/// What was found of these relationships, by creator.
pub async fn found_among(
    tx: &Tx,
    pairs: &[(CreatorKey, EngagerKey)],
) -> Result<HashMap<CreatorKey, Found>, DbError> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let (creators, engagers): (Vec<Uuid>, Vec<i64>) = pairs.iter().map(|pair| (pair.0.0, pair.1.0)).unzip();
    let sql = "/* discounts::found_among */
               select creator_key, engager_key, pattern, weight
               from unnest((select $1::uuid[]), (select $2::int8[])) as wanted (creator_key, engager_key)
               join edge_discounts using (creator_key, engager_key)";
    by_creator(&tx.query(sql, &[&creators, &engagers]).await?)
}

fn by_creator(rows: &[Row]) -> Result<HashMap<CreatorKey, Found>, DbError> {
    let mut found: HashMap<CreatorKey, Found> = HashMap::new();
    for row in rows {
        let of_creator = found.entry(CreatorKey(row.get("creator_key"))).or_default();
        of_creator.insert(EngagerKey(row.get("engager_key")), discount(row)?);
    }
    Ok(found)
}

fn discount(row: &Row) -> Result<Discount, DbError> {
    let code: i16 = row.get("pattern");
    let pattern = Pattern::ALL.into_iter().find(|pattern| *pattern as i16 == code);
    let pattern = pattern.ok_or_else(|| DbError::Damaged(format!("a discount has no pattern {code}")))?;
    Ok(Discount { pattern, weight: row.get("weight") })
}

/// A discounted relationship.
pub(super) type Edge = (CreatorKey, EngagerKey);

/// What is found of relationships. Lockstep, `true`, stands beside another discount: it counts only while there is a crowd.
pub(super) type AllFound = BTreeMap<(Edge, bool), Discount>;

/// Takes a tenant in hand whose time has come: once in an hour.
pub(super) async fn claim(client: &Client, tenant: TenantId) -> Result<bool, DbError> {
    let sql = "/* discounts::claim */
               insert into discount_looks as l (tenant_id) values ($1)
               on conflict (tenant_id) do update set claimed_at = now()
               where l.claimed_at < now() - interval '1 hour'";
    Ok(client.execute(sql, &[&tenant.0]).await? == 1)
}

/// Puts what was found in the place of what was before, and asks for those to be scored anew of whom something else is
/// discounted now; how many. Of patterns that could not be looked for, what was before stays.
pub(super) async fn replace(
    pool: &Pool,
    tenant: TenantId,
    mut found: AllFound,
    unknown: &[Pattern],
) -> Result<usize, DbError> {
    let tx = Tx::begin(pool).await?;
    // One after the other, should two looks meet.
    let lock = "/* discounts::replace */ select 1 from discount_looks where tenant_id = $1 for update";
    tx.query_opt(lock, &[&tenant.0]).await?;
    let before = all_found(&tx, tenant).await?;
    for ((edge, _), discount) in before.iter().filter(|(_, discount)| unknown.contains(&discount.pattern)) {
        add(&mut found, (*edge, *discount));
    }
    let touched: BTreeSet<CreatorKey> = differing(&before, &found).collect();
    write(&tx, tenant, &touched, &found).await?;
    let touched: Vec<CreatorKey> = touched.into_iter().collect();
    enqueue_later(&tx, &touched).await?;
    tx.commit().await?;
    Ok(touched.len())
}

fn differing<'a>(before: &'a AllFound, now: &'a AllFound) -> impl Iterator<Item = CreatorKey> + 'a {
    let differs = |(place, discount): &(&(Edge, bool), &Discount), other: &AllFound| {
        other.get(*place) != Some(*discount)
    };
    let gone = before.iter().filter(move |entry| differs(entry, now));
    let new = now.iter().filter(move |entry| differs(entry, before));
    gone.chain(new).map(|((edge, _), _)| edge.0)
}

async fn all_found(tx: &Tx, tenant: TenantId) -> Result<AllFound, DbError> {
    let sql = "/* discounts::all_found */
               select creator_key, engager_key, pattern, weight from edge_discounts where tenant_id = $1";
    let rows = tx.query(sql, &[&tenant.0]).await?;
    let mut found = AllFound::new();
    for row in &rows {
        add(&mut found, (edge(row), discount(row)?));
    }
    Ok(found)
}

fn edge(row: &Row) -> Edge {
    (CreatorKey(row.get("creator_key")), EngagerKey(row.get("engager_key")))
}

async fn write(
    tx: &Tx,
    tenant: TenantId,
    creators: &BTreeSet<CreatorKey>,
    found: &AllFound,
) -> Result<(), DbError> {
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let sql = "/* discounts::write */ delete from edge_discounts where creator_key = any ($1)";
    tx.execute(sql, &[&keys]).await?;
    let new = found.iter().map(|((edge, _), discount)| (edge, discount));
    let new: Vec<_> = new.filter(|(edge, _)| creators.contains(&edge.0)).collect();
    tx.execute(
        "/* discounts::write */
         insert into edge_discounts (creator_key, engager_key, tenant_id, pattern, weight)
         select creator_key, engager_key, $5, pattern, weight
         from unnest($1::uuid[], $2::int8[], $3::int2[], $4::float8[]) as n (creator_key, engager_key, pattern, weight)
         join creators using (creator_key)",
        &[
            &new.iter().map(|(edge, _)| edge.0.0).collect::<Vec<Uuid>>(),
            &new.iter().map(|(edge, _)| edge.1.0).collect::<Vec<i64>>(),
            &new.iter().map(|(_, discount)| discount.pattern as i16).collect::<Vec<i16>>(),
            &new.iter().map(|(_, discount)| discount.weight).collect::<Vec<f64>>(),
            &tenant.0,
        ],
    )
    .await?;
    Ok(())
}

/// Who of a tenant's creators engages with whom, as far as it may be a ring.
pub(super) async fn between_creators(client: &Client, tenant: TenantId) -> Result<Vec<Visit>, DbError> {
    let rows = client.query(include_str!("between_creators.sql"), &[&tenant.0]).await?;
    let visit = |row: &Row| {
        let pair = (CreatorKey(row.get("from_creator")), CreatorKey(row.get("to_creator")));
        (pair, EngagerKey(row.get("engager_key")))
    };
    Ok(rows.iter().map(visit).collect())
}

/// Creators with whom somebody engaged long enough ago to have come back, at which coming back to none is telling.
pub const MANY_CREATORS: i64 = 50;
/// Share of what is usual from which on people count whole.
pub(super) const SELDOM: f64 = 0.1;

/// Relationships of people who engage with very many creators and come back to hardly any; of those whose keys have one
/// remainder.
pub(super) async fn drifters(
    client: &Client,
    tenant: TenantId,
    (remainder, divisor): (i64, i64),
) -> Result<Vec<(Edge, Discount)>, DbError> {
    let sql = include_str!("drifters.sql");
    let rows = client.query(sql, &[&tenant.0, &MANY_CREATORS, &SELDOM, &remainder, &divisor]).await?;
    let drifter = |row: &Row| (edge(row), Discount { pattern: Pattern::Drifter, weight: row.get("weight") });
    Ok(rows.iter().map(drifter).collect())
}

/// People who engage with very many creators, and those of them who do so always in the same way; of those whose keys have
/// one remainder.
pub(super) async fn of_reach(
    client: &Client,
    tenant: TenantId,
    (remainder, divisor): (i64, i64),
) -> Result<(OfReach, Vec<EngagerKey>), DbError> {
    let sql = include_str!("of_reach.sql");
    let row = &client.query(sql, &[&tenant.0, &MANY_CREATORS, &remainder, &divisor]).await?[0];
    let of_one_kind: Vec<i64> = row.get("of_one_kind");
    let of_reach = OfReach { people: row.get("people"), mixed: row.get("mixed") };
    Ok((of_reach, of_one_kind.into_iter().map(EngagerKey).collect()))
}

/// Whether anybody in a tenant is discounted for acting in one way only.
pub(super) async fn has_one_kind(client: &Client, tenant: TenantId) -> Result<bool, DbError> {
    let sql = "/* discounts::has_one_kind */
               select exists (select from edge_discounts where tenant_id = $1 and pattern = $2)";
    Ok(client.query(sql, &[&tenant.0, &(Pattern::OneKind as i16)]).await?[0].get(0))
}

/// Relationships of people who act in one way only.
pub(super) async fn one_kind(
    client: &Client,
    tenant: TenantId,
    people: &[EngagerKey],
) -> Result<Vec<(Edge, Discount)>, DbError> {
    let people: Vec<i64> = people.iter().map(|engager| engager.0).collect();
    let rows = client.query(include_str!("one_kind.sql"), &[&tenant.0, &people]).await?;
    let discount = Discount { pattern: Pattern::OneKind, weight: one_kind::WEIGHT };
    Ok(rows.iter().map(|row| (edge(row), discount)).collect())
}

/// Creators to whom a crowd came in a week in which crowds came to several.
#[derive(Default)]
pub(super) struct Crowded {
    /// The weeks of these crowds, by creator.
    weeks: BTreeMap<CreatorKey, BTreeSet<i32>>,
    /// People of these creators.
    pub(super) people: i64,
}

/// Who was crowded at the same time as others. The crowds are those of the relationships alone, whatever was found before.
pub(super) async fn crowded(client: &Client, tenant: TenantId) -> Result<Crowded, DbError> {
    let sql = "/* discounts::crowded */
               select creator_key, engagers, week
               from (select s.creator_key, s.engagers, (crowd ->> 'week')::int4 as week,
                            count(*) over (partition by crowd ->> 'week') as creators
                     from creator_statistics s cross join jsonb_array_elements(s.discounted -> 'crowds') as crowd
                     where s.tenant_id = $1) as crowds
               where creators >= $2";
    let least = i64::try_from(lockstep::CREATORS).unwrap_or(i64::MAX);
    let mut crowded = Crowded::default();
    for row in client.query(sql, &[&tenant.0, &least]).await? {
        let weeks = crowded.weeks.entry(CreatorKey(row.get("creator_key"))).or_default();
        if weeks.is_empty() {
            crowded.people += i64::from(row.get::<_, i32>("engagers"));
        }
        weeks.insert(row.get("week"));
    }
    Ok(crowded)
}

/// Who was active with these creators in the weeks of their crowds; of people whose keys have one remainder. A row that cannot
/// be read tells nothing; whoever sums its creator up mends it.
pub(super) async fn presences(
    client: &Client,
    tenant: TenantId,
    crowded: &Crowded,
    (remainder, divisor): (i64, i64),
) -> Result<Vec<Presence<CreatorKey>>, DbError> {
    let Some(first) = crowded.weeks.values().filter_map(BTreeSet::first).min() else { return Ok(Vec::new()) };
    let creators: Vec<Uuid> = crowded.weeks.keys().map(|creator| creator.0).collect();
    let sql = include_str!("active_since.sql");
    let since = date_of(first_day_of(*first));
    let rows = client.query(sql, &[&tenant.0, &creators, &since, &remainder, &divisor]).await?;
    let mut presences = Vec::new();
    for row in &rows {
        let (creator, engager) = edge(row);
        let Ok(days) = decode_days(row.get("active_days")) else { continue };
        let weeks = crowded.weeks.get(&creator).into_iter();
        presences.extend(weeks.flat_map(|weeks| present(engager, creator, days.as_slice(), weeks)));
    }
    Ok(presences)
}
