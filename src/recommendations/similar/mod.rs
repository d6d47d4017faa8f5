//! Creators like one: near to it by niches, and engaged with by the same people.

pub mod http;
pub mod model;
pub mod people;
pub mod store;
