//! Events as lines of a stream.

use super::{
    dry_run::Destination,
    input::Reception,
    model::{Event, Outcome},
    receipts::{EventStatus, Received, told},
};
use crate::{
    http::{
        ndjson::{Chunk, LineIntake, ResultLine},
        problem::{Problem, ProblemDocument},
    },
    keys::Tenant,
    quality::{Recorder, Verdict},
};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A line of the answer to a stream: what became of a line that was sent, or, as the last one, `summary` or `problem` alone.
#[derive(Default, Serialize, ToSchema)]
#[schema(example = json!({"line": 1, "event_id": "ig-like-5501", "status": "stored"}))]
pub struct EventStreamLine {
    /// Number of the line that was sent, from 1; blank lines count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1, nullable = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    line: Option<u64>,
    /// The event; absent when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ig-like-5501", nullable = false, max_length = 128)]
    event_id: Option<String>,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status: Option<EventStatus>,
    /// Why it was not stored, with pointers into the line; only for `conflict` and `invalid`. Without `line`: why the
    /// stream ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<Box<ProblemDocument>>,
    /// The last line of a stream that was committed as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<EventStreamSummary>,
}

/// What became of a stream of events; in a dry run, what would.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct EventStreamSummary {
    /// True in a dry run: nothing was stored. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dry_run: Option<bool>,
    /// Lines that were not blank.
    #[schema(example = 3, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    lines: u64,
    /// New and committed.
    #[schema(example = 2, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    stored: u64,
    /// Committed before.
    #[schema(example = 1, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    duplicate: u64,
    /// Refused, because another content has the identity.
    #[schema(example = 0, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    conflict: u64,
    /// Refused, because a rule is broken.
    #[schema(example = 0, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    invalid: u64,
}

impl EventStreamSummary {
    fn count(&mut self, status: EventStatus) {
        self.lines += 1;
        *match status {
            EventStatus::Stored => &mut self.stored,
            EventStatus::Duplicate => &mut self.duplicate,
            EventStatus::Conflict => &mut self.conflict,
            EventStatus::Invalid => &mut self.invalid,
        } += 1;
    }
}

impl ResultLine for EventStreamLine {
    fn refusal(&self) -> Option<(u64, &ProblemDocument)> {
        Some((self.line?, self.problem.as_deref()?))
    }
}

/// Takes the events of a tenant from a stream.
pub struct EventLines {
    destination: Destination,
    recorder: Arc<Recorder>,
    tenant: Arc<Tenant>,
    verifies: bool,
    chunk: Chunk<ReadLine, Event>,
    summary: EventStreamSummary,
}

struct ReadLine {
    number: u64,
    event_id: Option<String>,
    creator_id: String,
}

impl EventLines {
    /// Takes events for a tenant; with `verifies`, purchases count as verified.
    #[must_use]
    pub fn new(
        destination: Destination,
        recorder: Arc<Recorder>,
        tenant: Arc<Tenant>,
        verifies: bool,
    ) -> Self {
        let dry_run = destination.is_dry().then_some(true);
        let summary = EventStreamSummary { dry_run, ..EventStreamSummary::default() };
        Self { destination, recorder, tenant, verifies, chunk: Chunk::default(), summary }
    }

    fn read(&self, json: &[u8]) -> Received {
        let reception = Reception { tenant: &self.tenant, now: Timestamp::now(), verifies: self.verifies };
        Received::read(json, &reception)
    }

    fn record(&self, outcomes: &[Outcome]) {
        if self.destination.is_dry() {
            return;
        }
        let mut outcomes = outcomes.iter();
        let verdicts = self.chunk.lines().filter_map(|(line, event)| match event {
            Ok(event) => Some(Verdict::of(*outcomes.next()?, event.into(), &line.creator_id)),
            Err(problem) => Some(Verdict::invalid(problem)),
        });
        self.recorder.record(self.tenant.id, Timestamp::now(), verdicts);
    }
}

impl LineIntake for EventLines {
    type Line = EventStreamLine;

    const MOST_LINES: usize = 4_000;

    fn take(&mut self, number: u64, line: Result<&[u8], Problem>) {
        let Received { event_id, creator_id, event } = match line {
            Ok(json) => self.read(json),
            Err(problem) => Received::refused(problem),
        };
        self.chunk.push(ReadLine { number, event_id, creator_id }, event);
    }

    async fn commit(&mut self) -> Result<Vec<EventStreamLine>, Problem> {
        let outcomes = self.destination.take(self.chunk.items().to_vec()).await?;
        self.record(&outcomes);
        let tell = |(line, outcome): (ReadLine, Result<Outcome, Problem>)| {
            let (status, problem) = match outcome {
                Ok(outcome) => told(Some(outcome)),
                Err(problem) => (EventStatus::Invalid, Some(problem)),
            };
            self.summary.count(status);
            EventStreamLine {
                line: Some(line.number),
                event_id: line.event_id,
                status: Some(status),
                problem: problem.map(|problem| Box::new(problem.document(None, None))),
                summary: None,
            }
        };
        Ok(self.chunk.settle(outcomes).map(tell).collect())
    }

    fn summary(&self) -> EventStreamLine {
        EventStreamLine { summary: Some(self.summary), ..EventStreamLine::default() }
    }
}
