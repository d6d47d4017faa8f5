//! The operating system user that PostgreSQL runs as.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::lchown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::unistd::{Uid, User, getegid, geteuid};

use super::error::EmbeddedError;

/// The variables that server programs get to see. The service's environment holds secrets, and
/// variables such as `PGPORT` or `PGDATA` would change what the programs do.
const ENVIRONMENT: [&str; 7] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "LOCALE_ARCHIVE",
    "TZ",
    "TZDIR",
];

/// The user PostgreSQL runs as: the caller itself, or a lesser one when the caller is root.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    gid: u32,
    /// Whether this is another user than the caller.
    pub(super) switched: bool,
}

/// Whether the service runs as root.
pub(super) fn is_root() -> bool {
    geteuid().is_root()
}

/// The effective user of this process.
pub(super) fn own_uid() -> u32 {
    geteuid().as_raw()
}

/// Name of a user for messages; its number when it has none.
pub(super) fn name_of(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        _ => uid.to_string(),
    }
}

impl Account {
    /// Chooses the user, given the owner of the cluster when there is one.
    ///
    /// Root goes on as the owner of an existing cluster: a user "postgres" may have come into
    /// being after the cluster was made as "nobody", or a plain user made it before.
    pub(super) fn choose(cluster_owner: Option<u32>) -> Result<Self, EmbeddedError> {
        if !is_root() {
            return Ok(Self {
                name: name_of(own_uid()),
                uid: own_uid(),
                gid: getegid().as_raw(),
                switched: false,
            });
        }
        cluster_owner
            .and_then(|uid| User::from_uid(Uid::from_raw(uid)).ok().flatten())
            .filter(|user| !user.uid.is_root())
            .or_else(|| named("postgres"))
            .or_else(|| named("nobody"))
            .map(Self::from)
            .ok_or(EmbeddedError::NoAccount)
    }

    /// A command that runs as this user, in a directory that every user can enter.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").stdin(Stdio::null()).env_clear();
        for name in ENVIRONMENT {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        // Their messages are read, and macOS starts threads in `postgres` without a locale.
        command.env("LC_ALL", "C");
        if self.switched {
            // Setting the user also drops root's supplementary groups.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Whether this user can enter `dir`.
    pub(super) fn can_enter(&self, dir: &Path) -> Result<bool, EmbeddedError> {
        if !self.switched {
            return Ok(fs::read_dir(dir).is_ok());
        }
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", "cd -- \"$1\"", "sh"]).arg(dir);
        Ok(output(&mut command)?.status.success())
    }

    /// Makes this user the owner of `path`, itself and not what it may link to.
    pub(super) fn own(&self, path: &Path) -> io::Result<()> {
        if self.switched {
            lchown(path, Some(self.uid), Some(self.gid))?;
        }
        Ok(())
    }
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw(), switched: true }
    }
}

fn named(name: &str) -> Option<User> {
    User::from_name(name).ok().flatten()
}

/// Runs a command to its end and collects what it writes.
pub(super) fn output(command: &mut Command) -> Result<Output, EmbeddedError> {
    command.output().map_err(|source| EmbeddedError::Spawn { program: command.get_program().into(), source })
}

/// Everything a command wrote, for messages.
pub(super) fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    if text.is_empty() { output.status.to_string() } else { text }
}
