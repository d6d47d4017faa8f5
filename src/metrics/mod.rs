//! What operators watch: counters, gauges and histograms as OpenMetrics text.
//!
//! Labels are operations, outcomes and pools, whose number is fixed when the service starts. No label names a tenant, a
//! creator or a person.

pub mod http;
pub mod model;
pub mod requests;
pub mod server;
pub mod store;

pub use model::Metrics;
