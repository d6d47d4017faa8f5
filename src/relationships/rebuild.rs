//! `voci rebuild`: relationships and statistics compared with what bases and raw events make of them, and mended, while
//! the service runs.
//!
//! Creators are compared one by one, in a transaction that sees one state of everything: what is stored, what it was
//! folded from and what waits are always committed together, so no lock is needed to compare them. Only what differs is
//! mended, under the lane of its creator.

use super::{
    model::{Pair, Relationship},
    queue,
    store::{self, Found, Table},
    whole::{self, Engagers, Part},
};
use crate::{
    db::{DbError, Pool, Tx, patiently},
    ids::CreatorKey,
    scores::store::{audit::audit, enqueue, score_creator},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Rows that were compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many.
    pub compared: u64,
    /// How many differed, were missing or were too many.
    pub differences: u64,
}

impl Comparison {
    fn add(&mut self, other: Self) {
        self.compared += other.compared;
        self.differences += other.differences;
    }
}

/// What a rebuild found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Creators looked at.
    pub creators: u64,
    /// Their relationships.
    pub relationships: Comparison,
    /// Their statistics; those that wait to be computed anew are left out.
    pub statistics: Comparison,
}

impl Report {
    /// Differences of both.
    #[must_use]
    pub fn differences(&self) -> u64 {
        self.relationships.differences + self.statistics.differences
    }
}

/// Creators read from the list at once.
const PAGE: i64 = 1_000;

/// Relationships of a creator in memory at once, about. More: memory; fewer: the events of a large creator are read more
/// often.
const PART: u64 = 200_000;

/// How long a creator is tried whose lane is taken: longer than any transaction of a worker.
const PATIENCE: Duration = Duration::from_mins(3);
const PAUSE: Duration = Duration::from_millis(100);

/// Compares every creator's relationships and statistics with what they should be; with `write`, mends them. `told` gets
/// the report so far after each creator.
pub async fn rebuild(pool: &Pool, write: bool, told: impl FnMut(&Report)) -> Result<Report, DbError> {
    rebuild_in_parts(pool, write, PART, told).await
}

/// The same with so many relationships of a creator in memory at once.
pub async fn rebuild_in_parts(
    pool: &Pool,
    write: bool,
    part: u64,
    mut told: impl FnMut(&Report),
) -> Result<Report, DbError> {
    let mut report = Report::default();
    let mut after = None;
    loop {
        let page = store::creators_after(&pool.get().await?, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(report) };
        after = Some(*last);
        for creator in page {
            let found = patiently(PATIENCE, PAUSE, || compare(pool, creator, part)).await?;
            if write && found.differences() > 0 {
                mend(pool, creator, part).await?;
            }
            report.creators += found.creators;
            report.relationships.add(found.relationships);
            report.statistics.add(found.statistics);
            told(&report);
        }
    }
}

async fn compare(pool: &Pool, creator: CreatorKey, part: u64) -> Result<Report, DbError> {
    let tx = Tx::begin_snapshot(pool).await?;
    let mut report = Report::default();
    // A creator that is gone meanwhile has nothing to compare.
    if let Some(mut audit) = audit(&tx, creator).await? {
        report.creators = 1;
        for part in parts(&tx, creator, part).await? {
            let compared = Compared::read(&tx, creator, part).await?;
            report.relationships.add(compared.comparison());
            audit.take_in(compared.right.iter().map(|(pair, relationship)| (pair.1, relationship)));
        }
        if let Some(agrees) = audit.agrees() {
            report.statistics = Comparison { compared: 1, differences: u64::from(!agrees) };
        }
    }
    tx.rollback().await?;
    Ok(report)
}

async fn parts(tx: &Tx, creator: CreatorKey, size: u64) -> Result<Vec<Part>, DbError> {
    let relationships = store::count(tx, Table::Relationships, creator).await?;
    Ok(Part::of(relationships.max(store::count(tx, Table::Base, creator).await?), size).collect())
}

async fn mend(pool: &Pool, creator: CreatorKey, part: u64) -> Result<(), DbError> {
    let tx = Tx::begin(pool).await?;
    let parts = parts(&tx, creator, part).await?;
    tx.rollback().await?;
    for part in parts {
        patiently(PATIENCE, PAUSE, || mend_part(pool, creator, part)).await?;
    }
    patiently(PATIENCE, PAUSE, || mend_statistics(pool, creator)).await
}

async fn mend_part(pool: &Pool, creator: CreatorKey, part: Part) -> Result<(), DbError> {
    let tx = Tx::begin(pool).await?;
    queue::store::lock_lane(&tx, creator.lane()).await?;
    let Compared { right, wrong, lost, .. } = Compared::read(&tx, creator, part).await?;
    let wrong: Vec<Pair> = wrong.difference(&lost).copied().collect();
    if wrong.is_empty() {
        return tx.rollback().await;
    }
    let right: BTreeMap<Pair, Relationship> =
        wrong.iter().filter_map(|pair| Some((*pair, right.get(pair)?.clone()))).collect();
    store::remove(&tx, &wrong).await?;
    store::write(&tx, Table::Relationships, &right).await?;
    // In case that this process does not come to the statistics.
    enqueue(&tx, &[creator]).await?;
    tx.commit().await
}

async fn mend_statistics(pool: &Pool, creator: CreatorKey) -> Result<(), DbError> {
    let tx = Tx::begin(pool).await?;
    queue::store::lock_lane(&tx, creator.lane()).await?;
    score_creator(&tx, creator).await?;
    tx.commit().await
}

/// Some relationships of a creator, compared.
struct Compared {
    /// What they should be; where that cannot be known, what they are.
    right: BTreeMap<Pair, Relationship>,
    /// Those that are not what they should be.
    wrong: BTreeSet<Pair>,
    /// Those among them that cannot be mended, because their base cannot be read.
    lost: BTreeSet<Pair>,
    rows: usize,
}

impl Compared {
    async fn read(tx: &Tx, creator: CreatorKey, part: Part) -> Result<Self, DbError> {
        let whole = whole::read(tx, creator, Engagers::Part(part)).await?;
        let stored = store::load_some(tx, Table::Relationships, creator, Engagers::Part(part)).await?;
        // What they take back is out of the raw facts already, but not out of the relationship before they are folded.
        let pending = store::awaiting_retracts(tx, creator).await?;
        let mut wrong = differing(&whole, &stored);
        wrong.retain(|pair| !pending.contains(pair));
        let rows = whole.pairs().chain(stored.pairs()).collect::<BTreeSet<&Pair>>().len();
        let mut right = whole.relationships;
        for pair in pending.iter().chain(&whole.damaged) {
            match stored.relationships.get(pair) {
                Some(kept) => drop(right.insert(*pair, kept.clone())),
                None => drop(right.remove(pair)),
            }
        }
        Ok(Self { right, wrong, lost: whole.damaged, rows })
    }

    fn comparison(&self) -> Comparison {
        Comparison { compared: self.rows as u64, differences: self.wrong.len() as u64 }
    }
}

fn differing(whole: &Found, stored: &Found) -> BTreeSet<Pair> {
    let agrees = |pair: &Pair, right: &Relationship| {
        stored.relationships.get(pair).is_some_and(|kept| kept.agrees_with(right))
    };
    let changed = whole.relationships.iter().filter(|(pair, right)| !agrees(pair, right));
    let surplus = stored.relationships.keys().filter(|pair| !whole.has(pair));
    let damaged = whole.damaged.iter().chain(&stored.damaged);
    changed.map(|(pair, _)| pair).chain(surplus).chain(damaged).copied().collect()
}
