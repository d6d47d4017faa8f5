//! The service as a process of its own, as it is run for real: its memory is its own, and it shares nothing with the client.

use super::Failure;
use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use voci::config::DatabaseConfig;

/// Longest wait for the service to listen, and to stop.
const PATIENCE: Duration = Duration::from_mins(2);
/// Time between looks.
const LOOK: Duration = Duration::from_millis(20);

/// A running process of the program. Dropped, it is killed; the last one stops the private PostgreSQL.
pub(crate) struct Service {
    child: Child,
    log: PathBuf,
}

impl Service {
    /// Starts `voci` with this command on a data directory. It never fits models by itself, so that runs can be compared:
    /// who wants a model asks for it.
    pub(crate) fn start(data_dir: &Path, command: &str, workers: u16) -> Result<Self, Failure> {
        let log = data_dir.with_extension(format!("{command}.log"));
        let mut process = Command::new(env!("CARGO_BIN_EXE_voci"));
        let settings = std::env::vars().map(|(name, _)| name);
        for name in settings.filter(|name| name == "DATABASE_URL" || name.starts_with("VOCI_")) {
            process.env_remove(name);
        }
        if let Some(programs) = std::env::var_os("VOCI_PG_BIN") {
            process.env("VOCI_PG_BIN", programs);
        }
        let child = process
            .arg(command)
            .env("VOCI_DATA_DIR", data_dir)
            .env("VOCI_LISTEN", "127.0.0.1:0")
            .env("VOCI_LOG_FORMAT", "json")
            .env("VOCI_MODEL_SECONDS", "86400")
            .env("VOCI_WORKERS", workers.to_string())
            // Folding is held up on purpose where its cost is not what is measured.
            .envs((command == "serve").then_some(("VOCI_FOLD_LAG_SECONDS", "0")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// Where it listens, once it does.
    pub(crate) async fn address(&mut self) -> Result<SocketAddr, Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = std::fs::read_to_string(&self.log)?;
            let lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let mut listening = lines.filter(|line| line["fields"]["message"] == "listening");
            if let Some(address) = listening.find_map(|line| line["fields"]["address"].as_str()?.parse().ok())
            {
                return Ok(address);
            }
            if Instant::now() > deadline || self.child.try_wait()?.is_some() {
                return Err(format!("the service does not listen: {log}").into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The most memory it has had so far, in MB, where the system tells.
    pub(crate) fn peak_memory_mb(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1_024.0)
    }

    /// Stops it as an operator does, and waits until it is down.
    pub(crate) fn stop(&mut self) -> Result<(), Failure> {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into()?);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)?;
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                return Err("the service does not stop".into());
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that was stopped is not there any more.
        if matches!(self.child.try_wait(), Ok(None)) && self.stop().is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
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
