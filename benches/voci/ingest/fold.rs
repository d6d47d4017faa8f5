//! Folding queued events into relationships.

use crate::{
    comparison::{Comparison, measure, median},
    harness::{Failure, stage::Stage},
};
use std::time::Instant;
use tokio::task::JoinSet;
use voci::{
    db::Pool,
    ids::LANES,
    relationships::{
        fold::fold_lanes,
        queue::store::{BusyLane, busy_lanes},
    },
    scores::store::{Turn, score_lane},
};

/// Workers at once.
const WORKERS: i16 = 2;
/// Events folded in one transaction, as `voci serve` does by default.
const FOLD_BATCH: u32 = 5_000;

/// Events per second, folding all that is queued; the statistics of their creators follow.
pub(crate) async fn rate(stage: &Stage) -> Result<f64, Failure> {
    let (start, mut workers) = (Instant::now(), JoinSet::new());
    for worker in 0..WORKERS {
        workers.spawn(fold(stage.pool().clone(), worker));
    }
    let folded: Result<Vec<usize>, Failure> = workers.join_all().await.into_iter().collect();
    Ok(folded?.into_iter().sum::<usize>() as f64 / start.elapsed().as_secs_f64())
}

/// Whether anything waits to be folded, or is due to be scored. Creators who are summed up within the hour, once however much
/// happens to them, are no part of what some seconds are measured for.
pub(crate) async fn waits(pool: &Pool) -> Result<bool, Failure> {
    Ok(busy_lanes(&pool.get().await?).await?.iter().any(BusyLane::is_due))
}

/// Folds every other lane until nothing is left in it.
async fn fold(pool: Pool, worker: i16) -> Result<usize, Failure> {
    let mut folded = 0;
    loop {
        let lanes = busy_lanes(&pool.get().await?).await?.into_iter().filter(|busy| busy.folds);
        let mine: Vec<i16> = lanes.map(|busy| busy.lane).filter(|lane| lane % WORKERS == worker).collect();
        if mine.is_empty() {
            return Ok(folded);
        }
        for lane in mine {
            folded += fold_lanes(&pool, &[lane], FOLD_BATCH).await?.events;
            score_lane(&pool, lane, Turn::All).await?;
        }
    }
}

/// The baseline: rows per second of grouping the same events by creator and person into a table with the same key.
pub(crate) async fn grouping_rate(stage: &Stage, rows: usize) -> Result<f64, Failure> {
    stage.pool().get().await?.batch(
        "drop table if exists grouped;
         create table grouped (creator_key uuid, engager_key bigint, acts bigint, first_seen date, last_seen date, kinds bigint,
                               days bigint, posts bigint[], primary key (creator_key, engager_key))",
    )
    .await?;
    let (start, mut workers) = (Instant::now(), JoinSet::new());
    for worker in 0..WORKERS {
        workers.spawn(group(stage.pool().clone(), worker));
    }
    let done: Result<Vec<()>, Failure> = workers.join_all().await.into_iter().collect();
    done?;
    Ok(rows as f64 / start.elapsed().as_secs_f64())
}

async fn group(pool: Pool, worker: i16) -> Result<(), Failure> {
    let sql = "insert into grouped
               select creator_key, engager_key, count(*), min(occurred_on), max(occurred_on), count(distinct kind),
                      count(distinct occurred_on), array_agg(distinct post_key)
               from copied where get_byte(uuid_send(creator_key), 15) % $1 = $2 group by 1, 2";
    pool.get().await?.execute(sql, &[&i32::from(WORKERS), &i32::from(worker)]).await?;
    Ok(())
}

/// The measure beside grouping.
pub(crate) fn comparison(folded: &mut [f64], grouped: &mut [f64]) -> Comparison {
    let note = format!(
        "queued events into relationships, {WORKERS} workers, {LANES} lanes; baseline: one GROUP BY per worker over the \
         same events into a table with the same key, without queue and without what is there already"
    );
    Comparison::new(measure("fold.rate", median(folded), "events/s", note), Some(median(grouped)))
}
