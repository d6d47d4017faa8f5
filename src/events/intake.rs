//! The way of events into the database, for everything that takes them in.
//!
//! Requests that come at the same time share commits: whoever commits takes everything that has come since, so that a busy
//! service commits thousands of events at once and an idle one lets nobody wait. Each request is told what became of its
//! own events, after the commit. Callers are told to slow down when folding is behind, before it can fall behind for ever.

use super::{
    model::{Event, Outcome},
    store::EventStore,
};
use crate::{
    db::{DbError, Pool, detached},
    relationships::Backlog,
};
use prometheus_client::metrics::histogram::Histogram;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{
        Mutex, OwnedSemaphorePermit, Semaphore,
        mpsc::{self, UnboundedReceiver, UnboundedSender},
        oneshot,
    },
    time::{sleep, timeout},
};

/// Most events that wait for a commit or are being committed. More: memory, and longer waits when the database is slow;
/// fewer: bursts are shed.
const WAITING: u32 = 32_000;
/// How long a batch waits for a place among them. Longer: overload turns into long queues; shorter: bursts are shed.
const PATIENCE: Duration = Duration::from_millis(500);
/// Events committed at once, about: a request is never split. More: longer transactions; fewer: more commits.
const COMMITTED_AT_ONCE: usize = 8_000;
/// Commits under way at once: while one waits for the disk, the next one is prepared. More: smaller commits.
const COMMITTERS: usize = 2;

/// So few events are not worth a commit of their own while others are being committed: they wait for more ...
const FEW: usize = 500;
/// ... for so long. More: fewer commits of many small requests; fewer: they are answered sooner.
const GATHERING: Duration = Duration::from_millis(5);

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

/// A request that waits for its events to be committed.
struct Waiting {
    events: Vec<Event>,
    answer: oneshot::Sender<Result<Vec<Outcome>, Arc<DbError>>>,
    _place: OwnedSemaphorePermit,
}

/// Takes events in. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    backlog: Arc<Backlog>,
    places: Arc<Semaphore>,
    waiting: UnboundedSender<Waiting>,
}

impl Intake {
    /// An intake whose committers run until all clones of it are gone; how much they commit at once is observed.
    #[must_use]
    pub fn start(pool: &Pool, backlog: Arc<Backlog>, group_sizes: &Histogram) -> Self {
        let (waiting, next) = mpsc::unbounded_channel();
        let (next, store) = (Arc::new(Mutex::new(next)), EventStore::new(pool.clone()));
        let under_way = Arc::<AtomicUsize>::default();
        for _ in 0..COMMITTERS {
            let (under_way, group_sizes) = (under_way.clone(), group_sizes.clone());
            let committer = Committer { store: store.clone(), under_way, group_sizes };
            tokio::spawn(committer.run(next.clone()));
        }
        // The places bound what the channel holds.
        Self { backlog, places: Arc::new(Semaphore::new(WAITING as usize)), waiting }
    }

    /// Stores an event, together with others that come at the same time.
    pub async fn one(&self, event: Event) -> Result<Outcome, IntakeError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| DbError::Busy)?;
        Ok(self.stored(vec![event], place).await?[0])
    }

    /// Stores events in one transaction, and tells for each what became of it, in order.
    pub async fn many(&self, events: Vec<Event>) -> Result<Vec<Outcome>, IntakeError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let needed = u32::try_from(events.len()).unwrap_or(WAITING).min(WAITING);
        let place = timeout(PATIENCE, self.places.clone().acquire_many_owned(needed)).await;
        let place = place.ok().and_then(Result::ok).ok_or(DbError::Busy)?;
        self.stored(events, place).await
    }

    async fn stored(
        &self,
        events: Vec<Event>,
        place: OwnedSemaphorePermit,
    ) -> Result<Vec<Outcome>, IntakeError> {
        self.check(&events)?;
        let (answer, told) = oneshot::channel();
        let waiting = Waiting { events, answer, _place: place };
        self.waiting.send(waiting).map_err(|_| DbError::Unavailable("the service is stopping".into()))?;
        let lost = |_| Arc::new(DbError::OutcomeUnknown("the commit was interrupted".into()));
        Ok(told.await.map_err(lost)??)
    }

    fn check(&self, events: &[Event]) -> Result<(), IntakeError> {
        let behind = events.iter().filter_map(|event| self.backlog.behind(event.creator.lane())).max();
        behind.map_or(Ok(()), |lag| Err(IntakeError::Behind(lag)))
    }
}

