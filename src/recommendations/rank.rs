//! Ranking: every candidate that can be in the list is scored exactly, under the caller's weights, and the best are kept.
//! No SQL here.

use super::{
    bounds::is_kept,
    brief::Query,
    eligibility::{removed_by, removed_late_by},
    guess::Guess,
    search::{Least, Promising, Search},
};
use crate::{
    scores::{
        components::{Component, NAMES, Status},
        fit::{Candidate, Fit},
        interval::Estimate,
        nearness::MIN_NEARNESS,
        receipt::Score,
    },
    snapshot::{Row, TenantSnapshot, packed::Details},
};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, collections::BinaryHeap};

/// A creator in the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Its row in the snapshot.
    pub row: u32,
    /// What ranks it: the lower bound of its score, or the score.
    pub by: f64,
    /// Its score.
    pub score: Score,
    /// Its fit to the brief.
    pub fit: Fit,
}

/// Where the page before ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The number that ranked the last creator.
    pub by: f64,
    /// Its id.
    pub creator_id: String,
}

impl Position {
    /// Where this one stands.
    #[must_use]
    pub fn of(snapshot: &TenantSnapshot, ranked: &Ranked) -> Self {
        Self { by: ranked.by, creator_id: id(snapshot, ranked.row).to_owned() }
    }
}

/// The best of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// Best first.
    pub ranked: Vec<Ranked>,
    /// Whether there are more.
    pub more: bool,
}

/// The best of two lists, each after a position and up to a limit: of those of whom enough is known, and of the others when the
/// query explores; everybody is in the first one when it does not.
///
/// Costs a look at the leaves of lists in which somebody can still be among the best, and an exact score for each who can, the most
/// promising first.
#[must_use]
pub fn rank_lists(
    snapshot: &TenantSnapshot,
    query: &Query,
    read: [(Option<&Position>, usize); 2],
) -> [Ranking; 2] {
    let (after, limit) = read[0];
    let most = after.map_or(f64::INFINITY, |position| position.by);
    let guess = if can_be_guessed(query) { Guess::new(limit + 1, most) } else { Guess::never() };
    match found(snapshot, query, read, guess) {
        (lists, None) => lists,
        (_, Some(least)) => found(snapshot, query, read, Guess::known(least)).0,
    }
}

/// Whether creators reach about what lists say that they can at most: no filter asks for anything else than what those keep, nobody
/// is thought to share values that it may not share, and all stand in one ranking.
fn can_be_guessed(query: &Query) -> bool {
    query.explore == 0
        && query.asked.values.is_empty()
        && query.in_use.late.is_empty()
        && query.in_use.early.iter().all(|filter| is_kept(query, *filter))
}

/// The best of two lists. With a wrong guess some are missing: then, also what as many as are wanted do reach.
fn found(
    snapshot: &TenantSnapshot,
    query: &Query,
    read: [(Option<&Position>, usize); 2],
    guess: Guess,
) -> ([Ranking; 2], Option<f64>) {
    let mut lists = read.map(|(after, limit)| Best::new(snapshot, after, limit));
    let list_of = |is_measured: bool| usize::from(query.explore > 0 && !is_measured);
    let mut search = Search::new(snapshot, query, guess);
    loop {
        let least = Least { measured: lists[0].least, unmeasured: lists[list_of(false)].least };
        let Some(few) = next_eligible(snapshot, query, &mut search, least) else { break };
        for (promising, row) in few {
            let best = &mut lists[list_of(promising.is_measured)];
            promising.ranked(query, &row, best.least).into_iter().for_each(|ranked| best.add(ranked));
        }
    }
    let reached = lists[0].least;
    (lists.map(Best::finish), (reached < search.guessed()).then_some(reached))
}

