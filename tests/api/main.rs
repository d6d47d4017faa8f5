//! The service over HTTP: a real server on port 0, a real PostgreSQL, a database for each test.
//!
//! `VOCI_PG_BIN` chooses the PostgreSQL to test with.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod auth;
mod briefs;
mod caching;
mod communities;
mod conversations;
mod creators;
mod creators_bulk;
mod creators_list;
mod creators_rules;
mod discounts;
mod driver;
mod dry_run;
mod edge_weights;
mod erasure;
mod event_stream;
mod events;
mod events_batch;
mod events_identity;
mod events_shared;
mod events_status;
mod exposure;
mod filters;
mod insight;
mod isolation;
mod lanes;
mod loyalty;
mod metrics;
mod niches;
mod openapi;
mod operations;
mod outage;
mod paging;
mod posts;
mod posts_bulk;
mod posts_rules;
mod problems;
mod provocations;
mod quality;
mod recommendations;
mod replicas;
mod retention;
mod score_history;
mod scores;
mod selection;
mod similar;
mod sponsorship;
mod support;
mod topics;
mod trust;
mod why_not;
