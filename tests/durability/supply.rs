//! Numbers that clients may send, given out round by round, so that kills and events come in the wanted proportion.

use crate::route::{Item, Route};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::watch;

/// The numbers of a route.
#[derive(Clone)]
pub(crate) struct Supply {
    pub(crate) route: Route,
    next: Arc<AtomicUsize>,
    a_round: usize,
    rounds: watch::Receiver<usize>,
}

impl Supply {
    /// As many numbers as the route has in rounds of so many events.
    pub(crate) fn new(route: Route, events: usize, rounds: watch::Receiver<usize>) -> Self {
        Self { route, next: Arc::default(), a_round: route.share(events), rounds }
    }

    /// The next items, up to so many, as soon as there are any; nothing when no round will follow.
    pub(crate) async fn take(&mut self, most: usize) -> Option<Vec<Item>> {
        loop {
            let end = *self.rounds.borrow_and_update() * self.a_round;
            let last = |first: usize| end.min(first + most);
            let taken = |first: usize| (first < end).then(|| last(first));
            if let Ok(first) = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken) {
                let route = self.route;
                return Some((first..last(first)).map(|number| Item { route, number }).collect());
            }
            self.rounds.changed().await.ok()?;
        }
    }

    /// How many were given out.
    pub(crate) fn given_out(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }
}
