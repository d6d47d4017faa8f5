//! Keeps the private PostgreSQL running for as long as this process uses it.
//!
//! A connection of its own tells at once when the server is gone, without asking. Then it is started again, or adopted
//! when another Voci process was faster.

use super::{
    chain,
    embedded::{EmbeddedError, EmbeddedServer, Options},
};
use std::time::Duration;
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_postgres::NoTls;

/// Time between attempts. Longer: the service is without a database for longer; shorter: a server that cannot start is
/// started more often.
const PAUSE: Duration = Duration::from_millis(500);

/// This process's share in the private PostgreSQL, renewed when the server is gone.
pub struct Keeper {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Option<EmbeddedServer>>,
}

impl Keeper {
    /// Begins to watch over a server.
    #[must_use]
    pub fn watch(server: EmbeddedServer, options: Options) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(keep(server, options, stopped)) }
    }

    /// Stops the server unless another process uses it.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        drop(self.stop);
        let Ok(Some(server)) = self.task.await else { return Ok(()) };
        let stopped = tokio::task::spawn_blocking(move || server.stop()).await;
        stopped.map_or(Ok(()), |stopped| stopped.map(drop))
    }
}

/// Runs until it is told to stop; the share in the server, unless it is gone at that moment.
async fn keep(
    server: EmbeddedServer,
    options: Options,
    mut stop: oneshot::Receiver<()>,
) -> Option<EmbeddedServer> {
    let mut server = Some(server);
    loop {
        tokio::select! { _ = &mut stop => return server, () = lost(server.as_ref()) => {} }
        tokio::select! { _ = &mut stop => return server, () = tokio::time::sleep(PAUSE) => {} }
        // The share goes first: a server that nobody has a share in may be replaced.
        drop(server.take());
        let options = options.clone();
        if !options.data_dir.join("postgres").exists() {
            // A new and empty cluster must never take the place of one that is, say, on a disk that went away.
            tracing::error!(data_dir = %options.data_dir.display(), "the cluster of the embedded PostgreSQL is gone");
            continue;
        }
        match tokio::task::spawn_blocking(move || EmbeddedServer::start_or_adopt(&options)).await {
            Ok(Ok(found)) => server = Some(found),
            Ok(Err(error)) => tracing::warn!(%error, "the embedded PostgreSQL cannot be used yet"),
            Err(error) => tracing::warn!(%error, "the embedded PostgreSQL cannot be used yet"),
        }
    }
}

/// Completes when a connection to the server is lost or cannot be made.
async fn lost(server: Option<&EmbeddedServer>) {
    let Some(server) = server else { return };
    let mut config = server.config("postgres");
    config.application_name("voci keeper");
    let ended = match config.connect(NoTls).await {
        // The client must live for as long as the connection is to.
        Ok((_client, connection)) => connection.await,
        Err(error) => Err(error),
    };
    let cause = ended.err().as_ref().map(chain);
    tracing::warn!(cause, "the embedded PostgreSQL is gone");
}
