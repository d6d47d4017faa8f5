//! Trust: it starts at people who are known to be real, and flows along engagement that creators answer.
//!
//! Accounts can be made, likes can be bought, and whoever makes accounts can make them look like people. What cannot be
//! made is an answer of somebody trusted. So trust starts at seeds only, and reaches nobody else but those whom a creator
//! answers.

pub mod http;
pub mod model;
pub mod rounds;
pub mod store;

pub use model::TrustSums;
