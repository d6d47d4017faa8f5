//! Ingest and folding together.

use super::{
    fold::waits,
    sent::{all_stored, send},
    synthetic::{self, Act},
};
use crate::{
    comparison::{Comparison, measure},
    harness::{Failure, stage::Stage},
};
use std::time::{Duration, Instant};

/// Events of a run.
pub(crate) const EVENTS: usize = 1_000_000;
/// Time between looks at the queues.
const LOOK: Duration = Duration::from_millis(20);
/// Longest wait for folding to be done.
const PATIENCE: Duration = Duration::from_mins(5);

/// Events per second from the first byte sent until all are folded and scored: what can be sent for ever without lag
/// growing.
pub(crate) async fn rate(stage: &Stage, acts: &[Act]) -> Result<f64, Failure> {
    let batches = synthetic::batches(acts);
    let start = Instant::now();
    let (_, receipt) = send(stage, batches).await?;
    all_stored(receipt, acts.len())?;
    while waits(stage.pool()).await? {
        if start.elapsed() > PATIENCE {
            return Err("folding does not come to an end".into());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(acts.len() as f64 / start.elapsed().as_secs_f64())
}

/// The measure beside COPY of the same events, shortly before, while the machine is as fast.
pub(crate) fn comparison(rate: f64, copied: f64) -> Comparison {
    let note = "1,000,000 new events in batches, 8 clients, 2 workers, until all are folded and scored; baseline: COPY of \
                the same 1,000,000 rows";
    Comparison::new(measure("ingest.sustained.ratio", rate, "events/s", note), Some(copied))
}
