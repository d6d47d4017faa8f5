//! Builds snapshots of a tenant, one after the other.
//!
//! Creators whose first niche is the same lie together, so that ranking a niche is reading on.

mod located;

use super::{
    board::{Board, entry::Entry},
    chunk::{CHUNK, Chunk, NewRow},
    hot::{Hot, Scores, language_bits, platform_bit},
    index::Index,
    packed::{self, Sums},
    source::{SourceRow, SourceStatistics},
    tenant::{NOWHERE, Place, TenantSnapshot},
    towns::{TownNames, Towns},
};
use crate::{
    creators::{Profile, codes::country_number, model::audience},
    ids::{CreatorKey, TenantId},
    niches::{Niche, NicheTree, Taxonomy, words},
    scores::{ScoringModel, authority::NicheReach},
};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// Builds snapshots of a tenant, one after the other.
pub struct TenantBuilder {
    current: TenantSnapshot,
    languages: HashMap<[u64; 3], u32>,
    town_names: TownNames,
    places: HashMap<Place, u32>,
    /// By first niche: the chunk that is being filled, and places that erased creators left.
    open: HashMap<Option<u32>, usize>,
    free: HashMap<Option<u32>, Vec<u32>>,
    /// By niche: entries that wait while its list is empty, and are put into it before anybody sees it.
    coming: Vec<Vec<Entry>>,
    changed: bool,
    copied: u64,
}

impl TenantBuilder {
    /// An empty tenant with the built-in niches and the published default model.
    #[must_use]
    pub fn new(tenant: TenantId, taxonomy: Arc<Taxonomy>) -> Self {
        let current = TenantSnapshot {
            tenant,
            model: Arc::new(ScoringModel::published_default()),
            tree: Arc::new(NicheTree::new(taxonomy, Vec::new())),
            creators: 0,
            copied: 0,
            niches: Arc::default(),
            languages: Arc::default(),
            places: Arc::default(),
            reaches: Vec::new(),
            boards: Vec::new(),
            chunks: Vec::new(),
            towns: Towns::default(),
            index: Index::default(),
        };
        let mut builder = Self {
            current,
            languages: HashMap::new(),
            town_names: TownNames::default(),
            places: HashMap::new(),
            open: HashMap::new(),
            free: HashMap::new(),
            coming: Vec::new(),
            changed: true,
            copied: 0,
        };
        let tree = builder.current.tree.clone();
        for niche in tree.all().keys() {
            builder.number(niche);
        }
        builder
    }

    /// An empty one in the place of this one, whose snapshots will share nothing with those of before.
    #[must_use]
    pub fn started_again(&self, taxonomy: Arc<Taxonomy>) -> Self {
        let chunks: usize = self.current.chunks.iter().map(|chunk| chunk.bytes()).sum();
        let bytes = chunks as u64 + self.current.towns.bytes();
        Self { copied: self.copied + bytes, ..Self::new(self.current.tenant, taxonomy) }
    }

    /// Makes room for so many creators in one that has none yet.
    pub fn expect_creators(&mut self, creators: usize) {
        if self.current.index.len() == 0 {
            self.current.index = Index::with_room_for(creators);
        }
    }

    /// The snapshot of what was applied so far; `None` when nothing changed since the last one.
    pub fn publish(&mut self) -> Option<TenantSnapshot> {
        std::mem::take(&mut self.changed).then(|| self.snapshot())
    }

    /// The snapshot as it stands.
    #[must_use]
    pub fn snapshot(&mut self) -> TenantSnapshot {
        self.file_coming(1);
        TenantSnapshot { creators: self.current.index.len(), copied: self.copied, ..self.current.clone() }
    }

    /// Version of the model in force.
    #[must_use]
    pub fn model_version(&self) -> i32 {
        self.current.model.version
    }

