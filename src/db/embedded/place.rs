//! Where the cluster is: the data directory, and the directory of the cluster itself.

use std::fs::{self, DirBuilder, File, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tracing::warn;

use super::account::{Account, is_root, name_of, own_uid};
use super::error::{EmbeddedError, io};

/// Where clusters are when the user PostgreSQL runs as cannot get to the data directory.
const HOME: &str = "/var/lib/voci";

/// Names in the data directory of clusters that are still being made begin with this.
const DRAFT: &str = "postgres.new-";

/// A cluster that was found in its place.
#[derive(Debug)]
pub(super) struct Existing {
    pub(super) path: PathBuf,
    pub(super) owner: u32,
    pub(super) major: u32,
}

/// Makes the data directory if need be, closes it to others, and returns its real path.
pub(super) fn prepare_data_dir(dir: &Path) -> Result<PathBuf, EmbeddedError> {
    // It holds secrets. The user PostgreSQL runs as must get through it, but not list it.
    let mode = if is_root() { 0o711 } else { 0o700 };
    fs::create_dir_all(dir).map_err(io("create", dir))?;
    let dir = fs::canonicalize(dir).map_err(io("find", dir))?;
    let found = fs::metadata(&dir).map_err(io("look at", &dir))?;
    if found.mode() & 0o1000 != 0 {
        return Err(EmbeddedError::UnsafeDirectory {
            path: dir,
            why: "it is shared between users. Use a directory of Voci's own".into(),
        });
    }
    if found.uid() == own_uid() && found.mode() & 0o777 != mode {
        set_mode(&dir, mode)?;
    }
    Ok(dir)
}

/// The cluster's place in the data directory: a directory, or a link to one below [`HOME`].
pub(super) fn cluster_entry(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres")
}

/// The cluster in its place, if there is one.
pub(super) fn existing(entry: &Path) -> Result<Option<Existing>, EmbeddedError> {
    let not_a_cluster =
        |why: &str| Err(EmbeddedError::NotACluster { path: entry.to_owned(), why: why.to_owned() });
    if fs::symlink_metadata(entry).is_err_and(|e| e.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let path = match fs::canonicalize(entry) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return not_a_cluster("it is a link to a directory that does not exist");
        }
        path => path.map_err(io("follow", entry))?,
    };
    let owner = fs::metadata(&path).map_err(io("look at", &path))?.uid();
    if !is_root() && owner != own_uid() {
        return Err(wrong_owner(&path, owner, &name_of(own_uid())));
    }
    let Some(major) = read_major(&path) else {
        if fs::remove_dir(entry).is_ok() {
            // It was empty, perhaps prepared by hand.
            return Ok(None);
        }
        return not_a_cluster("its file PG_VERSION or global/pg_control is missing");
    };
    Ok(Some(Existing { path, owner, major }))
}

impl Existing {
    /// Checks that the account can serve this cluster.
    pub(super) fn check(&self, account: &Account) -> Result<(), EmbeddedError> {
        if self.owner != account.uid {
            return Err(wrong_owner(&self.path, self.owner, &account.name));
        }
        if !account.can_enter(&self.path)? {
            return Err(EmbeddedError::UnreachableCluster {
                path: self.path.clone(),
                user: account.name.clone(),
            });
        }
        Ok(())
    }
}

fn wrong_owner(path: &Path, owner: u32, user: &str) -> EmbeddedError {
    EmbeddedError::WrongOwner { path: path.to_owned(), owner: name_of(owner), user: user.to_owned() }
}

/// The cluster's major version. `PG_VERSION` alone proves nothing: initdb writes it early.
fn read_major(cluster: &Path) -> Option<u32> {
    let version = fs::read_to_string(cluster.join("PG_VERSION")).ok()?;
    let complete = cluster.join("global/pg_control").is_file();
    version.trim().parse().ok().filter(|_| complete)
}

/// A cluster in the making, not yet in its place.
///
/// What stands in the cluster's place is always complete, as it gets there by one rename; a
/// draft whose making was interrupted is thrown away by the next start.
#[derive(Debug)]
pub(super) struct Draft {
    data_dir: PathBuf,
    /// The name in the data directory: the directory itself or a link to it.
    entry: PathBuf,
    /// The directory in which the cluster is made.
    pub(super) path: PathBuf,
}

impl Draft {
    /// An empty directory of the account, where the account can get to it.
    pub(super) fn new(data_dir: &Path, account: &Account) -> Result<Self, EmbeddedError> {
        remove_drafts(data_dir);
        // A fresh name each time: an orphaned initdb may still be writing to an older draft.
        let name = random_name();
        let entry = data_dir.join(format!("{DRAFT}{name}"));
        let path = if account.can_enter(data_dir)? {
            entry.clone()
        } else {
            prepare_home()?;
            let path = Path::new(HOME).join(name);
            // The link comes first, so that an interrupted draft can be found.
            symlink(&path, &entry).map_err(io("create", &entry))?;
            path
        };
        make_dir(&path, 0o700)?;
        account.own(&path).map_err(io("change the owner of", &path))?;
        Ok(Self { data_dir: data_dir.to_owned(), entry, path })
    }

    /// Puts the cluster, now complete, in its place and returns its real path.
    pub(super) fn commit(self, place: &Path) -> Result<PathBuf, EmbeddedError> {
        fs::rename(&self.entry, place).map_err(io("move the new cluster to", place))?;
        let synced = File::open(&self.data_dir).and_then(|dir| dir.sync_all());
        synced.map_err(io("write", &self.data_dir))?;
        fs::canonicalize(place).map_err(io("find", place))
    }

    /// Throws the draft away.
    pub(super) fn discard(self) {
        remove_draft(&self.entry);
    }
}

fn remove_drafts(data_dir: &Path) {
    let Ok(entries) = fs::read_dir(data_dir) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            remove_draft(&entry.path());
        }
    }
}

/// A draft that cannot be removed takes up space, but does no harm.
fn remove_draft(entry: &Path) {
    let removed = match fs::read_link(entry) {
        Ok(target) if target.parent() == Some(Path::new(HOME)) => {
            let removed = match fs::remove_dir_all(&target) {
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
                removed => removed,
            };
            removed.and_then(|()| fs::remove_file(entry))
        }
        Ok(_) => fs::remove_file(entry),
        Err(_) => fs::remove_dir_all(entry),
    };
    if let Err(error) = removed {
        warn!(path = %entry.display(), %error, "cannot remove an unfinished database cluster");
    }
}

/// Makes [`HOME`], in which others can enter what is theirs but see nothing else.
fn prepare_home() -> Result<(), EmbeddedError> {
    let home = Path::new(HOME);
    if !home.exists() {
        make_dir(home, 0o711)?;
    }
    let found = fs::symlink_metadata(home).map_err(io("look at", home))?;
    if !found.is_dir() || found.uid() != own_uid() {
        return Err(EmbeddedError::UnsafeDirectory {
            path: home.to_owned(),
            why: "it must be a directory of root, and no link. Move it away".into(),
        });
    }
    set_mode(home, 0o711)
}

fn make_dir(dir: &Path, mode: u32) -> Result<(), EmbeddedError> {
    DirBuilder::new().mode(mode).create(dir).map_err(io("create", dir))
}

fn set_mode(dir: &Path, mode: u32) -> Result<(), EmbeddedError> {
    fs::set_permissions(dir, Permissions::from_mode(mode)).map_err(io("set the mode of", dir))
}

/// Sixteen hexadecimal digits; std seeds each `RandomState` at random.
fn random_name() -> String {
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
