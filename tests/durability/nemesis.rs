//! Whoever kills, freezes, cuts and swallows, in an order that only the seed decides.

use crate::{
    client::Progress,
    database::{Database, Frozen},
    proxy::Faults,
    supervisor::Supervisor,
    support::Dice,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// Something that is done to the service or to its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    KillService,
    KillPostgres,
    /// Both at once, as when the machine goes down.
    KillBoth,
    FreezeService,
    FreezePostgres,
    CutConnections,
    SwallowAnswers,
}

/// Longest wait for what clients do next; a crashed PostgreSQL may have much to recover.
const PATIENCE: Duration = Duration::from_mins(2);

/// One freeze of so many is longer than any deadline of the service and of its clients.
const LONG_FREEZES: usize = 6;
const LONG: Duration = Duration::from_secs(11);

/// One kill of PostgreSQL of so many is followed by another one during the recovery.
const ANOTHER_CRASH: usize = 4;

/// Acknowledged events that a kill catches unwritten where commits do not wait for the log.
const UNWRITTEN: usize = 30;

impl Act {
    pub(crate) const ALL: [Self; 7] = [
        Self::KillService,
        Self::KillPostgres,
        Self::KillBoth,
        Self::FreezeService,
        Self::FreezePostgres,
        Self::CutConnections,
        Self::SwallowAnswers,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KillService => "kill the service",
            Self::KillPostgres => "kill PostgreSQL",
            Self::KillBoth => "kill both",
            Self::FreezeService => "freeze the service (from the end)",
            Self::FreezePostgres => "freeze PostgreSQL (from the end)",
            Self::CutConnections => "cut all connections",
            Self::SwallowAnswers => "swallow answers",
        }
    }

    pub(crate) fn kills(self) -> bool {
        matches!(self, Self::KillService | Self::KillPostgres | Self::KillBoth)
    }

    /// So many kills, half as many other acts, shuffled.
    pub(crate) fn deck(kills: usize, dice: &mut Dice) -> Vec<Self> {
        let others = &Self::ALL[3..];
        let killing = (0..kills).map(|kill| Self::ALL[kill % 3]);
        let mut deck: Vec<Self> = killing
            .chain((0..kills.div_ceil(2).max(others.len())).map(|act| others[act % others.len()]))
            .collect();
        for end in (1..deck.len()).rev() {
            deck.swap(end, dice.below(end + 1));
        }
        deck
    }
}

/// What an act led to.
pub(crate) struct Blow {
    pub(crate) act: Act,
    /// From the act (of a freeze, from its end) until a request is acknowledged that was sent after it.
    pub(crate) recovery: Duration,
}

/// The nemesis of a run.
pub(crate) struct Nemesis {
    pub(crate) database: Database,
    pub(crate) service: Supervisor,
    pub(crate) faults: Arc<Faults>,
    pub(crate) progress: watch::Receiver<Progress>,
    /// One transaction of so many is broken before its COMMIT; none when it is 0.
    pub(crate) broken_one_of: usize,
    /// PostgreSQL commits before what was written is on disk.
    pub(crate) weakened: bool,
    pub(crate) dice: Dice,
    pub(crate) frozen: usize,
}

impl Nemesis {
    /// Goes through a deck, an act a round of so many events, each somewhere in its round.
    pub(crate) async fn play(
        &mut self,
        deck: Vec<Act>,
        events: usize,
        rounds: &watch::Sender<usize>,
    ) -> Vec<Blow> {
        let mut blows = Vec::new();
        // The first round is peaceful. What a service makes once and then believes in, such as partitions, is on disk.
        rounds.send_replace(1);
        self.reaches("the end of the first round", |progress| progress.acknowledged >= events).await;
        self.database.checkpoint().await;
        self.faults.break_one_of(self.broken_one_of);
        rounds.send_replace(2);
        for (round, act) in (1..).zip(deck) {
            let point = round * events + events / 10 + self.dice.below(events / 2 + 1);
            self.reaches("the point of the next act", |progress| progress.acknowledged >= point).await;
            let struck = self.perform(act).await;
            // There is something to send after the act, however little was left.
            rounds.send_replace(round + 2);
            self.reaches("an acknowledgement after it", |progress| progress.latest >= struck).await;
            blows.push(Blow { act, recovery: struck.elapsed() });
        }
        blows
    }

    async fn reaches(&mut self, what: &str, reached: impl Fn(&Progress) -> bool) {
        let waiting = self.progress.wait_for(reached);
        let reached = tokio::time::timeout(PATIENCE, waiting).await;
        reached.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}")).unwrap();
    }

    /// Does it; the moment from which on all is well again.
    async fn perform(&mut self, act: Act) -> Instant {
        let struck = Instant::now();
        match act {
            Act::KillService => {
                self.service.kill();
                self.service.restart();
            }
            Act::KillPostgres => {
                let _held = self.unwritten().await;
                self.database.kill();
                self.restart_database();
            }
            Act::KillBoth => {
                self.database.kill();
                self.service.kill();
                self.restart_database();
                self.service.restart();
            }
            Act::FreezeService => {
                let frozen = self.service.freeze();
                return self.thaw(frozen).await;
            }
            Act::FreezePostgres => {
                let frozen = self.database.freeze();
                return self.thaw(frozen).await;
            }
            Act::CutConnections => self.faults.cut(),
            Act::SwallowAnswers => self.faults.swallow(1 + self.dice.below(6), 1 + self.dice.below(3)),
        }
        struck
    }

    /// Where commits do not wait for the log: waits until there are some whose log is not written.
    async fn unwritten(&mut self) -> Option<Frozen> {
        if !self.weakened {
            return None;
        }
        let held = self.database.hold_back_log().await;
        let point = self.progress.borrow().acknowledged + UNWRITTEN;
        self.reaches("some more events", |progress| progress.acknowledged >= point).await;
        Some(held)
    }

    /// Starts PostgreSQL again, now and then after a second crash while it recovers from the first.
    fn restart_database(&mut self) {
        if self.dice.below(ANOTHER_CRASH) == 0 {
            let soon = Duration::from_millis(u64::try_from(100 + self.dice.below(900)).unwrap());
            self.database.restart_in_vain(soon);
        }
        self.database.restart();
    }

    async fn thaw<T>(&mut self, frozen: T) -> Instant {
        self.frozen += 1;
        let short = Duration::from_millis(u64::try_from(200 + self.dice.below(1_300)).unwrap());
        let long = self.frozen.is_multiple_of(LONG_FREEZES);
        tokio::time::sleep(if long { LONG } else { short }).await;
        let thawed = Instant::now();
        drop(frozen);
        thawed
    }
}