    /// Adds or replaces a niche of the tenant's own. Creators who declare it move with it.
    pub fn apply_niche(&mut self, niche: Niche) {
        let moved = self.current.tree.get(&niche.id).is_some_and(|before| before.parent != niche.parent);
        let id = niche.id.clone();
        Arc::make_mut(&mut self.current.tree).insert(niche);
        self.number(&id);
        if moved {
            Arc::make_mut(&mut self.current.niches).relink(&self.current.tree);
            self.recompute();
        }
        self.changed = true;
    }

    /// Puts a model in force; every creator's components follow.
    pub fn apply_model(&mut self, model: ScoringModel) {
        self.current.model = Arc::new(model);
        self.recompute();
        self.changed = true;
    }

    /// Adds or replaces a creator; one that is here already as it is changes nothing.
    pub fn apply_creator(&mut self, source: SourceRow) {
        let (key, known) = (source.key, self.current.find(source.key));
        let present = known.and_then(|number| self.current.row(number));
        if present.is_some_and(|row| row.stamp() == source.stamp) {
            return;
        }
        let Profile { country, city, .. } = &source.profile;
        let town = city.as_deref().map(|city| self.town_names.town(country, city, self.current.index.len()));
        let row = self.built(source);
        let number = match known {
            Some(number) => {
                self.replace(number, &row);
                number
            }
            None => self.add(key, &row),
        };
        self.copied += self.current.towns.put(number, town);
        self.changed = true;
    }

    /// Replaces the statistics of a creator. One that is not here is being erased: profiles are read before statistics.
    pub fn apply_statistics(&mut self, source: SourceStatistics) {
        let Some(number) = self.current.find(source.key) else { return };
        let Some(row) = self.current.row(number) else { return };
        if row.stamp().1 == Some(source.stamp) {
            return;
        }
        let (display_name, mut sums) = row.summed_up();
        sums.stamp.1 = Some(source.stamp);
        sums.statistics = Some(source.statistics);
        let row = self.current.summed_up(&row, (display_name, sums));
        self.replace(number, &row);
        self.changed = true;
    }

    /// Forgets an erased creator.
    pub fn remove_creator(&mut self, key: CreatorKey) {
        let Some(number) = self.current.find(key) else { return };
        if let Some(row) = self.current.row(number) {
            let (entries, scores) = (self.current.entries(number, &row), row.hot.scores);
            let home = row.niches().declared.first().map(|first| first.niche());
            count_reach(&mut self.current.reaches, &entries, &scores, -1);
            self.file(&entries, &[]);
            self.free.entry(home).or_default().push(number);
        }
        self.copied += self.current.index.remove(key, number);
        self.own_chunk(number).clear(number as usize % CHUNK);
        self.copied += self.current.towns.put(number, None);
        self.changed = true;
    }

    fn built(&mut self, source: SourceRow) -> NewRow {
        for niche in &source.profile.niches {
            self.number(niche);
        }
        let Profile { display_name, country, region, city, languages, values, niches, accounts, .. } =
            source.profile;
        let community = source.community.unwrap_or_default();
        let (in_niches, sides, lengths) = self.current.located(&niches, &source.topics, &community);
        let sums = Sums {
            statistics: source.statistics,
            trust: source.trust,
            sponsorship: source.sponsorship,
            stamp: source.stamp,
        };
        let named: Vec<&str> = niches.iter().map(String::as_str).collect();
        let details = self.current.detailed(display_name, &named, sums);
        let platforms = accounts.iter().fold(0, |bits, account| bits | platform_bit(account.platform));
        let languages = self.languages(language_bits(languages.iter().map(String::as_str)));
        let place = self.place(region.as_deref(), city.as_deref());
        let lists = sides.of(&in_niches, &lengths).lists().count();
        let hot = Hot::new(
            audience(&accounts, |_| true),
            (country_number(&country), place, languages, platforms),
            lengths,
            Scores::of(details.sums.statistics.as_ref(), &details.components, lists),
        )
        .with_sponsored(source.sponsored_share);
        let values: Vec<u64> = values.iter().map(|value| words::number(value)).collect();
        let parts = packed::HeadParts {
            accounts: &accounts,
            values: &values,
            people: community.sample,
            reach_before: source.reach_before,
        };
        let packed = packed::pack(&source.creator_id, parts, &details);
        NewRow { hot, niches: in_niches, sides, packed }
    }

