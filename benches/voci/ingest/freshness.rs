//! From the acknowledgement of an event until it counts in the ranking, while others keep coming.

use super::synthetic::{self, Acts};
use crate::{
    comparison::{Comparison, measure},
    harness::{
        Failure,
        client::{Api, BatchReceipt},
        stage::Stage,
    },
};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use voci::events::http::MAX_BATCH;

/// How long the background is sent before anything is measured.
const WARM_UP: Duration = Duration::from_secs(3);
/// How long events are followed.
const SPAN: Duration = Duration::from_secs(30);
/// Clients that follow one event after the other.
const PROBERS: usize = 5;
/// Creators of each client: each one is probed before and after it has statistics.
const CREATORS: usize = 10;
/// Time between looks at the ranking.
const LOOK: Duration = Duration::from_millis(20);
/// Longest wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// The 99 % quantile of the lag, with this many events a second in the background for as long as anything is measured.
pub(crate) async fn comparison(stage: &Stage, acts: &mut Acts, rate: f64) -> Result<Comparison, Failure> {
    register(stage).await?;
    let every = Duration::from_secs_f64(MAX_BATCH as f64 / rate);
    let mut lags = tokio::select! {
        failed = send_forever(stage, acts, every) => return Err(failed),
        lags = probe_all(stage) => lags?,
    };
    lags.sort_by(f64::total_cmp);
    let of = |percent: usize| lags[(lags.len() - 1) * percent / 100];
    let note = format!(
        "from acknowledgement to ranking, 99 % of {} events by {PROBERS} clients, at half the sustained rate ({rate:.0} events/s \
         in batches); median {:.3} s, most {:.3} s",
        lags.len(),
        of(50),
        of(100)
    );
    Ok(Comparison::new(measure("freshness.p99_s", of(99), "s", note), None))
}

fn creator(prober: usize, number: usize) -> String {
    format!("probe-{prober}-{}", number % CREATORS)
}

/// Each creator has a niche of its own, so that looking at its place in the ranking costs next to nothing.
async fn register(stage: &Stage) -> Result<(), Failure> {
    for number in 0..PROBERS * CREATORS {
        let creator = creator(number % PROBERS, number / PROBERS);
        let niche = json!({"names": {"en": creator, "ro": creator}}).to_string();
        stage.api.send::<Value>(Method::PUT, &format!("/v1/niches/{creator}"), niche).await?;
        let profile = json!({"display_name": "Probe", "country": "RO", "languages": ["ro"], "niches": [creator],
                             "accounts": [{"platform": "instagram", "handle": "p", "followers": 2_000}]});
        stage.api.send::<Value>(Method::PUT, &format!("/v1/creators/{creator}"), profile.to_string()).await?;
    }
    Ok(())
}

/// Sends batches evenly, whether or not the ones before are answered; ends only when one fails.
async fn send_forever(stage: &Stage, acts: &mut Acts, every: Duration) -> Failure {
    let (mut due, mut tasks) = (tokio::time::interval(every), JoinSet::new());
    loop {
        due.tick().await;
        let batches = synthetic::batches(&acts.take(MAX_BATCH));
        for batch in batches {
            let api = stage.api.clone();
            tasks.spawn(async move { post::<BatchReceipt>(&api, "/v1/events/batch", batch).await });
        }
        while let Some(answer) = tasks.try_join_next() {
            match answer {
                Ok(Ok(_)) => {}
                Ok(Err(failure)) => return failure,
                Err(panic) => return panic.into(),
            }
        }
    }
}

/// Sends a request until it is taken: one that is shed, while the disk is slow for a moment, is told to come again.
async fn post<T: DeserializeOwned>(api: &Api, path: &str, body: String) -> Result<T, Failure> {
    let start = Instant::now();
    loop {
        match api.send(Method::POST, path, body.clone()).await {
            Err(failure) if failure.to_string().starts_with("503") && start.elapsed() < PATIENCE => {
                tokio::time::sleep(LOOK).await;
            }
            answer => return answer,
        }
    }
}

async fn probe_all(stage: &Stage) -> Result<Vec<f64>, Failure> {
    tokio::time::sleep(WARM_UP).await;
    let lags = try_join_all((0..PROBERS).map(|prober| probe(stage, prober))).await?;
    Ok(lags.concat())
}

/// Follows events one after the other.
async fn probe(stage: &Stage, prober: usize) -> Result<Vec<f64>, Failure> {
    let (start, mut lags) = (Instant::now(), Vec::new());
    while start.elapsed() < SPAN {
        let creator = creator(prober, lags.len());
        let id = format!("probe-{prober}-{}", lags.len());
        let event = json!({"event_id": id, "creator_id": creator, "kind": "like", "engager_id": id,
                           "occurred_at": Timestamp::now()});
        post::<Value>(&stage.api, "/v1/events", event.to_string()).await?;
        let acknowledged = Instant::now();
        let wanted = lags.len() / CREATORS + 1;
        while ranked(stage, &creator).await? < wanted as u64 {
            if acknowledged.elapsed() > PATIENCE {
                return Err("an event does not come into the ranking".into());
            }
            tokio::time::sleep(LOOK).await;
        }
        lags.push(acknowledged.elapsed().as_secs_f64());
    }
    Ok(lags)
}

/// Events that the ranking counts for a creator.
async fn ranked(stage: &Stage, creator: &str) -> Result<u64, Failure> {
    let page: Value = stage.api.get(&format!("/v1/recommendations?niche={creator}&limit=1")).await?;
    Ok(page["items"][0]["components"][1]["evidence"]["events"].as_u64().unwrap_or(0))
}
