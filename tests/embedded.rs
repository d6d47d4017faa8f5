//! The embedded PostgreSQL with real servers, in temporary directories.
//!
//! `VOCI_PG_BIN` chooses the PostgreSQL to test with.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

use std::env;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio_postgres::NoTls;
use voci::db::embedded::{EmbeddedError, EmbeddedServer, Options, Stopped};

/// Set for the test `helper` when it is run as a process of its own.
const HELPER_DATA_DIR: &str = "VOCI_TEST_HELPER_DATA_DIR";

/// A data directory in a temporary directory; whatever server is left ends with it.
struct Fixture {
    temp: TempDir,
    name: String,
}

impl Fixture {
    fn new() -> Self {
        Self::named("data")
    }

    fn named(name: &str) -> Self {
        let fixture = Self { temp: tempfile::tempdir().unwrap(), name: name.into() };
        fs::set_permissions(fixture.temp.path(), Permissions::from_mode(0o711)).unwrap();
        fixture
    }

    fn data_dir(&self) -> PathBuf {
        self.temp.path().join(&self.name)
    }

    fn cluster(&self) -> PathBuf {
        self.data_dir().join("postgres")
    }

    fn options(&self) -> Options {
        options(&self.data_dir())
    }

    fn start(&self) -> EmbeddedServer {
        EmbeddedServer::start_or_adopt(&self.options()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn error(&self) -> String {
        EmbeddedServer::start_or_adopt(&self.options()).unwrap_err().to_string()
    }

    /// Makes a cluster whose server is stopped.
    fn prepare(&self) {
        assert_eq!(self.start().stop().unwrap(), Stopped::Server);
    }

    /// The lines of the `postmaster.pid`.
    fn pid_file(&self) -> Vec<String> {
        let text = fs::read_to_string(self.cluster().join("postmaster.pid")).unwrap_or_default();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    fn server_pid(&self) -> u32 {
        self.pid_file()[0].parse().unwrap()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let [pid, _, _, _, socket_dir, ..] = &self.pid_file()[..] {
            signal("-QUIT", pid.parse().unwrap());
            wait_until(|| !self.cluster().join("postmaster.pid").exists());
            let _ = fs::remove_dir(socket_dir);
        }
        if let Ok(elsewhere) = fs::read_link(self.cluster()) {
            let _ = fs::remove_dir_all(elsewhere);
        }
    }
}

fn options(data_dir: &Path) -> Options {
    let programs = env::var_os("VOCI_PG_BIN").map(PathBuf::from);
    Options { data_dir: data_dir.into(), programs, durable: false }
}

fn signal(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

fn wait_until(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !condition() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(50));
    }
}

/// Whether the process exists, and not just waits to be reaped.
fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}/cwd")).exists()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
}

fn query(server: &EmbeddedServer, sql: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = server.config("postgres").connect(NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        let rows = client.simple_query(sql).await.unwrap();
        drop(client);
        driver.await.unwrap().unwrap();
        let value = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        value.unwrap_or_default()
    })
}

/// Another process that uses the server until it is told to stop or is killed.
struct Helper(Child);

