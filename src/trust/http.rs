//! `/v1/trust`.

use super::{
    TrustSums,
    model::{CAP, DAMPING, MIN_MASS, MIN_TRUSTED, TRUST_PRIOR_WEIGHT},
    store,
};
use crate::{
    db::{Pools, detached},
    http::{
        auth::{Admin, Caller, Read},
        params::PathId,
        problem::{Kind, Problem, ProblemDocument},
    },
    ids::EngagerKey,
};
use actix_web::{HttpResponse, delete, get, put, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The trust in force.
#[derive(Serialize, ToSchema)]
pub struct TrustView {
    /// Number of the generation; trust is renewed once an hour. 0 before the first.
    #[schema(example = 17, minimum = 0)]
    generation: i32,
    /// When it was published; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    computed_at: Option<Timestamp>,
    /// People with whom trust starts: those with verified purchases and those whom the tenant names.
    #[schema(example = 1_204, minimum = 0)]
    seeds: i32,
    /// People with any trust.
    #[schema(example = 9_310, minimum = 0)]
    trusted: i32,
}

/// The trusted people of a creator, each by their trust.
#[derive(Serialize, ToSchema)]
pub struct TrustSumsView {
    /// People with any trust.
    #[schema(example = 37, minimum = 0)]
    people: i32,
    /// Trust of the mature ones.
    #[schema(example = 11.4, minimum = 0.0)]
    mass: f64,
    /// Trust expected back within 90 days.
    #[schema(example = 2.1, minimum = 0.0)]
    back: f64,
    /// Variance of that, for independent people.
    #[schema(example = 0.8, minimum = 0.0)]
    variance: f64,
}

impl From<&TrustSums> for TrustSumsView {
    fn from(sums: &TrustSums) -> Self {
        let TrustSums { people, mass, back, variance } = *sums;
        Self { people, mass, back, variance }
    }
}

/// Parameters of trust.
#[derive(Serialize, ToSchema)]
pub struct TrustParameters {
    /// Share of trust that goes on in each round.
    #[schema(example = 0.5)]
    damping: f64,
    /// Most that comes to somebody in a round, before damping.
    #[schema(example = 0.25)]
    cap: f64,
    /// Trust that the niche's loyalty rate counts as.
    #[schema(example = 5.0)]
    prior_weight: f64,
    /// Least trusted people for the component to be measured.
    #[schema(example = 5, minimum = 0)]
    minimum_trusted: i32,
    /// Least mass of theirs.
    #[schema(example = 0.5)]
    minimum_mass: f64,
}

impl TrustParameters {
    pub(crate) const IN_FORCE: Self = Self {
        damping: DAMPING,
        cap: CAP,
        prior_weight: TRUST_PRIOR_WEIGHT,
        minimum_trusted: MIN_TRUSTED,
        minimum_mass: MIN_MASS,
    };
}

/// Get the state of trust
///
/// Trust starts at seeds and flows to those whom creators answer; without seeds nobody has any, and the component is
/// `insufficient` for everybody.
#[utoipa::path(operation_id = "getTrust", tag = "trust",
    responses((status = 200, body = TrustView, description = "The generation in force")))]
#[get("/v1/trust")]
pub(crate) async fn get_trust(caller: Caller<Read>, pools: Data<Pools>) -> Result<HttpResponse, Problem> {
    let found = store::generation(&pools.reads.get().await?, caller.tenant().id).await?;
    let view = found.map_or(
        TrustView { generation: 0, computed_at: None, seeds: 0, trusted: 0 },
        |(generation, computed_at, seeds, trusted)| TrustView {
            generation,
            computed_at: Some(computed_at),
            seeds,
            trusted,
        },
    );
    Ok(HttpResponse::Ok().json(view))
}

/// Name somebody whom you trust
///
/// Trust starts at this person from the next generation on, within an hour. Only a pseudonym is stored; the id stands in the
/// URL, so mind the logs of proxies on the way.
#[utoipa::path(operation_id = "putTrustSeed", tag = "trust",
    params(("engager_id" = String, Path, description = "The person, as in events", example = "ig:81723", max_length = 128)),
    responses(
        (status = 201, description = "Named"),
        (status = 204, description = "Named before")))]
#[put("/v1/trust/seeds/{engager_id}")]
pub(crate) async fn put_trust_seed(
    caller: Caller<Admin>,
    id: PathId,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let engager = EngagerKey::derive(&caller.tenant().secrets.engagers, &id.0);
    let is_new = detached(store::name(pools.ingest.clone(), caller.tenant().id, engager)).await?;
    Ok(if is_new { HttpResponse::Created() } else { HttpResponse::NoContent() }.finish())
}

/// Take back that you trust somebody
///
/// From the next generation on, within an hour. Whoever has a verified purchase stays a seed.
#[utoipa::path(operation_id = "deleteTrustSeed", tag = "trust",
    params(("engager_id" = String, Path, description = "The person, as in events", example = "ig:81723", max_length = 128)),
    responses(
        (status = 204, description = "Not named any more"),
        (status = 404, body = ProblemDocument, description = "Nobody of this id is named", content_type = "application/problem+json")))]
#[delete("/v1/trust/seeds/{engager_id}")]
pub(crate) async fn delete_trust_seed(
    caller: Caller<Admin>,
    id: PathId,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let engager = EngagerKey::derive(&caller.tenant().secrets.engagers, &id.0);
    let was_named = detached(store::unname(pools.ingest.clone(), caller.tenant().id, engager)).await?;
    if was_named {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::new(
            Kind::TrustSeedNotFound,
            "Nobody of this id is named; whoever has a verified purchase is trusted for that",
        ))
    }
}
