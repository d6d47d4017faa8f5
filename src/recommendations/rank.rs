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
use std::cmp::Ordering;

/// A creator in the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Its row in the snapshot.
    pub row: u32,
    /// What ranks it.
    pub score: Score,
    /// Its fit to the brief.
    pub fit: Fit,
}

/// Where the page before ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The number that ranked the last creator.
    pub low: f64,
    /// Its id.
    pub creator_id: String,
}

/// The best `limit` candidates after a position, best first, and whether there are more.
///
/// Costs a look at each creator in the list of a niche of the brief or of one near to it, an exact score for those who can
/// still be among the best, plus sorting `limit`.
#[must_use]
pub fn rank(
    snapshot: &TenantSnapshot,
    query: &Query,
    after: Option<&Position>,
    limit: usize,
) -> (Vec<Ranked>, bool) {
    // One more than asked for tells whether there are more.
    let mut best =
        Best { snapshot, wanted: limit.saturating_add(1), found: Vec::new(), least: f64::NEG_INFINITY };
    for_each_candidate(snapshot, query, |number, row| {
        let Some(most) = most(query, &row).filter(|most| *most >= best.least) else { return };
        let Some(ranked) = consider(query, number, &row) else { return };
        debug_assert!(ranked.score.low <= most, "{} {most}", ranked.score.low);
        if after.is_none_or(|position| is_after(snapshot, &ranked, position)) {
            best.add(ranked);
        }
    });
    best.finish(limit)
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
    let mut best = Best { snapshot, wanted: limit, found: Vec::new(), least: f64::NEG_INFINITY };
    let mut above = 0;
    for_each_candidate(snapshot, query, |number, row| {
        let least = best.least.min(own.score.low);
        if number == own.row || most(query, &row).is_none_or(|most| most < least) {
            return;
        }
        let Some(ranked) = consider(query, number, &row) else { return };
        above += usize::from(compare(snapshot, &ranked, own).is_lt());
        best.add(ranked);
    });
    Standing { above, best: best.finish(limit).0 }
}

/// The best candidates so far.
struct Best<'a> {
    snapshot: &'a TenantSnapshot,
    wanted: usize,
    found: Vec<Ranked>,
    /// Whatever ranks below this is not among the best.
    least: f64,
}

impl Best<'_> {
    fn add(&mut self, ranked: Ranked) {
        if ranked.score.low < self.least {
            return;
        }
        self.found.push(ranked);
        // Those who dropped out are cleared away now and then, so that each costs little.
        if self.found.len() >= self.wanted.saturating_mul(2).max(64) {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        let Self { snapshot, wanted, .. } = *self;
        if self.found.len() > wanted {
            self.found.select_nth_unstable_by(wanted - 1, |a, b| compare(snapshot, a, b));
            self.found.truncate(wanted);
            self.least = self.found[wanted - 1].score.low;
        }
    }

    fn finish(mut self, limit: usize) -> (Vec<Ranked>, bool) {
        self.shorten();
        let snapshot = self.snapshot;
        self.found.sort_unstable_by(|a, b| compare(snapshot, a, b));
        let more = self.found.len() > limit;
        self.found.truncate(limit);
        (self.found, more)
    }
}

/// Each creator in the list of a niche of the brief or of one near to it, once.
fn for_each_candidate<'a>(snapshot: &'a TenantSnapshot, query: &Query, visit: impl FnMut(u32, Row<'a>)) {
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
        Score::of(&query.weights, &mapped(row, Estimate::exactly(fit))).low
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
    Ranked { row: number, score, fit }
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

/// Higher lower bounds first; ties by creator id.
#[must_use]
pub fn compare(snapshot: &TenantSnapshot, a: &Ranked, b: &Ranked) -> Ordering {
    b.score.low.total_cmp(&a.score.low).then_with(|| id(snapshot, a.row).cmp(id(snapshot, b.row)))
}

fn is_after(snapshot: &TenantSnapshot, ranked: &Ranked, position: &Position) -> bool {
    match position.low.total_cmp(&ranked.score.low) {
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
