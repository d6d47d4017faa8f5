//! The PostgreSQL of a place.

use super::{Place, runs, signal_all};
use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    thread,
};
use tokio_postgres::NoTls;
use voci::db::embedded::{EmbeddedServer, Options};

impl Place {
    pub(super) fn cluster(&self) -> PathBuf {
        self.data_dir().join("postgres")
    }

    pub(super) fn pid_file(&self) -> Vec<String> {
        let text = fs::read_to_string(self.cluster().join("postmaster.pid")).unwrap_or_default();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    /// Process id of this data directory's PostgreSQL, when it runs.
    pub(crate) fn postgres(&self) -> Option<u32> {
        self.pid_file().first()?.parse().ok().filter(|pid| runs(*pid))
    }

    /// All processes of this data directory's PostgreSQL: its server and that server's children.
    pub(crate) fn postgres_processes(&self) -> Vec<u32> {
        let Some(server) = self.postgres() else { return Vec::new() };
        let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let pairs = listed.lines().filter_map(|line| {
            let mut numbers = line.split_whitespace().filter_map(|number| number.parse::<u32>().ok());
            Some((numbers.next()?, numbers.next()?))
        });
        let children = pairs.filter(|(_, parent)| *parent == server).map(|(pid, _)| pid);
        std::iter::once(server).chain(children).collect()
    }

    /// Kills the server and all its processes. It is stopped first: one that it starts after they were listed would live
    /// on, perhaps waiting for ever for a lock that a dead one has, and keep the next server from starting.
    pub(crate) fn kill_postgres(&self) {
        let Some(server) = self.postgres() else { return };
        signal_all("-STOP", &[server]);
        signal_all("-KILL", &self.postgres_processes());
    }

    pub(crate) fn postgres_config(&self) -> tokio_postgres::Config {
        let file = self.pid_file();
        let mut config = tokio_postgres::Config::new();
        config.host_path(&file[4]).port(file[3].parse().unwrap()).user("voci").dbname("voci");
        config
    }

    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        let (client, connection) = self.postgres_config().connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

/// Stops the PostgreSQL of a data directory as the service itself does.
pub(super) fn stop_postgres(data_dir: &Path) {
    let programs = env::var_os("VOCI_PG_BIN").map(PathBuf::from);
    let options = Options { data_dir: data_dir.to_owned(), programs, durable: true };
    let data_dir = data_dir.to_owned();
    let stopped =
        thread::spawn(move || EmbeddedServer::start_or_adopt(&options).and_then(EmbeddedServer::stop));
    if let Ok(Err(error)) = stopped.join() {
        let _ = writeln!(std::io::stderr(), "{} is not stopped: {error}", data_dir.display());
    }
}