    /// The number of a set of languages.
    fn languages(&mut self, bits: [u64; 3]) -> u32 {
        numbered(&mut self.languages, &mut self.current.languages, bits)
    }

    /// The number of a region and city.
    fn place(&mut self, region: Option<&str>, city: Option<&str>) -> u32 {
        let place = [region, city].map(|name| name.map_or(NOWHERE, words::number));
        numbered(&mut self.places, &mut self.current.places, place)
    }

    fn add(&mut self, key: CreatorKey, row: &NewRow) -> u32 {
        let home = row.sides.of(&row.niches, &row.hot.lengths).declared.first().map(|first| first.niche());
        let number = match self.free.get_mut(&home).and_then(Vec::pop) {
            Some(number) => {
                self.own_chunk(number).put(number as usize % CHUNK, row);
                number
            }
            None => self.append(home, row),
        };
        let entries = self.current.entries_of_new(number, row);
        count_reach(&mut self.current.reaches, &entries, &row.hot.scores, 1);
        self.file(&[], &entries);
        let TenantSnapshot { tenant, index, chunks, .. } = &mut self.current;
        let row = |number: u32| chunks[number as usize / CHUNK].row(number as usize % CHUNK);
        let key_of = |number| row(number).map(|row| CreatorKey::derive(*tenant, row.creator_id()));
        self.copied += index.insert(key, number, key_of);
        number
    }

    fn append(&mut self, home: Option<u32>, row: &NewRow) -> u32 {
        let chunks = &mut self.current.chunks;
        let at = match self.open.get(&home) {
            Some(at) if !chunks[*at].is_full() => *at,
            _ => {
                chunks.push(Arc::default());
                self.open.insert(home, chunks.len() - 1);
                chunks.len() - 1
            }
        };
        let number = number_of(at * CHUNK + chunks[at].rows());
        self.own_chunk(number).push(row);
        number
    }

    fn replace(&mut self, number: u32, row: &NewRow) {
        let now = self.current.entries_of_new(number, row);
        let mut before = Vec::new();
        if let Some(present) = self.current.row(number) {
            let scores = present.hot.scores;
            before = self.current.entries(number, &present);
            count_reach(&mut self.current.reaches, &before, &scores, -1);
        }
        count_reach(&mut self.current.reaches, &now, &row.hot.scores, 1);
        self.own_chunk(number).put(number as usize % CHUNK, row);
        self.file(&before, &now);
    }

    fn own_chunk(&mut self, number: u32) -> &mut Chunk {
        own(&mut self.current.chunks[number as usize / CHUNK], Chunk::bytes, &mut self.copied)
    }

    /// Puts a creator into the lists in which it stands now, in the place of what it was there before. What comes into an empty list
    /// waits for others, as all do at start: many at once cost a fraction of what they cost one by one.
    fn file(&mut self, before: &[(u32, Entry)], now: &[(u32, Entry)]) {
        for (niche, entry) in before.iter().filter(|one| !now.contains(one)) {
            if self.current.boards[*niche as usize].is_empty() {
                self.coming[*niche as usize].retain(|other| other.row != entry.row);
            } else {
                let copied = self.own_board(*niche).remove(entry);
                self.copied += copied;
            }
        }
        for (niche, entry) in now.iter().filter(|one| !before.contains(one)) {
            if self.current.boards[*niche as usize].is_empty() {
                self.coming[*niche as usize].push(*entry);
            } else {
                let copied = self.own_board(*niche).insert(*entry);
                self.copied += copied;
            }
        }
    }

