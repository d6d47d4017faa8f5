//! Tells the story to the service over HTTP.

use super::{
    harness::{
        Failure,
        client::{Api, BatchReceipt},
    },
    quantile::Times,
    story::Story,
};
use futures_util::{StreamExt, TryStreamExt, future, stream};
use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Requests under way at once.
const CLIENTS: usize = 8;

/// How the loading went.
pub(crate) struct Loaded {
    /// Time for all creators.
    pub(crate) creators: Duration,
    /// Time for all events, until the last answer.
    pub(crate) events: Duration,
    /// Times of single batches.
    pub(crate) batches: Times,
    /// What the batches became, added up.
    pub(crate) receipt: BatchReceipt,
}

/// Sends niches, creators and events.
pub(crate) async fn load(api: &Api, story: &Story) -> Result<Loaded, Failure> {
    put_all(api, &story.niches).await?;
    let start = Instant::now();
    put_all(api, &story.creators).await?;
    let creators = start.elapsed();
    let start = Instant::now();
    let answers = send_all(api, story.batches.iter()).await?;
    Ok(Loaded {
        creators,
        events: start.elapsed(),
        receipt: total(&answers),
        batches: answers.into_iter().map(|(_, time)| time).collect(),
    })
}

/// Sends some batches again; what they became.
pub(crate) async fn resend(api: &Api, story: &Story, every: usize) -> Result<BatchReceipt, Failure> {
    Ok(total(&send_all(api, story.batches.iter().step_by(every)).await?))
}

/// Puts resources.
pub(crate) async fn put_all(api: &Api, resources: &[(String, Value)]) -> Result<(), Failure> {
    let puts = stream::iter(resources).map(|(path, body)| api.send(Method::PUT, path, body.to_string()));
    puts.buffer_unordered(CLIENTS).try_for_each(|_: IgnoredAny| future::ready(Ok(()))).await
}

/// Sends batches; what each became and how long it took.
pub(crate) async fn send_all(
    api: &Api,
    batches: impl Iterator<Item = &String>,
) -> Result<Vec<(BatchReceipt, Duration)>, Failure> {
    stream::iter(batches).map(|batch| send(api, batch.clone())).buffer_unordered(CLIENTS).try_collect().await
}

async fn send(api: &Api, batch: String) -> Result<(BatchReceipt, Duration), Failure> {
    let start = Instant::now();
    let receipt = api.send(Method::POST, "/v1/events/batch", batch).await?;
    Ok((receipt, start.elapsed()))
}

/// What all of them became.
pub(crate) fn total(answers: &[(BatchReceipt, Duration)]) -> BatchReceipt {
    answers.iter().map(|(receipt, _)| *receipt).sum()
}
