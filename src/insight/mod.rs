//! Insight into niches: who speaks in them and how evenly, who is new, which other niches their people are in, and what they
//! talk about more than before.
//!
//! What is said of creators comes from the serving snapshot and is as fresh as a recommendation. What is counted over people
//! and posts is looked at once an hour, and is stored only where so many took part that nobody is told from the others.

pub mod http;
pub mod members;
pub mod model;
pub mod related;
pub mod rising;
pub mod rounds;
pub mod significance;
pub mod store;
pub mod terms;
