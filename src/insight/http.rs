//! Insight into a niche, as shown.

pub mod found;
pub mod voices;

use self::{
    found::{RelatedNiche, RisingTerm},
    voices::{AuthorityView, CityVoices, CountryVoices, EmergingView},
};
use super::{
    members::members,
    model::{Concentration, Quartiles, Voices},
    store::Found,
};
use crate::snapshot::registry::Published;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What is seen in a niche. Members are the creators in its list: those who declare it, and those a fifth of whose topics, or of
/// whose community's engagement elsewhere, is in it. Followers are no part of any number here.
#[derive(Serialize, ToSchema)]
pub struct NicheInsight {
    /// Moment that everything said of creators is of.
    as_of: Timestamp,
    /// Creators in the list of the niche.
    #[schema(example = 412, minimum = 0)]
    members: usize,
    /// Those of them who declare it.
    #[schema(example = 380, minimum = 0)]
    declaring_members: usize,
    /// Those of whom there is enough evidence to measure loyalty; all numbers below are of these.
    #[schema(example = 207, minimum = 0)]
    measured_members: usize,
    /// Loyalty of the members; absent while none is measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    loyalty: Option<LoyaltyQuartiles>,
    /// How the loyal reach of the niche is spread over its voices; absent while nobody is expected back to any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    concentration: Option<ConcentrationView>,
    /// The members with the largest loyal reach in the niche.
    #[schema(max_items = 5)]
    authorities: Vec<AuthorityView>,
    /// The countries with most members, of those with three or more.
    #[schema(max_items = 10)]
    countries: Vec<CountryVoices>,
    /// The cities with most members, of those with three or more; the same however they are written.
    #[schema(max_items = 10)]
    cities: Vec<CityVoices>,
    /// Members first seen in the last 90 days of whose loyalty even the lower bound is above the median of the niche, the
    /// highest lower bound first. Nobody where most measured members were first seen lately: there it is the feed that is new.
    #[schema(max_items = 10)]
    emerging: Vec<EmergingView>,
    /// When people and posts were looked at, which is done once an hour; absent before the first time. The rest is of then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    looked_at: Option<Timestamp>,
    /// Niches that the same people are in more often than chance gives, by their lower bounds.
    #[schema(max_items = 10)]
    related: Vec<RelatedNiche>,
    /// Topics of posts that rise, by their lower bounds.
    #[schema(max_items = 10)]
    rising_topics: Vec<RisingTerm>,
    /// Words of two or more topics that rise, by their lower bounds. Texts of comments are not stored, and bios have no past to
    /// compare with: neither is counted.
    #[schema(max_items = 10)]
    rising_words: Vec<RisingTerm>,
}

/// Where the quarters of the members' loyalty end: the share of people expected back within 90 days.
#[derive(Serialize, ToSchema)]
pub struct LoyaltyQuartiles {
    /// A quarter of the members have less.
    #[schema(example = 0.04, minimum = 0.0, maximum = 1.0)]
    lower_quartile: f64,
    /// Half of them have less.
    #[schema(example = 0.07, minimum = 0.0, maximum = 1.0)]
    median: f64,
    /// Three quarters of them have less.
    #[schema(example = 0.12, minimum = 0.0, maximum = 1.0)]
    upper_quartile: f64,
}

/// How the loyal reach of a niche is spread over its voices: few large ones, or many small ones. The loyal reach of a creator is
/// divided evenly over the niches in whose lists it stands.
#[derive(Serialize, ToSchema)]
pub struct ConcentrationView {
    /// Loyal reach of the niche: people expected back within 90 days, counted once for each creator.
    #[schema(example = 5_230.4, minimum = 0.0)]
    loyal_reach: f64,
    /// Share of it that the largest hundredth of the measured members has, one member at least.
    #[schema(example = 0.12, minimum = 0.0, maximum = 1.0)]
    top_1_percent_share: f64,
    /// Share of it that the ten largest have.
    #[schema(example = 0.31, minimum = 0.0, maximum = 1.0)]
    top_10_share: f64,
    /// How many voices of equal reach are as concentrated: one over the sum of squared shares (inverse of Herfindahl's index).
    #[schema(example = 58.2, minimum = 1.0)]
    effective_voices: f64,
}

impl NicheInsight {
    /// What is seen in a niche: its members in a snapshot, and what was found last. Passes over all members.
    #[must_use]
    pub fn new(
        niche: &str,
        (published, as_of): (&Published, Timestamp),
        found: Found,
        looked_at: Option<Timestamp>,
    ) -> Self {
        let voices = Voices::new(members(&published.tenant, niche));
        Self {
            as_of,
            members: voices.members(),
            declaring_members: voices.declaring(),
            measured_members: voices.measured().count(),
            loyalty: voices.loyalty().map(Into::into),
            concentration: voices.concentration().map(Into::into),
            authorities: voices.authorities().into_iter().map(Into::into).collect(),
            countries: voices.places(|member| Some(member.country)).into_iter().map(Into::into).collect(),
            cities: voices.places(|member| member.town).into_iter().map(Into::into).collect(),
            emerging: voices.emerging().into_iter().map(Into::into).collect(),
            looked_at,
            related: found.relations.into_iter().map(Into::into).collect(),
            rising_topics: found.topics.into_iter().map(Into::into).collect(),
            rising_words: found.words.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Quartiles> for LoyaltyQuartiles {
    fn from(Quartiles { lower, middle, upper }: Quartiles) -> Self {
        Self { lower_quartile: lower, median: middle, upper_quartile: upper }
    }
}

impl From<Concentration> for ConcentrationView {
    fn from(Concentration { reach, top_hundredth, top_ten, effective }: Concentration) -> Self {
        Self {
            loyal_reach: reach,
            top_1_percent_share: top_hundredth,
            top_10_share: top_ten,
            effective_voices: effective,
        }
    }
}