/// The eligible ones of the next creators of a search; `None`: it has ended. One who stands in several lists is found in one.
///
/// Memory is asked for what is kept of all of them before any of it is read: to wait for several places takes hardly more time than
/// to wait for one.
fn next_eligible<'a>(
    snapshot: &'a TenantSnapshot,
    query: &Query,
    search: &mut Search<'_>,
    least: Least,
) -> Option<Vec<(Promising, Row<'a>)>> {
    let few = Some(search.next_few(least)).filter(|few| !few.is_empty())?;
    let rows: Vec<(Promising, Row<'a>)> =
        few.into_iter().filter_map(|found| Some((found, snapshot.row(found.row)?))).collect();
    for (_, row) in &rows {
        row.fetch();
    }
    let is_eligible = |(found, row): &(Promising, Row<'_>)| {
        removed_by(query, row).is_none() && search.is_home(found, row.niches())
    };
    Some(rows.into_iter().filter(is_eligible).collect())
}

/// Where a creator stands among all others who are eligible.
pub struct Standing {
    /// How many of them rank above it.
    pub above: usize,
    /// The best of them, best first.
    pub best: Vec<Ranked>,
}

/// Where a creator stands, whether it is eligible or not, and the best `limit` of the others. Costs as much as ranking, plus an
/// exact score for all who may rank above it.
#[must_use]
pub fn standing(snapshot: &TenantSnapshot, query: &Query, own: &Ranked, limit: usize) -> Standing {
    let mut best = Best::new(snapshot, None, limit);
    let mut above = 0;
    let mut search = Search::new(snapshot, query, Guess::never());
    loop {
        let least = best.least.min(own.by);
        let Some(few) = next_eligible(snapshot, query, &mut search, Least::of_all(least)) else { break };
        for (promising, row) in few.into_iter().filter(|(promising, _)| promising.row != own.row) {
            if let Some(ranked) = promising.ranked(query, &row, least) {
                above += usize::from(compare(snapshot, &ranked, own).is_lt());
                best.add(ranked);
            }
        }
    }
    Standing { above, best: best.finish().ranked }
}

impl Promising {
    /// The creator with its score, when it is near enough to the brief and reaches so much.
    fn ranked(&self, query: &Query, row: &Row<'_>, least: f64) -> Option<Ranked> {
        let ranked = scored(query, self.row, row);
        debug_assert!(ranked.by <= self.reach, "{} {}", ranked.by, self.reach);
        let is_in = ranked.fit.nearness.estimate.value >= MIN_NEARNESS && ranked.by >= least;
        (is_in && removed_late_by(query, row).is_none()).then_some(ranked)
    }
}

/// The best candidates so far.
struct Best<'a> {
    snapshot: &'a TenantSnapshot,
    after: Option<&'a Position>,
    limit: usize,
    /// The worst one on top, and one more than asked for: it tells whether there are more.
    found: BinaryHeap<Held<'a>>,
    /// Whatever ranks below this is not among the best.
    least: f64,
}

impl<'a> Best<'a> {
    fn new(snapshot: &'a TenantSnapshot, after: Option<&'a Position>, limit: usize) -> Self {
        Self { snapshot, after, limit, found: BinaryHeap::new(), least: f64::NEG_INFINITY }
    }

    fn add(&mut self, ranked: Ranked) {
        let Self { snapshot, limit, .. } = *self;
        let is_over = self.after.is_some_and(|position| !is_after(snapshot, &ranked, position));
        if ranked.by < self.least || is_over {
            return;
        }
        self.found.push(Held { snapshot, ranked });
        if self.found.len() > limit + 1 {
            self.found.pop();
        }
        if self.found.len() > limit {
            self.least = self.found.peek().map_or(self.least, |worst| worst.ranked.by);
        }
    }

    fn finish(self) -> Ranking {
        let more = self.found.len() > self.limit;
        let mut ranked: Vec<Ranked> =
            self.found.into_sorted_vec().into_iter().map(|held| held.ranked).collect();
        ranked.truncate(self.limit);
        Ranking { ranked, more }
    }
}

/// A creator in the list, to be compared with others of its snapshot: the best one is the least.
struct Held<'a> {
    snapshot: &'a TenantSnapshot,
    ranked: Ranked,
}

impl Ord for Held<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.snapshot, &self.ranked, &other.ranked)
    }
}

impl PartialOrd for Held<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Held<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Held<'_> {}

/// A creator with its score, whether it is eligible or not.
#[must_use]
pub fn scored(query: &Query, number: u32, row: &Row<'_>) -> Ranked {
    let fit = fit(query, row);
    let score = Score::of(&query.weights, &mapped(row, fit.estimate));
    Ranked { row: number, by: query.rank_by.of(&score), score, fit }
}

/// The fit of a creator to the brief.
#[must_use]
pub fn fit(query: &Query, row: &Row<'_>) -> Fit {
    let values: Vec<u64> =
        if query.asked.values.is_empty() { Vec::new() } else { row.head().values().collect() };
    let candidate = Candidate { niches: row.niches(), reach: row.hot.scores.reach(), values: &values };
    Fit::of(&query.asked, &candidate)
}

/// The components of a candidate on the common scale, in the order of their names.
#[must_use]
pub fn mapped(row: &Row<'_>, fit: Estimate) -> [Estimate; NAMES.len()] {
    let [loyalty, trust, authenticity, conversation] = row.hot.scores.mapped();
    [fit, loyalty, trust, authenticity, conversation]
}

/// The components of a candidate as shown, in the order of their names.
#[must_use]
pub fn components(details: &Details, fit: &Fit) -> [Component; NAMES.len()] {
    let near = Component { status: Status::Measured, raw: fit.estimate, mapped: fit.estimate };
    details.components.with_fit(near)
}

/// Higher numbers first; ties by creator id.
#[must_use]
pub fn compare(snapshot: &TenantSnapshot, a: &Ranked, b: &Ranked) -> Ordering {
    b.by.total_cmp(&a.by).then_with(|| id(snapshot, a.row).cmp(id(snapshot, b.row)))
}

fn is_after(snapshot: &TenantSnapshot, ranked: &Ranked, position: &Position) -> bool {
    match position.by.total_cmp(&ranked.by) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => id(snapshot, ranked.row) > position.creator_id.as_str(),
    }
}

fn id(snapshot: &TenantSnapshot, row: u32) -> &str {
    snapshot.row(row).map_or("", |row| row.creator_id())
}

#[cfg(test)]
pub(super) mod tests;
