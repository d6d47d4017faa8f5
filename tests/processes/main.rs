//! The program as processes: started, killed, restarted, several beside each other, on real PostgreSQL servers.
//!
//! `VOCI_PG_BIN` chooses the PostgreSQL to test with.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod commands;
mod fold;
mod registered;
mod replicas;
mod restart;
mod retention;
mod shutdown;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod transfer;
