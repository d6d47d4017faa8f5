//! How good the data is that tenants send.

pub mod recorder;

pub use recorder::{Facts, Recorder, Verdict};
