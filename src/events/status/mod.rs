//! What became of an event that was sent before.

pub mod http;
pub mod store;
