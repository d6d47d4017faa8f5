//! Where all replicas are reached, held in memory.

use super::store;
use crate::db::{DbError, Pool};
use arc_swap::ArcSwap;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use tokio::{sync::Mutex, time::timeout};

/// Longest look for a replica that is not known. Longer: callers wait for one that may be gone; shorter: those of a new one
/// are told to try again while the database is busy.
const LOOK: Duration = Duration::from_secs(1);

/// Addresses of replicas by their series, as of the last round, and of replicas that were looked for since.
pub struct Directory {
    pool: Pool,
    known: ArcSwap<HashMap<String, String>>,
    /// Series that were looked for in vain since the last round: no number of requests looks for one of them twice.
    missing: Mutex<HashSet<String>>,
}

impl Directory {
    /// Nobody is known yet.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool, known: ArcSwap::default(), missing: Mutex::default() }
    }

    /// Where a replica is reached, unless it is gone. A replica is announced before it gives cursors, so one that is not
    /// known may be newer than the last round, and is looked for.
    pub(super) async fn address(&self, series: &str) -> Result<Option<String>, DbError> {
        if let Some(address) = self.known(series) {
            return Ok(Some(address));
        }
        timeout(LOOK, self.look(series)).await.unwrap_or(Err(DbError::Busy))
    }

    async fn look(&self, series: &str) -> Result<Option<String>, DbError> {
        let mut missing = self.missing.lock().await;
        let known = self.known(series);
        if known.is_some() || missing.contains(series) {
            return Ok(known);
        }
        let seen = store::seen_lately(&self.pool.get().await?).await?;
        self.known.store(seen.into());
        let found = self.known(series);
        if found.is_none() {
            missing.insert(series.to_owned());
        }
        Ok(found)
    }

    /// Replaces what is known.
    pub(super) async fn renew(&self, seen: HashMap<String, String>) {
        self.known.store(seen.into());
        self.missing.lock().await.clear();
    }

    fn known(&self, series: &str) -> Option<String> {
        self.known.load().get(series).cloned()
    }
}
