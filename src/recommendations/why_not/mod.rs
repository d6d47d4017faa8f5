//! Why a creator is not in a list: what removes it, where it stands, and the smallest changes that would bring it in.

pub mod changes;
pub mod http;
pub mod input;
pub mod model;
pub mod needed;
pub mod relaxed;
