//! What goes wrong on the wire, and how often it did.

use crate::support::Dice;
use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::watch;

/// The faults of a proxy.
pub(crate) struct Faults {
    /// The guard before COMMIT is taken away.
    unguarded: bool,
    /// One of so many transactions is broken right before its COMMIT; none when it is 0.
    broken_one_of: AtomicUsize,
    dice: Mutex<Dice>,
    /// Answers to COMMIT, and to statements of requests, that are still to be swallowed.
    commits_to_swallow: AtomicUsize,
    statements_to_swallow: AtomicUsize,
    cuts: watch::Sender<usize>,
    pub(crate) counts: Counts,
}

/// How often what went wrong.
#[derive(Default)]
pub(crate) struct Counts {
    /// COMMITs without a guard, of connections that do more than to set the database up.
    pub(crate) bare_commits: AtomicUsize,
    pub(crate) broken: AtomicUsize,
    pub(crate) swallowed: AtomicUsize,
    pub(crate) unguarded: AtomicUsize,
}

/// What becomes of a request to commit.
pub(super) struct Fate {
    pub(super) breaks: bool,
    pub(super) unguards: bool,
    pub(super) swallows: bool,
}

impl Faults {
    pub(crate) fn new(seed: u64, unguarded: bool) -> Self {
        Self {
            unguarded,
            broken_one_of: AtomicUsize::new(0),
            dice: Mutex::new(Dice::new(seed)),
            commits_to_swallow: AtomicUsize::new(0),
            statements_to_swallow: AtomicUsize::new(0),
            cuts: watch::Sender::new(0),
            counts: Counts::default(),
        }
    }

    /// From now on one of so many transactions is broken right before its COMMIT; none when it is 0.
    pub(crate) fn break_one_of(&self, commits: usize) {
        self.broken_one_of.store(commits, Ordering::Relaxed);
    }

    /// Swallows the answers to the next COMMITs and to the next statements.
    pub(crate) fn swallow(&self, commits: usize, statements: usize) {
        self.commits_to_swallow.store(commits, Ordering::Relaxed);
        self.statements_to_swallow.store(statements, Ordering::Relaxed);
    }

    /// Nothing goes wrong any more.
    pub(crate) fn rest(&self) {
        self.break_one_of(0);
        self.swallow(0, 0);
    }

    /// Cuts all connections.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub(super) fn cuts(&self) -> watch::Receiver<usize> {
        self.cuts.subscribe()
    }

    pub(super) fn of_commit(&self) -> Fate {
        let one_of = self.broken_one_of.load(Ordering::Relaxed);
        let breaks = one_of > 0 && self.dice.lock().unwrap().below(one_of) == 0;
        if breaks {
            count(&self.counts.broken);
        }
        if self.unguarded {
            count(&self.counts.unguarded);
        }
        Fate { breaks, unguards: self.unguarded, swallows: self.takes(&self.commits_to_swallow) }
    }

    pub(super) fn swallows_statement(&self) -> bool {
        self.takes(&self.statements_to_swallow)
    }

    fn takes(&self, left: &AtomicUsize) -> bool {
        let taken =
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        if taken {
            count(&self.counts.swallowed);
        }
        taken
    }
}

fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::Relaxed);
}
