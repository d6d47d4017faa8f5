//! Recommendations: from a brief to a ranked list with reasons.

pub mod brief;
pub mod http;
pub mod rank;
pub mod reading;
pub mod reasons;
pub mod wanted;
