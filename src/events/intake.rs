//! The way of events into the database, for everything that takes them in.
//!
//! Events that come one by one share commits: whoever commits takes everything that has come since, so that a busy
//! service commits hundreds at once and an idle one lets nobody wait. Each caller is told what became of its own event,
//! after the commit. Callers are told to slow down when folding is behind, before it can fall behind for ever.

use super::{
    model::{Event, Outcome},
    store,
};
use crate::{
    db::{DbError, Pool, detached, partitions::Partitions},
    relationships::Backlog,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{
    Mutex,
    mpsc::{self, Receiver, Sender, error::TrySendError},
    oneshot,
};

/// Most single events that wait for a commit. More: longer waits when the database is slow; fewer: bursts are shed.
const WAITING: usize = 4_096;
/// Most single events committed at once. More: longer transactions; fewer: more commits.
const COMMITTED_AT_ONCE: usize = 1_000;
/// Commits of single events under way at once: while one waits for the disk, the next one is prepared. More: smaller
/// commits.
const COMMITTERS: usize = 2;

/// Why events were not taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Folding of these creators is behind by so much; nothing was stored.
    #[error("folding is behind by {} s", .0.as_secs())]
    Behind(Duration),
    /// The database.
    #[error(transparent)]
    Database(#[from] Arc<DbError>),
}

impl From<DbError> for IntakeError {
    fn from(error: DbError) -> Self {
        Self::Database(Arc::new(error))
    }
}

struct Waiting {
    event: Event,
    answer: oneshot::Sender<Result<Outcome, Arc<DbError>>>,
}

/// Takes events in. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    pool: Pool,
    partitions: Arc<Partitions>,
    backlog: Arc<Backlog>,
    singles: Sender<Waiting>,
}

impl Intake {
    /// An intake whose committers run until all clones of it are gone.
    #[must_use]
    pub fn start(pool: Pool, backlog: Arc<Backlog>) -> Self {
        let (singles, waiting) = mpsc::channel(WAITING);
        let intake = Self { pool, partitions: Arc::default(), backlog, singles };
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..COMMITTERS {
            let store = (intake.pool.clone(), intake.partitions.clone());
            tokio::spawn(commit_all(store, waiting.clone()));
        }
        intake
    }

    /// Stores an event, together with others that come at the same time.
    pub async fn one(&self, event: Event) -> Result<Outcome, IntakeError> {
        self.check(std::slice::from_ref(&event))?;
        let (answer, told) = oneshot::channel();
        self.singles.try_send(Waiting { event, answer }).map_err(|refused| match refused {
            TrySendError::Full(_) => DbError::Busy,
            TrySendError::Closed(_) => DbError::Unavailable("the service is stopping".into()),
        })?;
        let lost = |_| Arc::new(DbError::OutcomeUnknown("the commit was interrupted".into()));
        Ok(told.await.map_err(lost)??)
    }

    /// Stores events in one transaction, and tells for each what became of it, in order.
    pub async fn many(&self, events: Vec<Event>) -> Result<Vec<Outcome>, IntakeError> {
        self.check(&events)?;
        Ok(detached(store::ingest(self.pool.clone(), self.partitions.clone(), events)).await?)
    }

    fn check(&self, events: &[Event]) -> Result<(), IntakeError> {
        let behind = events.iter().filter_map(|event| self.backlog.behind(event.creator.lane())).max();
        behind.map_or(Ok(()), |lag| Err(IntakeError::Behind(lag)))
    }
}

async fn commit_all(store: (Pool, Arc<Partitions>), waiting: Arc<Mutex<Receiver<Waiting>>>) {
    loop {
        let mut group = Vec::new();
        if waiting.lock().await.recv_many(&mut group, COMMITTED_AT_ONCE).await == 0 {
            return;
        }
        commit(&store, group).await;
    }
}

async fn commit((pool, partitions): &(Pool, Arc<Partitions>), group: Vec<Waiting>) {
    let (events, answers): (Vec<Event>, Vec<_>) =
        group.into_iter().map(|waiting| (waiting.event, waiting.answer)).unzip();
    let several = events.len() > 1;
    let ingest = |events| detached(store::ingest(pool.clone(), partitions.clone(), events));
    match ingest(events.clone()).await {
        Ok(outcomes) => {
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // A caller who is gone will ask again.
                let _ = answer.send(Ok(outcome));
            }
        }
        // One that the database refuses must not take the others with it.
        Err(DbError::Failed(_)) if several => {
            for (event, answer) in events.into_iter().zip(answers) {
                let outcome = ingest(vec![event]).await;
                let _ = answer.send(outcome.map(|outcomes| outcomes[0]).map_err(Arc::new));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for answer in answers {
                let _ = answer.send(Err(error.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::{Pools, connect::ConnectSettings},
        events::Kind,
        ids::{CreatorKey, EngagerKey, EventKey, TenantId},
    };
    use futures_util::future::join_all;
    use jiff::Timestamp;
    use tokio::{net::TcpListener, time::timeout};

    fn event(number: usize) -> Event {
        let creator = CreatorKey::derive(TenantId(1), "ana");
        Event {
            creator,
            event: EventKey::derive(creator, &number.to_string()),
            engager: EngagerKey::NOBODY,
            kind: Kind::Like,
            occurred_at: Timestamp::UNIX_EPOCH,
            post: None,
            reference: None,
            platform: None,
            substance: None,
            verified: false,
            amount: None,
            currency: None,
            content_hash: 0,
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_is_shed_at_once() {
        // A server that takes connections and never says a word.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = silent.local_addr().unwrap().port();
        let settings = ConnectSettings::from_url(&format!("postgres://u@127.0.0.1:{port}/d?sslmode=disable"));
        let pools = Pools::open(&settings.unwrap(), 2, 1);
        let intake = Intake::start(pools.ingest, Arc::new(Backlog::new(None)));
        let most = WAITING + COMMITTERS * COMMITTED_AT_ONCE;
        let at_once = Duration::from_millis(200);
        let answers =
            join_all((0..most + 100).map(|number| timeout(at_once, intake.one(event(number))))).await;
        let shed = answers.iter().filter(|answer| {
            matches!(answer, Ok(Err(IntakeError::Database(error))) if matches!(**error, DbError::Busy))
        });
        assert!(shed.count() >= 100, "the queue is bounded");
        let others = answers.iter().filter(|answer| answer.is_err()).count();
        assert!(others >= WAITING, "{others} wait for an answer that only a commit can give");
    }
}
