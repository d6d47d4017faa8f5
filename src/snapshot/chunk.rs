//! Creators in rows, rows in chunks. A published snapshot shares its chunks with the next one; only chunks that change
//! are copied.

use crate::{
    creators::{Account, Platform, Tier},
    ids::CreatorKey,
    scores::{
        CreatorStatistics, ScoringModel,
        communities::Community,
        components::{Components, Evidence, Status},
        interval::Estimate,
        nearness::{CreatorNiches, NichePlace},
    },
    sponsorship::UnderSponsorship,
    trust::TrustSums,
};
use std::sync::Arc;

/// Rows of a chunk. More: more is copied when a creator changes; fewer: more pointers to follow, and to copy for every
/// snapshot.
pub const CHUNK: usize = 64;

/// What filters and ranking read of every candidate, together in memory.
#[derive(Clone, Copy, Debug)]
pub struct Hot {
    /// The creator.
    pub key: CreatorKey,
    /// Followers of the largest account, when known.
    pub followers: Option<u32>,
    /// Country code.
    pub country: [u8; 2],
    /// Platforms with an account, one bit each.
    pub platforms: u32,
    /// Languages, one bit each.
    pub languages: [u64; 3],
    /// What is measured of it.
    pub scores: Scores,
}

/// What ranking reads of a creator's scores.
#[derive(Clone, Copy, Debug)]
pub struct Scores {
    /// Loyal reach in each of the niches in whose lists it stands, where loyalty is measured.
    pub reach: Option<Estimate>,
    /// Loyalty on the common scale.
    pub loyalty: Estimate,
    /// Trust on the common scale.
    pub trust: Estimate,
    /// Authenticity on the common scale.
    pub authenticity: Estimate,
    /// Conversation on the common scale.
    pub conversation: Estimate,
}

impl Scores {
    /// The scores of a creator with these components that stands in the lists of so many niches.
    #[must_use]
    pub fn of(statistics: Option<&CreatorStatistics>, components: &Components, niches: usize) -> Self {
        let measured = statistics.filter(|_| components.loyalty.status == Status::Measured);
        Self {
            reach: measured.map(|sums| sums.reach().scaled(1.0 / niches.max(1) as f64)),
            loyalty: components.loyalty.mapped,
            trust: components.trust.mapped,
            authenticity: components.authenticity.mapped,
            conversation: components.conversation.mapped,
        }
    }
}

/// Everything else: names and evidence for the page, niches for the fit of every candidate.
#[derive(Clone, Debug)]
pub struct Cold {
    /// The caller's id.
    pub creator_id: String,
    /// Name shown to brands.
    pub display_name: String,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Declared niches.
    pub niches: Vec<String>,
    /// What its people engage with elsewhere.
    pub community: Community,
    /// Niches in whose lists it stands: the declared ones and those of its community.
    pub places: Vec<NichePlace>,
    /// Declared niches and community as vectors.
    pub vectors: CreatorNiches,
    /// Numbers of the values it names.
    pub values: Vec<u64>,
    /// Sums over relationships, once there are any.
    pub statistics: Option<CreatorStatistics>,
    /// Its trusted people, once trust was looked at.
    pub trust: Option<TrustSums>,
    /// Its people after sponsored posts, once they were looked at.
    pub sponsorship: Option<UnderSponsorship>,
    /// Components that depend on the creator alone.
    pub components: Components,
    /// Transactions that wrote the rows it was read from.
    pub stamp: Stamp,
}

/// Which versions of its rows a creator was read from: profile, statistics, community, trust, sponsorship.
pub type Stamp = (i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

impl Cold {
    /// Audience on the platforms asked for.
    #[must_use]
    pub fn audience(&self, asked: u32) -> Option<u32> {
        crate::creators::model::audience(&self.accounts, |platform| asked & platform_bit(platform) != 0)
    }

    /// Size class of the audience on the platforms asked for.
    #[must_use]
    pub fn tier(&self, asked: u32) -> Tier {
        Tier::of(self.audience(asked))
    }

    /// What the components of the creator rest on.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.statistics.as_ref().map_or(Evidence::default(), evidence_of)
    }
}

/// What statistics rest on.
#[must_use]
pub fn evidence_of(sums: &CreatorStatistics) -> Evidence {
    Evidence { events: sums.events, engagers: sums.engagers, days: sums.observed_days() }
}

/// A row: a creator, or a place left by one that was erased.
#[derive(Clone, Debug)]
pub struct Row {
    /// For filters and ranking.
    pub hot: Hot,
    /// For answers.
    pub cold: Arc<Cold>,
}

impl Row {
    /// Bytes that the row holds beside its place in the chunk, about.
    pub(super) fn bytes(&self) -> u64 {
        let Cold { creator_id, display_name, accounts, niches, .. } = &*self.cold;
        let names = creator_id.len() + display_name.len() + niches.iter().map(String::len).sum::<usize>();
        (size_of::<Cold>() + names + size_of_val(accounts.as_slice()) + size_of_val(niches.as_slice())) as u64
    }

    /// Puts changed sums or niches in place; the components follow.
    pub fn put(&mut self, cold: Cold, model: &ScoringModel) {
        let sums = (cold.trust.as_ref(), cold.sponsorship.as_ref());
        let components = Components::of(cold.statistics.as_ref(), sums, &cold.niches, model);
        self.hot.scores = Scores::of(cold.statistics.as_ref(), &components, cold.places.len());
        self.cold = Arc::new(Cold { components, ..cold });
    }
}

/// Rows that are copied together.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    pub(super) rows: Vec<Option<Row>>,
}

impl Chunk {
    /// Bytes of the rows' places.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.rows.as_slice())
    }
}

/// The bit of a platform.
#[must_use]
pub fn platform_bit(platform: Platform) -> u32 {
    1 << platform.code()
}

/// The bits of languages; unknown codes have none.
#[must_use]
pub fn language_bits<'a>(codes: impl Iterator<Item = &'a str>) -> [u64; 3] {
    let mut bits = [0; 3];
    for number in codes.filter_map(crate::creators::codes::language_number) {
        bits[number / 64] |= 1 << (number % 64);
    }
    bits
}

/// A country code of two letters as bytes; zeros for anything else.
#[must_use]
pub fn country_code(code: &str) -> [u8; 2] {
    code.as_bytes().try_into().unwrap_or_default()
}
