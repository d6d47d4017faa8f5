//! The data as a story that can be told to the service: niches, creators, events.

mod events;
mod expected;
mod profiles;

pub(crate) use expected::Expected;
pub(crate) use profiles::{DECLARED, most_frequent};

use super::source::Source;
use crate::harness::batch::bodies;
use jiff::Timestamp;
use serde_json::Value;

/// What is sent.
pub(crate) struct Story {
    /// Paths and bodies of the niches.
    pub(crate) niches: Vec<(String, Value)>,
    /// Paths and bodies of the creators.
    pub(crate) creators: Vec<(String, Value)>,
    /// Bodies of the batches of events, as JSON text.
    pub(crate) batches: Vec<String>,
    /// Bodies of the batches of what people did before: no part of what is counted, but it tells whom they like.
    pub(crate) earlier: Vec<String>,
    /// How many acts those are.
    pub(crate) earlier_likes: u64,
    /// What must be in the database when `batches` are told.
    pub(crate) expected: Expected,
}

impl Story {
    /// The story of the data, moved to end just before `now`.
    pub(crate) fn of(source: &Source, now: Timestamp) -> Self {
        let (declared, earlier) = (profiles::declared(source), events::earlier(source, now));
        Self {
            niches: profiles::niches(&declared),
            creators: profiles::creators(&declared),
            batches: events::batches(source, now),
            earlier: bodies(&earlier),
            earlier_likes: earlier.len() as u64,
            expected: Expected::of(source, &declared),
        }
    }
}

/// Id of the niche made from a tag.
fn niche_id(tag: &str) -> String {
    format!("kuai-{tag}")
}

/// Id of the creator made from an author. Numbers of authors and of people are told apart: an author whose number is
/// also a person's number need not be that person, so no creator has an account among the engagers.
fn creator_id(author: u32) -> String {
    format!("author-{author}")
}
