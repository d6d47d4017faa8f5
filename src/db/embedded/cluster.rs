//! Making, starting and stopping a cluster with the server programs.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use tracing::warn;

use super::account::{Account, output, said};
use super::error::{EmbeddedError, io};
use super::place::Draft;
use super::programs::Programs;
use super::{PATIENCE, PORT, USER};
use super::{disk::log_size, memory::buffers};

/// A log longer than this is put aside at the next start; the one put aside before is lost.
const LONGEST_LOG: u64 = 16 << 20;

/// How much of the log's end goes into an error.
const LOG_TAIL_BYTES: u64 = 8 << 10;
const LOG_TAIL_LINES: usize = 20;

/// How often a start is tried while processes of a crashed server are still going away.
const ATTEMPTS: u32 = 10;

/// A complete cluster and what it takes to serve it.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) path: PathBuf,
    pub(super) programs: Programs,
    pub(super) account: Account,
    pub(super) durable: bool,
}

/// Makes a new cluster in the `draft`.
pub(super) fn initdb(
    draft: &Draft,
    programs: &Programs,
    account: &Account,
    durable: bool,
) -> Result<(), EmbeddedError> {
    let mut command = account.command(&programs.initdb());
    command.arg("--pgdata").arg(&draft.path).args([
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
        "--no-instructions",
        // No password: who may connect is decided by who can enter the socket's directory,
        // which has mode 0700, and there is no other way in.
        "--auth=trust",
    ]);
    command.arg(format!("--username={USER}"));
    if !durable {
        command.arg("--no-sync");
    }
    let output = output(&mut command)?;
    if output.status.success() {
        return Ok(());
    }
    Err(EmbeddedError::InitFailed { cluster: draft.path.clone(), output: said(&output) })
}

impl Cluster {
    /// Starts the server and waits until it accepts connections.
    pub(super) fn start(&self, socket_dir: &Path) -> Result<(), EmbeddedError> {
        self.rotate_log()?;
        let mut attempt = 1;
        loop {
            match self.start_once(socket_dir) {
                Err(EmbeddedError::StartFailed { log, .. })
                    if attempt < ATTEMPTS && log.contains("is still in use") =>
                {
                    warn!(attempt, "processes of an earlier PostgreSQL server are still there");
                    attempt += 1;
                    thread::sleep(Duration::from_secs(1));
                }
                result => return result,
            }
        }
    }

    fn start_once(&self, socket_dir: &Path) -> Result<(), EmbeddedError> {
        let log_start = fs::metadata(self.log()).map_or(0, |found| found.len());
        let mut command = self.pg_ctl("start");
        // With a log file, pg_ctl detaches the server from our output as well as from our
        // process group. Its name is relative as pg_ctl pastes it into a shell command.
        command.args(["--log", "server.log", "--wait", "--silent", "--timeout"]);
        command.arg(PATIENCE.as_secs().to_string());
        command.arg("--options").arg(self.settings(socket_dir));
        let output = output(&mut command)?;
        if output.status.success() {
            return Ok(());
        }
        Err(EmbeddedError::StartFailed {
            cluster: self.path.clone(),
            output: said(&output),
            log: self.log_tail(log_start),
        })
    }

    /// Stops the server, without waiting for its clients to leave.
    pub(super) fn stop(&self) -> Result<(), EmbeddedError> {
        let mut command = self.pg_ctl("stop");
        command.args(["--mode", "fast", "--wait", "--silent", "--timeout"]);
        command.arg(PATIENCE.as_secs().to_string());
        let output = output(&mut command)?;
        // It may have ended by itself in the meantime.
        if output.status.success() || !self.has_process()? {
            return Ok(());
        }
        Err(self.control_error("stop", said(&output)))
    }

    /// Whether the process in `postmaster.pid` exists, be it a server or not.
    pub(super) fn has_process(&self) -> Result<bool, EmbeddedError> {
        let output = output(&mut self.pg_ctl("status"))?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(3) => Ok(false),
            _ => Err(self.control_error("status", said(&output))),
        }
    }

    /// The last lines of the server's log, of what comes after the position `since`.
    pub(super) fn log_tail(&self, since: u64) -> String {
        let text = self.read_log_end(since).unwrap_or_else(|error| format!("(no log: {error})"));
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
    }

    fn pg_ctl(&self, action: &'static str) -> Command {
        let mut command = self.account.command(&self.programs.pg_ctl());
        // By PGDATA and not by option: pg_ctl would paste the option into a shell command.
        command.arg(action).env("PGDATA", &self.path).current_dir(&self.path);
        command
    }

    /// The options of `postgres`, for a shell. No value here contains a quote.
    fn settings(&self, socket_dir: &Path) -> String {
        let durable = if self.durable { "on" } else { "off" };
        // Servers whose data need not last are many and small: those of tests.
        let (buffers, log_size) = if self.durable { (buffers(), log_size(&self.path)) } else { (128, 1_024) };
        let settings = [
            ("unix_socket_directories", socket_dir.display().to_string()),
            ("unix_socket_permissions", "0700".into()),
            ("listen_addresses", String::new()),
            ("port", PORT.to_string()),
            ("cluster_name", USER.into()),
            ("max_connections", "200".into()),
            ("shared_buffers", format!("{buffers}MB")),
            ("max_wal_size", format!("{log_size}MB")),
            ("checkpoint_timeout", "15min".into()),
            ("wal_compression", self.wal_compression().into()),
            ("logging_collector", "off".into()),
            ("fsync", durable.into()),
            ("synchronous_commit", durable.into()),
            ("full_page_writes", durable.into()),
        ];
        settings.map(|(name, value)| format!("-c {name}='{value}'")).join(" ")
    }

    /// The quickest compression that this server was built with. After a checkpoint every page is written to the log as a
    /// whole when it first changes, and the old `pglz` then takes more time than everything else of a commit.
    fn wal_compression(&self) -> &'static str {
        let mut command = self.account.command(&self.programs.postgres());
        command.args(["-C", "wal_compression", "-c", "wal_compression=lz4"]);
        command.env("PGDATA", &self.path).current_dir(&self.path);
        if output(&mut command).is_ok_and(|output| output.status.success()) { "lz4" } else { "pglz" }
    }

    fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    fn rotate_log(&self) -> Result<(), EmbeddedError> {
        let log = self.log();
        if fs::symlink_metadata(&log).is_ok_and(|found| found.len() > LONGEST_LOG) {
            fs::rename(&log, log.with_extension("log.1")).map_err(io("rename", &log))?;
        }
        Ok(())
    }

    fn read_log_end(&self, since: u64) -> io::Result<String> {
        let found = fs::symlink_metadata(self.log())?;
        if !found.is_file() {
            // The account could link it to a file that only root may read.
            return Err(io::Error::other("it is not a plain file"));
        }
        let mut file = File::open(self.log())?;
        file.seek(SeekFrom::Start(since.max(found.len().saturating_sub(LOG_TAIL_BYTES))))?;
        let mut bytes = Vec::new();
        file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn control_error(&self, action: &'static str, output: String) -> EmbeddedError {
        EmbeddedError::Control { action, cluster: self.path.clone(), output }
    }
}
