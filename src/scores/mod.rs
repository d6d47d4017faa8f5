//! Scores: pure functions from relationships to statistics, from statistics to components, from components to a rank.

pub mod communities;
pub mod components;
pub mod fit;
pub mod http;
pub mod interval;
pub mod loyalty;
pub mod loyalty_fit;
pub mod maps;
pub mod model;
pub mod published;
pub mod receipt;
pub mod refit;
pub mod simplex;
pub mod statistics;
pub mod store;

pub use components::Components;
pub use model::ScoringModel;
pub use statistics::CreatorStatistics;
