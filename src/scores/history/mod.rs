//! The scores of days that are over: one row for each day on which something was another than before.
//!
//! When a UTC day has ended, a round passes over the creators of each tenant and keeps what is published of them then. Rows
//! are thinned out as they grow old, so that what is kept of a creator is bounded.

pub mod asked;
pub mod codec;
pub mod growth;
pub mod http;
pub mod kept;
pub mod model;
pub mod rounds;
pub mod store;

pub use model::Published;
