//! Conversations: how soon and how often a creator answers what people write, and how deep threads go.
//!
//! Evidence that is shown beside the conversation component and never part of a value: it rests on `in_reply_to`, which not
//! every feed has.

pub mod model;
pub mod rounds;
pub mod store;
pub mod views;

pub use model::Threads;
