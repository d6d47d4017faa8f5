//! A constant answer: what is left of a request when there is nothing to think about.

use super::load::{self, Requests};
use crate::harness::{
    Failure,
    service::database,
    wire::{self, Wire},
};
use actix_web::{App, HttpResponse, HttpServer, web};
use std::{fs::Permissions, net::SocketAddr, os::unix::fs::PermissionsExt, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use voci::{
    app::{Application, StartError},
    config::{ServeConfig, WorkConfig},
    http::auth::{Caller, Read},
};

const PATH: &str = "/v1/constant";
/// Bytes of the longest head of an answer.
const LONGEST_HEAD: usize = 1_024;

/// Always the same bytes. A type of its own: the service has bytes among its data, too.
struct Answer(web::Bytes);

impl Answer {
    fn of(size: usize) -> web::Data<Self> {
        web::Data::new(Self(web::Bytes::from(vec![b'x'; size])))
    }
}

/// Answers a question that it has read.
async fn constant(answer: web::Data<Answer>, _question: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(answer.0.clone())
}

/// The same for callers who may ask.
async fn constant_for(_: Caller<Read>, answer: web::Data<Answer>, question: web::Bytes) -> HttpResponse {
    constant(answer, question).await
}

/// The service, which does for a constant answer what it does for any other but for writing its log line, with a database of its own.
pub(super) struct SameServer {
    requests: Requests,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), StartError>>,
    _directory: TempDir,
}

impl SameServer {
    /// One that reads these questions and gives so many bytes each time.
    pub(super) async fn start(questions: &[String], size: usize) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        // As root, PostgreSQL runs as another user, who must get through here.
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o711))?;
        let answer = Answer::of(size);
        let routes = move |config: &mut web::ServiceConfig| {
            config.app_data(answer.clone()).route(PATH, web::post().to(constant_for));
        };
        let database = database(&directory.path().join("constant"));
        let application = Application::build_with(&database, &configuration()?, routes).await?;
        let key = application.first_key().ok_or("a new database has no key yet")?.expose().to_owned();
        let address = application.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Self {
            requests: requests(questions, &(address, key)),
            address,
            stop,
            running: tokio::spawn(application.run_until(async { drop(stopped.await) })),
            _directory: directory,
        };
        server.check(size).await?;
        Ok(server)
    }

    /// Fails unless an answer has so many bytes, and a head.
    async fn check(&self, size: usize) -> Result<(), Failure> {
        let mut wire = Wire::connect(self.address).await?;
        let status = wire.send(&self.requests[0]).await?;
        let bytes = wire.received();
        let is_right = status == 200 && (size..size + LONGEST_HEAD).contains(&bytes);
        is_right
            .then_some(())
            .ok_or_else(|| format!("a constant answer is {status} with {bytes} bytes").into())
    }

    /// Answers per second.
    pub(super) async fn rate(&self, span: Duration) -> Result<f64, Failure> {
        load::top_rate(self.address, &self.requests, span).await
    }

    /// Stops it and tells when that fails.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        drop(self.stop);
        Ok(self.running.await??)
    }
}

fn configuration() -> Result<ServeConfig, Failure> {
    Ok(ServeConfig {
        listen: "127.0.0.1:0".parse()?,
        advertise: None,
        metrics_listen: None,
        bootstrap_key: None,
        http_workers: 0,
        fold_lag_seconds: 0,
        drain_seconds: 1,
        max_streams: 1,
        stream_idle_seconds: 60,
        work: WorkConfig { workers: 0, fold_batch: 1, model_seconds: 86_400 },
    })
}

fn requests(questions: &[String], entry: &(SocketAddr, String)) -> Requests {
    Arc::new(questions.iter().map(|question| wire::post(entry, PATH, question)).collect())
}

/// Answers per second of a server of the same framework that does nothing else.
pub(super) async fn bare_rate(questions: &[String], size: usize, span: Duration) -> Result<f64, Failure> {
    let answer = Answer::of(size);
    let app = move || App::new().app_data(answer.clone()).route(PATH, web::post().to(constant));
    let server = HttpServer::new(app).workers(std::thread::available_parallelism()?.get());
    let server = server.bind("127.0.0.1:0")?;
    let address: SocketAddr = *server.addrs().first().ok_or("the server has no address")?;
    let server = server.disable_signals().run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    let rate = load::top_rate(address, &requests(questions, &(address, "none".to_owned())), span).await;
    handle.stop(false).await;
    running.await??;
    rate
}
