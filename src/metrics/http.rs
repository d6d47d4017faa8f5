//! `/metrics`.

use super::Metrics;
use crate::{
    db::Pools,
    http::problem::{Kind, Problem, ProblemDocument},
    relationships::Backlog,
    snapshot::Snapshots,
};
use actix_web::{HttpResponse, get, web::Data};

/// What OpenMetrics text is sent as.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether metrics are served here, or at an address of their own.
pub struct Place {
    /// True: here.
    pub here: bool,
}

/// Read the metrics
///
/// OpenMetrics text for Prometheus and its like. Needs no key; with `VOCI_METRICS_LISTEN` it is served on that address
/// and not here.
#[utoipa::path(operation_id = "getMetrics", tag = "operations",
    responses(
        (status = 200, body = String, description = "All metrics of this process", content_type = "application/openmetrics-text"),
        (status = 404, body = ProblemDocument, description = "Metrics have an address of their own", content_type = "application/problem+json")))]
#[get("/metrics")]
pub(crate) async fn get_metrics(
    place: Data<Place>,
    metrics: Data<Metrics>,
    pools: Data<Pools>,
    snapshots: Data<Snapshots>,
    backlog: Data<Backlog>,
) -> Result<HttpResponse, Problem> {
    if !place.here {
        return Err(Problem::new(Kind::NotFound, "Metrics of this service are served at another address"));
    }
    let text = metrics.text(&pools, &snapshots, &backlog);
    let text = text.map_err(|_| Problem::internal("metrics cannot be written as text"))?;
    Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).body(text))
}
