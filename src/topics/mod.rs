//! Topics: in which niches the posts of a creator are, whatever it declares.

pub mod model;
pub mod rounds;
pub mod store;

pub use model::Topics;
