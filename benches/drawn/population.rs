//! A large tenant: creators in 200 niches of very different size, with all that the snapshot reads of them.

use super::{creator_id, keys, niches, number, whole};
use voci::{
    creators::{Account, Platform, Profile},
    ids::{CreatorKey, TenantId},
    scores::{CreatorStatistics, communities::Community, liveness::Liveness, people_sample::PeopleSample},
    snapshot::source::SourceRow,
    topics::Topics,
};

/// Niches that creators are in.
const NICHES: usize = 200;
/// The niche on place k has 1 / k^SKEW as many creators as the first: about 141,000 of 1,000,000 are in that one.
const SKEW: f64 = 0.9;
/// Countries with their languages, likelier ones more than once.
const PLACES: [(&str, &str); 10] = [
    ("RO", "ro"),
    ("RO", "ro"),
    ("RO", "ro"),
    ("RO", "ro"),
    ("MD", "ro"),
    ("US", "en"),
    ("GB", "en"),
    ("DE", "de"),
    ("FR", "fr"),
    ("HU", "hu"),
];
const PLATFORMS: [Platform; 4] =
    [Platform::Instagram, Platform::Instagram, Platform::TikTok, Platform::YouTube];

/// Where creators come from.
pub(crate) struct Population {
    niches: Vec<String>,
    /// Share of the creators in the niches up to each one.
    shares: Vec<f64>,
}

impl Population {
    pub(crate) fn new() -> Self {
        let niches: Vec<String> = niches().into_iter().take(NICHES).collect();
        let sizes = (1..=niches.len()).map(|place| (place as f64).powf(-SKEW));
        let mut shares: Vec<f64> = sizes
            .scan(0.0, |sum, size| {
                *sum += size;
                Some(*sum)
            })
            .collect();
        let all = shares.last().copied().unwrap_or(1.0);
        for share in &mut shares {
            *share /= all;
        }
        Self { niches, shares }
    }

    /// A niche by a random share from 0 to 1: larger ones more often.
    pub(crate) fn niche(&self, share: f64) -> &str {
        &self.niches[self.shares.partition_point(|sum| *sum <= share).min(self.niches.len() - 1)]
    }

    /// A creator, the same for the same number.
    pub(crate) fn creator(&self, tenant: TenantId, seed: u64) -> SourceRow {
        let creator_id = creator_id(seed);
        let dice = keys(seed, 90);
        SourceRow {
            key: CreatorKey::derive(tenant, &creator_id),
            profile: self.profile(seed, &dice),
            statistics: (dice[0] < 180).then(|| statistics(seed)),
            community: (dice[1] < 150).then(|| self.community(seed)),
            topics: if dice[10] < 128 { self.topics(seed) } else { Topics::default() },
            trust: None,
            sponsorship: None,
            sponsored_share: None,
            reach_before: None,
            stamp: (0, None, None, None, None, None),
            creator_id,
        }
    }

    fn drawn(&self, seed: u64, purpose: u64) -> String {
        self.niche(number(seed, purpose, 1 << 30) as f64 / f64::from(1 << 30)).to_owned()
    }

    fn profile(&self, seed: u64, dice: &[u8; 32]) -> Profile {
        let count = 1 + u64::from(dice[2] < 90) + u64::from(dice[3] < 30);
        let mut niches: Vec<String> = Vec::new();
        for purpose in 0..count {
            let niche = self.drawn(seed, 91 + purpose);
            if !niches.contains(&niche) {
                niches.push(niche);
            }
        }
        let (country, language) = PLACES[usize::from(dice[4]) % PLACES.len()];
        // From 300 to some 200,000: as many of each order of magnitude.
        let followers = 300.0 * (f64::from(u16::from_be_bytes([dice[5], dice[6]])) / 65_536.0 * 6.5).exp();
        let account = |place: u8| Account {
            platform: PLATFORMS[usize::from(dice[7].wrapping_add(place * 2)) % PLATFORMS.len()],
            handle: format!("handle.{seed}"),
            followers: Some(whole(followers) / (1 + u32::from(place))),
            engager_key: None,
        };
        Profile {
            display_name: format!("Creator number {seed}"),
            bio: String::new(),
            country: country.to_owned(),
            region: None,
            city: None,
            languages: vec![language.to_owned()],
            values: Vec::new(),
            niches,
            accounts: (0..=dice[8] % 2).map(account).collect(),
        }
    }

    /// Half post about what they declare first, the others now and then about something else.
    fn topics(&self, seed: u64) -> Topics {
        let (first, other) = (self.drawn(seed, 91), self.drawn(seed, 102));
        let posts = 5 + u32::try_from(number(seed, 103, 45)).unwrap_or_default();
        let both = number(seed, 104, 2) == 0 && first != other;
        let shares = if both { vec![(first, 0.7), (other, 0.3)] } else { vec![(first, 1.0)] };
        Topics { posts, shares }
    }

    fn community(&self, seed: u64) -> Community {
        let count = 1 + number(seed, 95, 4);
        let mut shares: Vec<(String, f64)> = Vec::new();
        for place in 0..count {
            let niche = self.drawn(seed, if place == 0 { 91 } else { 96 + place });
            if shares.iter().all(|(other, _)| *other != niche) {
                shares.push((niche, 0.6 / (1.0 + place as f64)));
            }
        }
        let people = 5 + u32::try_from(number(seed, 100, 500)).unwrap_or_default();
        Community { people, shares, sample: PeopleSample::of_bytes(&keys(seed, 101)[..16]) }
    }
}

fn statistics(seed: u64) -> CreatorStatistics {
    let some = |purpose, bound| i32::try_from(number(seed, purpose, bound)).unwrap_or_default();
    let engagers = 10 + some(3, 1_000);
    let loyal = engagers / (2 + some(4, 20));
    let back = f64::from(loyal) * f64::from(some(5, 1_000)) / 1_000.0;
    let talking = loyal * some(6, 100) / 100;
    CreatorStatistics {
        model_version: 0,
        events: i64::from(engagers) * 3,
        engagers,
        mature_engagers: engagers,
        loyal_engagers: loyal,
        talking_engagers: talking,
        answered_engagers: talking / 2,
        talk_events: i64::from(loyal),
        expected_back: back,
        expected_back_variance: back * 0.7,
        window: Some((20_000, 20_200)),
        first_event: Some(20_000),
        until: Some(20_200),
        liveness: Liveness { recent: 60.0, lasting: 120.0 },
        ..CreatorStatistics::default()
    }
}
