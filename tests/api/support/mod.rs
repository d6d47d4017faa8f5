//! What all tests share: a database and a service for each, a client, and sample data.

mod app;
mod client;
mod postgres;
mod samples;
mod upload;

pub(crate) use app::{App, KEY};
pub(crate) use client::{Answer, Client, violations};
pub(crate) use postgres::Database;
pub(crate) use samples::{at_noon, community, days_ago, event, hex, post, profile};
pub(crate) use upload::{Encoding, Upload, lines};

use std::time::{Duration, Instant};

/// How long a condition may take to become true on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);
/// Time between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(20);

/// What `look` finds, as soon as it finds something.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
