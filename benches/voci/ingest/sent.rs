//! What batches became.

use super::Failure;
use crate::harness::{
    client::{Api, BatchReceipt},
    stage::Stage,
};
use reqwest::Method;
use std::time::Instant;
use tokio::task::JoinSet;

/// Clients that send at once.
pub(crate) const CLIENTS: usize = 8;

/// Sends all batches; the seconds it took and what the batches became.
pub(crate) async fn send(stage: &Stage, batches: Vec<String>) -> Result<(f64, BatchReceipt), Failure> {
    let mut clients: Vec<Vec<String>> = vec![Vec::new(); CLIENTS];
    for (place, batch) in batches.into_iter().enumerate() {
        clients[place % CLIENTS].push(batch);
    }
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for batches in clients {
        tasks.spawn(send_in_turn(stage.api.clone(), batches));
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

/// Fails unless so many events were new and nothing else was sent.
pub(crate) fn all_stored(receipt: BatchReceipt, events: usize) -> Result<(), Failure> {
    let expected = BatchReceipt { stored: events as u64, ..BatchReceipt::default() };
    if receipt == expected { Ok(()) } else { Err(format!("not all events were stored: {receipt:?}").into()) }
}
