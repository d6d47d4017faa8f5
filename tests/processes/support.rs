//! Data directories, processes on them, and a client. Whatever a test starts ends with it.

use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    env,
    fmt::Write as _,
    fs::{self, Permissions},
    io::{BufRead, BufReader, Read, Write},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio_postgres::NoTls;
use voci::db::embedded::{EmbeddedServer, Options};

/// The API key of every test.
pub(crate) const KEY: &str = "voci_test_k1_0123456789abcdef0123456789abcdef";

/// Longest wait for anything; the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Reads what processes the test has. When the test process ends without a word, however it ends, kills them, stops
/// the PostgreSQL of the data directory and removes everything.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
pids=
while read -r word pid; do
    case $word in
    started) pids="$pids $pid" ;;
    ended)
        rest=
        for one in $pids; do [ "$one" = "$pid" ] || rest="$rest $one"; done
        pids=$rest ;;
    done) exit 0 ;;
    esac
done
for pid in $pids; do kill -9 "$pid"; done
# More than once: a server may be on its way up.
sockets=
for _ in 1 2 3; do
    sockets="$sockets $(grep -l "^$1/" /tmp/voci-*/.s.PGSQL.5432.lock | sed 's,/[^/]*$,,')"
    for file in "$1"/*/postgres/postmaster.pid; do
        pid=$(head -n 1 "$file") && ps -o command= -p "$pid" | grep -q postgres && kill -QUIT "$pid"
    done
    sleep 1
done
rm -rf $sockets
rm -rf "$1"
"#;

/// A temporary directory with a data directory in it. At its end its processes are killed and its PostgreSQL is stopped.
pub(crate) struct Place {
    temp: TempDir,
    shared: Arc<Shared>,
    watchdog: Child,
}

#[derive(Default)]
struct Shared {
    running: Mutex<BTreeSet<u32>>,
    logs: Mutex<String>,
    reports: Mutex<Option<std::process::ChildStdin>>,
}

impl Shared {
    fn report(&self, word: &str, pid: u32) {
        if let Some(reports) = lock(&self.reports).as_mut() {
            let _ = writeln!(reports, "{word} {pid}");
        }
    }

    fn started(&self, pid: u32) {
        self.report("started", pid);
        lock(&self.running).insert(pid);
    }

    fn ended(&self, pid: u32) {
        self.report("ended", pid);
        lock(&self.running).remove(&pid);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Place {
    pub(crate) fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        fs::set_permissions(temp.path(), Permissions::from_mode(0o711)).unwrap();
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "sh"])
            .arg(temp.path())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let shared = Shared { reports: Mutex::new(watchdog.stdin.take()), ..Shared::default() };
        Self { temp, shared: Arc::new(shared), watchdog }
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    /// The program with arguments, on this data directory and with none of the caller's own settings.
    pub(crate) fn voci(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_voci"));
        let settings = env::vars_os().map(|(name, _)| name);
        for name in settings.filter(|name| is_setting(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(self.temp.path())
            .env("VOCI_DATA_DIR", self.data_dir())
            .env("VOCI_LISTEN", "127.0.0.1:0")
            .env("VOCI_LOG_FORMAT", "json")
            .env("VOCI_HTTP_WORKERS", "2");
        command
    }

    pub(crate) fn start(&self, mut command: Command) -> Process {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        self.shared.started(child.id());
        let said = Arc::new(Said::default());
        let readers = vec![
            reader(child.stdout.take().unwrap(), said.clone(), |said| &said.stdout),
            reader(child.stderr.take().unwrap(), said.clone(), |said| &said.stderr),
        ];
        Process { child, said, readers, shared: self.shared.clone() }
    }

    /// A service with the key of the tests and these settings, once it listens.
    pub(crate) fn serve(&self, settings: &[(&str, &str)]) -> Service {
        let mut command = self.voci(&["serve"]);
        command.env("VOCI_BOOTSTRAP_KEY", KEY).envs(settings.iter().copied());
        Service::of(self.start(command))
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Finished {
        let mut command = self.voci(arguments);
        command.envs(settings.iter().copied());
        self.start(command).finish()
    }

    fn cluster(&self) -> PathBuf {
        self.data_dir().join("postgres")
    }

    fn pid_file(&self) -> Vec<String> {
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

    /// Everything that any process of this place wrote to its standard error.
    pub(crate) fn logs(&self) -> String {
        lock(&self.shared.logs).clone()
    }

    pub(crate) fn is_silent(&self) -> bool {
        lock(&self.shared.running).is_empty() && self.postgres().is_none()
    }
}

fn is_setting(name: &str) -> bool {
    name == "DATABASE_URL" || (name.starts_with("VOCI_") && name != "VOCI_PG_BIN")
}

impl Drop for Place {
    fn drop(&mut self) {
        let left = lock(&self.shared.running).clone();
        for pid in left {
            signal("-KILL", pid);
        }
        let file = self.pid_file();
        if !file.is_empty() {
            stop_postgres(&self.data_dir());
        }
        if let Ok(elsewhere) = fs::read_link(self.cluster()) {
            let _ = fs::remove_dir_all(elsewhere);
        }
        if let Some(socket_dir) = file.get(4).filter(|dir| dir.starts_with("/tmp/voci-")) {
            let _ = fs::remove_dir_all(socket_dir);
        }
        self.shared.report("done", 0);
        drop(lock(&self.shared.reports).take());
        let _ = self.watchdog.wait();
        if thread::panicking() {
            let mut tail: Vec<String> = self.logs().lines().rev().take(40).map(str::to_owned).collect();
            tail.reverse();
            let _ = writeln!(std::io::stderr(), "the last lines of its processes:\n{}", tail.join("\n"));
        }
    }
}

/// Stops the PostgreSQL of a data directory as the service itself does.
fn stop_postgres(data_dir: &Path) {
    let programs = env::var_os("VOCI_PG_BIN").map(PathBuf::from);
    let options = Options { data_dir: data_dir.to_owned(), programs, durable: true };
    let data_dir = data_dir.to_owned();
    let stopped =
        thread::spawn(move || EmbeddedServer::start_or_adopt(&options).and_then(EmbeddedServer::stop));
    if let Ok(Err(error)) = stopped.join() {
        let _ = writeln!(std::io::stderr(), "{} is not stopped: {error}", data_dir.display());
    }
}

#[derive(Default)]
struct Said {
    stdout: Mutex<String>,
    stderr: Mutex<String>,
}

fn reader<R: Read + Send + 'static>(
    stream: R,
    said: Arc<Said>,
    into: fn(&Said) -> &Mutex<String>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = writeln!(lock(into(&said)), "{line}");
        }
    })
}

/// A process of the program; killed when it goes out of scope.
pub(crate) struct Process {
    child: Child,
    said: Arc<Said>,
    readers: Vec<thread::JoinHandle<()>>,
    shared: Arc<Shared>,
}

/// A process that has ended.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// What it printed; fails unless it succeeded.
    pub(crate) fn output(self) -> String {
        assert!(self.status.success(), "{}: {}", self.status, self.stderr);
        self.stdout
    }

    /// What it complained about; fails unless it failed, by itself and within words.
    pub(crate) fn complaint(self) -> String {
        assert!(self.status.code().is_some_and(|code| code != 0), "{}: {}", self.status, self.stdout);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }
}

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&self) -> String {
        lock(&self.said.stdout).clone()
    }

    pub(crate) fn stderr(&self) -> String {
        lock(&self.said.stderr).clone()
    }

    /// The fields of the first log line with this message.
    pub(crate) fn logged(&self, message: &str) -> Option<Value> {
        let log = self.stderr();
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find(|line| line["fields"]["message"] == message).map(|mut line| line["fields"].take())
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(name, self.id());
    }

    /// Kills it, as a crash does.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        self.reap();
    }

    fn reap(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        if !self.readers.is_empty() {
            self.shared.ended(self.child.id());
            self.readers.drain(..).for_each(|reader| reader.join().unwrap());
            lock(&self.shared.logs).push_str(&lock(&self.said.stderr));
        }
        status
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended() {
            assert!(Instant::now() < deadline, "the process does not end: {}", self.stderr());
            thread::sleep(Duration::from_millis(10));
        }
        let status = self.reap();
        Finished { status, stdout: self.stdout(), stderr: self.stderr() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// A service and a client of it.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) api: Api,
}

impl Service {
    pub(crate) fn of(mut process: Process) -> Self {
        let deadline = Instant::now() + PATIENCE;
        let address = loop {
            if let Some(fields) = process.logged("listening") {
                break fields["address"].as_str().unwrap().to_owned();
            }
            let waiting = !process.has_ended() && Instant::now() < deadline;
            assert!(waiting, "the service does not listen: {}", process.stderr());
            thread::sleep(Duration::from_millis(10));
        };
        Self { process, api: Api::new(&address, KEY) }
    }

    pub(crate) fn kill(self) {
        self.process.kill();
    }

    /// Stops it as an operator does.
    pub(crate) fn stop(self) -> Finished {
        self.process.signal("-TERM");
        self.process.finish()
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

/// Speaks HTTP to a service.
#[derive(Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    base: String,
    key: String,
}

impl Api {
    pub(crate) fn new(address: &str, key: &str) -> Self {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).no_proxy().build().unwrap();
        Self { client, base: format!("http://{address}"), key: key.to_owned() }
    }

    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Sends a request. Errors are those of a connection that fails or breaks off.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let retry_after =
            response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let text = response.text().await?;
        Ok(Answer { status, retry_after, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await.unwrap()
    }

    pub(crate) async fn put_creator(&self, id: &str) {
        let answer = self.send("PUT", &format!("/v1/creators/{id}"), Some(&profile(id))).await.unwrap();
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    }

    pub(crate) async fn batch(&self, events: &[Value]) -> Result<Answer, reqwest::Error> {
        self.send("POST", "/v1/events/batch", Some(&json!({ "events": events }))).await
    }

    /// Ids of the gaming creators that are recommended, best first; none while the service cannot answer.
    pub(crate) async fn recommended(&self) -> Vec<String> {
        let answer = self.send("GET", "/v1/recommendations?niche=gaming&limit=200", None).await;
        let items =
            answer.ok().and_then(|answer| answer.body["items"].as_array().cloned()).unwrap_or_default();
        items.iter().map(|item| item["creator_id"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until the service says that it is ready.
    pub(crate) async fn ready(&self) {
        until("the service is ready", PATIENCE, async || {
            self.send("GET", "/readyz", None).await.is_ok_and(|answer| answer.status == 200)
        })
        .await;
    }
}

/// A creator of the niche gaming with an audience in the default band.
pub(crate) fn profile(id: &str) -> Value {
    json!({
        "display_name": id, "bio": "", "country": "RO", "languages": ["ro"], "niches": ["gaming"],
        "accounts": [{"platform": "instagram", "handle": id, "followers": 12_400}],
    })
}

/// A time that the default tenant accepts, this many days ago.
pub(crate) fn days_ago(days: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)).to_string()
}

/// A like of a person.
pub(crate) fn like(event: &str, creator: &str, engager: &str, days: i64) -> Value {
    json!({
        "event_id": event, "creator_id": creator, "engager_id": engager, "kind": "like",
        "occurred_at": days_ago(days),
    })
}

/// Waits for a condition, up to a limit.
pub(crate) async fn until(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    started.elapsed()
}

/// A number from a query.
pub(crate) async fn number(client: &tokio_postgres::Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

pub(crate) fn signal(name: &str, pid: u32) {
    let _ = Command::new("kill").args([name, &pid.to_string()]).stderr(Stdio::null()).status();
}

/// Whether a process exists and does not just wait to be reaped.
pub(crate) fn runs(pid: u32) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

/// Seeded random numbers (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % end
    }
}
