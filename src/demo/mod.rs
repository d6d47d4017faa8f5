//! `voci demo`: loads a small story into a running service and asks it three questions.
//!
//! Everything goes through the public API. The story is told as of the day on which its first creator was registered,
//! so loading it again, on any later day, finds every event there already. It has a tenant of its own.

pub mod cast;
pub mod random;
pub mod scene;
pub mod story;
