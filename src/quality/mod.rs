//! How good the data is that tenants send: what became of it, how late it comes, whom it names that nobody knows.

pub mod flush;
pub mod http;
pub mod model;
pub mod recorder;
pub mod store;

pub use recorder::{Facts, Recorder, Verdict};
