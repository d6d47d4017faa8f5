//! Finding the PostgreSQL server programs of the machine.

use std::env;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use tracing::debug;

use super::account::{Account, output, said};
use super::error::EmbeddedError;

/// The major versions of PostgreSQL that Voci works with.
const SUPPORTED: RangeInclusive<u32> = 15..=18;

const NEEDED: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// The server programs of one PostgreSQL installation.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    dir: PathBuf,
    pub(super) major: u32,
}

/// An existing cluster, which only its own major version can serve.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needed<'a> {
    pub(super) major: u32,
    pub(super) cluster: &'a Path,
}

impl Programs {
    /// Finds the newest supported programs, or those of the version that is needed.
    ///
    /// Only `explicit` is looked at when it is given.
    pub(super) fn find(
        explicit: Option<&Path>,
        needed: Option<Needed<'_>>,
        account: &Account,
    ) -> Result<Self, EmbeddedError> {
        let found = match explicit {
            Some(dir) => vec![Self::examine(dir, account)?],
            None => Self::search(&candidates(account), account)?,
        };
        choose(&found, needed)
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    pub(super) fn pg_ctl(&self) -> PathBuf {
        self.dir.join("pg_ctl")
    }

    /// All usable installations among `dirs`, at least one.
    fn search(dirs: &[PathBuf], account: &Account) -> Result<Vec<Self>, EmbeddedError> {
        let mut seen = Vec::new();
        let mut found = Vec::new();
        let mut rejected = Vec::new();
        for dir in dirs.iter().filter_map(|dir| resolve(dir)) {
            if seen.contains(&dir) {
                continue;
            }
            match Self::examine(&dir, account) {
                Ok(programs) => found.push(programs),
                Err(error) => rejected.push(format!("\nNot usable: {error}.")),
            }
            seen.push(dir);
        }
        debug!(?found, ?rejected, "looked for PostgreSQL");
        if found.is_empty() {
            return Err(EmbeddedError::NoPrograms { rejected: rejected.concat() });
        }
        Ok(found)
    }

    /// The programs in `dir`, if the account can run them and their version is supported.
    fn examine(dir: &Path, account: &Account) -> Result<Self, EmbeddedError> {
        let incomplete = || EmbeddedError::IncompletePrograms { dir: dir.to_owned() };
        let dir = resolve(dir).ok_or_else(incomplete)?;
        let version = version(&dir, account)?;
        match parse_major(&version) {
            Some(major) if SUPPORTED.contains(&major) => Ok(Self { dir, major }),
            _ => Err(EmbeddedError::UnsupportedVersion { dir, version }),
        }
    }
}

/// The newest of the `found`, the earlier of equals; an existing cluster has the last word.
fn choose(found: &[Programs], needed: Option<Needed<'_>>) -> Result<Programs, EmbeddedError> {
    let list = || {
        let each = found.iter().map(|p| format!("PostgreSQL {} in {}", p.major, p.dir.display()));
        each.collect::<Vec<_>>().join(", ")
    };
    let usable = |p: &&Programs| needed.is_none_or(|needed| needed.major == p.major);
    match found.iter().rev().filter(usable).max_by_key(|p| p.major) {
        Some(programs) => Ok(programs.clone()),
        None => Err(needed.map_or_else(
            || EmbeddedError::NoPrograms { rejected: String::new() },
            |needed| EmbeddedError::VersionMismatch {
                cluster: needed.cluster.to_owned(),
                wanted: needed.major,
                found: list(),
            },
        )),
    }
}

/// What `postgres --version` says when the account runs it.
fn version(dir: &Path, account: &Account) -> Result<String, EmbeddedError> {
    let program = dir.join("postgres");
    let ran = output(account.command(&program).arg("--version"));
    let denied = |source: &io::Error| source.kind() == io::ErrorKind::PermissionDenied;
    match ran {
        Ok(output) if output.status.success() => Ok(said(&output)),
        Ok(output) => Err(EmbeddedError::BrokenProgram { program, output: said(&output) }),
        Err(EmbeddedError::Spawn { source, .. }) if denied(&source) => {
            Err(EmbeddedError::UnreachablePrograms { dir: dir.to_owned(), user: account.name.clone() })
        }
        Err(error) => Err(error),
    }
}

/// The major version in e.g. `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`.
fn parse_major(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The directory that `dir/postgres` really is in, which may be a lone link into it.
fn resolve(dir: &Path) -> Option<PathBuf> {
    let postgres = fs::canonicalize(dir.join("postgres")).ok()?;
    let real = postgres.parent()?.to_owned();
    let complete = |dir: &PathBuf| NEEDED.iter().all(|name| dir.join(name).is_file());
    [real, fs::canonicalize(dir).ok()?].into_iter().find(complete)
}

/// Where PostgreSQL may be installed, the likeliest first.
fn candidates(account: &Account) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = pg_config_bindir(account).into_iter().collect();
    let path = env::var_os("PATH").unwrap_or_default();
    dirs.extend(env::split_paths(&path).filter(|dir| dir.is_absolute()));
    dirs.extend(installations("/usr/lib/postgresql", ""));
    dirs.extend(installations("/usr", "pgsql-"));
    dirs.extend(installations("/opt/homebrew/opt", "postgresql"));
    dirs.extend(installations("/usr/local/opt", "postgresql"));
    dirs
}

fn pg_config_bindir(account: &Account) -> Option<PathBuf> {
    let asked = output(account.command(Path::new("pg_config")).arg("--bindir")).ok()?;
    let dir = PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim());
    (asked.status.success() && dir.is_absolute()).then_some(dir)
}

/// The `bin` directories of the directories in `parent` whose names begin with `prefix`.
fn installations(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut dirs: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join("bin"))
        .collect();
    dirs.sort();
    dirs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(dir: &str, major: u32) -> Programs {
        Programs { dir: dir.into(), major }
    }

    #[test]
    fn major_versions_are_read() {
        let debian = "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)";
        assert_eq!(parse_major(debian), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_major("postgres (PostgreSQL) devel"), None);
        assert_eq!(parse_major("something else 16"), None);
    }

    #[test]
    fn the_newest_is_chosen_and_the_first_of_equals() {
        let found = vec![programs("/a", 15), programs("/b", 17), programs("/c", 17)];
        assert_eq!(choose(&found, None).unwrap().dir, Path::new("/b"));
    }

    #[test]
    fn a_cluster_decides_the_version() {
        let cluster = Path::new("/data/postgres");
        let found = vec![programs("/a", 15), programs("/b", 17)];
        let chosen = choose(&found, Some(Needed { major: 15, cluster })).unwrap();
        assert_eq!(chosen.dir, Path::new("/a"));
        let error = choose(&found, Some(Needed { major: 16, cluster })).unwrap_err().to_string();
        assert!(error.contains("made by PostgreSQL 16"), "{error}");
        assert!(error.contains("PostgreSQL 17 in /b"), "{error}");
    }

    #[test]
    fn a_lone_link_is_followed() {
        let temp = tempfile::tempdir().unwrap();
        let (bin, links) = (temp.path().join("bin"), temp.path().join("links"));
        fs::create_dir(&bin).unwrap();
        fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink(bin.join("postgres"), links.join("postgres")).unwrap();
        for name in NEEDED {
            assert_eq!(resolve(&links), None);
            fs::write(bin.join(name), "").unwrap();
        }
        assert_eq!(resolve(&links), Some(fs::canonicalize(&bin).unwrap()));
    }
}
