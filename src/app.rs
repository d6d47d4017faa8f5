//! The service: built, bound to an address, run until it is told to stop.

mod foundation;
mod listeners;
mod routes;

pub use self::{
    foundation::{Foundation, StartError},
    routes::document,
};

use self::{
    listeners::{Listeners, Listening},
    routes::routes_of_features,
};
use crate::{
    config::{self, DatabaseConfig, ServeConfig},
    db::Pools,
    events::Intake,
    http::{
        auth,
        connection::limit_waiting,
        cursor::CursorSigner,
        fallback::{RouteTable, no_route, refuse_unknown_parameters},
        health::Draining,
        ndjson::Streams,
        respond,
    },
    keys::{ApiKey, KeyRing, ring::Belief, store as key_store},
    metrics::{self, Metrics, http::Place},
    niches::Taxonomy,
    openapi,
    quality::{Recorder, flush::Flusher},
    relationships::Backlog,
    replicas::{Directory, Presence, Replicas},
    snapshot::{self, Snapshots},
    telemetry::RequestLine,
    worker,
};
use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    middleware::{Compress, from_fn},
    web::{self, Data},
};
use secrecy::ExposeSecret;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config as DocsConfig, SwaggerUi};

/// How long a connection may rest between requests. Shorter than the caller's own limit (60 s in some load balancers, 90 s
/// in some clients): the server may close it just when a request crosses, and the caller cannot know its outcome. Longer:
/// callers who leave connections open hold more of the files that a process may have.
const KEEP_ALIVE: Duration = Duration::from_mins(2);

/// Routes besides those of the service.
pub trait Routes: Fn(&mut web::ServiceConfig) + Clone + Send + 'static {}

impl<R: Fn(&mut web::ServiceConfig) + Clone + Send + 'static> Routes for R {}

/// The service, listening but not serving yet.
pub struct Application {
    server: Server,
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    first_key: Option<ApiKey>,
    foundation: Foundation,
    draining: Data<Draining>,
    background: Vec<JoinHandle<()>>,
    flusher: Flusher,
    presence: Presence,
    metrics: Option<Server>,
    drain: Duration,
}

impl Application {
    /// Binds the address, opens the database and starts the background work.
    pub async fn build(database: &DatabaseConfig, config: &ServeConfig) -> Result<Self, StartError> {
        Self::build_with(database, config, |_| {}).await
    }

