//! Folding events into relationships, exactly once.
//!
//! One transaction takes a lane, takes the oldest events of the lane out of the queue, folds them and writes the
//! relationships. Killed anywhere, it leaves nothing behind and the events are folded by the next worker. Nobody else
//! folds the same creators meanwhile, because the lane is locked.

use super::{
    model::Relationship,
    store::{self, Pair, QueuedEvent},
};
use crate::{
    db::{DbError, Pool, Tx},
    events::Kind,
    ids::{CreatorKey, EngagerKey, EventKey},
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Folds up to `limit` events of a lane; how many there were. Zero also when another worker has the lane.
pub async fn fold_lane(pool: &Pool, lane: i16, limit: u32) -> Result<usize, DbError> {
    let tx = Tx::begin(pool).await?;
    if !store::try_lane(&tx, lane).await? {
        tx.rollback().await?;
        return Ok(0);
    }
    let claimed = store::claim(&tx, lane, i64::from(limit)).await?;
    if !claimed.is_empty() {
        let touched = fold(&tx, &claimed).await?;
        crate::scores::store::enqueue(&tx, &touched).await?;
    }
    tx.commit().await?;
    Ok(claimed.len())
}

async fn fold(tx: &Tx, claimed: &[QueuedEvent]) -> Result<Vec<CreatorKey>, DbError> {
    let refold = taken_back(tx, claimed).await?;
    let gone = retracted_among(tx, claimed).await?;
    let fresh = claimed.iter().filter(|queued| {
        queued.fact.kind != Kind::Retract
            && !refold.contains(&queued.pair)
            && !gone.contains(&(queued.pair.0, queued.event))
    });
    let mut by_pair: BTreeMap<Pair, Vec<&QueuedEvent>> = BTreeMap::new();
    fresh.for_each(|queued| by_pair.entry(queued.pair).or_default().push(queued));

    let pairs: Vec<Pair> = by_pair.keys().copied().collect();
    let mut relationships = store::load(tx, &pairs).await?;
    for (pair, events) in by_pair {
        let relationship = relationships.entry(pair).or_default();
        for queued in events {
            relationship.absorb(&queued.fact);
        }
    }
    store::write(tx, &relationships).await?;
    refold_from_raw(tx, &refold).await?;
    let touched: BTreeSet<CreatorKey> = claimed.iter().map(|queued| queued.pair.0).collect();
    Ok(touched.into_iter().collect())
}

/// Relationships that lose an event: sets cannot forget, so these are folded anew from the raw events.
async fn taken_back(tx: &Tx, claimed: &[QueuedEvent]) -> Result<BTreeSet<Pair>, DbError> {
    let targets: Vec<(CreatorKey, EventKey)> = claimed
        .iter()
        .filter(|queued| queued.fact.kind == Kind::Retract)
        .filter_map(|queued| Some((queued.pair.0, queued.reference?)))
        .collect();
    if targets.is_empty() { Ok(BTreeSet::new()) } else { store::pairs_of(tx, &targets).await }
}

async fn retracted_among(
    tx: &Tx,
    claimed: &[QueuedEvent],
) -> Result<HashSet<(CreatorKey, EventKey)>, DbError> {
    let events: Vec<_> = claimed.iter().map(|queued| (queued.pair.0, queued.event)).collect();
    store::retracted(tx, &events).await
}

async fn refold_from_raw(tx: &Tx, pairs: &BTreeSet<Pair>) -> Result<(), DbError> {
    let mut by_creator: BTreeMap<CreatorKey, Vec<EngagerKey>> = BTreeMap::new();
    for (creator, engager) in pairs {
        by_creator.entry(*creator).or_default().push(*engager);
    }
    for (creator, engagers) in by_creator {
        let folded: BTreeMap<Pair, Relationship> = store::raw_facts(tx, creator, Some(&engagers)).await?;
        let pairs = engagers.into_iter().map(|engager| (creator, engager));
        let nothing_left: Vec<Pair> = pairs.filter(|pair| !folded.contains_key(pair)).collect();
        store::remove(tx, &nothing_left).await?;
        store::write(tx, &folded).await?;
    }
    Ok(())
}
