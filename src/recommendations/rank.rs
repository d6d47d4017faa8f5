//! Ranking: every candidate that can be in the list is scored exactly, under the caller's weights, and the best are sorted.
//! No SQL here.

use super::{
    brief::Query,
    eligibility::{removed_by, removed_late_by},
};
use crate::{
    scores::{
        components::{Component, NAMES, Status},
        fit::{AskedNiche, Candidate, Fit},
        interval::Estimate,
        nearness::MIN_NEARNESS,
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
pub(super) fn for_each_candidate<'a>(
    snapshot: &'a TenantSnapshot,
    query: &Query,
    mut visit: impl FnMut(u32, Row<'a>),
) {
    let niches = near_niches(snapshot, query);
    let mut seen = Seen::new(if niches.len() > 1 { snapshot.rows() } else { 0 });
    for number in niches.iter().flat_map(|niche| snapshot.members(*niche)) {
        if (niches.len() == 1 || seen.is_new(*number))
            && let Some(row) = snapshot.row(*number)
        {
            visit(*number, row);
        }
    }
}

/// The niches of the brief and those near to them.
fn near_niches(snapshot: &TenantSnapshot, query: &Query) -> Vec<u32> {
    let mut niches: Vec<u32> = Vec::new();
    for AskedNiche { place, .. } in &query.asked.niches {
        niches.push(place.niche);
        niches.extend(place.parent);
        niches.extend(snapshot.children(place.niche));
        // One sibling is too far, but a brief of several children of one parent comes near to their siblings, too.
        let siblings = |other: &&AskedNiche| place.parent.is_some() && other.place.parent == place.parent;
        if query.asked.niches.iter().filter(siblings).count() > 1 {
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
    if removed_late_by(query, row).is_some() {
        return None;
    }
    let fit = fit(query, row);
    let score = Score::of(&query.weights, &mapped(row, fit.estimate));
    Some(Ranked { row: number, score, fit })
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
fn mapped(row: &Row<'_>, fit: Estimate) -> [Estimate; NAMES.len()] {
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
fn compare(snapshot: &TenantSnapshot, a: &Ranked, b: &Ranked) -> Ordering {
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
mod tests;
