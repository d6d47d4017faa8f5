//! The look at all creators of a tenant, once in an hour, for what no single one shows: rings, drifters, people who act in one
//! way only, and people who come to several in lockstep.

use super::{
    Discount, Pattern,
    lockstep::in_lockstep,
    one_kind::OfReach,
    rings::{LEAST_MEMBERS, rings},
    store::{self, AllFound, Edge},
};
use crate::{
    db::{DbError, Pool},
    ids::{CreatorKey, EngagerKey, TenantId},
    scores::store::models::engagers_by_tenant,
};
use std::collections::HashMap;

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
    let visits = store::between_creators(&pool.get().await?, tenant).await?;
    // Its cost grows with the company of creators: off the threads that keep the snapshot fresh.
    let in_rings = tokio::task::spawn_blocking(move || found_rings(&visits)).await;
    let in_rings = in_rings.map_err(|error| DbError::Damaged(format!("rings cannot be told: {error}")))?;
    let passes = (engagers / GROUPED + 1).min(MOST_PASSES);
    let looked_for = [
        (Pattern::Drifter, drifters(pool, tenant, passes).await),
        (Pattern::OneKind, one_kind(pool, tenant, passes).await),
        (Pattern::Lockstep, lockstep(pool, tenant).await),
    ];
    let mut found = AllFound::new();
    add_all(&mut found, in_rings);
    let mut unknown = Vec::new();
    for (pattern, some) in looked_for {
        match some {
            Ok(some) => add_all(&mut found, some),
            // One pattern's trouble must not lose what is known of it, nor of the others.
            Err(error) => {
                tracing::warn!(%error, tenant = tenant.0, ?pattern, "discounts of a pattern not looked for");
                unknown.push(pattern);
            }
        }
    }
    store::replace(pool, tenant, found, &unknown).await
}

async fn drifters(pool: &Pool, tenant: TenantId, passes: i64) -> Result<Vec<(Edge, Discount)>, DbError> {
    let client = pool.get().await?;
    let mut found = Vec::new();
    for pass in 0..passes {
        found.extend(store::drifters(&client, tenant, (pass, passes)).await?);
    }
    Ok(found)
}

/// Whether people of one kind are told apart depends on all people of such reach, so it is decided after the last pass. Until
/// then only the people are kept, each of whom has very many relationships.
async fn one_kind(pool: &Pool, tenant: TenantId, passes: i64) -> Result<Vec<(Edge, Discount)>, DbError> {
    let client = pool.get().await?;
    let (mut of_reach, mut of_one_kind) = (OfReach::default(), Vec::new());
    for pass in 0..passes {
        let (some, people) = store::of_reach(&client, tenant, (pass, passes)).await?;
        of_reach = of_reach.and(some);
        of_one_kind.push(people);
    }
    if !of_reach.tell_apart(store::has_one_kind(&client, tenant).await?) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for people in of_one_kind.iter().filter(|people| !people.is_empty()) {
        found.extend(store::one_kind(&client, tenant, people).await?);
    }
    Ok(found)
}

async fn lockstep(pool: &Pool, tenant: TenantId) -> Result<Vec<(Edge, Discount)>, DbError> {
    let client = pool.get().await?;
    let crowded = store::crowded(&client, tenant).await?;
    let passes = (crowded.people / GROUPED + 1).min(MOST_PASSES);
    let discount = Discount { pattern: Pattern::Lockstep, weight: 0.0 };
    let mut found = Vec::new();
    for pass in 0..passes {
        let some = in_lockstep(store::presences(&client, tenant, &crowded, (pass, passes)).await?);
        found.extend(some.iter().map(|one| ((one.creator, one.engager), discount)));
    }
    Ok(found)
}

fn add_all(found: &mut AllFound, some: Vec<(Edge, Discount)>) {
    for one in some {
        add(found, one);
    }
}

/// Of several discounts of a relationship, the largest counts; lockstep stands beside it, as it holds only in a crowd.
pub(super) fn add(found: &mut AllFound, (edge, discount): (Edge, Discount)) {
    let known = found.entry((edge, discount.pattern == Pattern::Lockstep)).or_insert(discount);
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