struct Committer {
    store: EventStore,
    /// Commits of all committers.
    under_way: Arc<AtomicUsize>,
    group_sizes: Histogram,
}

impl Committer {
    async fn run(self, waiting: Arc<Mutex<UnboundedReceiver<Waiting>>>) {
        loop {
            let group = self.next_group(&mut *waiting.lock().await).await;
            if group.is_empty() {
                return;
            }
            let events: usize = group.iter().map(|waiting| waiting.events.len()).sum();
            self.group_sizes.observe(events as f64);
            self.under_way.fetch_add(1, Ordering::Relaxed);
            self.commit(group).await;
            self.under_way.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Waits for a request and takes all others that are there; none when there will be no more.
    async fn next_group(&self, waiting: &mut UnboundedReceiver<Waiting>) -> Vec<Waiting> {
        let Some(first) = waiting.recv().await else { return Vec::new() };
        let mut group = vec![first];
        if take_waiting(&mut group, waiting) < FEW && self.under_way.load(Ordering::Relaxed) > 0 {
            sleep(GATHERING).await;
            take_waiting(&mut group, waiting);
        }
        group
    }

    /// Commits requests together. What is wrong with one must not hurt the others: when the database refuses the
    /// whole, each is committed by itself.
    async fn commit(&self, group: Vec<Waiting>) {
        let (mut events, mut callers) = (Vec::new(), Vec::new());
        for mut waiting in group {
            let first = events.len();
            events.append(&mut waiting.events);
            callers.push((first..events.len(), waiting));
        }
        let events = Arc::new(events);
        match self.store(events.clone()).await {
            Ok(outcomes) => {
                for (own, waiting) in callers {
                    // A caller who is gone will ask again.
                    let _ = waiting.answer.send(Ok(outcomes[own].to_vec()));
                }
            }
            Err(DbError::Failed(_) | DbError::MonthLeaving) if callers.len() > 1 => {
                for (own, waiting) in callers {
                    let stored = self.store(Arc::new(events[own].to_vec())).await;
                    let _ = waiting.answer.send(stored.map_err(Arc::new));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for (_, waiting) in callers {
                    let _ = waiting.answer.send(Err(error.clone()));
                }
            }
        }
    }

    async fn store(&self, events: Arc<Vec<Event>>) -> Result<Vec<Outcome>, DbError> {
        detached(self.store.clone().ingest(events)).await
    }
}

/// Takes requests until there are no more or enough; how many events the group has then.
fn take_waiting(group: &mut Vec<Waiting>, waiting: &mut UnboundedReceiver<Waiting>) -> usize {
    let mut events = group.iter().map(|waiting| waiting.events.len()).sum();
    while events < COMMITTED_AT_ONCE
        && let Ok(next) = waiting.try_recv()
    {
        events += next.events.len();
        group.push(next);
    }
    events
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
    use tokio::net::TcpListener;

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
        let intake = Intake::start(&pools.ingest, Arc::new(Backlog::new(None)), &Histogram::new([]));
        let intake = Intake { places: Arc::new(Semaphore::new(50)), ..intake };
        let at_once = Duration::from_millis(200);
        let answers = join_all((0..150).map(|number| timeout(at_once, intake.one(event(number))))).await;
        let shed = answers.iter().filter(|answer| {
            matches!(answer, Ok(Err(IntakeError::Database(error))) if matches!(**error, DbError::Busy))
        });
        assert_eq!(shed.count(), 100, "there are so many places and no more");
        let waiting = answers.iter().filter(|answer| answer.is_err()).count();
        assert_eq!(waiting, 50, "the others wait for an answer that only a commit can give");
    }
}
