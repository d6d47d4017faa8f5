//! SQL of discounts.

use super::{
    Discount, Found, Pattern,
    rings::{LEAST_MEMBERS, rings},
};
use crate::{
    db::{DbError, Tx},
    ids::{CreatorKey, EngagerKey, TenantId},
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
type Edge = (CreatorKey, EngagerKey);

/// Looks at all creators of a tenant for what no single one shows, and asks for those to be scored anew of whom something
/// else is discounted than before; how many.
pub async fn find(tx: &Tx, tenant: TenantId) -> Result<usize, DbError> {
    let mut found = drifters(tx, tenant).await?;
    found.extend(found_rings(tx, tenant).await?);
    let before = all_found(tx, tenant).await?;
    let touched: BTreeSet<CreatorKey> = differing(&before, &found).collect();
    replace(tx, tenant, &touched, &found).await?;
    let touched: Vec<CreatorKey> = touched.into_iter().collect();
    enqueue_later(tx, &touched).await?;
    Ok(touched.len())
}

fn differing<'a>(
    before: &'a BTreeMap<Edge, Discount>,
    now: &'a BTreeMap<Edge, Discount>,
) -> impl Iterator<Item = CreatorKey> + 'a {
    let differs = |(edge, discount): &(&Edge, &Discount), other: &BTreeMap<Edge, Discount>| {
        other.get(*edge) != Some(*discount)
    };
    let gone = before.iter().filter(move |entry| differs(entry, now));
    let new = now.iter().filter(move |entry| differs(entry, before));
    gone.chain(new).map(|(edge, _)| edge.0)
}

async fn all_found(tx: &Tx, tenant: TenantId) -> Result<BTreeMap<Edge, Discount>, DbError> {
    let sql = "/* discounts::all_found */
               select creator_key, engager_key, pattern, weight from edge_discounts where tenant_id = $1";
    let rows = tx.query(sql, &[&tenant.0]).await?;
    rows.iter().map(|row| Ok((edge(row), discount(row)?))).collect()
}

fn edge(row: &Row) -> Edge {
    (CreatorKey(row.get("creator_key")), EngagerKey(row.get("engager_key")))
}

async fn replace(
    tx: &Tx,
    tenant: TenantId,
    creators: &BTreeSet<CreatorKey>,
    found: &BTreeMap<Edge, Discount>,
) -> Result<(), DbError> {
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let sql = "/* discounts::replace */ delete from edge_discounts where creator_key = any ($1)";
    tx.execute(sql, &[&keys]).await?;
    let new: Vec<_> = found.iter().filter(|(edge, _)| creators.contains(&edge.0)).collect();
    tx.execute(
        "/* discounts::replace */
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

async fn found_rings(tx: &Tx, tenant: TenantId) -> Result<BTreeMap<Edge, Discount>, DbError> {
    let rows = tx.query(include_str!("between_creators.sql"), &[&tenant.0]).await?;
    let edges = rows.iter().map(|row| {
        let (from, to) = (CreatorKey(row.get("from_creator")), CreatorKey(row.get("to_creator")));
        ((from, to), EngagerKey(row.get("engager_key")))
    });
    // A creator may have several accounts: the relationships of each are discounted.
    let edges: Vec<((CreatorKey, CreatorKey), EngagerKey)> = edges.collect();
    let found = rings(&edges.iter().map(|(edge, _)| *edge).collect());
    // Visits of the members of rings by creator: what a single one does besides is what anybody does.
    let mut visits: HashMap<CreatorKey, usize> = HashMap::new();
    for ((from, to), _) in &edges {
        *visits.entry(*to).or_default() += usize::from(found.members.contains_key(from));
    }
    let discounted = edges.into_iter().filter_map(|((from, to), engager)| {
        let returned = found.returned.get(&(from, to)).map(|weight| (Pattern::Ring, *weight));
        let is_visited = visits.get(&to).is_some_and(|visits| *visits >= LEAST_MEMBERS);
        let member = found.members.get(&from).filter(|_| is_visited);
        let member = member.map(|weight| (Pattern::Member, *weight));
        let (pattern, weight) = returned.or(member)?;
        Some(((to, engager), Discount { pattern, weight }))
    });
    Ok(discounted.collect())
}

/// Creators with whom somebody engaged long enough ago to have come back, at which coming back to none is telling.
pub(super) const MANY_CREATORS: i64 = 50;
/// Share of what is usual from which on people count whole.
pub(super) const SELDOM: f64 = 0.1;

/// People who engage with very many creators and come back to hardly any.
async fn drifters(tx: &Tx, tenant: TenantId) -> Result<BTreeMap<Edge, Discount>, DbError> {
    let rows = tx.query(include_str!("drifters.sql"), &[&tenant.0, &MANY_CREATORS, &SELDOM]).await?;
    let drifter = |row: &Row| (edge(row), Discount { pattern: Pattern::Drifter, weight: row.get("weight") });
    Ok(rows.iter().map(drifter).collect())
}
