//! Recommendations: from a brief to a ranked list with reasons.

pub mod brief;
pub mod eligibility;
pub mod filters;
pub mod http;
pub mod rank;
pub mod reasons;
pub mod unmatched;
