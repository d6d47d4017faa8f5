//! Processes of the program, what they say, and signals.

use super::{PATIENCE, lock, watchdog::Watchdog};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// The processes of a place and everything they wrote to their standard error.
pub(super) struct Processes {
    running: Mutex<BTreeSet<u32>>,
    pub(super) logs: Mutex<String>,
    pub(super) watchdog: Watchdog,
}

impl Processes {
    pub(super) fn new(watchdog: Watchdog) -> Self {
        Self { running: Mutex::default(), logs: Mutex::default(), watchdog }
    }

    pub(super) fn running(&self) -> BTreeSet<u32> {
        lock(&self.running).clone()
    }

    fn started(&self, pid: u32) {
        self.watchdog.report("started", pid);
        lock(&self.running).insert(pid);
    }

    fn ended(&self, pid: u32) {
        self.watchdog.report("ended", pid);
        lock(&self.running).remove(&pid);
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
    all: Arc<Processes>,
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
    pub(super) fn start(mut command: Command, all: Arc<Processes>) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        all.started(child.id());
        let said = Arc::new(Said::default());
        let readers = vec![
            reader(child.stdout.take().unwrap(), said.clone(), |said| &said.stdout),
            reader(child.stderr.take().unwrap(), said.clone(), |said| &said.stderr),
        ];
        Self { child, said, readers, all }
    }

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
        signal_all(name, &[self.id()]);
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
            self.all.ended(self.child.id());
            self.readers.drain(..).for_each(|reader| reader.join().unwrap());
            lock(&self.all.logs).push_str(&lock(&self.said.stderr));
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

/// Signals processes as much at once as can be.
pub(crate) fn signal_all(name: &str, pids: &[u32]) {
    let pids = pids.iter().map(u32::to_string);
    let _ = Command::new("kill").arg(name).args(pids).stderr(Stdio::null()).status();
}

/// Whether a process exists and does not just wait to be reaped.
pub(crate) fn runs(pid: u32) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}
