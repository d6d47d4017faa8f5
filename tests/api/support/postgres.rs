//! The private PostgreSQL of this process: started by the first test, gone with the process, however that ends.

use std::{
    env,
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Condvar, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};
use tokio_postgres::NoTls;
use voci::db::{
    connect::ConnectSettings,
    embedded::{EmbeddedServer, Options},
    migrate,
};

/// Databases in use at once. A service has up to 18 connections to its own, and the server takes 200.
const MOST_DATABASES: u32 = 5;

const TEMPLATE: &str = "voci_template";

/// Waits until the pipe from the test process closes, then stops the server and removes all traces of it. In a process
/// group of its own, so that an interrupted or killed test run still has it.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
cat > /dev/null
dir=$1
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    pid=$(sed -n 1p "$dir/data/postgres/postmaster.pid" 2> /dev/null)
    socket=$(sed -n 5p "$dir/data/postgres/postmaster.pid" 2> /dev/null)
    if [ -n "$pid" ] && kill -QUIT "$pid" 2> /dev/null; then
        waits=0
        while [ -e "$dir/data/postgres/postmaster.pid" ] && [ $waits -lt 200 ]; do
            sleep 0.05
            waits=$((waits + 1))
        done
    fi
    elsewhere=$(readlink "$dir/data/postgres")
    rm -rf -- "$dir" ${elsewhere:+"$elsewhere"}
    case $socket in /tmp/voci-*) rm -rf -- "$socket" ;; esac
    [ -e "$dir" ] || exit 0
    sleep 0.3
done
"#;

struct Server {
    embedded: EmbeddedServer,
    // Its standard input is the pipe.
    _watchdog: Child,
}

impl Server {
    fn running() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("voci-api-tests-").tempdir().unwrap().keep();
        let watchdog = watch(&dir);
        // As root, the server runs as another user, who must get through.
        fs::set_permissions(&dir, Permissions::from_mode(0o711)).unwrap();
        let programs = env::var_os("VOCI_PG_BIN").map(PathBuf::from);
        let options = Options { data_dir: dir.join("data"), programs, durable: false };
        let embedded = EmbeddedServer::start_or_adopt(&options).unwrap_or_else(|error| panic!("{error}"));
        let server = Self { embedded, _watchdog: watchdog };
        apart(async {
            migrate::ensure_database(&server.settings("postgres"), TEMPLATE).await.unwrap();
            migrate::migrate(&server.settings(TEMPLATE)).await.unwrap();
        });
        server
    }

    fn settings(&self, database: &str) -> ConnectSettings {
        ConnectSettings::embedded(&self.embedded, database).unwrap()
    }
}

fn watch(dir: &Path) -> Child {
    Command::new("/bin/sh")
        .args(["-c", WATCHDOG, "sh"])
        .arg(dir)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

/// Runs to the end on a thread and runtime of its own, so that it also works where blocking is all that is left.
fn apart<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work)
    };
    thread::scope(|scope| scope.spawn(run).join().unwrap())
}

/// The database of a test; dropped with it.
pub(crate) struct Database {
    name: String,
}

impl Database {
    /// A database with the schema in it and nothing else.
    pub(crate) async fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (server, name) = tokio::task::spawn_blocking(|| {
            permits(|used| *used < MOST_DATABASES, |used| *used += 1);
            (Server::running(), format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed)))
        })
        .await
        .unwrap();
        let database = Self { name };
        let admin = server.settings("postgres").connect().await.unwrap();
        admin.batch_execute(&format!("create database {} template {TEMPLATE}", database.name)).await.unwrap();
        database
    }

    /// Where it is, as in `DATABASE_URL`.
    pub(crate) fn url(&self) -> String {
        let socket_dir = Server::running().embedded.socket_dir().display();
        format!("host={socket_dir} user=voci dbname={}", self.name)
    }

    /// A connection past the service.
    pub(crate) async fn connect(&self) -> tokio_postgres::Client {
        connect(&self.name, "test").await
    }

    /// The same under the name of another application.
    pub(crate) async fn connect_as(&self, application: &str) -> tokio_postgres::Client {
        connect(&self.name, application).await
    }

    /// The database is away: all connections are cut and no new ones are taken.
    pub(crate) async fn take_away(&self) {
        let name = &self.name;
        let admin = connect("postgres", "test").await;
        admin.batch_execute(&format!("alter database {name} allow_connections false")).await.unwrap();
        let cut = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        admin.batch_execute(&cut).await.unwrap();
    }

    /// The database is back.
    pub(crate) async fn give_back(&self) {
        let admin = connect("postgres", "test").await;
        admin.batch_execute(&format!("alter database {} allow_connections true", self.name)).await.unwrap();
    }
}

async fn connect(database: &str, application: &str) -> tokio_postgres::Client {
    let mut config = Server::running().embedded.config(database);
    let (client, connection) = config.application_name(application).connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("drop database if exists {} with (force)", self.name);
        apart(async move {
            let admin = Server::running().settings("postgres").connect().await.unwrap();
            admin.batch_execute(&drop).await.unwrap();
        });
        permits(|_| true, |used| *used -= 1);
    }
}

/// Waits until the number of databases in use is as wanted, and changes it.
fn permits(wanted: impl Fn(&u32) -> bool, change: impl FnOnce(&mut u32)) {
    static USED: Mutex<u32> = Mutex::new(0);
    static CHANGED: Condvar = Condvar::new();
    let used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    let mut used = CHANGED.wait_while(used, |used| !wanted(used)).unwrap_or_else(PoisonError::into_inner);
    change(&mut used);
    CHANGED.notify_all();
}