impl Helper {
    fn start(fixture: &Fixture) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "helper", "--nocapture"])
            .env(HELPER_DATA_DIR, fixture.data_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.map(Result::unwrap).any(|line| line.contains("helper is ready"));
        assert!(ready, "the helper did not start");
        Self(child)
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Does nothing by itself; other tests run it as a process of its own.
#[test]
fn helper() {
    let Some(data_dir) = env::var_os(HELPER_DATA_DIR) else { return };
    let _server = EmbeddedServer::start_or_adopt(&options(Path::new(&data_dir))).unwrap();
    // The test harness may have written the name of the test to the same line.
    let mut out = std::io::stdout();
    std::io::Write::write_all(&mut out, b"\nhelper is ready\n").unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn a_server_starts_answers_and_stops() {
    let fixture = Fixture::new();
    let server = fixture.start();
    assert!(!server.adopted());
    assert!((15..=18).contains(&server.version()));
    assert_eq!(query(&server, "select 1"), "1");
    assert_eq!(query(&server, "show listen_addresses"), "");
    assert_eq!(query(&server, "show server_encoding"), "UTF8");
    assert_eq!(query(&server, "show data_checksums"), "on");
    assert_eq!(query(&server, "show max_wal_size"), "1GB");
    assert!(["lz4", "pglz"].contains(&&*query(&server, "show wal_compression")));
    assert_eq!(query(&server, "show fsync"), "off");
    assert_eq!(query(&server, "select current_user"), "voci");

    let socket_dir = server.socket_dir().to_owned();
    let found = fs::metadata(&socket_dir).unwrap();
    assert_eq!(found.mode() & 0o777, 0o700);
    let cluster = fs::metadata(fixture.cluster()).unwrap();
    assert_eq!((cluster.mode() & 0o777, cluster.uid()), (0o700, found.uid()));
    let data_dir = fs::metadata(fixture.data_dir()).unwrap().mode() & 0o777;
    assert_eq!(data_dir, if is_root() { 0o711 } else { 0o700 });

    let pid = fixture.server_pid();
    assert_eq!(server.stop().unwrap(), Stopped::Server);
    assert!(!socket_dir.exists());
    assert!(!runs(pid));
}

#[test]
fn a_durable_server_syncs() {
    let fixture = Fixture::new();
    let durable = Options { durable: true, ..fixture.options() };
    let server = EmbeddedServer::start_or_adopt(&durable).unwrap();
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(query(&server, &format!("show {setting}")), "on");
    }
    server.stop().unwrap();
}

#[test]
fn data_survives_a_restart() {
    let fixture = Fixture::new();
    let server = fixture.start();
    query(&server, "create table kept as select 42 as answer");
    server.stop().unwrap();
    let server = fixture.start();
    assert!(!server.adopted());
    assert_eq!(query(&server, "select answer from kept"), "42");
    server.stop().unwrap();
}

#[test]
fn the_last_user_stops_the_server() {
    let fixture = Fixture::new();
    let first = fixture.start();
    let second = fixture.start();
    assert!(second.adopted());
    assert_eq!(second.socket_dir(), first.socket_dir());
    assert_eq!(first.stop().unwrap(), Stopped::LeftRunning);
    assert_eq!(query(&second, "select 1"), "1");
    assert_eq!(second.stop().unwrap(), Stopped::Server);
}

#[test]
fn another_process_counts_until_it_is_killed() {
    let fixture = Fixture::new();
    let helper = Helper::start(&fixture);
    let pid = fixture.server_pid();
    let server = fixture.start();
    assert!(server.adopted());
    assert_eq!(server.stop().unwrap(), Stopped::LeftRunning);

    helper.kill();
    let server = fixture.start();
    assert!(server.adopted());
    assert_eq!(fixture.server_pid(), pid);
    assert_eq!(query(&server, "select 1"), "1");
    assert_eq!(server.stop().unwrap(), Stopped::Server);
}

#[test]
fn concurrent_starts_make_one_server() {
    let fixture = Fixture::new();
    let servers: Vec<_> = thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| fixture.start())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert_eq!(servers.iter().filter(|server| !server.adopted()).count(), 1);
    let mut stopped: Vec<_> = servers.into_iter().map(|server| server.stop().unwrap()).collect();
    assert_eq!(stopped.pop(), Some(Stopped::Server));
    assert!(stopped.iter().all(|stopped| *stopped == Stopped::LeftRunning));
}

