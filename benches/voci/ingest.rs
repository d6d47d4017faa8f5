//! Batches of events over HTTP.

use super::{
    comparison::{Comparison, median},
    harness::{
        Failure,
        client::{Api, BatchReceipt},
        report::Measure,
        stage::Stage,
    },
    synthetic,
};
use reqwest::Method;
use std::time::Instant;
use tokio::task::JoinSet;

/// Clients that send at once.
pub(crate) const CLIENTS: usize = 8;
/// Batches to one creator whose audience is large.
const HOT_BATCHES: u64 = 50;

/// Events per second of batches that are all new.
pub(crate) async fn rate(api: &Api, batches: Vec<String>) -> Result<f64, Failure> {
    let (seconds, sum) = send(api, batches).await?;
    if sum != (BatchReceipt { stored: sum.stored, ..BatchReceipt::default() }) {
        return Err(format!("not all events were stored: {sum:?}").into());
    }
    Ok(sum.stored as f64 / seconds)
}

/// The measure beside COPY.
pub(crate) fn comparison(ingested: &mut [f64], copied: &mut [f64]) -> Comparison {
    let note = "new events over HTTP in batches of 1,000, 8 clients, durable, no folding; baseline: binary COPY of the same \
                rows, 8 connections with one COPY each, into a table with the same columns and primary key";
    let measure = Measure {
        name: "ingest.batch.ratio",
        value: median(ingested),
        unit: "events/s",
        note: note.to_owned(),
    };
    Comparison::new(measure, Some(median(copied)))
}

/// Batches sent again to a creator who has many events, beside sending them first.
pub(crate) async fn resend(stage: &Stage) -> Result<Comparison, Failure> {
    let mut acts = synthetic::acts(super::REPETITIONS);
    acts.truncate(usize::try_from(HOT_BATCHES)? * voci::events::http::MAX_BATCH);
    for act in &mut acts {
        act.creator = 0;
    }
    let batches = synthetic::batches(&acts);
    let first = rate(&stage.api, batches.clone()).await?;
    stage.pool().get().await?.batch("analyze events").await?;
    let (seconds, sum) = send(&stage.api, batches).await?;
    if sum.duplicate != acts.len() as u64 {
        return Err(format!("not all events were duplicates: {sum:?}").into());
    }
    let note = "50 batches sent again to one creator with 50,000 events; baseline: sending them first";
    let value = acts.len() as f64 / seconds;
    let measure = Measure { name: "ingest.resend.ratio", value, unit: "events/s", note: note.to_owned() };
    Ok(Comparison::new(measure, Some(first)))
}

/// Sends all batches; the seconds it took and what the batches became.
async fn send(api: &Api, batches: Vec<String>) -> Result<(f64, BatchReceipt), Failure> {
    let mut clients: Vec<Vec<String>> = vec![Vec::new(); CLIENTS];
    for (place, batch) in batches.into_iter().enumerate() {
        clients[place % CLIENTS].push(batch);
    }
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for batches in clients {
        tasks.spawn(send_in_turn(api.clone(), batches));
    }
    let receipts: Result<Vec<BatchReceipt>, Failure> = tasks.join_all().await.into_iter().collect();
    Ok((start.elapsed().as_secs_f64(), receipts?.into_iter().sum()))
}

async fn send_in_turn(api: Api, batches: Vec<String>) -> Result<BatchReceipt, Failure> {
    let mut receipts = Vec::new();
    for batch in batches {
        receipts.push(api.send::<BatchReceipt>(Method::POST, "/v1/events/batch", batch).await?);
    }
    Ok(receipts.into_iter().sum())
}
