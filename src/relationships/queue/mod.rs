//! The queue between ingest and folding: facts by lane, written by the transaction that stores their events.

pub mod model;
pub mod store;

pub use model::{PackedFacts, QueuedEvent};