#[test]
fn stale_pid_files_do_not_prevent_a_start() {
    let fixture = Fixture::new();
    let server = fixture.start();
    let socket_dir = server.socket_dir().to_owned();
    query(&server, "create table kept as select 42 as answer");
    // The same user's, so that postgres itself would take the process for a server.
    let mut bystander = bystander(&fixture);
    let text = fs::read_to_string(fixture.cluster().join("postmaster.pid")).unwrap();
    server.stop().unwrap();

    let (_, rest) = text.split_once('\n').unwrap();
    for content in [format!("4194303\n{rest}"), format!("{}\n{rest}", bystander.id()), String::new()] {
        fs::write(fixture.cluster().join("postmaster.pid"), content).unwrap();
        leave_socket(&socket_dir, &fixture, bystander.id());
        let server = fixture.start();
        assert!(!server.adopted());
        assert_eq!(query(&server, "select answer from kept"), "42");
        server.stop().unwrap();
    }
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

/// A process, no server, of the user the server runs as.
fn bystander(fixture: &Fixture) -> Child {
    use std::os::unix::process::CommandExt;
    let owner = fs::metadata(fixture.cluster()).unwrap().uid();
    let mut command = Command::new("sleep");
    command.arg("600").current_dir("/");
    if is_root() {
        command.uid(owner);
    }
    command.spawn().unwrap()
}

/// Leaves a socket directory as a crash of the machine does.
fn leave_socket(dir: &Path, fixture: &Fixture, pid: u32) {
    let owner = fs::metadata(fixture.cluster()).unwrap();
    fs::create_dir(dir).unwrap();
    fs::set_permissions(dir, Permissions::from_mode(0o700)).unwrap();
    let lock = dir.join(".s.PGSQL.5432.lock");
    fs::write(&lock, format!("{pid}\n/nowhere\n17\n5432\n{}\n", dir.display())).unwrap();
    for path in [dir, &lock] {
        std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
}

#[test]
fn a_killed_server_recovers() {
    let fixture = Fixture::new();
    let durable = Options { durable: true, ..fixture.options() };
    let server = EmbeddedServer::start_or_adopt(&durable).unwrap();
    query(&server, "create table kept as select generate_series(1, 100000) as n");
    signal("-KILL", fixture.server_pid());
    drop(server);
    let server = fixture.start();
    assert_eq!(query(&server, "select count(*) from kept"), "100000");
    server.stop().unwrap();
}

#[test]
fn a_server_of_an_unseen_process_is_not_replaced() {
    let fixture = Fixture::new();
    let server = fixture.start();
    let pid = fixture.server_pid();
    signal("-KILL", pid);
    wait_until(|| !runs(pid));
    let error = fixture.error();
    assert!(error.contains("stop the other Voci process first"), "{error}");
    drop(server);
    fixture.start().stop().unwrap();
}

#[test]
fn missing_programs_are_explained() {
    let fixture = Fixture::new();
    let programs = Some(fixture.temp.path().join("nothing"));
    let options = Options { programs, ..fixture.options() };
    let error = EmbeddedServer::start_or_adopt(&options).unwrap_err();
    assert!(matches!(error, EmbeddedError::IncompletePrograms { .. }), "{error}");

    let error = EmbeddedError::NoPrograms { rejected: String::new() }.to_string();
    for way_out in
        ["apt-get install postgresql", "brew install postgresql", "DATABASE_URL", "docker compose up"]
    {
        assert!(error.contains(way_out), "{error}");
    }
}

#[test]
fn a_cluster_of_another_version_is_not_touched() {
    let fixture = Fixture::new();
    fixture.prepare();
    fs::write(fixture.cluster().join("PG_VERSION"), "12\n").unwrap();
    let error = fixture.error();
    assert!(error.contains("made by PostgreSQL 12"), "{error}");
    assert!(error.contains("only this was found: PostgreSQL 1"), "{error}");
}

#[test]
fn half_a_cluster_is_none() {
    let fixture = Fixture::new();
    let draft = fixture.data_dir().join("postgres.new-0123456789abcdef");
    fs::create_dir_all(&draft).unwrap();
    fs::write(draft.join("PG_VERSION"), "15\n").unwrap();
    fixture.prepare();
    assert!(!draft.exists());

    fs::remove_file(fixture.cluster().join("global/pg_control")).unwrap();
    let error = fixture.error();
    assert!(error.contains("is not a PostgreSQL cluster"), "{error}");
}

#[test]
fn a_killed_initdb_leaves_no_cluster() {
    let fixture = Fixture::new();
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "helper"])
        .env(HELPER_DATA_DIR, fixture.data_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // By now a draft looks like a cluster, and its initdb goes on without the process.
    wait_until(|| {
        let mut entries = fs::read_dir(fixture.data_dir()).into_iter().flatten().flatten();
        entries.any(|entry| entry.path().join("PG_VERSION").exists())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!fixture.cluster().exists());
    let server = fixture.start();
    assert_eq!(query(&server, "select 1"), "1");
    server.stop().unwrap();
}

#[test]
fn long_and_odd_data_dirs_work() {
    let fixture = Fixture::named(&format!("{} $(false) \"quoted\" 'it' {}", "x".repeat(100), "y".repeat(50)));
    assert!(fixture.data_dir().as_os_str().len() > 150);
    let server = fixture.start();
    assert_eq!(query(&server, "select 1"), "1");
    server.stop().unwrap();
    assert!(fixture.cluster().join("server.log").exists());
}

#[test]
fn an_unreachable_data_dir_has_its_cluster_elsewhere() {
    if !is_root() {
        return;
    }
    let fixture = Fixture::new();
    fs::set_permissions(fixture.temp.path(), Permissions::from_mode(0o700)).unwrap();
    let server = fixture.start();
    let elsewhere = fs::read_link(fixture.cluster()).unwrap();
    assert_eq!(elsewhere.parent(), Some(Path::new("/var/lib/voci")));
    assert_eq!(fs::metadata("/var/lib/voci").unwrap().mode() & 0o777, 0o711);
    assert_eq!(fs::metadata(&elsewhere).unwrap().mode() & 0o777, 0o700);
    query(&server, "create table kept as select 42 as answer");
    server.stop().unwrap();
    let server = fixture.start();
    assert_eq!(query(&server, "select answer from kept"), "42");
    server.stop().unwrap();
}

#[test]
fn a_planted_socket_directory_is_refused() {
    let fixture = Fixture::new();
    let server = fixture.start();
    let socket_dir = server.socket_dir().to_owned();
    server.stop().unwrap();
    symlink(fixture.temp.path(), &socket_dir).unwrap();
    let error = fixture.error();
    fs::remove_file(&socket_dir).unwrap();
    assert!(error.contains("refusing to use"), "{error}");
}

#[test]
fn a_failed_start_tells_the_end_of_the_log() {
    let fixture = Fixture::new();
    fixture.prepare();
    fs::write(fixture.cluster().join("postgresql.conf"), "no_such_setting = 1\n").unwrap();
    let error = fixture.error();
    assert!(error.contains("no_such_setting"), "{error}");
}

#[test]
fn a_long_log_is_put_aside() {
    let fixture = Fixture::new();
    fixture.prepare();
    let log = fixture.cluster().join("server.log");
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len((16 << 20) + 1).unwrap();
    fixture.prepare();
    assert!(fs::metadata(&log).unwrap().len() < 1 << 20);
    assert!(fixture.cluster().join("server.log.1").exists());
}
