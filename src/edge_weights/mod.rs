//! Edge weights: how much an act of each kind counts in the strength of a relationship, as a tenant sees it.

pub mod http;
pub mod input;
pub mod model;
pub mod rescore;
pub mod store;

pub use model::EdgeWeights;
