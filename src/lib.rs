//! Voci finds the small voices that communities trust: creators ranked by the quality of their relationships.
//!
//! The way of the data is the order of the modules: creators and events come in over HTTP and are committed to
//! PostgreSQL; workers fold events into relationships and relationships into creator statistics; scores are pure
//! functions of those statistics; the snapshot keeps what ranking needs in memory; recommendations rank it.

pub mod annotations;
pub mod app;
pub mod config;
pub mod conversations;
pub mod creators;
pub mod db;
pub mod demo;
pub mod edge_weights;
pub mod error;
pub mod events;
pub mod http;
pub mod ids;
pub mod insight;
pub mod keys;
pub mod metrics;
pub mod niches;
pub mod openapi;
pub mod posts;
pub mod privacy;
pub mod quality;
pub mod recommendations;
pub mod relationships;
pub mod replicas;
pub mod retention;
pub mod scores;
pub mod snapshot;
pub mod sponsorship;
pub mod telemetry;
pub mod time;
pub mod topics;
pub mod transfer;
pub mod trust;
pub mod worker;
