//! Creators: people or channels with accounts on platforms, registered under the caller's own ids.

pub mod bulk;
pub mod codes;
pub mod http;
pub mod model;
pub mod patch;
pub mod platform;
pub mod sequence;
pub mod store;

pub use model::{Account, Profile, Tier};
pub use platform::Platform;
