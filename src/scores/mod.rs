//! Scores: pure functions from relationships to statistics, from statistics to components, from components to a rank.

pub mod authority;
pub mod clock;
pub mod communities;
pub mod components;
pub mod conversation;
mod creator_effect;
pub mod discounts;
pub mod fit;
pub mod history;
pub mod http;
pub mod interval;
pub mod liveness;
mod logistic;
pub mod loyalty;
pub mod loyalty_fit;
pub mod maps;
pub mod model;
pub mod nearness;
pub mod outlook;
mod past;
pub mod peers;
pub mod people_sample;
pub mod published;
pub mod recalibration;
mod recalibration_fit;
pub mod receipt;
pub mod refit;
pub mod simplex;
pub mod statistics;
pub mod store;

pub use components::Components;
pub use model::ScoringModel;
pub use statistics::CreatorStatistics;
