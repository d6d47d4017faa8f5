//! The question: a request for recommendations, and the creator who is missing.

use crate::{
    error::{Violations, not_null},
    http::{params, problem::Problem},
    recommendations::{
        brief::{Brief, RankBy, RecommendationRequest, WeightsInput},
        filters::Filters,
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A request for recommendations, and the creator who is missing in the list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "creator_id": "ana-verde",
    "brief": {"niches": [{"id": "sustainable-fashion", "weight": 1.0}]},
    "filters": {"followers": {"min": 1000, "max": 10000}, "countries": ["MD"]}, "limit": 10
}))]
pub struct WhyNotRequest {
    /// The creator who is missing.
    #[schema(example = "ana-verde", max_length = 128)]
    pub creator_id: String,
    /// What is looked for.
    pub brief: Brief,
    /// Who is eligible.
    #[serde(default)]
    pub filters: Filters,
    /// How much each component counts; the published default when absent.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub weights: Option<WeightsInput>,
    /// What ranks creators.
    #[serde(default)]
    pub rank_by: RankBy,
    /// Creators who shall not be recommended.
    #[serde(default)]
    #[schema(max_items = 10_000, example = json!(["already-booked"]))]
    pub exclude_creators: Vec<String>,
    /// How long the list is: 1 to 200.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 1, maximum = 200, default = 50, example = 10)]
    pub limit: Option<u32>,
}

impl WhyNotRequest {
    /// The length of the list, the id of the creator, and the request for recommendations.
    pub fn parse(self) -> Result<(usize, String, RecommendationRequest), Problem> {
        let Self { creator_id, brief, filters, weights, rank_by, exclude_creators, limit } = self;
        let mut violations = Violations::default();
        violations.id("/creator_id", &creator_id);
        let length = params::limit(limit);
        if length.is_err() {
            violations.add("/limit", "out_of_range", "must be between 1 and 200");
        }
        violations.finish().map_err(Problem::invalid)?;
        // The ranking itself is asked, before anything is put into another order.
        let request = RecommendationRequest {
            brief,
            filters,
            weights,
            rank_by,
            diversity: 0.0,
            explore: 0,
            exclude_creators,
            limit,
            cursor: None,
        };
        Ok((length?, creator_id, request))
    }
}
