//! The snapshot of one tenant, and the builder that keeps it up to date.

use super::{
    chunk::{CHUNK, Chunk, Cold, Hot, Row, Scores, Stamp, country_code, language_bits, platform_bit},
    towns::{Town, TownNames, Towns},
};
use crate::{
    creators::{Profile, model::audience},
    ids::CreatorKey,
    niches::{Niche, NicheTree, Taxonomy, words},
    scores::{
        CreatorStatistics, ScoringModel,
        authority::NicheReach,
        communities::Community,
        components::Components,
        nearness::{CreatorNiches, LISTED_SHARE, NichePlace, NicheVector},
    },
    sponsorship::UnderSponsorship,
    trust::TrustSums,
};
use std::{collections::HashMap, sync::Arc};

/// Everything about a tenant's creators that ranking needs, as of one moment. Cheap to clone: its parts are shared.
#[derive(Clone)]
pub struct TenantSnapshot {
    /// The scoring model in force.
    pub model: Arc<ScoringModel>,
    /// The niches the tenant sees.
    pub tree: Arc<NicheTree>,
    /// How many creators there are.
    pub creators: usize,
    /// Bytes that were copied so far because something changed in them: the difference to an older snapshot is what that
    /// one holds by itself.
    pub copied: u64,
    numbers: Arc<HashMap<String, u32>>,
    reaches: Vec<NicheReach>,
    postings: Vec<Arc<Vec<u32>>>,
    children: Vec<Arc<Vec<u32>>>,
    chunks: Vec<Arc<Chunk>>,
    towns: Towns,
}

impl TenantSnapshot {
    /// A creator by row.
    #[must_use]
    pub fn row(&self, row: u32) -> Option<&Row> {
        let (chunk, place) = (row as usize / CHUNK, row as usize % CHUNK);
        self.chunks.get(chunk)?.rows.get(place)?.as_ref()
    }

    /// Where the creator in a row lives, when it says so.
    #[must_use]
    pub fn town(&self, row: u32) -> Option<&Town> {
        self.towns.of(row)
    }

    /// How many rows there are, places of erased creators included.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.rows.len()).sum()
    }

    /// Number and parent of a niche; `None` for niches that do not exist.
    #[must_use]
    pub fn place(&self, niche: &str) -> Option<NichePlace> {
        let parent = self.tree.parent(niche).and_then(|parent| self.numbers.get(parent).copied());
        Some(NichePlace { niche: *self.numbers.get(niche)?, parent })
    }

    /// Where a creator stands: in the lists of its declared niches and of those its community is much in, and the two
    /// as vectors.
    fn located(&self, niches: &[String], community: &Community) -> (Vec<NichePlace>, CreatorNiches) {
        let declared: Vec<NichePlace> = niches.iter().filter_map(|niche| self.place(niche)).collect();
        let observed: Vec<(NichePlace, f64)> =
            community.shares.iter().filter_map(|(niche, share)| Some((self.place(niche)?, *share))).collect();
        let vectors = CreatorNiches::new(
            NicheVector::of(declared.iter().map(|place| (*place, 1.0))),
            NicheVector::of(observed.iter().copied()),
            community.people,
        );
        let mut places = declared;
        for (place, share) in observed {
            if share >= LISTED_SHARE && !places.contains(&place) {
                places.push(place);
            }
        }
        (places, vectors)
    }

    /// Rows of the creators who declare a niche or whose community is much in it, ascending.
    #[must_use]
    pub fn members(&self, niche: u32) -> &[u32] {
        self.postings.get(niche as usize).map_or(&[], |rows| rows.as_slice())
    }

    /// What loyal reach is usual in a niche's list.
    #[must_use]
    pub fn reach(&self, niche: u32) -> NicheReach {
        self.reaches.get(niche as usize).copied().unwrap_or_default()
    }

    /// Numbers of the niches that are part of a niche.
    #[must_use]
    pub fn children(&self, niche: u32) -> &[u32] {
        self.children.get(niche as usize).map_or(&[], |children| children.as_slice())
    }
}

/// A creator as read from the database.
pub struct SourceRow {
    /// The creator.
    pub key: CreatorKey,
    /// The caller's id.
    pub creator_id: String,
    /// The profile.
    pub profile: Profile,
    /// Sums over relationships, once there are any.
    pub statistics: Option<CreatorStatistics>,
    /// What its people engage with elsewhere, once it was counted.
    pub community: Option<Community>,
    /// Its trusted people, once trust was looked at.
    pub trust: Option<TrustSums>,
    /// Its people after sponsored posts, once they were looked at.
    pub sponsorship: Option<UnderSponsorship>,
    /// Transactions that wrote the rows it was read from.
    pub stamp: Stamp,
}

