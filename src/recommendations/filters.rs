//! Who is eligible: the filters of a request.

mod check;

use super::eligibility::Narrowing;
use crate::{
    creators::Platform,
    error::{by_name, not_null, object},
    niches::words,
    relationships::days::{Day, day_of},
    scores::{
        components::NAMES,
        nearness::{NichePlace, narrow},
    },
    snapshot::{
        TenantSnapshot,
        hot::{platform_bit, share_steps},
    },
};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// The band of followers unless the caller gives one or names tiers: micro-creators.
pub const DEFAULT_BAND: (u32, u32) = (1_000, 50_000);
/// All platforms.
pub const ANY_PLATFORM: u32 = u32::MAX;

/// Who is eligible. Every filter narrows; an absent one does not. All of them must be passed.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Filters {
    /// Band of followers, both ends included; 1,000 to 50,000 when absent, unless `tiers` are given; `{}` means any, unknown
    /// included.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub followers: Option<Band>,
    /// Size classes of the audience: any of them. With them, the band of 1,000 to 50,000 followers does not apply by itself; a
    /// band that is given does, too.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub tiers: Vec<AudienceTier>,
    /// Countries, ISO 3166-1 alpha-2: any of them.
    #[serde(default)]
    #[schema(example = json!(["RO"]), max_items = 50)]
    pub countries: Vec<String>,
    /// Regions as creators name them: any of them. Capital letters and diacritics make no difference.
    #[serde(default)]
    #[schema(example = json!(["Cluj"]), max_items = 50)]
    pub regions: Vec<String>,
    /// Cities as creators name them: any of them. Capital letters and diacritics make no difference.
    #[serde(default)]
    #[schema(example = json!(["Cluj-Napoca"]), max_items = 50)]
    pub cities: Vec<String>,
    /// Languages, ISO 639-1: any of them.
    #[serde(default)]
    #[schema(example = json!(["ro", "en"]), max_items = 50)]
    pub languages: Vec<String>,
    /// Platforms: an account on any of them. Followers and tiers are then those of the largest account among these platforms.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub platforms: Vec<Platform>,
    /// Ids of niches: any of them, or one that is part of it. The creator declares it, or its topics or its community are much in it (a fifth).
    #[serde(default)]
    #[schema(example = json!(["sustainable-fashion"]), max_items = 50)]
    pub niches: Vec<String>,
    /// Ids of niches: none of them, nor one that is part of it, in the same sense.
    #[serde(default)]
    #[schema(example = json!(["gaming"]), max_items = 50)]
    pub exclude_niches: Vec<String>,
    /// What the creator names as what it stands for: any of these. Capital letters and diacritics make no difference.
    #[serde(default)]
    #[schema(example = json!(["transparency", "repair"]), max_items = 50)]
    pub values: Vec<String>,
    /// Least values of components.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "object")]
    #[schema(nullable = false)]
    pub min_scores: Option<MinScores>,
    /// Least evidence, all of it.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "object")]
    #[schema(nullable = false)]
    pub min_evidence: Option<MinEvidence>,
    /// Least loyal reach: people expected back within 90 days, in all niches together, as on the receipt.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(nullable = false, example = 20.0, minimum = 0.0, maximum = 1_000_000_000.0)]
    pub min_loyal_reach: Option<f64>,
    /// Most that somebody paid for, as a share of the posts of the last 365 days, compared in steps of 0.01 %. A creator of
    /// whom no posts are known passes. Counts follow within an hour.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(nullable = false, example = 0.2, minimum = 0.0, maximum = 1.0)]
    pub max_sponsored_share: Option<f64>,
    /// Day (UTC) on which or after which the feed showed a sign of life: an event, a post or counts of one. Creators of whom
    /// nothing was ever seen are left out.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(nullable = false, format = Date, example = "2026-11-01", max_length = 10)]
    pub active_since: Option<String>,
    /// How much loyal reach has grown.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "object")]
    #[schema(nullable = false)]
    pub growth: Option<Growth>,
}

/// A band of followers, both ends included.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Least followers.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 1000, nullable = false, minimum = 0)]
    pub min: Option<u32>,
    /// Most followers.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 50000, nullable = false, minimum = 0)]
    pub max: Option<u32>,
}

/// Size class of an audience whose followers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AudienceTier {
    /// Under 1,000.
    Nano,
    /// 1,000 to 50,000.
    Micro,
    /// Up to 499,999.
    Mid,
    /// 500,000 to 999,999.
    Macro,
    /// 1,000,000 and more.
    Mega,
}

impl<'de> Deserialize<'de> for AudienceTier {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let all = [Self::Nano, Self::Micro, Self::Mid, Self::Macro, Self::Mega];
        by_name(value, &all, &["nano", "micro", "mid", "macro", "mega"])
    }
}

