//! What all endpoints share: reading requests, authentication, problems, paging, and what happens around a handler.

pub mod auth;
pub mod body;
pub mod cached;
pub mod connection;
pub mod cursor;
pub mod fallback;
pub mod health;
pub mod ndjson;
pub mod params;
pub mod problem;
pub mod respond;
pub mod version;
