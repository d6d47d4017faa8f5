//! Tells the other replicas that this one is there, and learns of them.

use super::{Address, Directory, store};
use crate::db::{DbError, Pool};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// Time between rounds. Longer: requests are passed on to replicas that are gone for longer, and a replica that misses some
/// rounds is forgotten; shorter: more small writes.
const EVERY: Duration = Duration::from_secs(5);
/// Longest time for a round. Longer: who is gone is looked for while the database is slow; shorter: rounds fail when it is busy.
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest time for taking leave. Longer: a stop takes long while the database is away; shorter: while it is busy, others go on looking
/// for who is gone.
const LEAVE: Duration = Duration::from_secs(10);
/// How often taking leave is tried, and the time between.
const ATTEMPTS: usize = 5;
const SOON: Duration = Duration::from_millis(100);

/// The task that says so.
pub struct Presence {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Presence {
    /// Announces this process, whose snapshots are of this series, and goes on doing so.
    pub async fn announce(
        directory: Arc<Directory>,
        pool: Pool,
        series: String,
        (told, listening): (Option<&Address>, SocketAddr),
    ) -> Result<Self, DbError> {
        let address = match told {
            Some(address) => address.clone(),
            None => Address::of(listening, store::seen_as(&pool.get().await?).await?),
        };
        let me = Me { directory, pool, series, address };
        me.round().await?;
        let (stop, stopped) = oneshot::channel();
        Ok(Self { stop, task: tokio::spawn(me.stay(stopped)) })
    }

    /// Takes leave and ends.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "telling other replicas of this one ended early");
        }
    }
}

struct Me {
    directory: Arc<Directory>,
    pool: Pool,
    series: String,
    address: Address,
}

impl Me {
    async fn stay(self, mut stop: oneshot::Receiver<()>) {
        let mut failing = false;
        loop {
            tokio::select! { _ = &mut stop => break, () = sleep(EVERY) => {} }
            let round = in_time(PATIENCE, self.round()).await;
            if let (Err(error), false) = (&round, failing) {
                tracing::warn!(%error, "other replicas cannot be told of this one");
            }
            failing = round.is_err();
        }
        if let Err(error) = in_time(LEAVE, self.leave()).await {
            tracing::warn!(%error, "other replicas were not told of the end of this one; they notice within a minute");
        }
    }

    async fn round(&self) -> Result<(), DbError> {
        let client = self.pool.get().await?;
        store::announce(&client, &self.series, &self.address).await?;
        self.directory.renew(store::seen_lately(&client).await?).await;
        Ok(())
    }

    /// Tries again soon: tasks that were ended just before may have left connections that end, too.
    async fn leave(&self) -> Result<(), DbError> {
        for _ in 1..ATTEMPTS {
            if self.forget().await.is_ok() {
                return Ok(());
            }
            sleep(SOON).await;
        }
        self.forget().await
    }

    async fn forget(&self) -> Result<(), DbError> {
        store::forget(&self.pool.get().await?, &self.series).await
    }
}

async fn in_time(longest: Duration, work: impl Future<Output = Result<(), DbError>>) -> Result<(), DbError> {
    let unknown = |_| Err(DbError::OutcomeUnknown("no answer in time".into()));
    timeout(longest, work).await.unwrap_or_else(unknown)
}
