//! `/v1/creators/{creator_id}/similar`.

use super::{
    model::{COMPARED, Similar, nearest, sampled, similar},
    people::{People, Shared},
    store,
};
use crate::{
    creators::{Tier, http::not_found},
    db::Pools,
    error::FieldError,
    http::{
        auth::{Caller, Read},
        params::{PathId, Query},
        problem::{Kind, Problem, ProblemDocument},
    },
    ids::CreatorKey,
    recommendations::{
        filters::ANY_PLATFORM,
        http::check_loaded,
        reasons::{declaring_too, sharing_people},
    },
    snapshot::{Row, Snapshots, TenantSnapshot},
};
use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Most creators in an answer. More: the last ones have little in common; fewer: no choice.
const MOST: usize = 50;
const DEFAULT: u32 = 20;

/// Creators like one, the most similar first.
#[derive(Serialize, ToSchema)]
pub struct SimilarCreators {
    /// Everything committed up to this moment is considered for niches; people are those of this moment.
    as_of: Timestamp,
    /// Names the state of the data that niches were compared in.
    #[schema(example = "5d0c7b1f22aa-17", max_length = 64)]
    snapshot: String,
    /// The creator.
    #[schema(example = "ana-verde", max_length = 128)]
    creator_id: String,
    /// Creators whose people were compared: the nearest by niches, at most 200.
    #[schema(example = 200, minimum = 0, maximum = 200)]
    compared: usize,
    /// Whether people count. When fewer than 5 people of the creator are known, niches count alone.
    #[schema(example = true)]
    by_people: bool,
    /// Creators like it.
    #[schema(max_items = 50)]
    items: Vec<SimilarCreator>,
}

/// A creator like another.
#[derive(Serialize, ToSchema)]
pub struct SimilarCreator {
    /// The creator.
    #[schema(example = "croitoria-irinei", max_length = 128)]
    creator_id: String,
    /// Name of the creator.
    #[schema(example = "Croitoria Irinei", max_length = 200)]
    display_name: String,
    /// Size class of the audience; never part of the similarity.
    tier: Tier,
    /// Half of `niche_cosine` and half of `overlap`, which counts as 0 when it is absent; `niche_cosine` when people do not count.
    #[schema(example = 0.68, minimum = 0.0, maximum = 1.0)]
    similarity: f64,
    /// Cosine of the niches of the two: those they declare, and those their people engage with elsewhere.
    #[schema(example = 0.95, minimum = 0.0, maximum = 1.0)]
    niche_cosine: f64,
    /// About how many people engage with both; absent when fewer than 5 were seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 143, minimum = 5)]
    shared_people: Option<i64>,
    /// Their share of the people of the one who has fewer; absent when fewer than 5 were seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.41, minimum = 0.0, maximum = 1.0)]
    overlap: Option<f64>,
    /// People of the creator who were looked for among those of this one: a sample when it is less than it has. Absent when fewer
    /// than 5 shared people were seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 412, minimum = 5)]
    sampled_people: Option<usize>,
    /// What they have in common, in plain English.
    #[schema(max_items = 2, example = json!(["Declares Sustainable fashion, too (niches 95 % alike)"]))]
    reasons: Vec<String>,
}

/// How many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SimilarQuery {
    /// Most creators in the answer.
    #[param(minimum = 1, maximum = 50, default = 20, example = 10)]
    limit: Option<u32>,
}

/// List creators like one
///
/// By niches and by the people who engage with both: of the 200 nearest by niches, people are compared on samples that are taken
/// alike. People are only ever counted, never named, and not told of when fewer than 5.
#[utoipa::path(operation_id = "listSimilarCreators", tag = "recommendations",
    params(("creator_id" = String, Path, description = "The caller's id", example = "ana-verde", max_length = 128), SimilarQuery),
    responses((status = 200, body = SimilarCreators, description = "Creators like it, the most similar first"),
        (status = 404, body = ProblemDocument, description = "No creator is registered under this id", content_type = "application/problem+json")))]
#[get("/v1/creators/{creator_id}/similar")]
pub(crate) async fn list_similar_creators(
    caller: Caller<Read>,
    id: PathId,
    query: Query<SimilarQuery>,
    pools: Data<Pools>,
    snapshots: Data<Snapshots>,
) -> Result<HttpResponse, Problem> {
    let limit = limit(query.0.limit)?;
    check_loaded(&snapshots)?;
    let tenant = caller.tenant().id;
    let (published, key) = (snapshots.current(tenant), CreatorKey::derive(tenant, &id.0));
    let snapshot = &published.tenant;
    let own = snapshot.find(key).ok_or_else(not_found)?;
    let near = nearest(snapshot, own, COMPARED);
    let wanted = sampled(snapshot, own, &near);
    let people = store::people(&pools.reads.get().await?, &wanted).await?;
    let found = similar(snapshot, &near, key, |creator| people.get(&creator), limit);
    let view =
        |similar: &Similar| Some(view(snapshot, &snapshot.row(own)?, &snapshot.row(similar.row)?, similar));
    Ok(HttpResponse::Ok().json(SimilarCreators {
        as_of: snapshots.as_of(tenant, &published),
        snapshot: published.id.clone(),
        creator_id: id.0,
        compared: near.len(),
        by_people: people.get(&key).is_some_and(People::are_enough),
        items: found.iter().filter_map(view).collect(),
    }))
}

fn limit(given: Option<u32>) -> Result<usize, Problem> {
    let limit = usize::try_from(given.unwrap_or(DEFAULT)).ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| {
        let error = FieldError::new("?limit", "out_of_range", "must be between 1 and 50");
        Problem::new(Kind::InvalidQuery, "limit may be 1 to 50").with_errors(vec![error])
    })
}

fn view(snapshot: &TenantSnapshot, own: &Row<'_>, row: &Row<'_>, similar: &Similar) -> SimilarCreator {
    let Similar { similarity, cosine, shared, .. } = *similar;
    let reasons = [Some(declaring_too(snapshot, own, row, cosine)), shared.map(sharing)];
    SimilarCreator {
        creator_id: row.creator_id().to_owned(),
        display_name: row.shown().0.to_owned(),
        tier: row.tier(ANY_PLATFORM),
        similarity,
        niche_cosine: cosine,
        shared_people: shared.map(|shared| shared.people),
        overlap: shared.map(|shared| shared.overlap),
        sampled_people: shared.map(|shared| shared.looked_at),
        reasons: reasons.into_iter().flatten().collect(),
    }
}

fn sharing(shared: Shared) -> String {
    sharing_people(shared.people, shared.overlap)
}
