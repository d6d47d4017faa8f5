//! Dry runs: what would become of events, by the same rules, and nothing stored.

use super::{
    Event, Intake, IntakeError,
    input::{EventInput, Reception},
    model::Outcome,
    receipts::{EventReceipt, EventStatus, Received, told},
    store,
};
use crate::{
    db::{Pool, Pools},
    http::{
        body::Json,
        ndjson::{Results, ResultsQuery},
        problem::{Kind, Problem},
    },
};
use serde::Deserialize;
use utoipa::IntoParams;

/// Whether events are to be stored.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DryRunQuery {
    /// `true`: tell what would become of each event, and store nothing.
    #[param(nullable = false, default = false)]
    dry_run: Option<bool>,
}

impl DryRunQuery {
    /// True when nothing is to be stored.
    #[must_use]
    pub fn is_dry(&self) -> bool {
        self.dry_run == Some(true)
    }
}

/// What a stream of events is answered with.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventStreamQuery {
    /// `all`: every line gets a result, which has to be read while the rest is sent. `problems`: only refused lines do,
    /// for callers who read nothing before they have sent everything.
    #[param(default = "all", nullable = false)]
    results: Option<Results>,
    /// `true`: tell what would become of each event, and store nothing. Repeats are told from each other within a few
    /// thousand lines.
    #[param(nullable = false, default = false)]
    dry_run: Option<bool>,
}

impl EventStreamQuery {
    /// True when nothing is to be stored.
    #[must_use]
    pub fn is_dry(&self) -> bool {
        self.dry_run == Some(true)
    }

    /// Which lines get a result.
    #[must_use]
    pub fn results(&self) -> ResultsQuery {
        ResultsQuery::new(self.results)
    }
}

/// Where events go: into the database or nowhere.
#[derive(Clone)]
pub enum Destination {
    /// They are stored.
    Intake(Intake),
    /// What would become of them is read, and nothing stored.
    DryRun(Pool),
}

impl Destination {
    /// The destination of a request.
    #[must_use]
    pub fn new(is_dry: bool, intake: &Intake, pools: &Pools) -> Self {
        if is_dry { Self::DryRun(pools.reads.clone()) } else { Self::Intake(intake.clone()) }
    }

    /// True when nothing is stored.
    #[must_use]
    pub fn is_dry(&self) -> bool {
        matches!(self, Self::DryRun(_))
    }

    /// What becomes of each event, or would, in order.
    pub async fn take(&self, events: Vec<Event>) -> Result<Vec<Outcome>, IntakeError> {
        match self {
            Self::Intake(intake) => intake.many(events).await,
            Self::DryRun(pool) => Ok(store::foresee(pool, &events).await?),
        }
    }
}

/// What would become of a single event, also of one that is JSON and no event.
pub(super) async fn event(
    pool: &Pool,
    body: Result<Json<EventInput>, Problem>,
    reception: &Reception<'_>,
) -> Result<EventReceipt, Problem> {
    let Received { event_id, event, .. } = match body {
        Ok(input) => Received::accept(input.0, reception),
        Err(problem) if problem.kind() == Kind::ValidationFailed => Received::refused(problem),
        Err(problem) => return Err(problem),
    };
    let (status, problem) = match event {
        Ok(event) => told(store::foresee(pool, &[event]).await?.first().copied()),
        Err(problem) => (EventStatus::Invalid, Some(problem)),
    };
    Ok(EventReceipt::foreseen(event_id, status, problem))
}
