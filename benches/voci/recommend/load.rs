//! Load: as much as can be, or as much as is asked for.

use crate::{
    drawn::whole,
    harness::{Failure, wire::Wire},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Clients that ask at once.
const CLIENTS: usize = 16;

/// Requests that are sent, one after the other and then from the first one on.
pub(super) type Requests = Arc<Vec<Vec<u8>>>;

/// Answers per second when every client asks again as soon as it is answered.
pub(super) async fn top_rate(
    address: SocketAddr,
    requests: &Requests,
    span: Duration,
) -> Result<f64, Failure> {
    let (start, next, mut clients) = (Instant::now(), Arc::new(AtomicUsize::new(0)), JoinSet::new());
    for _ in 0..CLIENTS {
        let (requests, next) = (requests.clone(), next.clone());
        let mut wire = Wire::connect(address).await?;
        clients.spawn(async move {
            let mut answers = 0.0;
            while start.elapsed() < span {
                ask(&mut wire, &requests, next.fetch_add(1, Ordering::Relaxed)).await?;
                answers += 1.0;
            }
            Ok::<f64, Failure>(answers)
        });
    }
    let answers: Result<Vec<f64>, Failure> = clients.join_all().await.into_iter().collect();
    Ok(answers?.iter().sum::<f64>() / start.elapsed().as_secs_f64())
}

/// Milliseconds from when each request was due to its answer, ascending, at a rate that does not depend on the answers.
pub(super) async fn latencies(
    address: SocketAddr,
    requests: &Requests,
    (rate, span): (f64, Duration),
) -> Result<Vec<f64>, Failure> {
    let (start, next, mut clients) = (Instant::now(), Arc::new(AtomicUsize::new(0)), JoinSet::new());
    for _ in 0..CLIENTS * 4 {
        let (requests, next) = (requests.clone(), next.clone());
        let mut wire = Wire::connect(address).await?;
        clients.spawn(async move {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let due = Duration::from_secs_f64(number as f64 / rate);
                if due >= span {
                    return Ok::<Vec<f64>, Failure>(took);
                }
                tokio::time::sleep_until((start + due).into()).await;
                ask(&mut wire, &requests, number).await?;
                took.push((start.elapsed().saturating_sub(due)).as_secs_f64() * 1e3);
            }
        });
    }
    let took: Result<Vec<Vec<f64>>, Failure> = clients.join_all().await.into_iter().collect();
    let mut took: Vec<f64> = took?.into_iter().flatten().collect();
    took.sort_by(f64::total_cmp);
    Ok(took)
}

async fn ask(wire: &mut Wire, requests: &[Vec<u8>], number: usize) -> Result<(), Failure> {
    match wire.send(&requests[number % requests.len()]).await? {
        200 => Ok(()),
        status => Err(format!("a question was answered {status}").into()),
    }
}

/// The value below which so large a share of ascending values lies.
pub(super) fn quantile(ascending: &[f64], share: f64) -> f64 {
    let last = ascending.len().saturating_sub(1);
    ascending.get(whole(share * last as f64) as usize).copied().unwrap_or(f64::NAN)
}
