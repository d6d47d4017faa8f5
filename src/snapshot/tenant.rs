//! The snapshot of one tenant.

use super::{
    board::Board,
    chunk::{CHUNK, Chunk, Row},
    hot::language_bits,
    index::Index,
    numbered::Numbered,
    towns::{Town, Towns},
};
use crate::{
    creators::codes,
    ids::{CreatorKey, TenantId},
    niches::{NicheTree, words},
    scores::{ScoringModel, authority::NicheReach, nearness::NichePlace},
};
use std::sync::Arc;

/// Everything about a tenant's creators that ranking needs, as of one moment. Cheap to clone: its parts are shared.
#[derive(Clone)]
pub struct TenantSnapshot {
    /// Whose it is.
    pub(super) tenant: TenantId,
    /// The scoring model in force.
    pub model: Arc<ScoringModel>,
    /// The niches the tenant sees.
    pub tree: Arc<NicheTree>,
    /// How many creators there are.
    pub creators: usize,
    /// Bytes that were copied so far because something changed in them: the difference to an older snapshot is what that
    /// one holds by itself.
    pub copied: u64,
    pub(super) niches: Arc<Numbered>,
    pub(super) languages: Arc<Vec<[u64; 3]>>,
    pub(super) places: Arc<Vec<Place>>,
    pub(super) reaches: Vec<NicheReach>,
    pub(super) boards: Vec<Arc<Board>>,
    pub(super) chunks: Vec<Arc<Chunk>>,
    pub(super) towns: Towns,
    pub(super) index: Index,
}

/// Numbers of the names of a region and a city, however they are written.
pub type Place = [u64; 2];
/// The number of the name of a place that is not known.
pub const NOWHERE: u64 = 0;

impl TenantSnapshot {
    /// A creator by row.
    #[must_use]
    pub fn row(&self, row: u32) -> Option<Row<'_>> {
        let (chunk, place) = (row as usize / CHUNK, row as usize % CHUNK);
        self.chunks.get(chunk)?.row(place)
    }

    /// Where the creator in a row lives, when it says so.
    #[must_use]
    pub fn town(&self, row: u32) -> Option<&Town> {
        self.towns.of(row)
    }

    /// The row of a creator.
    #[must_use]
    pub fn find(&self, creator: CreatorKey) -> Option<u32> {
        let is_it = |number| self.row(number).is_some_and(|row| self.key(&row) == creator);
        self.index.find(creator, is_it)
    }

    /// The key of the creator in a row. It follows from the id: to hash that takes less than to read 16 bytes more of each would.
    #[must_use]
    pub fn key(&self, row: &Row<'_>) -> CreatorKey {
        CreatorKey::derive(self.tenant, row.creator_id())
    }

    /// A number above that of any row.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// Number and parent of a niche; `None` for niches that do not exist.
    #[must_use]
    pub fn place(&self, niche: &str) -> Option<NichePlace> {
        Some(self.placed(*self.niches.numbers.get(niche)?))
    }

    /// A niche by number with its parent.
    #[must_use]
    pub fn placed(&self, niche: u32) -> NichePlace {
        NichePlace::among(self.parents(), niche)
    }

    /// The id of a niche by number.
    #[must_use]
    pub fn niche(&self, number: u32) -> &str {
        self.niches.names.get(number as usize).map_or("", String::as_str)
    }

    /// The parents of all niches, by number.
    #[must_use]
    pub fn parents(&self) -> &[Option<u32>] {
        &self.niches.parents
    }

    /// Numbers of the niches that are part of a niche.
    #[must_use]
    pub fn children(&self, niche: u32) -> &[u32] {
        self.niches.children.get(niche as usize).map_or(&[], Vec::as_slice)
    }

    /// The creators who declare a niche or whose topics or community are much in it; `None` for a niche that does not exist.
    #[must_use]
    pub fn board(&self, niche: u32) -> Option<&Board> {
        self.boards.get(niche as usize).map(Arc::as_ref)
    }

    /// Rows of the creators who declare a niche or whose topics or community are much in it.
    pub fn members(&self, niche: u32) -> impl Iterator<Item = u32> {
        self.board(niche).into_iter().flat_map(Board::rows)
    }

    /// What loyal reach is usual in a niche's list.
    #[must_use]
    pub fn reach(&self, niche: u32) -> NicheReach {
        self.reaches.get(niche as usize).copied().unwrap_or_default()
    }

    /// For each set of languages by number, whether any of these is in it.
    #[must_use]
    pub fn speaking(&self, codes: &[String]) -> Vec<bool> {
        let asked = language_bits(codes.iter().map(String::as_str));
        let speaks = |spoken: &[u64; 3]| asked.iter().zip(spoken).any(|(asked, spoken)| asked & spoken != 0);
        self.languages.iter().map(speaks).collect()
    }

    /// Codes of the languages of a creator.
    #[must_use]
    pub fn languages(&self, row: &Row<'_>) -> Vec<&'static str> {
        let spoken = self.languages.get(row.hot.languages as usize).copied().unwrap_or_default();
        let speaks = |number: &usize| spoken[number / 64] >> (number % 64) & 1 == 1;
        (0..spoken.len() * 64).filter(speaks).filter_map(codes::language).collect()
    }

    /// Where the creator of a row lives.
    #[must_use]
    pub fn home(&self, row: &Row<'_>) -> Place {
        self.places.get(row.hot.place as usize).copied().unwrap_or_default()
    }

    /// For each place by number, whether it is in any of these regions.
    #[must_use]
    pub fn in_regions(&self, names: &[String]) -> Vec<bool> {
        self.named(0, names)
    }

    /// For each place by number, whether it is in any of these cities.
    #[must_use]
    pub fn in_cities(&self, names: &[String]) -> Vec<bool> {
        self.named(1, names)
    }

    fn named(&self, part: usize, names: &[String]) -> Vec<bool> {
        let asked: Vec<u64> = names.iter().map(|name| words::number(name)).collect();
        self.places.iter().map(|place| asked.contains(&place[part])).collect()
    }

    /// For each niche by number, whether it is one of these or part of one.
    #[must_use]
    pub fn within(&self, niches: &[NichePlace]) -> Vec<bool> {
        let is_asked = |niche: u32| niches.iter().any(|asked| asked.niche == niche);
        let parents = self.parents().iter().zip(0..);
        parents.map(|(parent, niche)| is_asked(niche) || parent.is_some_and(is_asked)).collect()
    }

    /// Ids of the niches a creator declares.
    #[must_use]
    pub fn declared(&self, row: &Row<'_>) -> Vec<&str> {
        row.niches().declared.iter().map(|one| self.niche(one.niche())).collect()
    }
}
