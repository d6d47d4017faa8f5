//! The private directory of the server's Unix socket.
//!
//! The path of a Unix socket is limited to some 107 bytes, too few for a socket in a data
//! directory that may be anywhere. So it has a short directory below `/tmp`, where every user
//! may have put something under that name before: nothing is used that is not known to be safe.

use std::fs::{self, DirBuilder};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tracing::debug;

use super::PORT;
use super::account::{Account, name_of, own_uid};
use super::error::{EmbeddedError, io};

/// Makes the socket directory of a cluster, or finds it safe to use.
pub(super) fn prepare(cluster: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    let dir = dir_for(cluster);
    if dir.symlink_metadata().is_err() || discard_interrupted(&dir) {
        make(&dir, account)?;
    }
    check(&dir, account)?;
    remove_stale(&dir);
    Ok(dir)
}

/// Checks that `dir` is a directory into which only the account (and root) can put a socket.
pub(super) fn check(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let found = fs::symlink_metadata(dir).map_err(io("look at", dir))?;
    let refuse = |why: String| {
        let why = format!("{why}. Find out who made it, and remove it");
        Err(EmbeddedError::UnsafeDirectory { path: dir.to_owned(), why })
    };
    if !found.is_dir() {
        return refuse("it is not a directory, where the socket's directory should be".into());
    }
    if found.uid() != account.uid {
        return refuse(format!(
            "it belongs to the user {} instead of {}",
            name_of(found.uid()),
            account.name
        ));
    }
    if found.mode() & 0o077 != 0 {
        return refuse("other users have access to it".into());
    }
    Ok(())
}

/// Removes the directory of a stopped server; what is not empty stays.
pub(super) fn remove(dir: &Path) {
    if let Err(error) = fs::remove_dir(dir) {
        debug!(dir = %dir.display(), %error, "left the socket directory");
    }
}

fn make(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    DirBuilder::new().mode(0o700).create(dir).map_err(io("create", dir))?;
    // In a sticky directory, nobody else can have replaced what is ours.
    account.own(dir).map_err(io("change the owner of", dir))
}

/// Removes an empty directory of this process's user, who may be root and may have been
/// interrupted before it was given to the account. Says whether there was one.
fn discard_interrupted(dir: &Path) -> bool {
    let own = dir.symlink_metadata().is_ok_and(|found| found.uid() == own_uid());
    own && fs::remove_dir(dir).is_ok()
}

/// Removes the socket that a crash of the machine left. The server itself would not when another
/// process has got the number of the one that made it.
fn remove_stale(dir: &Path) {
    let socket = dir.join(format!(".s.PGSQL.{PORT}"));
    if UnixStream::connect(&socket).is_err() {
        for file in [socket.with_added_extension("lock"), socket] {
            if fs::remove_file(&file).is_ok() {
                debug!(file = %file.display(), "removed what a crashed server left");
            }
        }
    }
}

/// The same for every process and every start.
fn dir_for(cluster: &Path) -> PathBuf {
    let hash = fnv1a(cluster.as_os_str().as_bytes());
    Path::new("/tmp").join(format!("voci-{hash:016x}"))
}

/// FNV-1a. The hashers of std may change between versions of Rust.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn account() -> Account {
        Account::choose(None).unwrap()
    }

    #[test]
    fn the_directory_is_the_same_each_time() {
        assert_eq!(dir_for(Path::new("")), Path::new("/tmp/voci-cbf29ce484222325"));
        assert_eq!(dir_for(Path::new("a")), Path::new("/tmp/voci-af63dc4c8601ec8c"));
    }

    #[test]
    fn a_fresh_directory_is_private() {
        let temp = tempfile::tempdir().unwrap();
        let dir = prepare(temp.path(), &account()).unwrap();
        let found = fs::metadata(&dir).unwrap();
        assert_eq!((found.mode() & 0o777, found.uid()), (0o700, account().uid));
        assert_eq!(prepare(temp.path(), &account()).unwrap(), dir);
        remove(&dir);
    }

    #[test]
    fn links_and_open_directories_are_refused() {
        let temp = tempfile::tempdir().unwrap();
        let dir = dir_for(temp.path());
        symlink(temp.path(), &dir).unwrap();
        assert!(prepare(temp.path(), &account()).is_err());
        fs::remove_file(&dir).unwrap();

        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("planted"), "").unwrap();
        fs::set_permissions(&dir, Permissions::from_mode(0o777)).unwrap();
        account().own(&dir).unwrap();
        let error = prepare(temp.path(), &account()).unwrap_err().to_string();
        assert!(error.contains("other users have access"), "{error}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
