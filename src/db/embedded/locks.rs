//! The locks by which the processes that share an embedded server agree.
//!
//! They are `flock` locks: the system releases them when their process ends, however it ends.
//! The server does not inherit them, as std opens files with `O_CLOEXEC`; so a server that
//! outlives a killed service does not look as though it were in use.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::{EmbeddedError, io};

/// Held while a server is looked for, started or stopped.
#[derive(Debug)]
pub(super) struct StartLock(#[expect(dead_code, reason = "held for its lock")] File);

impl StartLock {
    /// Waits until no other process starts or stops the server.
    pub(super) fn acquire(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let path = data_dir.join("start.lock");
        let file = open(&path)?;
        file.lock().map_err(io("lock", &path))?;
        Ok(Self(file))
    }
}

/// Held, shared, by every process that uses the server. Changed only under the [`StartLock`].
#[derive(Debug)]
pub(super) struct UsersLock {
    file: File,
    path: PathBuf,
}

impl UsersLock {
    /// Opens the lock without taking it.
    pub(super) fn open(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let path = data_dir.join("users.lock");
        Ok(Self { file: open(&path)?, path })
    }

    /// Becomes one of the users.
    pub(super) fn share(&self) -> Result<(), EmbeddedError> {
        self.file.lock_shared().map_err(io("lock", &self.path))
    }

    /// Ceases to be a user and says whether there are others.
    pub(super) fn others(&self) -> Result<bool, EmbeddedError> {
        self.file.unlock().map_err(io("unlock", &self.path))?;
        match self.file.try_lock() {
            Ok(()) => {
                self.file.unlock().map_err(io("unlock", &self.path))?;
                Ok(false)
            }
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(source)) => Err(io("lock", &self.path)(source)),
        }
    }
}

fn open(path: &Path) -> Result<File, EmbeddedError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(io("open", path))
}
