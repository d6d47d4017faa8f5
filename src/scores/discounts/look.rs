//! The look at all creators of a tenant, once in an hour, for what no single one shows: rings, drifters and people who
//! act in one way only.

use super::{
    Discount, Pattern,
    rings::{LEAST_MEMBERS, rings},
    store::{self, Edge},
};
use crate::{
    db::{DbError, Pool},
    ids::{CreatorKey, EngagerKey, TenantId},
    scores::store::models::engagers_by_tenant,
};
use std::collections::{BTreeMap, HashMap};

/// Relationships whose people are grouped at once, about. More: memory of the database; fewer: more passes.
const GROUPED: i64 = 3_000_000;
/// Most passes.
const MOST_PASSES: i64 = 1_024;

/// Engagement between creators: from whom to whom, by which account.
pub(super) type Visit = ((CreatorKey, CreatorKey), EngagerKey);

/// Looks at all tenants whose time has come.
pub async fn look_at_all(pool: &Pool) -> Result<(), DbError> {
    for (tenant, engagers) in engagers_by_tenant(&pool.get().await?).await? {
        if !store::claim(&pool.get().await?, tenant).await? {
            continue;
        }
        // One tenant's trouble must not keep the others back.
        match look(pool, tenant, engagers).await {
            Ok(changed) => tracing::info!(tenant = tenant.0, changed, "discounts looked for"),
            Err(error) => tracing::warn!(%error, tenant = tenant.0, "discounts not looked for"),
        }
    }
    Ok(())
}

/// Looks at all creators of a tenant with so many engaged people, and asks for those to be scored anew of whom something
/// else is discounted than before; how many.
pub async fn look(pool: &Pool, tenant: TenantId, engagers: i64) -> Result<usize, DbError> {
    let client = pool.get().await?;
    let visits = store::between_creators(&client, tenant).await?;
    let passes = (engagers / GROUPED + 1).min(MOST_PASSES);
    let mut found = BTreeMap::new();
    for pass in 0..passes {
        for one in store::drifters(&client, tenant, (pass, passes)).await? {
            add(&mut found, one);
        }
        for one in store::one_kind(&client, tenant, (pass, passes)).await? {
            add(&mut found, one);
        }
    }
    drop(client);
    // Its cost grows with the company of creators: off the threads that keep the snapshot fresh.
    let in_rings = tokio::task::spawn_blocking(move || found_rings(&visits)).await;
    let in_rings = in_rings.map_err(|error| DbError::Damaged(format!("rings cannot be told: {error}")))?;
    for one in in_rings {
        add(&mut found, one);
    }
    store::replace(pool, tenant, &found).await
}

/// Of several discounts of a relationship, the largest counts.
fn add(found: &mut BTreeMap<Edge, Discount>, (edge, discount): (Edge, Discount)) {
    let known = found.entry(edge).or_insert(discount);
    if discount.weight < known.weight {
        *known = discount;
    }
}

fn found_rings(visits: &[Visit]) -> Vec<(Edge, Discount)> {
    let found = rings(&visits.iter().map(|(pair, _)| *pair).collect());
    // Visits of the members of rings by creator: what a single one does besides is what anybody does.
    let mut members: HashMap<CreatorKey, usize> = HashMap::new();
    for ((from, to), _) in visits {
        *members.entry(*to).or_default() += usize::from(found.members.contains_key(from));
    }
    // A creator may have several accounts: the relationships of each are discounted.
    let discounted = visits.iter().filter_map(|((from, to), engager)| {
        let returned = found.returned.get(&(*from, *to)).map(|weight| (Pattern::Ring, *weight));
        let is_visited = members.get(to).is_some_and(|members| *members >= LEAST_MEMBERS);
        let member = found.members.get(from).filter(|_| is_visited).map(|weight| (Pattern::Member, *weight));
        let (pattern, weight) = returned.or(member)?;
        Some(((*to, *engager), Discount { pattern, weight }))
    });
    discounted.collect()
}
