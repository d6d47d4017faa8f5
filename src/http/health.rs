//! Whether the process lives and whether it can take work.

use super::problem::{Kind, Problem};
use crate::{db::Pools, snapshot::Snapshots};
use actix_web::{HttpResponse, get, web::Data};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use utoipa::ToSchema;

/// Turned on when the service begins to stop.
#[derive(Default)]
pub struct Draining(AtomicBool);

impl Draining {
    /// From now on the service says that it is not ready.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// State of the service.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok", max_length = 16)]
    status: &'static str,
}

/// Is the process alive?
///
/// Answers as long as the process runs; says nothing about the database.
#[utoipa::path(operation_id = "getLiveness", tag = "operations", responses((status = 200, body = Health, description = "The process lives")))]
#[get("/livez")]
pub(crate) async fn get_liveness() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Can the service take work?
///
/// Ready when the database answers and the snapshot is kept fresh; not ready while stopping.
#[utoipa::path(operation_id = "getReadiness", tag = "operations", responses((status = 200, body = Health, description = "The service takes work")))]
#[get("/readyz")]
pub(crate) async fn get_readiness(
    pools: Data<Pools>,
    snapshots: Data<Snapshots>,
    draining: Data<Draining>,
) -> Result<HttpResponse, Problem> {
    if draining.0.load(Ordering::Relaxed) {
        return Err(Problem::new(Kind::NotReady, "The service is stopping"));
    }
    pools.reads.get().await?.query("/* http::get_readiness */ select 1", &[]).await?;
    if !snapshots.is_fresh() {
        return Err(Problem::new(Kind::NotReady, "The snapshot is being read from the database"));
    }
    Ok(HttpResponse::Ok().json(Health { status: "ok" }))
}
