//! Batches of events over HTTP.

use super::{
    sent::{all_stored, send},
    synthetic::{self, Act, Acts},
};
use crate::{
    comparison::{Comparison, measure, median},
    harness::{Failure, stage::Stage},
};

/// Batches to one creator whose audience is large.
const HOT_EVENTS: usize = 50_000;

/// Events per second of batches that are all new.
pub(crate) async fn rate(stage: &Stage, acts: &[Act]) -> Result<f64, Failure> {
    let (seconds, receipt) = send(stage, synthetic::batches(acts)).await?;
    all_stored(receipt, acts.len())?;
    Ok(acts.len() as f64 / seconds)
}

/// The measure beside COPY.
pub(crate) fn comparison(rates: &mut [f64], copied: f64) -> Comparison {
    let note = "new events over HTTP in batches of 1,000, 8 clients, durable, no folding; baseline: binary COPY of the same \
                rows, 8 connections with one COPY each, into a table with the same columns and primary key";
    Comparison::new(measure("ingest.batch.ratio", median(rates), "events/s", note), Some(copied))
}

/// Batches sent again to a creator who has many events, beside sending them first.
pub(crate) async fn resend(stage: &Stage, acts: &mut Acts) -> Result<Comparison, Failure> {
    let mut sent = acts.take(HOT_EVENTS);
    for act in &mut sent {
        act.creator = 0;
    }
    let first = rate(stage, &sent).await?;
    stage.pool().get().await?.batch("analyze events").await?;
    let (seconds, receipt) = send(stage, synthetic::batches(&sent)).await?;
    if receipt.duplicate != sent.len() as u64 {
        return Err(format!("not all events were duplicates: {receipt:?}").into());
    }
    let note = "50 batches sent again to one creator with 50,000 events; baseline: sending them first";
    let value = sent.len() as f64 / seconds;
    Ok(Comparison::new(measure("ingest.resend.ratio", value, "events/s", note), Some(first)))
}
