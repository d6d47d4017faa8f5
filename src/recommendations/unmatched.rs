//! Why a list is empty: which parts of the request let nobody through.

use super::{
    brief::Query,
    candidates::for_each_candidate,
    eligibility::Filter,
    filters::{DEFAULT_BAND, Filters},
};
use crate::{scores::nearness::MIN_NEARNESS, snapshot::TenantSnapshot};
use serde::Serialize;
use utoipa::ToSchema;

/// A part of a request that nobody passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unmatched {
    /// JSON Pointer (RFC 6901) into the request body.
    #[schema(example = "/filters/cities", max_length = 128)]
    pub pointer: &'static str,
    /// Why, in plain English.
    #[schema(example = "no creator near to the brief passes this filter", max_length = 200)]
    pub detail: String,
}

/// What lets nobody through, when nobody is in the list: the brief, filters each of which alone does, or all filters together.
///
/// Costs a look at each creator in the list of a niche of the brief or of one near to it.
#[must_use]
pub fn unmatched(snapshot: &TenantSnapshot, filters: &Filters, query: &Query) -> Vec<Unmatched> {
    let mut alone = [query.in_use.early.as_slice(), &query.in_use.late].concat();
    let mut is_anybody_near = false;
    for_each_candidate(snapshot, query, |_, row| {
        if row.niches().near(&query.asked.common) >= MIN_NEARNESS {
            is_anybody_near = true;
            alone.retain(|filter| filter.removes(query, &row));
        }
    });
    if !is_anybody_near {
        return told("/brief/niches", "no creator is near to the brief");
    }
    if alone.is_empty() {
        return told(
            "/filters",
            "each filter lets some creators near to the brief through, but no creator passes all",
        );
    }
    alone.into_iter().map(|filter| of_filter(filter, filters)).collect()
}

fn told(pointer: &'static str, detail: &str) -> Vec<Unmatched> {
    vec![Unmatched { pointer, detail: detail.to_owned() }]
}

fn of_filter(filter: Filter, filters: &Filters) -> Unmatched {
    let (least, most) = DEFAULT_BAND;
    let detail = if filter == Filter::Followers && filters.followers.is_none() {
        format!(
            "no creator near to the brief has {least} to {most} followers, the band unless another is given"
        )
    } else {
        "no creator near to the brief passes this filter".to_owned()
    };
    Unmatched { pointer: filter.pointer(), detail }
}