/// Statistics as read from the database.
pub struct SourceStatistics {
    /// Whose they are.
    pub key: CreatorKey,
    /// The sums.
    pub statistics: CreatorStatistics,
    /// The transaction that wrote them.
    pub stamp: i64,
}

/// Builds snapshots of a tenant, one after the other.
pub struct TenantBuilder {
    current: TenantSnapshot,
    index: HashMap<CreatorKey, u32>,
    free: Vec<u32>,
    town_names: TownNames,
    changed: bool,
    copied: u64,
}

impl TenantBuilder {
    /// An empty tenant with the built-in niches and the published default model.
    #[must_use]
    pub fn new(taxonomy: Arc<Taxonomy>) -> Self {
        let current = TenantSnapshot {
            model: Arc::new(ScoringModel::published_default()),
            tree: Arc::new(NicheTree::new(taxonomy, Vec::new())),
            creators: 0,
            copied: 0,
            numbers: Arc::default(),
            reaches: Vec::new(),
            postings: Vec::new(),
            children: Vec::new(),
            chunks: Vec::new(),
            towns: Towns::default(),
        };
        let mut builder = Self {
            current,
            index: HashMap::new(),
            free: Vec::new(),
            town_names: TownNames::default(),
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
        let rows = self.current.chunks.iter().flat_map(|chunk| chunk.rows.iter().flatten());
        let chunks = self.current.chunks.iter().map(|chunk| chunk.bytes() as u64);
        let bytes = rows.map(Row::bytes).sum::<u64>() + chunks.sum::<u64>() + self.current.towns.bytes();
        Self { copied: self.copied + bytes, ..Self::new(taxonomy) }
    }

    /// The snapshot of what was applied so far; `None` when nothing changed since the last one.
    pub fn publish(&mut self) -> Option<TenantSnapshot> {
        std::mem::take(&mut self.changed).then(|| self.snapshot())
    }

    /// The snapshot as it stands.
    #[must_use]
    pub fn snapshot(&self) -> TenantSnapshot {
        TenantSnapshot { creators: self.index.len(), copied: self.copied, ..self.current.clone() }
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
            self.relink_children();
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
        let known = self.index.get(&source.key).copied();
        let present = known.and_then(|number| self.current.row(number));
        if present.is_some_and(|row| row.cold.stamp == source.stamp) {
            return;
        }
        let Profile { country, city, .. } = &source.profile;
        let town = city.as_deref().map(|city| self.town_names.town(country, city, self.index.len()));
        let row = self.built(source);
        let number = known.unwrap_or_else(|| self.new_row(row.hot.key));
        self.copied += self.current.towns.put(number, town);
        let listed: Vec<u32> = row.cold.places.iter().map(|place| place.niche).collect();
        let before = self.replace(number, Some(row));
        self.move_postings(number, before.as_ref(), &listed);
        self.changed = true;
    }

    /// Replaces the statistics of a creator. One that is not here is being erased: profiles are read before statistics.
    pub fn apply_statistics(&mut self, source: SourceStatistics) {
        let Some(number) = self.index.get(&source.key).copied() else { return };
        let stale = |row: &&Row| row.cold.stamp.1 != Some(source.stamp);
        let Some(present) = self.current.row(number).filter(stale) else { return };
        let (mut row, mut cold) = (present.clone(), Cold::clone(&present.cold));
        cold.stamp.1 = Some(source.stamp);
        cold.statistics = Some(source.statistics);
        row.put(cold, &self.current.model);
        self.replace(number, Some(row));
        self.changed = true;
    }

    /// Forgets an erased creator.
    pub fn remove_creator(&mut self, key: CreatorKey) {
        let Some(number) = self.index.remove(&key) else { return };
        let before = self.replace(number, None);
        self.move_postings(number, before.as_ref(), &[]);
        self.copied += self.current.towns.put(number, None);
        self.free.push(number);
        self.changed = true;
    }

    fn built(&mut self, source: SourceRow) -> Row {
        for niche in &source.profile.niches {
            self.number(niche);
        }
        let community = source.community.unwrap_or_default();
        let (places, vectors) = self.current.located(&source.profile.niches, &community);
        let components = Components::of(
            source.statistics.as_ref(),
            (source.trust.as_ref(), source.sponsorship.as_ref()),
            &source.profile.niches,
            &self.current.model,
        );
        let Profile { display_name, country, languages, values, niches, accounts, .. } = source.profile;
        let values = values.iter().map(|value| words::number(value)).collect();
        let hot = Hot {
            key: source.key,
            followers: audience(&accounts, |_| true),
            country: country_code(&country),
            platforms: accounts.iter().fold(0, |bits, account| bits | platform_bit(account.platform)),
            languages: language_bits(languages.iter().map(String::as_str)),
            scores: Scores::of(source.statistics.as_ref(), &components, places.len()),
        };
        let cold = Cold {
            creator_id: source.creator_id,
            display_name,
            accounts,
            niches,
            community,
            places,
            vectors,
            values,
            statistics: source.statistics,
            trust: source.trust,
            sponsorship: source.sponsorship,
            components,
            stamp: source.stamp,
        };
        Row { hot, cold: Arc::new(cold) }
    }

    fn new_row(&mut self, key: CreatorKey) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| self.append_row());
        self.index.insert(key, number);
        number
    }

    fn append_row(&mut self) -> u32 {
        let chunks = &mut self.current.chunks;
        if chunks.last().is_none_or(|chunk| chunk.rows.len() == CHUNK) {
            chunks.push(Arc::default());
        }
        let last = chunks.len() - 1;
        let chunk = own(&mut chunks[last], Chunk::bytes, &mut self.copied);
        chunk.rows.push(None);
        u32::try_from(last * CHUNK + chunk.rows.len() - 1).expect("memory ends long before 2^32 creators")
    }

    fn replace(&mut self, number: u32, row: Option<Row>) -> Option<Row> {
        let rows =
            &mut own(&mut self.current.chunks[number as usize / CHUNK], Chunk::bytes, &mut self.copied).rows;
        for (row, times) in [(rows[number as usize % CHUNK].as_ref(), -1), (row.as_ref(), 1)] {
            if let Some(row) = row {
                count_reach(&mut self.current.reaches, row, times);
            }
        }
        let before = std::mem::replace(&mut rows[number as usize % CHUNK], row);
        self.copied += before.as_ref().map_or(0, Row::bytes);
        before
    }

    fn move_postings(&mut self, row: u32, before: Option<&Row>, now: &[u32]) {
        let listed = before.map_or(&[][..], |row| row.cold.places.as_slice());
        let bytes = |posting: &Vec<u32>| size_of_val(posting.as_slice());
        for place in listed.iter().filter(|place| !now.contains(&place.niche)) {
            let posting = own(&mut self.current.postings[place.niche as usize], bytes, &mut self.copied);
            if let Ok(at) = posting.binary_search(&row) {
                posting.remove(at);
            }
        }
        for niche in now {
            let posting = own(&mut self.current.postings[*niche as usize], bytes, &mut self.copied);
            if let Err(at) = posting.binary_search(&row) {
                posting.insert(at, row);
            }
        }
    }

    /// The number of a niche; its parent gets one, too.
    fn number(&mut self, niche: &str) -> u32 {
        if let Some(number) = self.current.numbers.get(niche) {
            return *number;
        }
        let parent = self.current.tree.parent(niche).map(str::to_owned);
        let parent = parent.map(|parent| self.number(&parent));
        let number = u32::try_from(self.current.postings.len()).expect("memory ends long before 2^32 niches");
        Arc::make_mut(&mut self.current.numbers).insert(niche.to_owned(), number);
        self.current.postings.push(Arc::default());
        self.current.reaches.push(NicheReach::default());
        self.current.children.push(Arc::default());
        if let Some(parent) = parent {
            Arc::make_mut(&mut self.current.children[parent as usize]).push(number);
        }
        number
    }

    fn relink_children(&mut self) {
        self.current.children.fill(Arc::default());
        let numbers = self.current.numbers.clone();
        for niche in numbers.keys() {
            let Some(NichePlace { niche, parent: Some(parent) }) = self.current.place(niche) else {
                continue;
            };
            Arc::make_mut(&mut self.current.children[parent as usize]).push(niche);
        }
    }

    /// Computes anew what rows hold of niches and model.
    fn recompute(&mut self) {
        let snapshot = self.current.clone();
        self.current.reaches.fill(NicheReach::default());
        for chunk in &mut self.current.chunks {
            for row in own(chunk, Chunk::bytes, &mut self.copied).rows.iter_mut().flatten() {
                self.copied += row.bytes();
                let mut cold = Cold::clone(&row.cold);
                (cold.places, cold.vectors) = snapshot.located(&cold.niches, &cold.community);
                row.put(cold, &snapshot.model);
                count_reach(&mut self.current.reaches, row, 1);
            }
        }
    }
}

/// Counts a creator's loyal reach in the niches in whose lists it stands.
fn count_reach(reaches: &mut [NicheReach], row: &Row, times: i64) {
    for place in &row.cold.places {
        reaches[place.niche as usize].count(row.hot.scores.reach, times);
    }
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
