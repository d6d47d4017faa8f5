//! Tenants, their API keys and their secrets.

pub mod master;
pub mod model;
pub mod ring;
pub mod store;

pub use model::{ApiKey, Principal, Scope, Tenant};
pub use ring::KeyRing;
