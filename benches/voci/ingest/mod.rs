//! Taking events in: how fast, how fresh, how large, and what becomes of that when there is much already.

mod batch;
pub(crate) mod copy;
mod fold;
mod freshness;
mod growth;
mod sent;
mod single;
mod stream;
mod sustained;

use super::{
    comparison::{Comparison, Results, measure, median},
    harness::{Failure, stage::Stage},
    synthetic,
};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// Tasks that fold, in a process beside the service.
const WORKERS: u16 = 2;
/// Longest wait for models and communities.
const SETTLING: Duration = Duration::from_mins(5);
/// How often what writes is repeated.
const REPETITIONS: usize = 3;
/// Most memory is measured over all of this.
const MEMORY: &str =
    "most memory of the service (`serve` without workers, and `work`) during all measures of ingest";

/// All measures of ingest, in an order in which tables only grow.
pub(crate) async fn all(results: &mut Results) -> Result<(), Failure> {
    let mut stage = Stage::start(0).await?;
    let niche = ["gaming".to_owned()];
    synthetic::register(stage.pool(), stage.tenant, 0..synthetic::BUSY_CREATORS, &niche).await?;
    stage.pool().get().await?.batch("analyze creators").await?;
    let mut acts = synthetic::Acts::new();
    paused(&stage, &mut acts, results).await?;
    results.push(batch::resend(&stage, &mut acts).await?);
    results.push(single::comparison(&stage).await?);
    fold::rate(&stage).await?;
    let sent = acts.take(sustained::EVENTS);
    let client = stage.pool().get().await?;
    // What was done before waits to be written, and would be at some moment of what is measured now. Both begin with every
    // page due to be logged as a whole.
    client.batch("checkpoint").await?;
    let copied = copy::rate(&stage, &sent).await?;
    client.batch("drop table copied").await?;
    start_workers(&mut stage).await?;
    client.batch("checkpoint").await?;
    drop(client);
    let first = sustained::rate(&stage, &sent).await?;
    drop(sent);
    results.push(sustained::comparison(first, copied));
    results.push(freshness::comparison(&stage, &mut acts, first / 2.0).await?);
    if growth::is_asked_for() {
        // Workers go on: started anew, they would not count communities again within the hour.
        growth::fill(&stage, &mut acts).await?;
        sum_up(&stage).await?;
        let later = sustained::rate(&stage, &acts.take(sustained::EVENTS)).await?;
        results.push(growth::comparison(later, first));
    }
    if let Some(memory) = stage.peak_memory_mb() {
        results.push(Comparison::new(measure("ingest.rss_mb", memory, "MB", MEMORY), None));
    }
    stage.stop().await
}

/// Starts workers and waits until they have fitted their models and counted communities, which they do when they start and
/// then once in an hour: it is no part of what is measured over some seconds.
async fn start_workers(stage: &mut Stage) -> Result<(), Failure> {
    let now = Timestamp::now();
    synthetic::claim_looks(stage.pool()).await?;
    stage.start_workers(WORKERS)?;
    settled_since(stage, now).await
}

/// Has workers sum up all creators, with what was copied to them behind the service's back.
async fn sum_up(stage: &Stage) -> Result<(), Failure> {
    synthetic::ask_for_all(stage.pool()).await?;
    until(
        stage,
        "select not exists (select from score_queue) and $1::timestamptz is not null",
        Timestamp::now(),
    )
    .await
}

async fn settled_since(stage: &Stage, since: Timestamp) -> Result<(), Failure> {
    let settled = "select exists (select from community_counts where counted_at > $1)
                   and not exists (select from score_queue) and not exists (select from fold_queue)";
    until(stage, settled, since).await
}

async fn until(stage: &Stage, settled: &str, since: Timestamp) -> Result<(), Failure> {
    let client = stage.pool().get().await?;
    let start = Instant::now();
    while !client.query(settled, &[&since]).await?[0].get::<_, bool>(0) {
        if start.elapsed() > SETTLING {
            return Err("workers do not settle down".into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// With folding paused: batches, streams and COPY by turns, and then folding by itself.
async fn paused(stage: &Stage, acts: &mut synthetic::Acts, results: &mut Results) -> Result<(), Failure> {
    let [mut batches, mut streams, mut copied, mut folded, mut grouped] = [const { Vec::new() }; 5];
    for _ in 0..REPETITIONS {
        let sent = acts.take(synthetic::REPETITION);
        batches.push(batch::rate(stage, &sent).await?);
        copied.push(copy::rate(stage, &sent).await?);
        grouped.push(fold::grouping_rate(stage, sent.len()).await?);
        streams.push(stream::rate(stage, &acts.take(synthetic::REPETITION)).await?);
        folded.push(fold::rate(stage).await?);
    }
    let copied = median(&mut copied);
    results.push(batch::comparison(&mut batches, copied));
    results.push(stream::comparison(&mut streams, copied));
    results.push(fold::comparison(&mut folded, &mut grouped));
    Ok(())
}
