//! The serving snapshot: everything a recommendation needs, in memory, rebuildable from the database at any time.

pub mod chunk;
pub mod feed;
mod kept;
pub mod registry;
pub mod store;
pub mod tenant;
pub mod towns;

pub use chunk::{Cold, Hot};
pub use registry::Snapshots;
pub use tenant::{TenantBuilder, TenantSnapshot};
