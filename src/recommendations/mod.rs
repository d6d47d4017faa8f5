//! Recommendations: from a brief to a ranked list with reasons.

mod agenda;
mod bounds;
pub mod brief;
mod candidates;
pub mod diversity;
pub mod eligibility;
pub mod filters;
mod guess;
pub mod http;
mod paging;
pub mod rank;
pub mod reading;
pub mod reasons;
mod search;
pub mod selection;
pub mod similar;
pub mod unmatched;
pub mod wanted;
pub mod why_not;
