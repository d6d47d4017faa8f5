//! The serving snapshot: everything a recommendation needs, in memory, rebuildable from the database at any time.

pub mod board;
pub mod builder;
pub mod chunk;
pub mod feed;
pub mod hot;
mod index;
mod kept;
mod numbered;
pub mod packed;
pub mod registry;
pub mod source;
pub mod store;
pub mod tenant;
pub mod towns;

pub use builder::TenantBuilder;
pub use chunk::Row;
pub use registry::Snapshots;
pub use tenant::TenantSnapshot;
