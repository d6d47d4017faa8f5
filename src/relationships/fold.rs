//! Folding events into relationships, exactly once.
//!
//! One transaction takes some lanes, takes their oldest facts out of the queue, folds them, writes the relationships and
//! brings the statistics of their creators up to date. Killed anywhere, it leaves nothing behind and the facts are
//! folded by the next worker. Nobody else folds the same creators meanwhile, because their lanes are locked.

use super::{
    model::{Pair, Relationship},
    queue::{self, QueuedEvent},
    store::{self, Table},
    whole::{self, Engagers},
};
use crate::{
    db::{DbError, Pool, Tx},
    events::Kind,
    ids::{CreatorKey, EngagerKey, EventKey},
    scores,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What folding did to the relationships of the creators it touched.
#[derive(Default)]
pub struct Changes {
    /// Relationships before and after; before, `None`: it is new.
    pub folded: BTreeMap<Pair, (Option<Relationship>, Relationship)>,
    /// Creators of whom a relationship was folded anew and may have shrunk.
    pub refolded: BTreeSet<CreatorKey>,
}

/// What folding has done.
#[derive(Default)]
pub struct Folded {
    /// How many events were folded.
    pub events: usize,
    /// Creators whose statistics wait to be summed up anew because of that.
    pub waiting: BTreeSet<CreatorKey>,
}

impl Folded {
    /// How many creators of a lane wait.
    #[must_use]
    pub fn waiting_in(&self, lane: i16) -> usize {
        self.waiting.iter().filter(|creator| creator.lane() == lane).count()
    }
}

/// Folds about `limit` events of each of some lanes, as far as no other worker has them.
pub async fn fold_lanes(pool: &Pool, lanes: &[i16], limit: u32) -> Result<Folded, DbError> {
    let tx = Tx::begin_with(pool, Tx::REPEATABLE).await?;
    let lanes = queue::store::try_lanes(&tx, lanes).await?;
    if lanes.is_empty() {
        tx.rollback().await?;
        return Ok(Folded::default());
    }
    let claimed = queue::store::claim(&tx, &lanes, i64::from(limit)).await?;
    let mut waiting = BTreeSet::new();
    if !claimed.is_empty() {
        let changes = fold(&tx, &claimed).await?;
        waiting = scores::store::follow(&tx, &changes).await?;
    }
    tx.commit().await?;
    Ok(Folded { events: claimed.len(), waiting })
}

async fn fold(tx: &Tx, claimed: &[QueuedEvent]) -> Result<Changes, DbError> {
    let mut refold = taken_back(tx, claimed).await?;
    let gone = retracted_among(tx, claimed).await?;
    let fresh = claimed.iter().filter(|queued| {
        queued.fact.kind != Kind::Retract
            && !refold.contains(&queued.pair)
            && !gone.contains(&(queued.pair.0, queued.event))
    });
    let mut by_pair: BTreeMap<Pair, Vec<&QueuedEvent>> = BTreeMap::new();
    fresh.for_each(|queued| by_pair.entry(queued.pair).or_default().push(queued));

    let pairs: Vec<Pair> = by_pair.keys().copied().collect();
    let mut found = store::load(tx, &pairs).await?;
    // What cannot be read is folded anew, these events included: they are out of the queue.
    by_pair.retain(|pair, _| !found.damaged.contains(pair));
    refold.append(&mut found.damaged);
    let folded: BTreeMap<Pair, (Option<Relationship>, Relationship)> = by_pair
        .into_iter()
        .map(|(pair, events)| (pair, absorbed(found.relationships.remove(&pair), &events)))
        .collect();
    write(tx, &folded).await?;
    refold_from_raw(tx, &refold).await?;
    Ok(Changes { folded, refolded: refold.into_iter().map(|pair| pair.0).collect() })
}

fn absorbed(before: Option<Relationship>, events: &[&QueuedEvent]) -> (Option<Relationship>, Relationship) {
    let mut after = before.clone().unwrap_or_default();
    for queued in events {
        after.absorb(&queued.fact);
    }
    (before, after)
}

async fn write(
    tx: &Tx,
    folded: &BTreeMap<Pair, (Option<Relationship>, Relationship)>,
) -> Result<(), DbError> {
    let part = |new: bool| {
        let part = folded.iter().filter(move |(_, (before, _))| before.is_none() == new);
        part.map(|(pair, (_, after))| (pair, after))
    };
    store::add(tx, part(true)).await?;
    store::replace(tx, part(false)).await
}

/// All relationships of a creator; those that cannot be read are folded anew first. Needs the lane.
pub async fn load_mended(tx: &Tx, creator: CreatorKey) -> Result<BTreeMap<Pair, Relationship>, DbError> {
    let found = store::load_creator(tx, creator).await?;
    if found.damaged.is_empty() {
        return Ok(found.relationships);
    }
    tracing::warn!(rows = found.damaged.len(), "relationships cannot be read and are folded anew");
    refold_from_raw(tx, &found.damaged).await?;
    Ok(store::load_creator(tx, creator).await?.relationships)
}

/// Relationships that lose an event: sets cannot forget, so these are folded anew from base and raw events.
async fn taken_back(tx: &Tx, claimed: &[QueuedEvent]) -> Result<BTreeSet<Pair>, DbError> {
    let targets: Vec<(CreatorKey, EventKey)> = claimed.iter().filter_map(QueuedEvent::taken_back).collect();
    if targets.is_empty() { Ok(BTreeSet::new()) } else { store::pairs_of(tx, &targets).await }
}

async fn retracted_among(
    tx: &Tx,
    claimed: &[QueuedEvent],
) -> Result<HashSet<(CreatorKey, EventKey)>, DbError> {
    let events: Vec<_> = claimed.iter().map(|queued| (queued.pair.0, queued.event)).collect();
    store::retracted(tx, &events).await
}

/// Folds relationships anew from their base and raw events. One whose base cannot be read stays as it is: nothing else
/// knows what was in it.
async fn refold_from_raw(tx: &Tx, pairs: &BTreeSet<Pair>) -> Result<(), DbError> {
    let mut by_creator: BTreeMap<CreatorKey, Vec<EngagerKey>> = BTreeMap::new();
    for (creator, engager) in pairs {
        by_creator.entry(*creator).or_default().push(*engager);
    }
    for (creator, engagers) in by_creator {
        let whole = whole::read(tx, creator, Engagers::These(&engagers)).await?;
        let pairs = engagers.into_iter().map(|engager| (creator, engager));
        let nothing_left: Vec<Pair> = pairs.filter(|pair| !whole.has(pair)).collect();
        store::remove(tx, &nothing_left).await?;
        store::write(tx, Table::Relationships, &whole.relationships).await?;
    }
    Ok(())
}