    /// The same with further routes, around which is what is around its own: keys, problems, compression, counts, log lines. They are
    /// no part of the document, so that unknown parameters and wrong methods are not refused there, and data of the application
    /// that has the type of some of its own is not seen by them.
    pub async fn build_with(
        database: &DatabaseConfig,
        config: &ServeConfig,
        routes: impl Routes,
    ) -> Result<Self, StartError> {
        let given = config::given(config.bootstrap_key.as_ref())
            .map(|key| ApiKey::parse(key.expose_secret().trim()))
            .transpose()?;
        // First of all: a start that ends here has not made a key that nobody gets to see.
        let listeners = Listeners::bind(config)?;
        // Each worker, the snapshot feed, the backlog, metrics, quality and its counts, erasures, changes, clocks, models, edge weights,
        // discounts, conversations, sponsorship, topics, insight, history and presence use one connection at a time, trust and retention two,
        // and a creator's erasure another.
        let foundation = Foundation::open(database, usize::from(config.work.workers) + 22).await?;
        let key = key_store::bootstrap(&foundation.pools.background, &foundation.master, given).await;
        let (foundation, first_key) = foundation.closed_on_failure(key.map_err(StartError::from)).await?;
        let (services, draining) = (Services::new(&foundation, config), Data::new(Draining::default()));
        let streams = Data::new(Streams::new(config, database.pool_size));
        let servers = servers(&services, &draining, &streams, config, listeners, routes);
        let (foundation, (server, metrics)) = foundation.closed_on_failure(servers).await?;
        // Before it serves: whoever gets a cursor of it can find it.
        let presence = services.announce(&foundation.pools, config, server.1).await;
        let (foundation, presence) = foundation.closed_on_failure(presence).await?;
        Ok(Self {
            background: services.start(&foundation.pools, config),
            flusher: Flusher::start(
                services.recorder.clone().into_inner(),
                foundation.pools.background.clone(),
            ),
            presence,
            metrics_address: metrics.as_ref().map(|(_, address)| *address),
            metrics: metrics.map(|(server, _)| server),
            address: server.1,
            server: server.0,
            first_key,
            foundation,
            draining,
            drain: Duration::from_secs(u64::from(config.drain_seconds)),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics are served, when they have an address of their own.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The API key made at this start, to be shown once.
    #[must_use]
    pub fn first_key(&self) -> Option<&ApiKey> {
        self.first_key.as_ref()
    }

    /// Stops the service from elsewhere.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until `stop` completes, then drains: no longer ready, requests in flight are finished within the limit.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let handle = self.server.handle();
        let mut server = tokio::spawn(self.server);
        let metrics = self.metrics.map(|metrics| (metrics.handle(), tokio::spawn(metrics)));
        tokio::select! {
            () = stop => {}
            ended = &mut server => {
                self.foundation.close().await?;
                return Err(StartError::Ended(format!("{ended:?}")));
            }
        }
        self.draining.begin();
        if tokio::time::timeout(self.drain, handle.stop(true)).await.is_err() {
            tracing::warn!("requests in flight were cut at the end of the drain time");
            handle.stop(false).await;
        }
        for task in self.background {
            task.abort();
        }
        self.flusher.stop().await;
        self.presence.stop().await;
        if let Err(error) = server.await? {
            tracing::error!(%error, "the server ended with an error");
        }
        // Last, so that the end of a service can be watched.
        if let Some((handle, server)) = metrics {
            handle.stop(false).await;
            if let Err(error) = server.await? {
                tracing::error!(%error, "the server of metrics ended with an error");
            }
        }
        self.foundation.close().await
    }
}

fn servers(
    services: &Services,
    draining: &Data<Draining>,
    streams: &Data<Streams>,
    config: &ServeConfig,
    listeners: Listeners,
    routes: impl Routes,
) -> Result<(Listening, Option<Listening>), StartError> {
    let api = listeners.api.server(|socket| server(services, draining, streams, config, socket, routes))?;
    let sources = services.metric_sources();
    let metrics = listeners.metrics.map(|own| own.server(|socket| metrics::server::listen(socket, sources)));
    Ok((api, metrics.transpose()?))
}

/// What handlers share.
#[derive(Clone)]
struct Services {
    pools: Data<Pools>,
    keys: Data<KeyRing>,
    signer: Data<CursorSigner>,
    backlog: Data<Backlog>,
    routes: Data<RouteTable>,
    metrics: Data<Metrics>,
    intake: Data<Intake>,
    recorder: Data<Recorder>,
    taxonomy: Data<Taxonomy>,
    snapshots: Data<Snapshots>,
    directory: Arc<Directory>,
    replicas: Data<Replicas>,
}

impl Services {
    fn new(foundation: &Foundation, config: &ServeConfig) -> Self {
        let bound =
            Some(Duration::from_secs(config.fold_lag_seconds.into())).filter(|bound| !bound.is_zero());
        let backlog = Data::new(Backlog::new(bound));
        let routes = Data::new(RouteTable::of(&document()));
        let metrics = Data::new(Metrics::new(&routes));
        let taxonomy = Arc::new(Taxonomy::built_in());
        // Names of snapshots must differ between replicas, nothing more; the clock is enough for that.
        let series = uuid::Uuid::now_v7().as_u64_pair().1;
        let directory = Arc::new(Directory::new(foundation.pools.reads.clone()));
        Self {
            pools: Data::new(foundation.pools.clone()),
            keys: Data::new(KeyRing::new(
                foundation.pools.reads.clone(),
                foundation.master.clone(),
                Belief::default(),
            )),
            signer: Data::new(foundation.master.cursor_signer()),
            intake: Data::new(Intake::start(
                &foundation.pools.ingest,
                backlog.clone().into_inner(),
                &metrics.group_commits(),
            )),
            recorder: Data::new(Recorder::new(metrics.clone())),
            backlog,
            routes,
            metrics,
            snapshots: Data::new(Snapshots::new(series, taxonomy.clone())),
            taxonomy: Data::from(taxonomy),
            replicas: Data::new(Replicas::new(directory.clone())),
            directory,
        }
    }

    async fn announce(
        &self,
        pools: &Pools,
        config: &ServeConfig,
        listening: SocketAddr,
    ) -> Result<Presence, StartError> {
        let (pool, series) = (pools.background.clone(), self.snapshots.series().to_owned());
        let address = (config.advertise.as_ref(), listening);
        let announced = Presence::announce(self.directory.clone(), pool, series, address).await;
        announced.map_err(StartError::Replicas)
    }

    fn start(&self, pools: &Pools, config: &ServeConfig) -> Vec<JoinHandle<()>> {
        let taxonomy = self.taxonomy.clone().into_inner();
        let snapshots = self.snapshots.clone().into_inner();
        let (backlog, metrics) = (self.backlog.clone(), self.metrics.clone());
        let (watched, counted) = (pools.background.clone(), pools.background.clone());
        vec![
            tokio::spawn(async move { backlog.watch(watched).await }),
            tokio::spawn(async move { metrics::store::watch(counted, &metrics).await }),
            tokio::spawn(snapshot::feed::run(pools.background.clone(), taxonomy, snapshots)),
            tokio::spawn(worker::run(pools.background.clone(), config.work.clone())),
        ]
    }
}

impl Services {
    fn metric_sources(&self) -> metrics::server::Sources {
        metrics::server::Sources {
            metrics: self.metrics.clone(),
            pools: self.pools.clone(),
            snapshots: self.snapshots.clone(),
            backlog: self.backlog.clone(),
            routes: self.routes.clone(),
        }
    }
}

fn server(
    services: &Services,
    draining: &Data<Draining>,
    streams: &Data<Streams>,
    config: &ServeConfig,
    listener: std::net::TcpListener,
    routes: impl Routes,
) -> io::Result<Server> {
    let (services, draining, streams) = (services.clone(), draining.clone(), streams.clone());
    let document_text = web::Bytes::from(openapi::to_text(&document()));
    let metrics_are_here = config.metrics_listen.is_none();
    let longest_silence = Duration::from_secs(config.stream_idle_seconds.into());
    let mut server = HttpServer::new(move || {
        let app = App::new().configure(&routes).into_utoipa_app();
        let (app, _) = app.configure(routes_of_features).split_for_parts();
        app.app_data(services.pools.clone())
            .app_data(services.keys.clone())
            .app_data(services.signer.clone())
            .app_data(services.intake.clone())
            .app_data(services.recorder.clone())
            .app_data(services.metrics.clone())
            .app_data(services.backlog.clone())
            .app_data(Data::new(Place { here: metrics_are_here }))
            .app_data(services.taxonomy.clone())
            .app_data(services.snapshots.clone())
            .app_data(services.replicas.clone())
            .app_data(draining.clone())
            .app_data(streams.clone())
            .app_data(services.routes.clone())
            .app_data(Data::new(document_text.clone()))
            .service(web::resource("/openapi.json").get(openapi_document))
            .service(web::redirect("/docs", "/docs/"))
            .service(SwaggerUi::new("/docs/{_:.*}").config(DocsConfig::new(["/openapi.json"])))
            .default_service(web::to(no_route))
            .wrap(from_fn(refuse_unknown_parameters))
            .wrap(from_fn(auth::authenticate))
            .wrap(from_fn(respond::answer))
            .wrap(Compress::default())
            .wrap(TracingLogger::<RequestLine>::new())
    })
    .on_connect(move |connection, _| limit_waiting(connection, longest_silence))
    .disable_signals()
    .shutdown_timeout(u64::from(config.drain_seconds))
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(Duration::from_secs(10));
    if config.http_workers > 0 {
        server = server.workers(usize::from(config.http_workers));
    }
    Ok(server.listen(listener)?.run())
}

async fn openapi_document(document: Data<web::Bytes>) -> actix_web::HttpResponse {
    actix_web::HttpResponse::Ok().content_type("application/json").body(document.get_ref().clone())
}
