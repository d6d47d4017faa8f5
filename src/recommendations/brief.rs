//! What a brand looks for: the request, and the query it becomes.

use super::{
    eligibility::{InUse, Narrowing},
    filters::Filters,
    wanted::{Refusal, Wanted, WantedNiche},
};
use crate::{
    creators::codes::country_number,
    error::{Violations, not_null},
    ids,
    niches::words,
    scores::{
        components::NAMES,
        fit::Asked,
        receipt::{Score, Weights},
    },
    snapshot::TenantSnapshot,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};
use utoipa::ToSchema;

const MAX_VALUES: usize = 20;
const MAX_EXCLUDED: usize = 10_000;
const MAX_EXPLORED: u32 = 20;

/// A request for recommendations.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "brief": {"text": "haine eco pentru copii", "niches": [{"id": "minimalism", "weight": 0.5}],
              "values": ["transparency"]},
    "filters": {"followers": {"min": 1000, "max": 50000}, "countries": ["RO"], "languages": ["ro"], "platforms": ["instagram"],
                "min_scores": {"loyalty": 0.4}, "max_sponsored_share": 0.2},
    "exclude_creators": ["already-booked"], "diversity": 0.3, "explore": 1, "limit": 10
}))]
pub struct RecommendationRequest {
    /// What is looked for.
    pub brief: Brief,
    /// Who is eligible.
    #[serde(default)]
    pub filters: Filters,
    /// How much each component counts; the published default when absent.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub weights: Option<WeightsInput>,
    /// What ranks creators.
    #[serde(default)]
    pub rank_by: RankBy,
    /// How much different voices count against the best ones, 0 to 1: with 0 the list is the ranking. Above it, stretches of 100 of
    /// the ranking are put into another order, in which nobody stands next to many who resemble it by niches, people, place and
    /// languages, and in which each niche of a brief of several gets its share of the places. How many people two share is told from
    /// a sample of 16.
    #[serde(default)]
    #[schema(example = 0.3, minimum = 0.0, maximum = 1.0, default = 0.0)]
    pub diversity: f64,
    /// Places of each page kept for creators of whom too little is known to measure loyalty: 0 to 20. They are ranked among
    /// themselves and marked `explored`; they are on no other place then.
    #[serde(default)]
    #[schema(example = 2, minimum = 0, maximum = 20, default = 0)]
    pub explore: u32,
    /// Creators who shall not be recommended.
    #[serde(default)]
    #[schema(max_items = 10_000, example = json!(["already-booked"]))]
    pub exclude_creators: Vec<String>,
    /// Creators on a page: 1 to 200.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 1, maximum = 200, default = 50, example = 10)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; send the rest of the request unchanged.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(nullable = false, max_length = 2048)]
    pub cursor: Option<String>,
}

/// What ranks creators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RankBy {
    /// The 10 % quantile of the score: a creator who is known to be good stands above one who may be.
    #[default]
    LowerBound,
    /// The score itself, however uncertain.
    Mean,
}

