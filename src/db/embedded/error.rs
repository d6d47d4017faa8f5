//! What can go wrong with the embedded PostgreSQL, in words for the operator.

use std::io;
use std::path::{Path, PathBuf};

/// Why the embedded PostgreSQL could not be started, used or stopped.
///
/// Every message says what failed, where, and what can be done about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// A file or directory could not be read, made or changed.
    #[error("cannot {doing} {}: {source}{}", path.display(), hint(source))]
    Io {
        /// What was attempted, as a verb.
        doing: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// A program could not be run at all.
    #[error("cannot run {}: {source}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// The service runs as root and there is no lesser user for PostgreSQL.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has neither a user \"postgres\" \
         nor a user \"nobody\" to run it as. Start Voci as another user, or create one: \
         `useradd --system postgres`"
    )]
    NoAccount,
    /// No usable PostgreSQL was found on this machine.
    #[error(
        "found no PostgreSQL server programs (initdb, pg_ctl and postgres, version 15 to 18) on \
         this machine.{rejected}\nDo one of these:\n\
         \x20 - install PostgreSQL, e.g. `apt-get install postgresql` or `brew install postgresql` \
         (if it is installed already, set VOCI_PG_BIN to the directory of its programs)\n\
         \x20 - set DATABASE_URL to a PostgreSQL server that you have\n\
         \x20 - run Voci with its own PostgreSQL in containers: `docker compose up`"
    )]
    NoPrograms {
        /// What was found but could not be used; empty, or lines that begin with a line break.
        rejected: String,
    },
    /// A directory lacks some of the server programs.
    #[error(
        "{} does not hold the PostgreSQL server programs: initdb, pg_ctl and postgres are needed \
         side by side. Set VOCI_PG_BIN to a directory that has all three, or unset it to have \
         them looked for", dir.display()
    )]
    IncompletePrograms {
        /// The directory looked at.
        dir: PathBuf,
    },
    /// `postgres --version` did not work.
    #[error(
        "{} does not work: {output}. Its installation seems to be incomplete: install it again (a \
         package of npm is complete only when its install scripts have run: `npm rebuild`)",
        program.display()
    )]
    BrokenProgram {
        /// The program.
        program: PathBuf,
        /// What it said.
        output: String,
    },
    /// The server programs cannot be executed by the user PostgreSQL runs as.
    #[error(
        "the PostgreSQL programs in {} cannot be executed by the user \"{user}\", as which Voci \
         runs PostgreSQL because PostgreSQL refuses to run as root. Install them where every user \
         can reach them (not below a private home directory such as /root), or start Voci as a \
         user that can", dir.display()
    )]
    UnreachablePrograms {
        /// The directory of the programs.
        dir: PathBuf,
        /// The user that cannot reach it.
        user: String,
    },
    /// A PostgreSQL of a version Voci does not support.
    #[error(
        "the PostgreSQL in {} is {version}; Voci supports versions 15 to 18", dir.display()
    )]
    UnsupportedVersion {
        /// The directory of the programs.
        dir: PathBuf,
        /// What `postgres --version` said.
        version: String,
    },
    /// The cluster needs another major version than the ones at hand.
    #[error(
        "the database cluster {} was made by PostgreSQL {wanted} and needs that version, but \
         only this was found: {found}. Install PostgreSQL {wanted} (or set VOCI_PG_BIN to the \
         directory of its programs); to begin with an empty database instead, move the cluster \
         away", cluster.display()
    )]
    VersionMismatch {
        /// The cluster.
        cluster: PathBuf,
        /// The major version in its `PG_VERSION` file.
        wanted: u32,
        /// The versions found, and where.
        found: String,
    },
    /// There is something in the place of the cluster that is no cluster.
    #[error(
        "{} is not a PostgreSQL cluster: {why}. Move it away to begin with an empty database, or \
         put the cluster back", path.display()
    )]
    NotACluster {
        /// The place of the cluster.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The cluster belongs to another user than the one PostgreSQL would run as.
    #[error(
        "the database cluster {} belongs to the user {owner}, but PostgreSQL would run as \
         \"{user}\". Start Voci as the user that made the cluster, or give it away: \
         `chown -R {user} {}`", path.display(), path.display()
    )]
    WrongOwner {
        /// The cluster.
        path: PathBuf,
        /// Name or number of its owner.
        owner: String,
        /// The user PostgreSQL would run as.
        user: String,
    },
    /// The user PostgreSQL runs as cannot get to the cluster.
    #[error(
        "the user \"{user}\", as which Voci runs PostgreSQL, cannot enter the database cluster \
         {}. Make the directories above it traversable for that user (`chmod o+x`), or move the \
         data directory out of the private directory it is in", path.display()
    )]
    UnreachableCluster {
        /// The cluster.
        path: PathBuf,
        /// The user that cannot enter it.
        user: String,
    },
    /// A directory is not safe to use, as others may have their hands in it.
    #[error("refusing to use {}: {why}", path.display())]
    UnsafeDirectory {
        /// The directory.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// `initdb` failed.
    #[error("cannot create the database cluster {}: initdb said:\n{output}", cluster.display())]
    InitFailed {
        /// The cluster that was to be made.
        cluster: PathBuf,
        /// What `initdb` wrote.
        output: String,
    },
    /// `pg_ctl start` failed.
    #[error(
        "PostgreSQL did not start on the cluster {}: {output}\nThe last lines of {}:\n{log}",
        cluster.display(), cluster.join("server.log").display()
    )]
    StartFailed {
        /// The cluster.
        cluster: PathBuf,
        /// What `pg_ctl` wrote.
        output: String,
        /// The end of the server's log.
        log: String,
    },
    /// A server runs but has not become ready.
    #[error(
        "the PostgreSQL server of the cluster {} (process {pid}) runs but accepted no connection \
         within {seconds} seconds. If it is recovering from a crash, wait and start Voci again. \
         The last lines of {}:\n{log}",
        cluster.display(), cluster.join("server.log").display()
    )]
    NotAnswering {
        /// The cluster.
        cluster: PathBuf,
        /// The server's process.
        pid: u32,
        /// How long it was waited for.
        seconds: u64,
        /// The end of the server's log.
        log: String,
    },
    /// A server that Voci did not start runs on the cluster.
    #[error(
        "the cluster {} is already being served (process {pid}), but not by a server that Voci \
         started: {why}. Stop that server (`pg_ctl stop -D {}`) and start Voci again",
        cluster.display(), cluster.display()
    )]
    ForeignServer {
        /// The cluster.
        cluster: PathBuf,
        /// The server's process.
        pid: u32,
        /// How that was noticed.
        why: String,
    },
    /// Another Voci process uses a server that is not visible from here.
    #[error(
        "another Voci process uses the data directory of the cluster {}, but its PostgreSQL \
         server (process {pid}) is not to be seen from here: it crashed, or it runs in another \
         container. Starting a second server could destroy the data: stop the other Voci process \
         first", cluster.display()
    )]
    UnseenServer {
        /// The cluster.
        cluster: PathBuf,
        /// The process named in `postmaster.pid`.
        pid: u32,
    },
    /// The server turned the user `voci` away.
    #[error(
        "the PostgreSQL server at {} refuses the user \"voci\": {message}. Was the cluster made \
         by Voci, and was its pg_hba.conf changed?", socket.display()
    )]
    Refused {
        /// The server's socket.
        socket: PathBuf,
        /// The server's message.
        message: String,
    },
    /// `pg_ctl` could not tell or change the state of the server.
    #[error("pg_ctl {action} failed on the cluster {}: {output}", cluster.display())]
    Control {
        /// The action asked for.
        action: &'static str,
        /// The cluster.
        cluster: PathBuf,
        /// What `pg_ctl` wrote.
        output: String,
    },
}

/// Turns an [`io::Error`] into an [`EmbeddedError::Io`] with its circumstances.
pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = path.to_owned();
    move |source| EmbeddedError::Io { doing, path, source }
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            ". If Voci ran as another user before (with sudo, perhaps), run it as that user or \
             change the owner of the data directory"
        }
        io::ErrorKind::StorageFull => ". Free some space on that disk",
        _ => "",
    }
}
