//! Erasure.

pub mod store;