impl AudienceTier {
    /// Least and most followers.
    #[must_use]
    pub fn band(self) -> (u32, u32) {
        match self {
            Self::Nano => (0, 999),
            Self::Micro => (1_000, 50_000),
            Self::Mid => (50_001, 499_999),
            Self::Macro => (500_000, 999_999),
            Self::Mega => (1_000_000, u32::MAX),
        }
    }
}

/// Least values of components on the common scale, 0 to 1: the numbers shown as `mapped`. A component without enough evidence
/// stands at the mean of comparable creators, and is held against it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MinScores {
    /// Nearness of niches, authority in them, shared values.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 0.5, nullable = false, minimum = 0.0, maximum = 1.0)]
    pub fit: Option<f64>,
    /// Do the same people come back?
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 0.5, nullable = false, minimum = 0.0, maximum = 1.0)]
    pub loyalty: Option<f64>,
    /// Do trusted people trust the creator?
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 0.5, nullable = false, minimum = 0.0, maximum = 1.0)]
    pub trust: Option<f64>,
    /// Is the engagement real?
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 0.9, nullable = false, minimum = 0.0, maximum = 1.0)]
    pub authenticity: Option<f64>,
    /// Do people talk?
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 0.5, nullable = false, minimum = 0.0, maximum = 1.0)]
    pub conversation: Option<f64>,
}

/// Least evidence of a creator: what components say their numbers rest on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MinEvidence {
    /// Events of people.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 100, nullable = false, minimum = 0)]
    pub events: Option<u32>,
    /// People who engaged.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 30, nullable = false, minimum = 0)]
    pub engagers: Option<u32>,
    /// Days from the first event to the last observed day.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(example = 60, nullable = false, minimum = 0)]
    pub days: Option<u32>,
}

/// How much loyal reach has grown in 30 days. Creators of whom none was published so long ago are left out.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Growth {
    /// Least growth: loyal reach now against what was published 30 days ago, as a share of that. 0.1: ten percent more; -0.2: no
    /// more than a fifth less. From nobody to somebody is more than any share.
    #[schema(example = 0.1, minimum = -1.0, maximum = 100.0)]
    pub min: f64,
}

impl MinScores {
    /// Least values, in the order of [`NAMES`].
    #[must_use]
    pub fn parts(self) -> [Option<f64>; NAMES.len()] {
        [self.fit, self.loyalty, self.trust, self.authenticity, self.conversation]
    }
}

impl Filters {
    /// Least and most followers; `None`: any, unknown included.
    #[must_use]
    pub fn band(&self) -> Option<(u32, u32)> {
        match self.followers {
            None if !self.tiers.is_empty() => None,
            None => Some(DEFAULT_BAND),
            Some(Band { min: None, max: None }) => None,
            Some(Band { min, max }) => Some((min.unwrap_or(0), max.unwrap_or(u32::MAX))),
        }
    }

    pub(super) fn speaking(&self, snapshot: &TenantSnapshot) -> Option<Vec<bool>> {
        (!self.languages.is_empty()).then(|| snapshot.speaking(&self.languages))
    }

    pub(super) fn platform_bits(&self) -> u32 {
        if self.platforms.is_empty() {
            return ANY_PLATFORM;
        }
        self.platforms.iter().fold(0, |bits, platform| bits | platform_bit(*platform))
    }

    /// What the other filters ask, against a snapshot; of filters that keep all rules.
    pub(super) fn narrowing(&self, snapshot: &TenantSnapshot) -> Narrowing {
        let within = |niches: &[String]| {
            let places: Vec<NichePlace> = niches.iter().filter_map(|id| snapshot.place(id)).collect();
            (!places.is_empty()).then(|| snapshot.within(&places))
        };
        let MinEvidence { events, engagers, days } = self.min_evidence.unwrap_or_default();
        Narrowing {
            tiers: self.tiers.iter().map(|tier| tier.band()).collect(),
            regions: (!self.regions.is_empty()).then(|| snapshot.in_regions(&self.regions)),
            cities: (!self.cities.is_empty()).then(|| snapshot.in_cities(&self.cities)),
            niches: within(&self.niches),
            without_niches: within(&self.exclude_niches),
            values: self.values.iter().map(|value| words::number(value)).collect(),
            min_scores: self.min_scores.unwrap_or_default().parts(),
            min_evidence: [events, engagers, days],
            min_loyal_reach: self.min_loyal_reach.map(narrow),
            max_sponsored: self.max_sponsored_share.map(share_steps),
            active_since: self.active_since.as_deref().and_then(day),
            min_growth: self.growth.map(|growth| growth.min),
        }
    }
}

/// The number of a day in a request.
fn day(text: &str) -> Option<Day> {
    text.parse::<Date>().ok().map(day_of)
}
