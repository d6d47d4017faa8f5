//! One long request after the other: events as lines.

use super::synthetic::{self, Act};
use crate::{
    comparison::{Comparison, measure, median},
    harness::{Failure, client::BatchReceipt, stage::Stage},
};
use std::time::Instant;
use tokio::task::JoinSet;

/// Clients that send at once.
const CLIENTS: usize = 2;

/// Events per second of streams that are all new.
pub(crate) async fn rate(stage: &Stage, acts: &[Act]) -> Result<f64, Failure> {
    let bodies: Vec<Vec<u8>> = acts.chunks(acts.len().div_ceil(CLIENTS)).map(synthetic::lines).collect();
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for body in bodies {
        let api = stage.api.clone();
        tasks.spawn(async move { api.stream("/v1/events/stream", body).await });
    }
    let receipts: Result<Vec<BatchReceipt>, Failure> = tasks.join_all().await.into_iter().collect();
    let seconds = start.elapsed().as_secs_f64();
    super::sent::all_stored(receipts?.into_iter().sum(), acts.len())?;
    Ok(acts.len() as f64 / seconds)
}

/// The measure beside COPY.
pub(crate) fn comparison(rates: &mut [f64], copied: f64) -> Comparison {
    let note = "the same as lines of two streams, a result for every line; the same baseline";
    Comparison::new(measure("ingest.stream.ratio", median(rates), "events/s", note), Some(copied))
}
