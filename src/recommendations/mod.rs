//! Recommendations: from a brief to a ranked list with reasons.

pub mod brief;
pub mod eligibility;
pub mod http;
pub mod rank;
pub mod reasons;
pub mod similar;
pub mod why_not;
