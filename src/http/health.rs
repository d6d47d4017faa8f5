//! Whether the process lives and whether it can take work.

use super::problem::{Kind, Problem};
use crate::{db::Pools, snapshot::Snapshots};
use actix_web::{HttpResponse, get, web::Data};
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

/// Turned on when the service begins to stop.
#[derive(Default)]
pub struct Draining(watch::Sender<bool>);

impl Draining {
    /// From now on the service says that it is not ready, and ends streams.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes when the service begins to stop.
    pub async fn begun(&self) {
        // Fails only without a sender, and that is borrowed here.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
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
    if draining.has_begun() {
        return Err(Problem::new(Kind::NotReady, "The service is stopping"));
    }
    pools.reads.get().await?.query("/* http::get_readiness */ select 1", &[]).await?;
    if !snapshots.is_fresh() {
        return Err(Problem::new(Kind::NotReady, "The snapshot is being read from the database"));
    }
    Ok(HttpResponse::Ok().json(Health { status: "ok" }))
}
