//! A temporary directory and all that runs in it.

use super::{
    KEY, Process, Service, lock,
    postgres::stop_postgres,
    process::{Finished, Processes, signal_all},
    watchdog::Watchdog,
};
use std::{
    env,
    fs::{self, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::Command,
    sync::Arc,
    thread,
};
use tempfile::TempDir;

/// A temporary directory with a data directory in it. At its end its processes are killed and its PostgreSQL is stopped.
pub(crate) struct Place {
    temp: TempDir,
    processes: Arc<Processes>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        fs::set_permissions(temp.path(), Permissions::from_mode(0o711)).unwrap();
        let processes = Arc::new(Processes::new(Watchdog::over(temp.path())));
        Self { temp, processes }
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

    pub(crate) fn start(&self, command: Command) -> Process {
        Process::start(command, self.processes.clone())
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

    /// Everything that any process of this place wrote to its standard error.
    pub(crate) fn logs(&self) -> String {
        lock(&self.processes.logs).clone()
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.processes.running().is_empty() && self.postgres().is_none()
    }
}

fn is_setting(name: &str) -> bool {
    name == "DATABASE_URL" || (name.starts_with("VOCI_") && name != "VOCI_PG_BIN")
}

impl Drop for Place {
    fn drop(&mut self) {
        let left: Vec<u32> = self.processes.running().into_iter().collect();
        if !left.is_empty() {
            signal_all("-KILL", &left);
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
        self.processes.watchdog.dismiss();
        if thread::panicking() {
            let mut tail: Vec<String> = self.logs().lines().rev().take(40).map(str::to_owned).collect();
            tail.reverse();
            let _ = writeln!(std::io::stderr(), "the last lines of its processes:\n{}", tail.join("\n"));
        }
    }
}
