//! Niches: communities of interest. A built-in taxonomy in English and Romanian, and each tenant's own.

#[cfg(test)]
mod briefs;
pub mod http;
pub mod model;
pub mod reading;
pub mod store;
pub mod words;

pub use model::{Niche, NicheTree, Taxonomy};
