//! Ranking: every candidate that can be in the list is scored exactly, under the caller's weights, and the best are sorted.
//! No SQL here.

use super::{
    brief::Query,
    eligibility::{removed_by, removed_late_by},
};
use crate::{
    scores::{
        components::{Component, NAMES, Status},
        fit::{Candidate, Fit},
        interval::Estimate,
        nearness::{MIN_NEARNESS, NichePlace},
        receipt::Score,
    },
    snapshot::{Row, TenantSnapshot, packed::Details},
};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

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
/// Costs a look at each creator in the list of a niche of the brief or of one near to it, an exact score for those who can
/// still be among the best, plus sorting the limits.
#[must_use]
pub fn rank_lists(
    snapshot: &TenantSnapshot,
    query: &Query,
    read: [(Option<&Position>, usize); 2],
) -> [Ranking; 2] {
    let mut lists = read.map(|(after, limit)| Best::new(snapshot, after, limit));
    for_each_candidate(snapshot, query, |number, row| {
        let is_explored = query.explore > 0 && !row.hot.scores.is_measured(LOYALTY);
        let best = &mut lists[usize::from(is_explored)];
        let Some(most) = most(query, &row).filter(|most| *most >= best.least) else { return };
        let Some(ranked) = consider(query, number, &row) else { return };
        debug_assert!(ranked.by <= most, "{} {most}", ranked.by);
        best.add(ranked);
    });
    lists.map(Best::finish)
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
    for_each_candidate(snapshot, query, |number, row| {
        let least = best.least.min(own.by);
        if number == own.row || most(query, &row).is_none_or(|most| most < least) {
            return;
        }
        let Some(ranked) = consider(query, number, &row) else { return };
        above += usize::from(compare(snapshot, &ranked, own).is_lt());
        best.add(ranked);
    });
    Standing { above, best: best.finish().ranked }
}

/// The place of loyalty among the scores of a creator.
const LOYALTY: usize = 0;

/// The best candidates so far.
struct Best<'a> {
    snapshot: &'a TenantSnapshot,
    after: Option<&'a Position>,
    limit: usize,
    found: Vec<Ranked>,
    /// Whatever ranks below this is not among the best.
    least: f64,
}

impl<'a> Best<'a> {
    fn new(snapshot: &'a TenantSnapshot, after: Option<&'a Position>, limit: usize) -> Self {
        Self { snapshot, after, limit, found: Vec::new(), least: f64::NEG_INFINITY }
    }

    fn add(&mut self, ranked: Ranked) {
        let is_over = self.after.is_some_and(|position| !is_after(self.snapshot, &ranked, position));
        if ranked.by < self.least || is_over {
            return;
        }
        self.found.push(ranked);
        // Those who dropped out are cleared away now and then, so that each costs little.
        if self.found.len() > self.limit.saturating_mul(2).max(64) {
            self.shorten();
        }
    }

    /// Leaves one more than asked for: it tells whether there are more.
    fn shorten(&mut self) {
        let Self { snapshot, limit, .. } = *self;
        if self.found.len() > limit + 1 {
            self.found.select_nth_unstable_by(limit, |a, b| compare(snapshot, a, b));
            self.found.truncate(limit + 1);
            self.least = self.found[limit].by;
        }
    }

    fn finish(mut self) -> Ranking {
        self.shorten();
        self.found.sort_unstable_by(|a, b| compare(self.snapshot, a, b));
        let more = self.found.len() > self.limit;
        self.found.truncate(self.limit);
        Ranking { ranked: self.found, more }
    }
}

/// Each creator in the list of a niche of the brief or of one near to it, once.
pub(super) fn for_each_candidate<'a>(
    snapshot: &'a TenantSnapshot,
    query: &Query,
    visit: impl FnMut(u32, Row<'a>),
) {
    for_each_member(snapshot, &near_niches(snapshot, query), visit);
}

/// Each creator in the lists of these niches, once.
pub fn for_each_member<'a>(
    snapshot: &'a TenantSnapshot,
    niches: &[u32],
    mut visit: impl FnMut(u32, Row<'a>),
) {
    let mut seen = Seen::new(if niches.len() > 1 { snapshot.rows() } else { 0 });
    for number in niches.iter().flat_map(|niche| snapshot.members(*niche)) {
        if (niches.len() == 1 || seen.is_new(*number))
            && let Some(row) = snapshot.row(*number)
        {
            visit(*number, row);
        }
    }
}

/// Whether a creator stands in one of the lists that are looked through for a brief.
#[must_use]
pub fn is_candidate(snapshot: &TenantSnapshot, query: &Query, row: &Row<'_>) -> bool {
    let niches = near_niches(snapshot, query);
    row.niches().lists().any(|list| niches.binary_search(&list).is_ok())
}

/// The niches of the brief and those near to them, ascending.
fn near_niches(snapshot: &TenantSnapshot, query: &Query) -> Vec<u32> {
    let places: Vec<NichePlace> = query.asked.niches.iter().map(|asked| asked.place).collect();
    niches_near(snapshot, &places)
}

/// These niches and those near to them, ascending.
#[must_use]
pub fn niches_near(snapshot: &TenantSnapshot, places: &[NichePlace]) -> Vec<u32> {
    let mut niches: Vec<u32> = Vec::new();
    for place in places {
        niches.push(place.niche);
        niches.extend(place.parent);
        niches.extend(snapshot.children(place.niche));
        // One sibling is too far, but a brief of several children of one parent comes near to their siblings, too.
        let siblings = |other: &&NichePlace| place.parent.is_some() && other.parent == place.parent;
        if places.iter().filter(siblings).count() > 1 {
            niches.extend(place.parent.map_or(&[][..], |parent| snapshot.children(parent)));
        }
    }
    niches.sort_unstable();
    niches.dedup();
    niches
}

/// Rows that were seen, one bit each.
struct Seen(Vec<u64>);

impl Seen {
    fn new(rows: usize) -> Self {
        Self(vec![0; rows.div_ceil(64)])
    }

    fn is_new(&mut self, row: u32) -> bool {
        let (word, bit) = (&mut self.0[row as usize / 64], 1_u64 << (row % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

/// The most that can rank a creator, if it is eligible and near enough; for far less than what does.
///
/// Everything but how uncertain its fit is: that takes something away or nothing.
fn most(query: &Query, row: &Row<'_>) -> Option<f64> {
    if removed_by(query, row).is_some() {
        return None;
    }
    let nearness = row.niches().near(&query.asked.common);
    (nearness >= MIN_NEARNESS).then(|| {
        let fit = query.asked.most(nearness, &row.niches(), row.hot.scores.reach());
        query.rank_by.of(&Score::of(&query.weights, &mapped(row, Estimate::exactly(fit))))
    })
}

fn consider(query: &Query, number: u32, row: &Row<'_>) -> Option<Ranked> {
    removed_late_by(query, row).is_none().then(|| scored(query, number, row))
}

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
