//! Which creators are like one.
//!
//! The nearest by niches are found in the snapshot, and their people are compared then: nothing finds the creators whom given
//! people engage with, short of reading everything. So who shares people and no niche is not found; but what people
//! engage with elsewhere is half of where a creator stands.

use super::people::{People, Shared, bound};
use crate::{
    ids::CreatorKey,
    recommendations::candidates::{for_each_member, niches_near},
    scores::nearness::{Common, MIN_NEARNESS, NichePlace},
    snapshot::{Row, TenantSnapshot},
};
use std::cmp::Ordering;

/// Creators whose people are compared. More: who shares people and is not among the nearest is found; fewer: less is read.
pub const COMPARED: usize = 200;
/// How much shared people count; nearness of niches counts the rest.
pub const PEOPLE_SHARE: f64 = 0.5;

/// A creator near to another by niches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Its row in the snapshot.
    pub row: u32,
    /// The cosine of the two.
    pub cosine: f64,
    /// How far apart their loyal reaches are, as a logarithm.
    apart: f64,
}

/// A creator like another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similar {
    /// Its row in the snapshot.
    pub row: u32,
    /// What ranks it.
    pub similarity: f64,
    /// The cosine of the two by niches.
    pub cosine: f64,
    /// People they share, when there are enough to tell.
    pub shared: Option<Shared>,
}

/// The creators nearest to one by niches, nearest first, at most so many; of those who are equally near, who are alike in loyal
/// reach. Costs a look at each creator in the lists of its niches and of those near to them.
#[must_use]
pub fn nearest(snapshot: &TenantSnapshot, own: u32, most: usize) -> Vec<Near> {
    let Some(row) = snapshot.row(own) else { return Vec::new() };
    let (niches, vector) = (row.niches(), row.niches().vector(snapshot.parents()));
    let common: Common = vector.common(snapshot.parents());
    let places: Vec<NichePlace> = niches.all().map(|one| snapshot.placed(one.niche())).collect();
    let mut found = Vec::new();
    for_each_member(snapshot, &niches_near(snapshot, &places), |number, other| {
        let cosine = other.niches().near(&common);
        if number != own && cosine >= MIN_NEARNESS {
            found.push(Near { row: number, cosine, apart: (reach(&other) - reach(&row)).abs() });
            // Those who dropped out are cleared away now and then, so that each costs little.
            if found.len() >= most.saturating_mul(8) {
                shorten(snapshot, &mut found, most);
            }
        }
    });
    shorten(snapshot, &mut found, most);
    found
}

fn reach(row: &Row<'_>) -> f64 {
    row.hot.scores.reach().map_or(0.0, |reach| reach.value.max(0.0).ln_1p())
}

fn shorten(snapshot: &TenantSnapshot, found: &mut Vec<Near>, most: usize) {
    found.sort_unstable_by(|a, b| {
        let by_apart = || a.apart.total_cmp(&b.apart);
        b.cosine.total_cmp(&a.cosine).then_with(by_apart).then_with(|| by_id(snapshot, a.row, b.row))
    });
    found.truncate(most);
}

/// The creator and those near to it, each with the bound of the sample of its people.
#[must_use]
pub fn sampled(snapshot: &TenantSnapshot, own: u32, near: &[Near]) -> Vec<(CreatorKey, Option<i64>)> {
    let rows = [own].into_iter().chain(near.iter().map(|near| near.row));
    let engagers = |row: &Row<'_>| i32::try_from(row.hot.scores.evidence()[1]).unwrap_or(i32::MAX);
    let rows = rows.filter_map(|row| snapshot.row(row));
    rows.map(|row| (snapshot.key(&row), bound(engagers(&row)))).collect()
}

/// The most similar of these creators, the most similar first, given the people of all. Of a creator with too few people to be
/// compared, by niches alone.
#[must_use]
pub fn similar<'a>(
    snapshot: &TenantSnapshot,
    near: &[Near],
    own: CreatorKey,
    people: impl Fn(CreatorKey) -> Option<&'a People>,
    limit: usize,
) -> Vec<Similar> {
    let own = people(own).filter(|people| people.are_enough());
    let compared = |near: &Near| {
        let theirs = snapshot.row(near.row).and_then(|row| people(snapshot.key(&row)));
        let shared = own.and_then(|own| own.shared_with(theirs?));
        let of_people = if own.is_some() { PEOPLE_SHARE } else { 0.0 };
        let overlap = shared.map_or(0.0, |shared| shared.overlap);
        let similarity = (1.0 - of_people) * near.cosine + of_people * overlap;
        Similar { row: near.row, similarity, cosine: near.cosine, shared }
    };
    let mut similar: Vec<Similar> = near.iter().map(compared).collect();
    similar.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then_with(|| by_id(snapshot, a.row, b.row)));
    similar.truncate(limit);
    similar
}

fn by_id(snapshot: &TenantSnapshot, a: u32, b: u32) -> Ordering {
    let id = |row: u32| snapshot.row(row).map(|row| row.creator_id());
    id(a).cmp(&id(b))
}

#[cfg(test)]
mod tests;
