//! Data directories, processes on them, and a client: what tests with real processes share. Whatever a test starts ends
//! with it.

mod api;
mod dice;
mod place;
mod postgres;
mod process;
mod relationships;
mod samples;
mod sent;
mod service;
mod waiting;
mod watchdog;

pub(crate) use api::{Answer, Api};
pub(crate) use dice::Dice;
pub(crate) use place::Place;
pub(crate) use process::{Process, runs, signal_all};
pub(crate) use relationships::{Recount, recount, relationships, secrets};
pub(crate) use samples::{days_ago, like, profile};
pub(crate) use sent::{KINDS, Sent};
pub(crate) use service::Service;
pub(crate) use waiting::{number, until};

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The API key of every test.
pub(crate) const KEY: &str = "voci_test_k1_0123456789abcdef0123456789abcdef";

/// Longest wait for anything; the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
