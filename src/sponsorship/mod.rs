//! Sponsorship: how much of what a creator publishes is paid for, and whether its people come back after that.
//!
//! Trust is easily sold and slowly earned. Who is paid too often, or for the wrong things, is told by those who had come
//! back before and do not after a sponsored post, though they do after others.

pub mod http;
pub mod model;
pub mod rounds;
pub mod store;

pub use model::{Sponsorship, UnderSponsorship};
