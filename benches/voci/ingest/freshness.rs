//! From the acknowledgement of an event until it counts in the ranking, while others keep coming.

use super::synthetic::{self, Acts};
use crate::{
    comparison::{Comparison, measure},
    harness::{Failure, client::BatchReceipt, stage::Stage},
};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use voci::events::http::MAX_BATCH;

/// How long events are sent.
const SPAN: Duration = Duration::from_secs(20);
/// Events whose way is followed.
const PROBES: usize = 150;
/// Creators they are of, in a niche of their own. So each one is probed before and after it has statistics.
const CREATORS: usize = 50;
/// Time between looks at the ranking.
const LOOK: Duration = Duration::from_millis(10);
/// Longest wait.
const PATIENCE: Duration = Duration::from_secs(30);
const NICHE: &str = "probes";

/// The 99 % quantile of the lag, with this many events a second in the background.
pub(crate) async fn comparison(stage: &Stage, acts: &mut Acts, rate: f64) -> Result<Comparison, Failure> {
    register(stage).await?;
    let every = Duration::from_secs_f64(MAX_BATCH as f64 / rate);
    let count = usize::try_from(SPAN.as_millis() / every.as_millis().max(1))?;
    let batches = synthetic::batches(&acts.take(count * MAX_BATCH));
    let (load, lags) = tokio::join!(send_at(stage, batches, every), probe(stage));
    load?;
    let mut lags = lags?;
    lags.sort_by(f64::total_cmp);
    let of = |percent: usize| lags[(lags.len() - 1) * percent / 100];
    let note = format!(
        "from acknowledgement to ranking, 99 % of {PROBES} events, at half the sustained rate ({rate:.0} events/s in batches); \
         median {:.3} s, most {:.3} s",
        of(50),
        of(100)
    );
    Ok(Comparison::new(measure("freshness.p99_s", of(99), "s", note), None))
}

fn creator(number: usize) -> String {
    format!("probe-{}", number % CREATORS)
}

async fn register(stage: &Stage) -> Result<(), Failure> {
    let niche = json!({"names": {"en": "Probes", "ro": "Probe"}}).to_string();
    stage.api.send::<Value>(Method::PUT, &format!("/v1/niches/{NICHE}"), niche).await?;
    for number in 0..CREATORS {
        let profile = json!({"display_name": "Probe", "country": "RO", "languages": ["ro"], "niches": [NICHE],
                             "accounts": [{"platform": "instagram", "handle": "p", "followers": 2_000}]});
        let path = format!("/v1/creators/{}", creator(number));
        stage.api.send::<Value>(Method::PUT, &path, profile.to_string()).await?;
    }
    Ok(())
}

/// Sends batches evenly, whether or not the ones before are answered.
async fn send_at(stage: &Stage, batches: Vec<String>, every: Duration) -> Result<(), Failure> {
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for (place, batch) in (0_u32..).zip(batches) {
        tokio::time::sleep_until((start + every * place).into()).await;
        let api = stage.api.clone();
        tasks.spawn(async move { api.send::<BatchReceipt>(Method::POST, "/v1/events/batch", batch).await });
    }
    tasks.join_all().await.into_iter().try_for_each(|answer| answer.map(drop))
}

async fn probe(stage: &Stage) -> Result<Vec<f64>, Failure> {
    let mut lags = Vec::new();
    // Spread over the middle of the span, the load being even by then.
    for number in 0..PROBES {
        let event = json!({"event_id": format!("probe-{number}"), "creator_id": creator(number), "kind": "like",
                           "engager_id": format!("p{number}"), "occurred_at": Timestamp::now()});
        stage.api.send::<Value>(Method::POST, "/v1/events", event.to_string()).await?;
        let acknowledged = Instant::now();
        let wanted = number / CREATORS + 1;
        while ranked(stage, &creator(number)).await? < wanted as u64 {
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
    let page: Value = stage.api.get(&format!("/v1/recommendations?niche={NICHE}&limit={CREATORS}")).await?;
    let items = page["items"].as_array().map_or(&[][..], Vec::as_slice);
    let item = items.iter().find(|item| item["creator_id"] == creator);
    let events = item.and_then(|item| item["components"][1]["evidence"]["events"].as_u64());
    Ok(events.unwrap_or(0))
}
