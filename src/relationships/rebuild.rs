//! `voci rebuild`: relationships recomputed from the raw events, while the service runs.

use super::{
    model::{Pair, Relationship},
    queue,
    store::{self, Found},
};
use crate::{
    db::{DbError, Pool, Tx, patiently},
    ids::CreatorKey,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What a rebuild found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Creators looked at.
    pub creators: u64,
    /// Relationships compared.
    pub compared: u64,
    /// Relationships that differed, were missing or were too many.
    pub differences: u64,
}

/// Creators read from the list at once.
const PAGE: i64 = 1_000;

/// How long a creator is tried whose lane is taken: longer than any transaction of a worker.
const PATIENCE: Duration = Duration::from_mins(3);
const PAUSE: Duration = Duration::from_millis(100);

/// Recomputes every creator's relationships and compares them with the stored ones; with `write`, stores them and asks
/// for the statistics to be computed anew.
///
/// Each creator is looked at in a transaction of its own that holds its lane, so folding goes on elsewhere and the
/// comparison sees exactly the events that are folded.
pub async fn rebuild(pool: &Pool, write: bool) -> Result<Report, DbError> {
    let mut report = Report::default();
    let mut after = None;
    loop {
        let page = store::creators_after(&pool.get().await?, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(report) };
        after = Some(*last);
        for creator in page {
            let (compared, differences) =
                patiently(PATIENCE, PAUSE, || rebuild_creator(pool, creator, write)).await?;
            report.creators += 1;
            report.compared += compared;
            report.differences += differences;
        }
    }
}

async fn rebuild_creator(pool: &Pool, creator: CreatorKey, write: bool) -> Result<(u64, u64), DbError> {
    let tx = Tx::begin(pool).await?;
    queue::store::lock_lane(&tx, creator.lane()).await?;
    let raw = store::raw_facts(&tx, creator, None).await?;
    let stored = store::load_creator(&tx, creator).await?;
    // What they take back is out of the raw facts already, but not out of the relationship before they are folded.
    let pending = store::awaiting_retracts(&tx, creator).await?;
    let mut wrong = differing(&raw, &stored);
    wrong.retain(|pair| !pending.contains(pair));
    if write {
        store::remove(&tx, &wrong.iter().copied().collect::<Vec<_>>()).await?;
        let right =
            raw.iter().filter(|(pair, _)| wrong.contains(pair)).map(|(pair, kept)| (*pair, kept.clone()));
        store::write(&tx, &right.collect()).await?;
        crate::scores::store::enqueue(&tx, &[creator]).await?;
    }
    tx.commit().await?;
    let kept = stored.relationships.len() + stored.damaged.len();
    Ok((raw.len().max(kept) as u64, wrong.len() as u64))
}

fn differing(raw: &BTreeMap<Pair, Relationship>, stored: &Found) -> BTreeSet<Pair> {
    let agrees = |pair: &Pair, folded: &Relationship| {
        stored.relationships.get(pair).is_some_and(|kept| kept.agrees_with(folded))
    };
    let changed = raw.iter().filter(|(pair, folded)| !agrees(pair, folded));
    let surplus = stored.relationships.keys().filter(|pair| !raw.contains_key(pair));
    changed.map(|(pair, _)| pair).chain(surplus).chain(&stored.damaged).copied().collect()
}
