//! `/v1/model/weights`.

use super::{
    EdgeWeights,
    input::EdgeWeightsInput,
    model::{FIRST_VERSION, weighted_kinds},
    store,
};
use crate::{
    db::{Pools, detached},
    http::{
        auth::{Admin, Caller, Read},
        body::Json,
        problem::Problem,
    },
};
use actix_web::{HttpResponse, delete, get, put, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How much an act of each kind counts in the strength of a relationship.
#[derive(Serialize, ToSchema)]
pub struct EdgeWeightsView {
    /// Version of the tenant's weights: 1 is the built-in one, each change makes the next.
    #[schema(example = 3, minimum = 1)]
    version: i32,
    /// How many versions there were before.
    #[schema(example = 2, minimum = 0)]
    earlier_versions: i32,
    /// Whether they are the built-in ones.
    #[schema(example = false)]
    is_default: bool,
    /// When they were set; absent before the first change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    set_at: Option<Timestamp>,
    /// Weights by kind; kinds that are not here make no active day and never count.
    #[schema(example = json!({"like": 0.5, "comment": 4.0, "purchase": 20.0}))]
    weights: BTreeMap<&'static str, f64>,
}

impl From<&EdgeWeights> for EdgeWeightsView {
    fn from(weights: &EdgeWeights) -> Self {
        Self {
            version: weights.version,
            earlier_versions: weights.version - FIRST_VERSION,
            is_default: weights.own().is_none(),
            set_at: weights.set_at,
            weights: weighted_kinds().map(|kind| (kind.name(), weights.of(kind))).collect(),
        }
    }
}

/// Get the edge weights
///
/// How much an act of each kind counts in the strength of a relationship: in which shares authenticity is measured, and in
/// which trust flows.
#[utoipa::path(operation_id = "getEdgeWeights", tag = "scores",
    responses((status = 200, body = EdgeWeightsView, description = "The weights in force")))]
#[get("/v1/model/weights")]
pub(crate) async fn get_edge_weights(
    caller: Caller<Read>,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let weights = store::in_force(&pools.reads.get().await?, caller.tenant().id).await?;
    Ok(HttpResponse::Ok().json(EdgeWeightsView::from(&weights)))
}

/// Set edge weights of your own
///
/// Replaces all of them: a kind that is left out has its built-in weight. A new version, unless they are the same already.
/// Creators are scored with them in the background, trust flows with them from its next generation on, within an hour. What
/// is stored of relationships does not change: a strength under the built-in weights is scaled by what the acts of the
/// relationship weigh now over what they weigh there.
#[utoipa::path(operation_id = "putEdgeWeights", tag = "scores", request_body = EdgeWeightsInput,
    responses((status = 200, body = EdgeWeightsView, description = "The weights in force now")))]
#[put("/v1/model/weights")]
pub(crate) async fn put_edge_weights(
    caller: Caller<Admin>,
    body: Json<EdgeWeightsInput>,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    let own = body.0.accept().map_err(Problem::invalid)?;
    let weights = detached(store::set(pools.ingest.clone(), caller.tenant().id, own)).await?;
    Ok(HttpResponse::Ok().json(EdgeWeightsView::from(&weights)))
}

/// Go back to the built-in edge weights
///
/// A new version, unless they are in force already.
#[utoipa::path(operation_id = "deleteEdgeWeights", tag = "scores",
    responses((status = 204, description = "The built-in weights are in force")))]
#[delete("/v1/model/weights")]
pub(crate) async fn delete_edge_weights(
    caller: Caller<Admin>,
    pools: Data<Pools>,
) -> Result<HttpResponse, Problem> {
    detached(store::set(pools.ingest.clone(), caller.tenant().id, None)).await?;
    Ok(HttpResponse::NoContent().finish())
}
