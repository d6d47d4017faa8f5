//! Background work: folding, statistics, models, unfinished erasures. Runs inside `voci serve` or alone as `voci work`.

use crate::{
    config::WorkConfig,
    db::{DbError, Pool},
    ids::LANES,
    privacy, quality, relationships, retention,
    scores::{self, communities, refit},
};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Pause when there is nothing to do. Longer: events are ranked later; shorter: more queries for nothing.
const IDLE: Duration = Duration::from_millis(100);
/// Pause after a failure, so that a broken database is not hammered.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Time between looks for unfinished erasures.
const ERASURES: Duration = Duration::from_secs(30);

/// Time between looks for counts of the quality of data that are older than they are kept.
const QUALITY: Duration = Duration::from_mins(10);

/// Time between looks at which raw events may go. Longer: they go later; shorter: more queries for nothing.
const RETENTION: Duration = Duration::from_hours(1);
/// The same while something is left to do.
const RETENTION_UNFINISHED: Duration = Duration::from_mins(1);

/// Runs all background work until it is dropped.
pub async fn run(pool: Pool, config: WorkConfig) {
    let mut tasks = JoinSet::new();
    for worker in 0..config.workers {
        // Workers start at different lanes, so that they seldom ask for the same one.
        let first = i16::try_from(
            usize::from(worker) * usize::from(LANES.unsigned_abs()) / usize::from(config.workers),
        );
        tasks.spawn(fold_and_score(pool.clone(), first.unwrap_or(0), config.fold_batch));
    }
    if config.workers > 0 {
        tasks.spawn(keep_up("erasures", ERASURES, pool.clone(), |pool| async move {
            privacy::store::finish_erasures(&pool).await
        }));
        tasks.spawn(keep_up("quality", QUALITY, pool.clone(), |pool| async move {
            quality::store::prune(&pool).await
        }));
        tasks.spawn(retain(pool.clone()));
        let every = Duration::from_secs(u64::from(config.model_seconds));
        tasks.spawn(keep_up("models", every, pool, |pool| async move {
            refit::refit_all(&pool).await?;
            communities::count_all(&pool).await
        }));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            // Work that is left is done by the other workers, and by this one after the next start.
            tracing::error!(%error, "background work ended");
        }
    }
}

async fn fold_and_score(pool: Pool, first: i16, batch: u32) {
    loop {
        let pause = match pass(&pool, first, batch).await {
            // Busy: another transaction was in the way, and the work is still there.
            Ok(0) | Err(DbError::Busy) => IDLE,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "background work failed and will be tried again");
                AFTER_FAILURE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Folds and scores every lane with work once; how much was done. A lane that fails does not hold up the others.
async fn pass(pool: &Pool, first: i16, batch: u32) -> Result<usize, DbError> {
    let mut pass = Pass::default();
    for lane in lanes_from(first, busy_lanes(pool, "fold_queue").await?) {
        pass.add(fold_and_score_lane(pool, lane, batch).await)?;
    }
    for lane in lanes_from(first, busy_lanes(pool, "score_queue").await?) {
        pass.add(scores::store::score_lane(pool, lane).await)?;
    }
    pass.failure.map_or(Ok(pass.done), Err)
}

/// Folds a lane and, at once, sums up the creators for whom following the change was not enough: they are new or their
/// window moved, and would wait until all other lanes are folded.
async fn fold_and_score_lane(pool: &Pool, lane: i16, batch: u32) -> Result<usize, DbError> {
    let folded = relationships::fold::fold_lane(pool, lane, batch).await?;
    let scored = if folded.waiting > 0 { scores::store::score_lane(pool, lane).await? } else { 0 };
    Ok(folded.events + scored)
}

#[derive(Default)]
struct Pass {
    done: usize,
    failure: Option<DbError>,
}

impl Pass {
    /// Takes down what became of a lane; an error when no other lane can succeed either.
    fn add(&mut self, lane: Result<usize, DbError>) -> Result<(), DbError> {
        match lane {
            Ok(done) => self.done += done,
            Err(error @ (DbError::Unavailable(_) | DbError::OutcomeUnknown(_))) => return Err(error),
            Err(error) => self.failure = Some(error),
        }
        Ok(())
    }
}

async fn busy_lanes(pool: &Pool, queue: &str) -> Result<Vec<i16>, DbError> {
    relationships::queue::store::busy_lanes(&pool.get().await?, queue).await
}

fn lanes_from(first: i16, mut lanes: Vec<i16>) -> Vec<i16> {
    lanes.sort_unstable_by_key(|lane| (lane - first).rem_euclid(LANES));
    lanes
}

/// By the earlier of two clocks: days that a wrong one closes stay closed.
async fn look(pool: &Pool) -> Result<retention::Look, DbError> {
    let clock = retention::store::clock(&pool.get().await?).await?;
    retention::look(pool, clock.min(Timestamp::now())).await
}

async fn retain(pool: Pool) {
    loop {
        let pause = match look(&pool).await {
            Ok(retention::Look::Finished) => RETENTION,
            Ok(retention::Look::Unfinished) => RETENTION_UNFINISHED,
            Err(error) => {
                tracing::warn!(%error, "raw events were not looked through and will be again");
                RETENTION_UNFINISHED
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn keep_up<F: Future<Output = Result<(), DbError>>>(
    name: &str,
    every: Duration,
    pool: Pool,
    work: impl Fn(Pool) -> F,
) {
    loop {
        let started = Instant::now();
        if let Err(error) = work(pool.clone()).await {
            tracing::warn!(%error, name, "background work failed and will be tried again");
        }
        tokio::time::sleep(every.saturating_sub(started.elapsed())).await;
    }
}
