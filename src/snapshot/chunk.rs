//! Creators in rows, rows in chunks. A published snapshot shares its chunks with the next one; only chunks that change
//! are copied. What rows have of different length lies in two stretches of memory per chunk, so that reading a chunk is
//! reading on, and copying one is three copies.

use super::{
    hot::{Hot, platform_bit},
    packed::{self, Details, Head, Measured, Stamp, Sums},
};
use crate::{
    creators::{Platform, Tier},
    scores::{
        components::OF_CREATOR,
        interval::Estimate,
        nearness::{CreatorNiches, InNiche, Lengths},
    },
};
use std::hint::black_box;

/// Rows of a chunk. More: more is copied when a creator changes; fewer: more pointers to follow, and to copy for every
/// snapshot.
pub const CHUNK: usize = 64;
/// Bytes that memory gives at once.
const CACHE_LINE: usize = 64;

/// Where a row ends in the stretches; it begins where the one before ends.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hot: Hot,
    packed_end: u32,
    niches_end: u16,
    sides: Sides,
}

/// How many of a creator's niches are declared, and how many after them are those of its topics; the others are those of its
/// community.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sides {
    pub declared: u8,
    pub topics: u8,
}

impl Sides {
    /// Takes niches that lie one after the other apart.
    pub(super) fn of<'a>(self, niches: &'a [InNiche], lengths: &'a Lengths) -> CreatorNiches<'a> {
        let (declared, observed) = niches.split_at(usize::from(self.declared));
        let (topics, community) = observed.split_at(usize::from(self.topics));
        CreatorNiches { declared, topics, community, lengths }
    }
}

/// Rows that are copied together.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    slots: Vec<Slot>,
    niches: Vec<InNiche>,
    packed: Vec<u8>,
}

/// A creator to be put into a row.
pub(super) struct NewRow {
    pub hot: Hot,
    /// Declared niches first, then those of topics, then those of the community.
    pub niches: Vec<InNiche>,
    pub sides: Sides,
    pub packed: Vec<u8>,
}

/// A creator in its row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What filters and ranking read.
    pub hot: &'a Hot,
    niches: &'a [InNiche],
    sides: Sides,
    packed: &'a [u8],
}

impl Chunk {
    pub(super) fn rows(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.slots.len() == CHUNK
    }

    /// A creator by its place; `None`: the place is free, which is told by no bytes.
    pub(super) fn row(&self, place: usize) -> Option<Row<'_>> {
        let slot = self.slots.get(place)?;
        let (niches, packed) = self.start(place);
        if packed == slot.packed_end as usize {
            return None;
        }
        Some(Row {
            hot: &slot.hot,
            niches: &self.niches[niches..usize::from(slot.niches_end)],
            sides: slot.sides,
            packed: &self.packed[packed..slot.packed_end as usize],
        })
    }

    fn start(&self, place: usize) -> (usize, usize) {
        place.checked_sub(1).map_or((0, 0), |before| {
            let Slot { niches_end, packed_end, .. } = self.slots[before];
            (usize::from(niches_end), packed_end as usize)
        })
    }

    /// Puts a creator into the place after the last one. A chunk that is full then holds no more memory than it needs.
    pub(super) fn push(&mut self, row: &NewRow) {
        self.niches.extend(&row.niches);
        self.packed.extend(&row.packed);
        self.slots.push(Slot {
            hot: row.hot,
            packed_end: end(self.packed.len()),
            niches_end: end(self.niches.len()),
            sides: row.sides,
        });
        if self.is_full() {
            // Copied and not shrunk: allocators leave what is to shrink where it is as long as half of it is used.
            self.slots = self.slots.clone();
            self.niches = self.niches.clone();
            self.packed = self.packed.clone();
        }
    }

    /// Puts a creator into a place that there is.
    pub(super) fn put(&mut self, place: usize, row: &NewRow) {
        self.replace(place, &row.niches, &row.packed);
        let Slot { packed_end, niches_end, .. } = self.slots[place];
        self.slots[place] = Slot { hot: row.hot, packed_end, niches_end, sides: row.sides };
    }

    /// Frees a place.
    pub(super) fn clear(&mut self, place: usize) {
        self.replace(place, &[], &[]);
        self.slots[place].sides = Sides::default();
    }

    fn replace(&mut self, place: usize, niches: &[InNiche], packed: &[u8]) {
        let (niches_start, packed_start) = self.start(place);
        let Slot { niches_end, packed_end, .. } = self.slots[place];
        // A copy that was made because of this change has no room to spare, and doubling it would waste as much again.
        self.niches.reserve_exact(niches.len());
        self.packed.reserve_exact(packed.len());
        self.niches.splice(niches_start..usize::from(niches_end), niches.iter().copied());
        self.packed.splice(packed_start..packed_end as usize, packed.iter().copied());
        let (niches_moved, packed_moved) = (niches_start + niches.len(), packed_start + packed.len());
        for slot in &mut self.slots[place..] {
            slot.niches_end = end(usize::from(slot.niches_end) + niches_moved - usize::from(niches_end));
            slot.packed_end = end(slot.packed_end as usize + packed_moved - packed_end as usize);
        }
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.slots) + size_of_val(&*self.niches) + self.packed.len()
    }
}