impl RankBy {
    /// The number that ranks.
    #[must_use]
    pub fn of(self, score: &Score) -> f64 {
        match self {
            Self::LowerBound => score.low,
            Self::Mean => score.score,
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Brief {
    /// What is looked for in words, English or Romanian. The niches that it is about count beside `niches`: all of them
    /// together as much as one of weight 1. The text or at least one niche is needed.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "not_null")]
    #[schema(nullable = false, example = "haine eco pentru copii", min_length = 1, max_length = 2000)]
    pub text: Option<String>,
    /// Niches that the audience shall care about.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub niches: Vec<WeightedNiche>,
    /// What the creators shall stand for: the more of it they name, the better they fit.
    #[serde(default)]
    #[schema(example = json!(["transparency"]), max_items = 20)]
    pub values: Vec<String>,
}

/// A niche and how much it matters within the brief.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightedNiche {
    /// Id of the niche.
    #[schema(example = "sustainable-fashion", max_length = 64)]
    pub id: String,
    /// How much it matters, relative to the other niches; 1 when absent.
    #[serde(default = "one")]
    #[schema(example = 1.0, minimum = 0.001, maximum = 1000.0, default = 1.0)]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

/// How much each component counts. Only proportions matter; at least one must be above 0.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WeightsInput {
    /// Nearness of niches, authority in them, shared values.
    #[schema(example = 0.35, minimum = 0.0, maximum = 1000.0)]
    pub fit: f64,
    /// Do the same people come back?
    #[schema(example = 0.25, minimum = 0.0, maximum = 1000.0)]
    pub loyalty: f64,
    /// Do trusted people trust the creator?
    #[schema(example = 0.15, minimum = 0.0, maximum = 1000.0)]
    pub trust: f64,
    /// Is the engagement real?
    #[schema(example = 0.15, minimum = 0.0, maximum = 1000.0)]
    pub authenticity: f64,
    /// Do people talk?
    #[schema(example = 0.10, minimum = 0.0, maximum = 1000.0)]
    pub conversation: f64,
}

impl Default for WeightsInput {
    fn default() -> Self {
        let [fit, loyalty, trust, authenticity, conversation] = Weights::DEFAULT.0;
        Self { fit, loyalty, trust, authenticity, conversation }
    }
}

impl WeightsInput {
    fn parts(&self) -> [f64; NAMES.len()] {
        [self.fit, self.loyalty, self.trust, self.authenticity, self.conversation]
    }
}

/// A request that keeps all rules, against one snapshot.
#[derive(Clone, Debug)]
pub struct Query {
    /// What the brief asks of fit.
    pub asked: Asked,
    /// The niches of the brief, in the order of those that fit is asked of.
    pub wanted: Wanted,
    /// Least and most followers; `None`: any, unknown included.
    pub band: Option<(u32, u32)>,
    /// Countries; empty: any.
    pub countries: Vec<u8>,
    /// For each set of languages by number, whether any of those asked for is in it; `None`: any languages.
    pub languages: Option<Vec<bool>>,
    /// Platforms; all bits set: any.
    pub platforms: u32,
    /// What the other filters ask.
    pub narrowing: Narrowing,
    /// Which filters there are to look at.
    pub in_use: InUse,
    /// Ids of creators left out.
    pub excluded: HashSet<String>,
    /// Weights, with sum 1.
    pub weights: Weights,
    /// What ranks.
    pub rank_by: RankBy,
    /// How much different voices count, 0 to 1.
    pub diversity: f64,
    /// Places of a page kept for creators of whom little is known.
    pub explore: usize,
}

impl RecommendationRequest {
    /// A request for one niche with everything else as by default.
    #[must_use]
    pub fn of_niche(niche: String, limit: Option<u32>, cursor: Option<String>) -> Self {
        let niches = vec![WeightedNiche { id: niche, weight: 1.0 }];
        Self::of_brief(Brief { text: None, niches, values: Vec::new() }, limit, cursor)
    }

    /// A request for what a text is about with everything else as by default.
    #[must_use]
    pub fn of_text(text: String, limit: Option<u32>, cursor: Option<String>) -> Self {
        Self::of_brief(Brief { text: Some(text), niches: Vec::new(), values: Vec::new() }, limit, cursor)
    }

    fn of_brief(brief: Brief, limit: Option<u32>, cursor: Option<String>) -> Self {
        Self {
            brief,
            filters: Filters::default(),
            weights: None,
            rank_by: RankBy::default(),
            diversity: 0.0,
            explore: 0,
            exclude_creators: Vec::new(),
            limit,
            cursor,
        }
    }

    /// The query, or everything that is wrong with the request.
    pub fn query(&self, snapshot: &TenantSnapshot) -> Result<Query, Refusal> {
        let mut violations = Violations::default();
        let wanted = self.brief.wanted(&mut violations, snapshot);
        self.brief.check_values(&mut violations);
        self.filters.check(&mut violations, snapshot);
        let weights = self.weights.unwrap_or_default().parts();
        if weights.iter().any(|weight| !(0.0..=1_000.0).contains(weight))
            || weights.iter().sum::<f64>() <= 0.0
        {
            violations.add(
                "/weights",
                "out_of_range",
                "weights lie between 0 and 1000, and one must be above 0",
            );
        }
        if !(0.0..=1.0).contains(&self.diversity) {
            violations.add("/diversity", "out_of_range", "must be between 0 and 1");
        }
        if self.explore > MAX_EXPLORED {
            violations.add("/explore", "out_of_range", "must be between 0 and 20");
        }
        violations.at_most("/exclude_creators", self.exclude_creators.len(), MAX_EXCLUDED);
        for (index, id) in self.exclude_creators.iter().enumerate().take(MAX_EXCLUDED) {
            if !ids::is_valid_id(id) {
                violations.add(
                    format!("/exclude_creators/{index}"),
                    "invalid_id",
                    format!("must be {}", ids::ID_RULE),
                );
            }
        }
        violations.finish().map_err(Refusal::Invalid)?;
        if wanted.niches.is_empty() {
            return Err(Refusal::not_understood(self.brief.text.as_deref(), &snapshot.tree));
        }
        let reach = |niche: &WantedNiche| (niche.place, niche.weight, snapshot.reach(niche.place.niche));
        let niches: Vec<_> = wanted.niches.iter().map(reach).collect();
        let values = self.brief.values.iter().map(|value| words::number(value)).collect();
        let mut query = Query {
            asked: Asked::new(&niches, values, snapshot.parents()),
            wanted,
            band: self.filters.band(),
            countries: self.filters.countries.iter().map(|code| country_number(code)).collect(),
            languages: self.filters.speaking(snapshot),
            platforms: self.filters.platform_bits(),
            narrowing: self.filters.narrowing(snapshot),
            in_use: InUse::default(),
            excluded: self.exclude_creators.iter().cloned().collect(),
            weights: Weights::normalised(weights).unwrap_or(Weights::DEFAULT),
            rank_by: self.rank_by,
            diversity: self.diversity,
            explore: self.explore as usize,
        };
        query.in_use = InUse::of(&query);
        Ok(query)
    }
}

impl Brief {
    fn check_values(&self, violations: &mut Violations) {
        violations.at_most("/brief/values", self.values.len(), MAX_VALUES);
        let mut seen = BTreeSet::new();
        for (index, value) in self.values.iter().enumerate().take(MAX_VALUES) {
            let pointer = format!("/brief/values/{index}");
            violations.text(&pointer, value, 1, 64);
            if !seen.insert(words::folded(value)) {
                violations.add(pointer, "duplicate", "is in the brief already");
            }
        }
    }
}
