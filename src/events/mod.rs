//! Engagement events: one act on one creator.

pub mod dry_run;
pub mod http;
pub mod input;
pub mod intake;
pub mod model;
pub mod order;
pub mod receipts;
pub mod refusals;
pub mod registered;
pub mod rows;
pub mod status;
pub mod store;
pub mod stream;
pub mod substance;

pub use intake::{Intake, IntakeError};
pub use model::{Event, Kind};
