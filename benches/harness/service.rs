//! The service on a thread of its own, as `voci serve` runs it: background work does not share a runtime with the client.

use super::Failure;
use std::{net::SocketAddr, path::Path, thread::JoinHandle};
use tokio::sync::oneshot;
use voci::{
    app::{Application, StartError},
    config::{DatabaseConfig, ServeConfig, WorkConfig},
};

/// A running service. Dropped, it stops, and its private PostgreSQL with it.
pub(crate) struct Service {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), StartError>>>,
}

impl Service {
    /// Starts a service with this many workers on a data directory. It never fits models by itself, so that runs can be
    /// compared: who wants a model asks for it.
    pub(crate) async fn start(data_dir: &Path, workers: u16) -> Result<Self, Failure> {
        let (database, serve) = (database(data_dir), serve(workers));
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(run(database, serve, tell, stopped))
        });
        let mut service = Self { address: ([0, 0, 0, 0], 0).into(), stop: Some(stop), thread: Some(thread) };
        match told.await {
            Ok(address) => service.address = address,
            Err(_ended) => service.stop()?,
        }
        Ok(service)
    }

    /// Stops it and waits until it is down.
    pub(crate) fn stop(&mut self) -> Result<(), Failure> {
        drop(self.stop.take());
        let Some(thread) = self.thread.take() else { return Ok(()) };
        Ok(thread.join().map_err(|_panic| "the service panicked")??)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Whoever wants to know calls stop.
        let _ = self.stop();
    }
}

async fn run(
    database: DatabaseConfig,
    serve: ServeConfig,
    tell: oneshot::Sender<SocketAddr>,
    stopped: oneshot::Receiver<()>,
) -> Result<(), StartError> {
    let application = Application::build(&database, &serve).await?;
    // Without a listener the sender of `stopped` is gone as well, and the service stops at once.
    let _ = tell.send(application.address());
    application.run_until(async { drop(stopped.await) }).await
}

/// The configuration of the database in a data directory; the directory of PostgreSQL's programs may be given.
pub(crate) fn database(data_dir: &Path) -> DatabaseConfig {
    DatabaseConfig {
        database_url: None,
        data_dir: data_dir.to_owned(),
        pg_bin: std::env::var_os("VOCI_PG_BIN").map(Into::into),
        secret_key: None,
        secret_key_file: None,
        accept_data_loss: false,
        pool_size: 8,
    }
}

fn serve(workers: u16) -> ServeConfig {
    ServeConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        bootstrap_key: None,
        http_workers: 0,
        drain_seconds: 10,
        fold_lag_seconds: 0,
        work: WorkConfig { workers, fold_batch: 5_000, model_seconds: 86_400 },
    }
}
