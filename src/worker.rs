//! Background work: folding, statistics, models, unfinished erasures. Runs inside `voci serve` or alone as `voci work`.

mod rounds;

use self::rounds::Rounds;
use crate::{
    config::WorkConfig,
    conversations,
    db::{DbError, Pool},
    edge_weights,
    ids::LANES,
    insight, privacy, quality,
    relationships::{
        fold::{Folded, fold_lanes},
        queue::store::BusyLane,
    },
    retention,
    scores::{
        clock, communities,
        discounts::look::look_at_all,
        history, refit,
        store::{Turn, score_lane},
    },
    snapshot, sponsorship, topics, trust,
};
use jiff::Timestamp;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::{JoinError, JoinSet};

/// Pause when there is nothing to do. Longer: events are ranked later; shorter: more queries for nothing.
const IDLE: Duration = Duration::from_millis(100);
/// Pause after a failure, so that a broken database is not hammered.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Time between looks for unfinished erasures.
const ERASURES: Duration = Duration::from_secs(30);

/// Time between looks for changes that no replica asks for any more. Longer: more of them are there to be read over.
const CHANGES: Duration = Duration::from_mins(1);

/// Time between looks for counts of the quality of data that are older than they are kept.
const QUALITY: Duration = Duration::from_mins(10);

/// Time between looks for creators whose conversations have become others. Longer: those of new creators are shown later;
/// shorter: more passes over the statistics for nothing.
const CONVERSATIONS: Duration = Duration::from_mins(2);

/// Time between looks at which raw events may go. Longer: they go later; shorter: more queries for nothing.
const RETENTION: Duration = Duration::from_hours(1);
/// The same while something is left to do.
const RETENTION_UNFINISHED: Duration = Duration::from_mins(1);

/// Runs all background work until it is dropped.
pub async fn run(pool: Pool, config: WorkConfig) {
    let mut tasks = JoinSet::new();
    let first = std::process::id() % u32::from(LANES.unsigned_abs());
    let rounds = Arc::new(Rounds::starting_at(i16::try_from(first).unwrap_or(0)));
    for _ in 0..config.workers {
        tasks.spawn(fold_and_score(pool.clone(), rounds.clone(), config.fold_batch));
    }
    if config.workers > 0 {
        tasks.spawn(keep_up("erasures", ERASURES, pool.clone(), |pool| async move {
            privacy::store::finish_erasures(&pool).await
        }));
        tasks.spawn(keep_up("changes", CHANGES, pool.clone(), |pool| async move {
            snapshot::feed::forget_changes(&pool).await
        }));
        tasks.spawn(keep_up("quality", QUALITY, pool.clone(), |pool| async move {
            quality::store::prune(&pool).await
        }));
        tasks.spawn(retain(pool.clone()));
        let every = Duration::from_secs(u64::from(config.model_seconds));
        tasks.spawn(keep_up(
            "clocks",
            every,
            pool.clone(),
            |pool| async move { clock::advance_all(&pool).await },
        ));
        tasks.spawn(keep_up("edge weights", every, pool.clone(), |pool| async move {
            edge_weights::rescore::rescore_all(&pool).await
        }));
        tasks.spawn(keep_up(
            "discounts",
            every,
            pool.clone(),
            |pool| async move { look_at_all(&pool).await },
        ));
        tasks.spawn(keep_up("trust", every, pool.clone(), |pool| async move {
            trust::rounds::renew_all(&pool).await
        }));
        tasks.spawn(keep_up("conversations", CONVERSATIONS, pool.clone(), |pool| async move {
            conversations::rounds::count_all(&pool).await
        }));
        tasks.spawn(keep_up("sponsorship", every, pool.clone(), |pool| async move {
            sponsorship::rounds::renew_all(&pool).await
        }));
        tasks.spawn(keep_up("topics", every, pool.clone(), |pool| async move {
            topics::rounds::read_all(&pool).await
        }));
        tasks.spawn(keep_up("insight", every, pool.clone(), |pool| async move {
            insight::rounds::renew_all(&pool).await
        }));
        tasks.spawn(keep_up("history", every, pool.clone(), |pool| async move {
            let now = earlier_clock(&pool).await?;
            history::rounds::record_all(&pool, now).await
        }));
        tasks.spawn(keep_up("models", every, pool, |pool| async move {
            refit::refit_all(&pool).await?;
            communities::count_all(&pool).await
        }));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            // None of them ends by itself.
            tracing::error!(%error, "background work ended");
        }
    }
}

