//! Finding the server that already runs on a cluster, by its `postmaster.pid`.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tracing::{info, warn};

use super::cluster::Cluster;
use super::error::{EmbeddedError, io};
use super::probe::{Answer, probe};
use super::{PATIENCE, USER, sockets};

const PAUSE: Duration = Duration::from_millis(200);

/// How long a `postmaster.pid` may take to be written.
const WRITING: Duration = Duration::from_secs(2);

/// Where a server listens.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub(super) dir: PathBuf,
    pub(super) port: u16,
}

impl Endpoint {
    pub(super) fn socket(&self) -> PathBuf {
        self.dir.join(format!(".s.PGSQL.{}", self.port))
    }
}

/// The content of a `postmaster.pid`.
#[derive(Debug)]
struct PidFile {
    /// Negative for a `postgres` in single-user mode.
    pid: i64,
    /// Missing while the server is only beginning to start, or when it has no socket.
    endpoint: Option<Endpoint>,
}

impl PidFile {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        let port = lines.nth(2).and_then(|line| line.trim().parse().ok());
        let dir = lines.next().map(str::trim).filter(|dir| dir.starts_with('/'));
        let endpoint = port.zip(dir).map(|(port, dir)| Endpoint { dir: dir.into(), port });
        Some(Self { pid, endpoint })
    }

    fn process(&self) -> u32 {
        u32::try_from(self.pid.unsigned_abs()).unwrap_or(u32::MAX)
    }
}

/// The server of the cluster once it accepts connections, if one runs.
///
/// One that is starting, recovering or shutting down is waited for. `others` says whether other
/// Voci processes use a server on this cluster.
pub(super) fn find(cluster: &Cluster, others: bool) -> Result<Option<Endpoint>, EmbeddedError> {
    let deadline = Instant::now() + PATIENCE;
    let mut waiting = false;
    while let Some(file) = current(cluster, others)? {
        if let Some(endpoint) = check(cluster, &file)? {
            return Ok(Some(endpoint));
        }
        if Instant::now() > deadline {
            return Err(not_answering(cluster, &file));
        }
        if !waiting {
            info!(pid = file.pid, "waiting for the PostgreSQL server that runs already");
            waiting = true;
        }
        thread::sleep(PAUSE);
    }
    Ok(None)
}

/// The endpoint of a running server when it is ready.
fn check(cluster: &Cluster, file: &PidFile) -> Result<Option<Endpoint>, EmbeddedError> {
    let Some(endpoint) = &file.endpoint else { return Ok(None) };
    if !endpoint.dir.exists() {
        return Ok(None);
    }
    sockets::check(&endpoint.dir, &cluster.account).map_err(|why| foreign(cluster, file, why.to_string()))?;
    match probe(&endpoint.socket(), USER) {
        Answer::Ready => Ok(Some(endpoint.clone())),
        Answer::NotYet => Ok(None),
        Answer::Refused(message) => Err(EmbeddedError::Refused { socket: endpoint.socket(), message }),
    }
}

/// The `postmaster.pid` of a process that really is a server on this cluster.
fn current(cluster: &Cluster, others: bool) -> Result<Option<PidFile>, EmbeddedError> {
    let path = cluster.path.join("postmaster.pid");
    let Some(file) = read(&path)? else { return Ok(None) };
    let alive = cluster.has_process()?;
    if alive && is_server_of(file.process(), &cluster.path) {
        return Ok(Some(file));
    }
    if others && path.exists() {
        let (cluster, pid) = (cluster.path.clone(), file.process());
        return Err(EmbeddedError::UnseenServer { cluster, pid });
    }
    if alive {
        // After a crash of the machine, another process may have got the number, and postgres
        // would refuse to start.
        remove_stale(&path)?;
    }
    Ok(None)
}

/// Reads the file; one that stays unintelligible is removed, as postgres would stumble over it.
fn read(path: &Path) -> Result<Option<PidFile>, EmbeddedError> {
    let deadline = Instant::now() + WRITING;
    loop {
        let text = match fs::read_to_string(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.map_err(io("read", path))?,
        };
        if let Some(file) = PidFile::parse(&text) {
            return Ok(Some(file));
        }
        if Instant::now() > deadline {
            remove_stale(path)?;
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}

fn remove_stale(path: &Path) -> Result<(), EmbeddedError> {
    warn!(path = %path.display(), "removing the stale pid file of a crashed PostgreSQL server");
    match fs::remove_file(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(io("remove", path)),
    }
}

/// Whether the process is a PostgreSQL server: its working directory is always its cluster.
fn is_server_of(pid: u32, cluster: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    if Path::new("/proc/self/cwd").exists() {
        let cwd = identity(Path::new(&format!("/proc/{pid}/cwd")));
        return cwd.is_some() && cwd == identity(cluster);
    }
    // Without /proc, as on macOS, the name must do. In doubt it is a server.
    let asked = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
    asked.map_or(true, |output| String::from_utf8_lossy(&output.stdout).contains("postgres"))
}

fn not_answering(cluster: &Cluster, file: &PidFile) -> EmbeddedError {
    if file.endpoint.is_none() {
        return foreign(cluster, file, "it has no Unix socket".into());
    }
    EmbeddedError::NotAnswering {
        cluster: cluster.path.clone(),
        pid: file.process(),
        seconds: PATIENCE.as_secs(),
        log: cluster.log_tail(0),
    }
}

fn foreign(cluster: &Cluster, file: &PidFile, why: String) -> EmbeddedError {
    EmbeddedError::ForeignServer { cluster: cluster.path.clone(), pid: file.process(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pid_files_are_read() {
        let text = "4711\n/data/postgres\n1700000000\n5432\n/tmp/voci-0\n\n  123  4\nready   \n";
        let file = PidFile::parse(text).unwrap();
        assert_eq!(file.process(), 4711);
        let socket = file.endpoint.unwrap().socket();
        assert_eq!(socket, Path::new("/tmp/voci-0/.s.PGSQL.5432"));
    }

    #[test]
    fn half_written_pid_files_have_no_endpoint() {
        assert!(PidFile::parse("").is_none());
        assert!(PidFile::parse("4711\n/data\n17\n5432\n\n").unwrap().endpoint.is_none());
        assert!(PidFile::parse("4711\n").unwrap().endpoint.is_none());
    }
}
