//! Adds what was counted to the database, every few seconds and at the end.

use super::{Recorder, store};
use crate::db::{DbError, Pool};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// Time between writes. Longer: a crash loses more of the counts, and reports are older; shorter: more small writes.
const EVERY: Duration = Duration::from_secs(2);
/// Longest time for a write. Longer: a stop takes long while the database is away; shorter: counts are lost when it is busy.
const PATIENCE: Duration = Duration::from_secs(3);

/// The task that writes.
pub struct Flusher {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Flusher {
    /// Begins to write what the recorder counts.
    #[must_use]
    pub fn start(recorder: Arc<Recorder>, pool: Pool) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(run(recorder, pool, stopped)) }
    }

    /// Writes what is left and ends.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "counting the quality of data ended early");
        }
    }
}

async fn run(recorder: Arc<Recorder>, pool: Pool, mut stop: oneshot::Receiver<()>) {
    loop {
        let over = tokio::select! { _ = &mut stop => true, () = sleep(EVERY) => false };
        flush(&recorder, &pool).await;
        if over {
            return;
        }
    }
}

async fn flush(recorder: &Recorder, pool: &Pool) {
    let pending = recorder.take();
    if pending.is_empty() {
        return;
    }
    let unknown = |_| Err(DbError::OutcomeUnknown("no answer in time".into()));
    match timeout(PATIENCE, store::add(pool, &pending)).await.unwrap_or_else(unknown) {
        Ok(()) => {}
        // It may be written: counted again, it would be there twice.
        Err(error @ DbError::OutcomeUnknown(_)) => {
            tracing::warn!(%error, "some counts of the quality of data may be missing");
        }
        Err(error) => {
            tracing::debug!(%error, "counts of the quality of data wait to be written");
            recorder.put_back(pending);
        }
    }
}
