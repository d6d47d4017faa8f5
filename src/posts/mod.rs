//! Posts: single pieces of creators' content, and what platforms count of them.

pub mod bulk;
pub mod exposure;
pub mod http;
pub mod input;
pub mod ledger;
pub mod model;
pub mod store;
mod told;
pub mod views;

pub use exposure::Exposure;
pub use model::{Counts, Post, Snapshot};
