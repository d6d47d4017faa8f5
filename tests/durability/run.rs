//! A run: a database, a wire, a service, clients and a nemesis, and what is there at the end.

use crate::{
    check::{self, Findings},
    client::{Clients, Progress, Promise, Tally},
    database::Database,
    ledger::Ledger,
    nemesis::{Act, Blow, Nemesis},
    proxy::{Faults, Proxy},
    route::{Route, Story},
    supervisor::Supervisor,
    supply::Supply,
    support::{Dice, Place},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::watch, task::JoinSet};

/// What a run is like.
pub(crate) struct Run {
    pub(crate) events: usize,
    pub(crate) deck: Vec<Act>,
    pub(crate) seed: u64,
    /// One transaction of so many is broken before its COMMIT; none when it is 0.
    pub(crate) broken_one_of: usize,
    pub(crate) promise: Promise,
    /// PostgreSQL commits before what was written is on disk.
    pub(crate) weakened: bool,
    /// The guard before COMMIT is taken away.
    pub(crate) unguarded: bool,
    /// What is changed behind the service's back in the end.
    pub(crate) tampering: &'static str,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) seed: u64,
    pub(crate) took: Duration,
    pub(crate) blows: Vec<Blow>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) findings: Findings,
}

/// Longest time for a start, the last items and all checks.
const PATIENCE: Duration = Duration::from_mins(5);
/// Longest time for a round on the average.
const A_ROUND: Duration = Duration::from_secs(20);

impl Run {
    /// A run in which all is as it should be, but for the nemesis.
    pub(crate) fn sound(events: usize, deck: Vec<Act>, seed: u64) -> Self {
        let promise = Promise::Answered;
        Self {
            events,
            deck,
            seed,
            broken_one_of: 20,
            promise,
            weakened: false,
            unguarded: false,
            tampering: "",
        }
    }

    pub(crate) async fn carry_out(self) -> Outcome {
        let limit = PATIENCE + A_ROUND * u32::try_from(self.deck.len()).unwrap();
        let outcome = tokio::time::timeout(limit, self.carried_out()).await;
        outcome.unwrap_or_else(|_| panic!("the run is not over within {limit:?}"))
    }

    async fn carried_out(self) -> Outcome {
        let started = Instant::now();
        let mut stage = Stage::set(&self).await;
        let (rounds, of_rounds) = watch::channel(0);
        let a_round = self.events.div_ceil(self.deck.len() + 2);
        let supplies = Route::ALL.map(|route| Supply::new(route, a_round, of_rounds.clone()));
        let mut sending = send(&stage.clients, &supplies, &mut stage.nemesis.dice);
        let blows = tokio::select! {
            blows = stage.nemesis.play(self.deck, a_round, &rounds) => blows,
            () = failed(&mut sending) => unreachable!("a client that fails says so itself"),
        };
        // What was given out is still sent, until all of it is acknowledged.
        drop(rounds);
        ended(&mut sending).await;
        let findings = stage.examined(self.tampering, &supplies).await;
        let Stage { clients, nemesis, .. } = stage;
        let (tally, faults) = (clients.tally, nemesis.faults);
        Outcome { seed: self.seed, took: started.elapsed(), blows, tally, faults, findings }
    }
}

/// Everything that takes part in a run. What is given up first comes first.
struct Stage {
    clients: Clients,
    nemesis: Nemesis,
    _proxy: Proxy,
    _place: Arc<Place>,
}

impl Stage {
    async fn set(run: &Run) -> Self {
        let place = Arc::new(Place::new());
        let database = Database::start(place.clone()).await;
        if run.weakened {
            database.weaken().await;
        }
        let proxy = Proxy::before(database.socket(), Faults::new(run.seed, run.unguarded)).await;
        let service = Supervisor::start(place.clone(), proxy.url(), run.weakened);
        let progress = watch::Sender::new(Progress { acknowledged: 0, latest: Instant::now() });
        let nemesis = Nemesis {
            progress: progress.subscribe(),
            broken_one_of: run.broken_one_of,
            weakened: run.weakened,
            faults: proxy.faults.clone(),
            dice: Dice::new(run.seed),
            frozen: 0,
            database,
            service,
        };
        let mut clients = Clients {
            story: Story::new(),
            promise: run.promise,
            address: nemesis.service.address(),
            ledger: Ledger::open(&place.data_dir().join("acknowledged")),
            progress,
            tally: Arc::default(),
        };
        clients.prepare().await;
        Self { clients, nemesis, _proxy: proxy, _place: place }
    }

    /// What is there once all is folded and nothing goes wrong any more.
    async fn examined(&self, tampering: &str, supplies: &[Supply]) -> Findings {
        self.nemesis.faults.rest();
        let client = self.nemesis.database.connect().await;
        check::folded(&client).await;
        client.batch_execute(tampering).await.unwrap();
        check::check(&client, self.clients.story, &self.clients.ledger, supplies).await
    }
}

fn send(clients: &Clients, supplies: &[Supply], dice: &mut Dice) -> JoinSet<()> {
    let mut sending = JoinSet::new();
    for supply in supplies {
        for _ in 0..supply.route.clients() {
            let seed = u64::try_from(dice.below(1 << 30)).unwrap();
            sending.spawn(clients.clone().send(supply.clone(), Dice::new(seed)));
        }
    }
    sending
}

/// Completes when all clients have; fails when one does.
async fn ended(sending: &mut JoinSet<()>) {
    while let Some(ended) = sending.join_next().await {
        ended.unwrap();
    }
}

/// Completes never, but fails as soon as a client does.
async fn failed(sending: &mut JoinSet<()>) {
    ended(sending).await;
    std::future::pending::<()>().await;
}
