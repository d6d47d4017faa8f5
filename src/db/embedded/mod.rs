//! An embedded, private PostgreSQL, made from the machine's own PostgreSQL server programs.
//!
//! The server keeps its data below the data directory and listens on a Unix socket only, in a
//! directory that no other user can enter. It is a process of its own that survives the service
//! when that is killed; the next one adopts it. Several Voci processes may share a data
//! directory and then use the same server, which the last of them stops.

mod account;
mod cluster;
mod disk;
mod error;
mod locks;
mod memory;
mod place;
mod probe;
mod programs;
mod running;
mod sockets;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tracing::info;

use account::Account;
use cluster::Cluster;
use locks::{StartLock, UsersLock};
use place::{Draft, Existing};
use programs::{Needed, Programs};
use running::Endpoint;

pub use error::EmbeddedError;

/// The database user of Voci, and superuser of the embedded server.
const USER: &str = "voci";

/// Only gives the socket its name, as there is no TCP.
const PORT: u16 = 5432;

/// How long a server may take to start, to recover or to stop. After a crash it reads gigabytes of its log again.
const PATIENCE: Duration = Duration::from_mins(5);

/// What the embedded server is made from.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory Voci keeps its data in; the cluster is `postgres` below it.
    pub data_dir: PathBuf,
    /// The directory of `initdb`, `pg_ctl` and `postgres`, the only one then looked at
    /// (`VOCI_PG_BIN`). Without it, they are looked for.
    pub programs: Option<PathBuf>,
    /// Whether data survives a crash of the machine. `false` is for tests only.
    pub durable: bool,
}

/// What [`EmbeddedServer::stop`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The server is stopped.
    Server,
    /// The server runs on, as another Voci process uses it.
    LeftRunning,
}

/// A running embedded server, and this process's share in it.
///
/// Dropping it gives up the share but leaves the server running, to be adopted by the next
/// [`EmbeddedServer::start_or_adopt`]; [`EmbeddedServer::stop`] is the way to end.
#[derive(Debug)]
pub struct EmbeddedServer {
    data_dir: PathBuf,
    cluster: Cluster,
    endpoint: Endpoint,
    adopted: bool,
    users: UsersLock,
}

impl EmbeddedServer {
    /// Uses the server that runs on the data directory, or else starts one, on a new cluster if
    /// there is none. The only databases of a new cluster are those PostgreSQL comes with.
    ///
    /// This blocks, for a minute or two at worst: call it where that is allowed.
    ///
    /// # Errors
    ///
    /// When there is no suitable PostgreSQL on the machine, when directories cannot be used, or
    /// when the server does not start; the error says what to do.
    pub fn start_or_adopt(options: &Options) -> Result<Self, EmbeddedError> {
        let data_dir = place::prepare_data_dir(&options.data_dir)?;
        let _starting = StartLock::acquire(&data_dir)?;
        let users = UsersLock::open(&data_dir)?;
        let cluster = open_cluster(&data_dir, options)?;
        let (endpoint, adopted) = match running::find(&cluster, users.others()?)? {
            Some(endpoint) => (endpoint, true),
            None => (start(&cluster)?, false),
        };
        users.share()?;
        info!(
            cluster = %cluster.path.display(),
            socket = %endpoint.dir.display(),
            version = cluster.programs.major,
            adopted,
            "using the embedded PostgreSQL"
        );
        Ok(Self { data_dir, cluster, endpoint, adopted, users })
    }

    /// How to connect to a database of the server.
    #[must_use]
    pub fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(&self.endpoint.dir).port(self.endpoint.port).user(USER).dbname(database);
        config
    }

    /// The directory of the server's Unix socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.endpoint.dir
    }

    /// Whether the server ran already.
    #[must_use]
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// The major version of PostgreSQL.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.cluster.programs.major
    }

    /// Ends this process's use of the server, and stops it unless another Voci process uses it.
    ///
    /// This blocks until the server is down: call it where that is allowed.
    ///
    /// # Errors
    ///
    /// When the server cannot be stopped within a minute; it runs on then.
    pub fn stop(self) -> Result<Stopped, EmbeddedError> {
        let _stopping = StartLock::acquire(&self.data_dir)?;
        if self.users.others()? {
            info!("leaving the embedded PostgreSQL to the other Voci processes that use it");
            return Ok(Stopped::LeftRunning);
        }
        self.cluster.stop()?;
        sockets::remove(&self.endpoint.dir);
        info!("stopped the embedded PostgreSQL");
        Ok(Stopped::Server)
    }
}

/// The cluster of the data directory with the programs for it; made, if there is none.
fn open_cluster(data_dir: &Path, options: &Options) -> Result<Cluster, EmbeddedError> {
    let place = place::cluster_entry(data_dir);
    let existing = place::existing(&place)?;
    let account = Account::choose(existing.as_ref().map(|cluster| cluster.owner))?;
    let needed = existing.as_ref().map(|c| Needed { major: c.major, cluster: &c.path });
    let programs = Programs::find(options.programs.as_deref(), needed, &account)?;
    let durable = options.durable;
    let path = match existing {
        Some(existing) => use_cluster(existing, &account)?,
        None => make_cluster(data_dir, &place, &programs, &account, durable)?,
    };
    Ok(Cluster { path, programs, account, durable })
}

fn use_cluster(existing: Existing, account: &Account) -> Result<PathBuf, EmbeddedError> {
    existing.check(account)?;
    Ok(existing.path)
}

fn make_cluster(
    data_dir: &Path,
    place: &Path,
    programs: &Programs,
    account: &Account,
    durable: bool,
) -> Result<PathBuf, EmbeddedError> {
    info!(cluster = %place.display(), version = programs.major, "creating a database cluster");
    let draft = Draft::new(data_dir, account)?;
    match cluster::initdb(&draft, programs, account, durable) {
        Ok(()) => draft.commit(place),
        Err(error) => {
            draft.discard();
            Err(error)
        }
    }
}

fn start(cluster: &Cluster) -> Result<Endpoint, EmbeddedError> {
    let dir = sockets::prepare(&cluster.path, &cluster.account)?;
    if let Err(error) = cluster.start(&dir) {
        // Stays when a server is still on its way up and has its socket there.
        sockets::remove(&dir);
        return Err(error);
    }
    Ok(Endpoint { dir, port: PORT })
}
