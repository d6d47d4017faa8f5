//! How far folding is behind, per lane, so that those who send too much are slowed down and nobody else is.

use super::queue::store;
use crate::{db::Pool, ids::LANES};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Time between looks. Longer: callers are slowed down later; shorter: more queries for nothing.
const LOOK: Duration = Duration::from_millis(500);

/// Age of the oldest event that waits in each lane, as of the last look.
pub struct Backlog {
    bound: Option<Duration>,
    lags_ms: Vec<AtomicU64>,
    rows: AtomicU64,
}

impl Backlog {
    /// Nothing waits yet. Above the bound a lane is behind; `None`: it never is.
    #[must_use]
    pub fn new(bound: Option<Duration>) -> Self {
        let lags_ms = (0..LANES).map(|_| AtomicU64::new(0)).collect();
        Self { bound, lags_ms, rows: AtomicU64::new(0) }
    }

    /// How far a lane is behind, when that is more than the bound.
    #[must_use]
    pub fn behind(&self, lane: i16) -> Option<Duration> {
        let bound = self.bound?;
        let lag = self.lags_ms.get(usize::try_from(lane).ok()?)?.load(Ordering::Relaxed);
        Some(Duration::from_millis(lag)).filter(|lag| *lag > bound)
    }

    /// Age of the oldest event that waits in any lane.
    #[must_use]
    pub fn lag(&self) -> Duration {
        let lags = self.lags_ms.iter().map(|lag| lag.load(Ordering::Relaxed));
        Duration::from_millis(lags.max().unwrap_or(0))
    }

    /// Rows of the queue that wait, about; a row has the events of one transaction for one lane.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Looks at the queue again and again, until it is dropped.
    pub async fn watch(&self, pool: Pool) {
        loop {
            if let Err(error) = self.look(&pool).await {
                // What was known stays in force.
                tracing::debug!(%error, "the queue cannot be looked at");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn look(&self, pool: &Pool) -> Result<(), crate::db::DbError> {
        let waiting = store::oldest(&pool.get().await?).await?;
        for (lag_ms, lane) in self.lags_ms.iter().zip(0_i16..) {
            let lag = waiting.ages.get(&lane).copied().unwrap_or_default();
            lag_ms.store(u64::try_from(lag.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        self.rows.store(waiting.rows, Ordering::Relaxed);
        Ok(())
    }
}
