//! Metrics on an address of their own, which the public need not reach.

use super::{
    Metrics,
    http::{Place, get_metrics},
};
use crate::{
    db::Pools,
    http::{
        connection::limit_waiting,
        fallback::RouteTable,
        problem::{Kind, Problem},
        respond,
    },
    relationships::Backlog,
    snapshot::Snapshots,
    telemetry::RequestLine,
};
use actix_web::{
    App, HttpResponse, HttpServer,
    dev::Server,
    middleware::{Compress, from_fn},
    web::{self, Data},
};
use std::{io, net::TcpListener, time::Duration};
use tracing_actix_web::TracingLogger;

/// How long a caller may take nothing of an answer.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How long a head may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// What the metrics are made of.
#[derive(Clone)]
pub struct Sources {
    /// Counters.
    pub metrics: Data<Metrics>,
    /// Connections.
    pub pools: Data<Pools>,
    /// Snapshots.
    pub snapshots: Data<Snapshots>,
    /// The fold queue.
    pub backlog: Data<Backlog>,
    /// Operations, as requests are counted by them.
    pub routes: Data<RouteTable>,
}

/// A server of nothing but metrics.
pub fn listen(listener: TcpListener, sources: Sources) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(Place { here: true }))
            .app_data(sources.metrics.clone())
            .app_data(sources.pools.clone())
            .app_data(sources.snapshots.clone())
            .app_data(sources.backlog.clone())
            .app_data(sources.routes.clone())
            .service(get_metrics)
            .default_service(web::to(nothing))
            .wrap(from_fn(respond::answer))
            .wrap(Compress::default())
            .wrap(TracingLogger::<RequestLine>::new())
    });
    let server = server.on_connect(|connection, _| limit_waiting(connection, LONGEST_WAIT));
    let server = server.disable_signals().workers(1).client_request_timeout(HEAD_TIMEOUT).listen(listener)?;
    Ok(server.run())
}

async fn nothing() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Kind::NotFound, "There is nothing here but /metrics"))
}