async fn fold_and_score(pool: Pool, rounds: Arc<Rounds>, batch: u32) {
    loop {
        match take_turn(&pool, &rounds, batch).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(IDLE).await,
            Err(error) => {
                tracing::warn!(%error, "background work failed and will be tried again");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

/// Works on the lanes whose turn it is; false when there are none, an error when no other lane can succeed either.
async fn take_turn(pool: &Pool, rounds: &Rounds, batch: u32) -> Result<bool, DbError> {
    let Some(turn) = rounds.next(pool).await? else { return Ok(false) };
    let (pool, busy) = (pool.clone(), turn.busy.clone());
    match apart(async move { fold_and_score_lanes(&pool, &busy, batch).await }).await {
        // Another process has the lanes, or another transaction was in the way: the work is still there.
        Ok(0) | Err(NotDone::Failed(DbError::Busy)) => turn.rest(IDLE),
        Ok(_) => {}
        Err(NotDone::Failed(error @ (DbError::Unavailable(_) | DbError::OutcomeUnknown(_)))) => {
            return Err(error);
        }
        Err(error) => {
            let lanes: Vec<i16> = turn.busy.iter().map(|busy| busy.lane).collect();
            tracing::warn!(%error, ?lanes, "lanes failed and will be tried again, each by itself");
            turn.failed(AFTER_FAILURE);
        }
    }
    Ok(true)
}

/// Folds lanes and, at once, sums up the creators for whom following the change was not enough: they are new or were not
/// seen that late before, and would wait until all other lanes are folded.
async fn fold_and_score_lanes(pool: &Pool, busy: &[BusyLane], batch: u32) -> Result<usize, DbError> {
    let folding: Vec<i16> = busy.iter().filter(|busy| busy.folds).map(|busy| busy.lane).collect();
    let folded =
        if folding.is_empty() { Ok(Folded::default()) } else { fold_lanes(pool, &folding, batch).await };
    let mut summed_up = 0;
    for &busy in busy {
        let waiting = folded.as_ref().map_or(0, |folded| folded.waiting_in(busy.lane));
        let turn = match busy {
            BusyLane { folds: true, .. } => Turn::Due(waiting),
            BusyLane { scores: true, .. } => Turn::Due(usize::MAX),
            _ => Turn::All,
        };
        // Creators who wait do so for their own sake, too: they are scored though the events of the lane cannot be folded.
        if !busy.folds || busy.scores || waiting > 0 {
            summed_up += score_lane(pool, busy.lane, turn).await?;
        }
    }
    Ok(folded?.events + summed_up)
}

/// The earlier of two clocks: days that a wrong one closes stay closed.
async fn earlier_clock(pool: &Pool) -> Result<Timestamp, DbError> {
    let clock = retention::store::clock(&pool.get().await?).await?;
    Ok(clock.min(Timestamp::now()))
}

async fn look(pool: &Pool) -> Result<retention::Look, DbError> {
    retention::look(pool, earlier_clock(pool).await?).await
}

async fn retain(pool: Pool) {
    loop {
        let pool = pool.clone();
        let pause = match apart(async move { look(&pool).await }).await {
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

async fn keep_up<F: Future<Output = Result<(), DbError>> + Send + 'static>(
    name: &str,
    every: Duration,
    pool: Pool,
    work: impl Fn(Pool) -> F,
) {
    loop {
        let started = Instant::now();
        if let Err(error) = apart(work(pool.clone())).await {
            tracing::warn!(%error, name, "background work failed and will be tried again");
        }
        tokio::time::sleep(every.saturating_sub(started.elapsed())).await;
    }
}

/// Why a piece of work was not done.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error(transparent)]
    Failed(#[from] DbError),
    #[error("a defect of this service: {0}")]
    Ended(#[from] JoinError),
}

/// Work in a task that is its own and ends with this: a panic is a defect of one piece of work, which fails by it, and no
/// reason to leave this kind of work undone until the next start.
async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T, DbError>> + Send + 'static,
) -> Result<T, NotDone> {
    let mut task = JoinSet::new();
    task.spawn(work);
    Ok(task.join_next().await.expect("it was spawned")??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_fails_and_what_failed_or_succeeded_says_so_as_before() {
        let wrong: &[i32] = &[];
        let panicked = apart(async move { Ok(wrong[0]) }).await.unwrap_err();
        assert!(panicked.to_string().contains("index out of bounds"), "{panicked}");
        assert!(matches!(
            apart(async { Err::<(), _>(DbError::Busy) }).await,
            Err(NotDone::Failed(DbError::Busy))
        ));
        assert_eq!(apart(async { Ok(7) }).await.unwrap(), 7);
    }
}
