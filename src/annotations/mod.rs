//! A creator's say: why more people than usual came, and whether that is accepted.

pub mod http;
pub mod model;
pub mod store;
