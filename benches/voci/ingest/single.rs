//! Events one by one from many clients, beside one commit per event.

use super::synthetic::{self, Acts};
use crate::{
    comparison::{Comparison, measure, median},
    drawn,
    harness::{
        Failure,
        stage::Stage,
        wire::{Wire, post},
    },
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tokio::task::JoinSet;
use voci::{
    events::{Event, Kind, store::EventStore},
    ids::{CreatorKey, EngagerKey, EventKey, PostKey, TenantId},
};

/// Clients that send at once.
const CLIENTS: usize = 256;
/// Events of a round over HTTP.
const EVENTS: usize = 100_000;
/// Events of a round with a commit each.
const COMMITS: usize = 6_000;
/// Connections of the baseline: as many as the service has for ingest.
const CONNECTIONS: usize = 8;
/// Rounds, by turns.
const ROUNDS: usize = 3;

/// The measure beside its baseline.
pub(crate) async fn comparison(stage: &Stage) -> Result<Comparison, Failure> {
    let mut acts = Acts::from(1 << 40);
    let (mut shared, mut alone) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        shared.push(over_http(stage, &mut acts).await?);
        alone.push(one_commit_each(stage, &mut acts).await?);
    }
    let note = "single events over HTTP, 256 clients, each answered after its commit; baseline: one transaction per event \
                without HTTP, 8 connections";
    let value = measure("ingest.single.speedup", median(&mut shared), "events/s", note);
    Ok(Comparison::new(value, Some(median(&mut alone))))
}

async fn over_http(stage: &Stage, acts: &mut Acts) -> Result<f64, Failure> {
    let sent = acts.take(EVENTS);
    let requests: Vec<Vec<u8>> =
        synthetic::singles(&sent).iter().map(|body| post(&stage.entry, "/v1/events", body)).collect();
    let mut clients = Vec::new();
    for requests in requests.chunks(EVENTS.div_ceil(CLIENTS)) {
        clients.push((Wire::connect(stage.entry.0).await?, requests.to_vec()));
    }
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for (mut wire, requests) in clients {
        tasks.spawn(async move {
            for request in requests {
                match wire.send(&request).await? {
                    201 => {}
                    status => return Err(Failure::from(format!("an event is answered {status}"))),
                }
            }
            Ok(())
        });
    }
    let sent: Result<Vec<()>, Failure> = tasks.join_all().await.into_iter().collect();
    sent?;
    Ok(EVENTS as f64 / start.elapsed().as_secs_f64())
}

async fn one_commit_each(stage: &Stage, acts: &mut Acts) -> Result<f64, Failure> {
    let events: Vec<Event> = acts.take(COMMITS).iter().map(|act| event(stage.tenant, act)).collect();
    let store = EventStore::new(stage.pools().ingest.clone());
    let left = Arc::new(Mutex::new(events));
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for _ in 0..CONNECTIONS {
        let (store, left) = (store.clone(), left.clone());
        tasks.spawn(async move {
            loop {
                let next = left.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(event) = next else { return Ok::<(), Failure>(()) };
                store.clone().ingest(Arc::new(vec![event])).await?;
            }
        });
    }
    let done: Result<Vec<()>, Failure> = tasks.join_all().await.into_iter().collect();
    done?;
    Ok(COMMITS as f64 / start.elapsed().as_secs_f64())
}

fn event(tenant: TenantId, act: &synthetic::Act) -> Event {
    let creator = CreatorKey::derive(tenant, &drawn::creator_id(act.creator));
    Event {
        creator,
        event: EventKey::derive(creator, &act.number.to_string()),
        engager: EngagerKey(act.person.cast_signed() + 1),
        kind: Kind::Like,
        occurred_at: act.occurred_at,
        post: Some(PostKey(1)),
        reference: None,
        platform: None,
        substance: None,
        verified: false,
        amount: None,
        currency: None,
        content_hash: act.number.cast_signed(),
    }
}
