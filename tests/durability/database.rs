//! The durable PostgreSQL of a run, which is killed and started again.

use crate::support::{Place, number, signal_all};
use std::{env, path::PathBuf, sync::Arc, thread, time::Duration};
use tokio::task::block_in_place;
use voci::db::{
    connect::ConnectSettings,
    embedded::{EmbeddedServer, Options},
    migrate,
};

/// A PostgreSQL on the data directory of a place, with a database for the service.
pub(crate) struct Database {
    options: Options,
    server: Option<EmbeddedServer>,
    place: Arc<Place>,
}

impl Database {
    pub(crate) async fn start(place: Arc<Place>) -> Self {
        let programs = env::var_os("VOCI_PG_BIN").map(PathBuf::from);
        let options = Options { data_dir: place.data_dir(), programs, durable: true };
        let server = block_in_place(|| EmbeddedServer::start_or_adopt(&options)).unwrap();
        let settings = ConnectSettings::embedded(&server, "postgres").unwrap();
        migrate::ensure_database(&settings, "voci").await.unwrap();
        Self { options, server: Some(server), place }
    }

    /// Where it listens, the same after every start.
    pub(crate) fn socket(&self) -> PathBuf {
        self.server.as_ref().unwrap().socket_dir().join(".s.PGSQL.5432")
    }

    /// A connection past the proxy.
    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        self.place.connect().await
    }

    /// From now on, connections to it commit before what they wrote is on disk.
    pub(crate) async fn weaken(&self) {
        let client = self.connect().await;
        client.batch_execute("alter database voci set synchronous_commit = off").await.unwrap();
    }

    /// Keeps the process that writes the log of such commits from doing so, as a busy machine does.
    pub(crate) async fn hold_back_log(&self) -> Frozen {
        let client = self.connect().await;
        let pid =
            number(&client, "select pid::int8 from pg_stat_activity where backend_type = 'walwriter'").await;
        Frozen::all(vec![u32::try_from(pid).unwrap()])
    }

    /// Puts on disk what is there.
    pub(crate) async fn checkpoint(&self) {
        self.connect().await.batch_execute("checkpoint").await.unwrap();
    }

    /// Kills all its processes, as a crash does.
    pub(crate) fn kill(&mut self) {
        block_in_place(|| {
            self.place.kill_postgres();
            // The share goes, too: a server that nobody has a share in may be replaced.
            drop(self.server.take());
        });
    }

    /// Starts it after a kill.
    pub(crate) fn restart(&mut self) {
        self.server = Some(block_in_place(|| EmbeddedServer::start_or_adopt(&self.options)).unwrap());
    }

    /// Starts it after a kill, and kills it again after a while, be it still recovering or not.
    pub(crate) fn restart_in_vain(&mut self, killed_after: Duration) {
        let options = self.options.clone();
        let starting = thread::spawn(move || EmbeddedServer::start_or_adopt(&options));
        block_in_place(|| thread::sleep(killed_after));
        self.kill();
        // Whether it had started or not does not matter any more.
        drop(block_in_place(|| starting.join()).unwrap());
        self.kill();
    }

    /// Stops all its processes where they are.
    pub(crate) fn freeze(&self) -> Frozen {
        Frozen::all(block_in_place(|| self.place.postgres_processes()))
    }
}

/// Processes that stand still, until this is dropped.
pub(crate) struct Frozen(Vec<u32>);

impl Frozen {
    pub(crate) fn all(processes: Vec<u32>) -> Self {
        block_in_place(|| signal_all("-STOP", &processes));
        Self(processes)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        block_in_place(|| signal_all("-CONT", &self.0));
    }
}
