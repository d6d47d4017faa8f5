//! How long a run is.

use std::env;

/// What a run has at least.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Acknowledged events.
    pub(crate) events: usize,
    /// Kills, of the service or of PostgreSQL.
    pub(crate) kills: usize,
    /// Where all chance comes from.
    pub(crate) seed: u64,
}

impl Size {
    /// A short run, unless the environment asks for a longer one.
    pub(crate) fn asked_for() -> Self {
        Self {
            events: setting("DURABILITY_EVENTS", 6_000),
            kills: setting("DURABILITY_KILLS", 6),
            seed: u64::try_from(setting("DURABILITY_SEED", 1)).unwrap(),
        }
    }
}

fn setting(name: &str, otherwise: usize) -> usize {
    env::var(name).map_or(otherwise, |given| given.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}
