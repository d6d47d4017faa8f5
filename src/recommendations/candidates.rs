//! Who may be recommended for a brief at all: the creators in the lists of its niches and of those near to them.

use super::brief::Query;
use crate::{
    scores::nearness::NichePlace,
    snapshot::{Row, TenantSnapshot},
};

/// Each creator in the list of a niche of the brief or of one near to it, once.
pub(super) fn for_each_candidate<'a>(
    snapshot: &'a TenantSnapshot,
    query: &Query,
    visit: impl FnMut(u32, Row<'a>),
) {
    for_each_member(snapshot, &near_niches(snapshot, query), visit);
}

/// Each creator in the lists of these niches, once.
pub(super) fn for_each_member<'a>(
    snapshot: &'a TenantSnapshot,
    niches: &[u32],
    mut visit: impl FnMut(u32, Row<'a>),
) {
    let mut seen = Seen::new(if niches.len() > 1 { snapshot.rows() } else { 0 });
    for number in niches.iter().flat_map(|niche| snapshot.members(*niche)) {
        if (niches.len() == 1 || seen.is_new(number))
            && let Some(row) = snapshot.row(number)
        {
            visit(number, row);
        }
    }
}

/// Whether a creator stands in one of the lists that are looked through for a brief.
#[must_use]
pub(super) fn is_candidate(snapshot: &TenantSnapshot, query: &Query, row: &Row<'_>) -> bool {
    let niches = near_niches(snapshot, query);
    row.niches().listed().any(|list| niches.binary_search(&list).is_ok())
}

/// The niches of the brief and those near to them, ascending.
pub(super) fn near_niches(snapshot: &TenantSnapshot, query: &Query) -> Vec<u32> {
    let places: Vec<NichePlace> = query.asked.niches.iter().map(|asked| asked.place).collect();
    niches_near(snapshot, &places)
}

/// These niches and those near to them, ascending.
#[must_use]
pub(super) fn niches_near(snapshot: &TenantSnapshot, places: &[NichePlace]) -> Vec<u32> {
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