    fn own_board(&mut self, niche: u32) -> &mut Board {
        own(&mut self.current.boards[niche as usize], Board::bytes, &mut self.copied)
    }

    /// How many entries wait for lists that are empty.
    pub(super) fn coming(&self) -> usize {
        self.coming.iter().map(Vec::len).sum()
    }

    /// Puts all entries that are coming into their lists, as a snapshot needs it, on so many threads.
    pub(super) fn file_coming(&mut self, threads: usize) {
        let lists = self.coming.iter_mut().zip(&mut self.current.boards);
        let lists = Mutex::new(lists.filter(|(coming, _)| !coming.is_empty()));
        let next = || lists.lock().unwrap_or_else(PoisonError::into_inner).next();
        let fill = || {
            while let Some((coming, board)) = next() {
                *board = Arc::new(Board::of(std::mem::take(coming)));
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads {
                // Where there is no thread to be had, this one does it all.
                drop(thread::Builder::new().name("lists".to_owned()).spawn_scoped(scope, fill));
            }
            fill();
        });
    }

    /// The number of a niche; its parent gets one, too.
    fn number(&mut self, niche: &str) -> u32 {
        if let Some(number) = self.current.niches.numbers.get(niche) {
            return *number;
        }
        let parent = self.current.tree.parent(niche).map(str::to_owned);
        let parent = parent.map(|parent| self.number(&parent));
        self.current.boards.push(Arc::default());
        self.coming.push(Vec::new());
        self.current.reaches.push(NicheReach::default());
        Arc::make_mut(&mut self.current.niches).add(niche, parent)
    }

    /// Computes anew what rows hold of niches and model.
    fn recompute(&mut self) {
        let snapshot = self.current.clone();
        self.current.reaches.fill(NicheReach::default());
        self.current.boards.fill_with(Arc::default);
        self.coming.iter_mut().for_each(Vec::clear);
        for number in 0..number_of(snapshot.rows()) {
            let Some(row) = snapshot.row(number) else { continue };
            let seen = &row.hot.lengths;
            let lengths = snapshot.lengths(row.niches_as_kept(), seen.posts(), seen.people());
            let summed_up = snapshot.summed_up(&row, row.summed_up());
            let row = NewRow { hot: summed_up.hot.with_lengths(lengths), ..summed_up };
            let entries = snapshot.entries_of_new(number, &row);
            count_reach(&mut self.current.reaches, &entries, &row.hot.scores, 1);
            self.own_chunk(number).put(number as usize % CHUNK, &row);
            self.file(&[], &entries);
        }
        self.file_coming(1);
    }
}

/// Counts a creator's loyal reach in the niches in whose lists it stands.
fn count_reach(reaches: &mut [NicheReach], lists: &[(u32, Entry)], scores: &Scores, times: i64) {
    for (niche, _) in lists {
        reaches[*niche as usize].count(scores.reach(), times);
    }
}

/// The number of something that many creators share.
fn numbered<T: Copy + Eq + Hash>(numbers: &mut HashMap<T, u32>, all: &mut Arc<Vec<T>>, one: T) -> u32 {
    *numbers.entry(one).or_insert_with(|| {
        let all = Arc::make_mut(all);
        all.push(one);
        number_of(all.len() - 1)
    })
}

pub(super) fn number_of(index: usize) -> u32 {
    u32::try_from(index).expect("memory ends long before 2^32 creators, niches, places or sets of languages")
}

/// A part of the snapshot that may be changed: copied first when a published one has it, too.
fn own<'a, T: Clone>(part: &'a mut Arc<T>, bytes: impl Fn(&T) -> usize, copied: &mut u64) -> &'a mut T {
    if Arc::strong_count(part) > 1 {
        *copied += bytes(part) as u64;
    }
    Arc::make_mut(part)
}

#[cfg(test)]
mod tests;
