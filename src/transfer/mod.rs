//! NDJSON files in and out, beside a running service and by the same way as its streams.

pub mod export;
pub mod import;
mod lines;
mod store;
