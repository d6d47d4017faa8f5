//! The processes that serve one database: where each is reached, and how a request gets to the one that can answer it.
//!
//! A replica keeps nothing of its callers but the snapshots that their cursors name. A page that is asked of another one is
//! passed on to it, so callers need not stay with a replica. All of this is a convenience: who cannot be reached is treated
//! as gone, and callers start again.

pub mod address;
mod directory;
mod pass;
mod presence;
mod store;

pub use address::Address;
pub use directory::Directory;
pub use pass::{NotAnswered, Replicas};
pub use presence::Presence;
