//! Ranking: every candidate is scored exactly, under the caller's weights, and the best are sorted. No SQL here.

use super::brief::{ANY_PLATFORM, Query};
use crate::{
    scores::{
        components::{Component, NAMES, Status},
        fit::{AskedNiche, Candidate, Fit},
        interval::Estimate,
        nearness::MIN_NEARNESS,
        receipt::Score,
    },
    snapshot::{
        TenantSnapshot,
        chunk::{Cold, Row, Scores},
    },
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
/// Costs one score per creator in the list of a niche of the brief or of one near to it, plus sorting `limit`.
#[must_use]
pub fn rank(
    snapshot: &TenantSnapshot,
    query: &Query,
    after: Option<&Position>,
    limit: usize,
) -> (Vec<Ranked>, bool) {
    let mut found = Vec::new();
    for_each_candidate(snapshot, query, |row| {
        let Some(ranked) = consider(snapshot, query, row) else { return };
        if after.is_none_or(|position| is_after(snapshot, &ranked, position)) {
            found.push(ranked);
        }
    });
    let order = |a: &Ranked, b: &Ranked| compare(snapshot, a, b);
    let more = found.len() > limit;
    if more {
        found.select_nth_unstable_by(limit, order);
        found.truncate(limit);
    }
    found.sort_unstable_by(order);
    (found, more)
}

/// Each creator in the list of a niche of the brief or of one near to it, once.
fn for_each_candidate(snapshot: &TenantSnapshot, query: &Query, mut visit: impl FnMut(u32)) {
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
    if let [niche] = niches[..] {
        snapshot.members(niche).iter().for_each(|row| visit(*row));
        return;
    }
    let mut seen = vec![0_u64; snapshot.rows().div_ceil(64)];
    for row in niches.iter().flat_map(|niche| snapshot.members(*niche)) {
        let (word, bit) = (&mut seen[*row as usize / 64], 1_u64 << (row % 64));
        if *word & bit == 0 {
            *word |= bit;
            visit(*row);
        }
    }
}

fn consider(snapshot: &TenantSnapshot, query: &Query, number: u32) -> Option<Ranked> {
    let row = snapshot.row(number)?;
    if !is_eligible(row, query) {
        return None;
    }
    let nearness = row.cold.vectors.nearness(&query.asked.vector);
    if nearness.estimate.value < MIN_NEARNESS {
        return None;
    }
    let fit = Fit::of(&query.asked, &candidate(row), nearness);
    let score = Score::of(&query.weights, &mapped(row, &fit));
    Some(Ranked { row: number, score, fit })
}

fn candidate(row: &Row) -> Candidate<'_> {
    let Cold { places, values, .. } = &*row.cold;
    Candidate { places, reach: row.hot.scores.reach, values }
}

fn is_eligible(row: &Row, query: &Query) -> bool {
    let hot = &row.hot;
    let speaks =
        |asked: &[u64; 3]| asked.iter().zip(&hot.languages).any(|(asked, spoken)| asked & spoken != 0);
    (query.platforms == ANY_PLATFORM || hot.platforms & query.platforms != 0)
        && query.band.is_none_or(|band| is_within(row, query.platforms, band))
        && (query.countries.is_empty() || query.countries.contains(&hot.country))
        && query.languages.as_ref().is_none_or(speaks)
        && !query.excluded.contains(&hot.key)
}

/// Followers decide who is eligible, and nothing else.
fn is_within(row: &Row, platforms: u32, (min, max): (u32, u32)) -> bool {
    let followers = if platforms == ANY_PLATFORM { row.hot.followers } else { row.cold.audience(platforms) };
    followers.is_some_and(|followers| (min..=max).contains(&followers))
}

/// The components of a candidate on the common scale, in the order of their names.
fn mapped(row: &Row, fit: &Fit) -> [Estimate; NAMES.len()] {
    let Scores { loyalty, trust, authenticity, conversation, .. } = row.hot.scores;
    [fit.estimate, loyalty, trust, authenticity, conversation]
}

/// The components of a candidate as shown, in the order of their names.
#[must_use]
pub fn components(row: &Row, fit: &Fit) -> [Component; NAMES.len()] {
    let near = Component { status: Status::Measured, raw: fit.estimate, mapped: fit.estimate };
    row.cold.components.with_fit(near)
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
    snapshot.row(row).map_or("", |row| row.cold.creator_id.as_str())
}

#[cfg(test)]
mod tests;