/// A place in a stretch.
fn end<N: TryFrom<usize, Error: std::fmt::Debug>>(place: usize) -> N {
    N::try_from(place).expect("profiles and their sums are bounded, and so is a chunk")
}

impl<'a> Row<'a> {
    /// Asks memory for its niches and its head, which lie elsewhere: who asks for those of several waits for all of them at once.
    pub fn fetch(&self) {
        black_box((self.niches.first().copied(), self.packed.first().copied()));
    }

    /// The same for all that only answers need.
    pub fn fetch_details(&self) {
        for byte in self.packed.iter().step_by(CACHE_LINE).chain(self.packed.last()) {
            black_box(*byte);
        }
    }

    /// What may be asked of a few candidates before the rest.
    #[must_use]
    pub fn head(&self) -> Head<'a> {
        packed::head(self.packed)
    }

    /// The caller's id.
    #[must_use]
    pub fn creator_id(&self) -> &'a str {
        self.head().creator_id
    }

    /// What is known of the creator by itself, given what stands in for components that are not measured.
    #[must_use]
    pub fn details(&self, stand_ins: &[Estimate; OF_CREATOR]) -> Details {
        packed::details(self.packed, &self.hot.scores, stand_ins)
    }

    /// Its name and what was summed up about it.
    #[must_use]
    pub(super) fn summed_up(&self) -> (String, Sums) {
        packed::summed_up(self.packed)
    }

    /// Which versions of its rows the creator was read from.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        packed::stamp(self.packed)
    }

    /// Name and measured components alone, for less.
    #[must_use]
    pub fn shown(&self) -> (&'a str, Measured) {
        packed::shown(self.packed, &self.hot.scores)
    }

    /// Its niches one after the other, and how many of them are of which side.
    pub(super) fn niches_as_kept(&self) -> (&'a [InNiche], Sides) {
        (self.niches, self.sides)
    }

    /// Its niches.
    #[must_use]
    pub fn niches(&self) -> CreatorNiches<'a> {
        self.sides.of(self.niches, &self.hot.lengths)
    }

    /// Audience on the platforms asked for: followers of the largest account there.
    #[must_use]
    pub fn audience(&self, asked: u32) -> Option<u32> {
        if self.hot.platforms() & !asked == 0 {
            return self.hot.followers();
        }
        let accounts = self.head().accounts();
        accounts
            .filter(|(platform, _)| asked & platform_bit(*platform) != 0)
            .filter_map(|(_, followers)| followers)
            .max()
    }

    /// Size class of the audience on the platforms asked for.
    #[must_use]
    pub fn tier(&self, asked: u32) -> Tier {
        Tier::of(self.audience(asked))
    }

    /// The platform of the largest account; of accounts of the same size, of the first.
    #[must_use]
    pub fn main_platform(&self) -> Option<Platform> {
        let larger = |best: (Platform, Option<u32>), one: (Platform, Option<u32>)| {
            if one.1 > best.1 { one } else { best }
        };
        self.head().accounts().reduce(larger).map(|(platform, _)| platform)
    }

    /// The bytes it is packed in.
    pub(super) fn packed(&self) -> &'a [u8] {
        self.packed
    }
}

#[cfg(test)]
mod tests;
