//! Clients that send every item until it is acknowledged, and take down each acknowledgement.

use crate::{
    exchange::{Answer, End, exchange},
    ledger::Ledger,
    route::{Item, Story},
    supply::Supply,
    support::{Api, Dice},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// Pause before something is sent again. Longer: recoveries seem longer than they are; shorter: a service that just
/// starts is hammered.
const PAUSE: Duration = Duration::from_millis(20);

/// The same when the service has to catch up.
const LONG_PAUSE: Duration = Duration::from_millis(500);

/// When a client takes something as acknowledged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// When the answer says so, which is after the commit.
    Answered,
    /// When it is sent and not refused, as if the service had answered before its commit.
    Sent,
}

/// How far all clients together are.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    /// Events that were acknowledged.
    pub(crate) acknowledged: usize,
    /// When the latest request that was acknowledged had been sent.
    pub(crate) latest: Instant,
}

/// How requests ended.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) requests: AtomicUsize,
    /// No answer, or the answer that the outcome is unknown.
    pub(crate) unknown: AtomicUsize,
    /// Told to come again.
    pub(crate) refused: AtomicUsize,
    /// Told to slow down.
    pub(crate) slowed: AtomicUsize,
    /// Told that something went wrong inside.
    pub(crate) failed: AtomicUsize,
    /// Items that were stored, although the request that did it was not answered well.
    pub(crate) stored_unanswered: AtomicUsize,
}

/// What all clients share.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) story: Story,
    pub(crate) promise: Promise,
    pub(crate) address: watch::Receiver<Option<Api>>,
    pub(crate) ledger: Ledger,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) tally: Arc<Tally>,
}

impl Clients {
    /// Registers the creators of the story, and makes room for all days of its events.
    pub(crate) async fn prepare(&mut self) {
        let api = self.address.wait_for(Option::is_some).await.unwrap().clone().unwrap();
        for creator in Story::creators() {
            api.put_creator(&creator).await;
        }
    }

    /// One client: sends as long as there is something to send.
    pub(crate) async fn send(mut self, mut supply: Supply, mut dice: Dice) {
        loop {
            let most = some(supply.route.most(), &mut dice);
            let Some(items) = supply.take(most).await else { return };
            self.deliver(items).await;
        }
    }

    async fn deliver(&mut self, items: Vec<Item>) {
        let mut open: BTreeSet<Item> = items.into_iter().collect();
        let mut again = false;
        while !open.is_empty() {
            let api = self.address.wait_for(Option::is_some).await.unwrap().clone().unwrap();
            let sent = Instant::now();
            let items: Vec<Item> = open.iter().copied().collect();
            let answer = self.judged(exchange(&api, self.story, &items).await, &items, again);
            self.acknowledge(&answer.acknowledged, sent).await;
            answer
                .acknowledged
                .iter()
                .for_each(|item| assert!(open.remove(item), "{item} was not asked for"));
            again = true;
            if !open.is_empty() {
                tokio::time::sleep(if answer.end == End::Slowed { LONG_PAUSE } else { PAUSE }).await;
            }
        }
    }

    /// Counts an answer, and bends it to the promise.
    fn judged(&self, mut answer: Answer, items: &[Item], again: bool) -> Answer {
        let count = |counter: &AtomicUsize, more| counter.fetch_add(more, Ordering::Relaxed);
        count(&self.tally.requests, 1);
        match answer.end {
            End::Complete => 0,
            End::Unknown => count(&self.tally.unknown, 1),
            End::Refused => count(&self.tally.refused, 1),
            End::Slowed => count(&self.tally.slowed, 1),
            End::Failed => count(&self.tally.failed, 1),
        };
        count(&self.tally.stored_unanswered, answer.duplicates);
        if answer.end == End::Unknown && self.promise == Promise::Sent {
            answer.acknowledged = items.to_vec();
        }
        assert!(again || answer.duplicates == 0, "{} is a duplicate the first time", items[0]);
        answer
    }

    async fn acknowledge(&self, items: &[Item], sent: Instant) {
        if items.is_empty() {
            return;
        }
        self.ledger.take_down(items).await;
        self.progress.send_modify(|progress| {
            progress.acknowledged += items.iter().filter(|item| item.route.is_of_events()).count();
            progress.latest = progress.latest.max(sent);
        });
    }
}

/// A number up to `most`; all magnitudes are equally frequent.
fn some(most: usize, dice: &mut Dice) -> usize {
    let magnitudes = most.ilog2() + 2;
    let below = 1 << dice.below(usize::try_from(magnitudes).unwrap());
    most.min(dice.below(below) + 1)
}
