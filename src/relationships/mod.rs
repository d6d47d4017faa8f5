//! Relationships: everything one engager did with one creator, folded from raw events.

pub mod backlog;
pub mod codec;
pub mod days;
pub mod fold;
pub mod model;
pub mod posts;
pub mod purchases;
pub mod queue;
pub mod rebuild;
pub mod store;
pub mod whole;

pub use backlog::Backlog;
pub use model::{Fact, Relationship};
