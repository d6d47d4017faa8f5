//! Cleaning up after a test process that ends without a word.

use super::lock;
use std::{
    io::Write,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::Mutex,
};

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
        pid=$(head -n 1 "$file") && ps -o command= -p "$pid" | grep -q postgres || continue
        kill -QUIT "$pid"
        # Frozen ones hear nothing until they go on.
        kill -CONT "$pid" $(ps -A -o pid=,ppid= | awk -v server="$pid" '$2 == server { print $1 }')
    done
    sleep 1
done
rm -rf $sockets
rm -rf "$1"
"#;

/// A process that outlives the test process, in a group of its own.
pub(super) struct Watchdog {
    child: Mutex<Child>,
    reports: Mutex<Option<ChildStdin>>,
}

impl Watchdog {
    /// Watches over a directory.
    pub(super) fn over(dir: &Path) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", WATCHDOG, "sh"])
            .arg(dir)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { reports: Mutex::new(child.stdin.take()), child: Mutex::new(child) }
    }

    pub(super) fn report(&self, word: &str, pid: u32) {
        if let Some(reports) = lock(&self.reports).as_mut() {
            let _ = writeln!(reports, "{word} {pid}");
        }
    }

    /// Nothing is left to watch over.
    pub(super) fn dismiss(&self) {
        self.report("done", 0);
        drop(lock(&self.reports).take());
        let _ = lock(&self.child).wait();
    }
}
