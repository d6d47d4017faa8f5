//! Lines of exports. Creators and posts have the form that is taken in bulk; events cannot, because ids of events and
//! engagers are stored as keys, which lead back to none.

use super::store::{StoredEvent, StoredPost};
use crate::{
    creators::{model::CreatorInput, patch::as_input, platform::Platform, store::StoredCreator},
    events::Kind,
    ids::EngagerKey,
    posts::model::Counts,
};
use jiff::Timestamp;
use serde::Serialize;

/// A creator. Engager ids of its accounts are stored as pseudonyms and so not given back.
#[derive(Serialize)]
pub(super) struct CreatorLine {
    creator_id: String,
    #[serde(flatten)]
    profile: CreatorInput,
}

impl From<StoredCreator> for CreatorLine {
    fn from(stored: StoredCreator) -> Self {
        Self { profile: as_input(&stored.profile), creator_id: stored.creator_id }
    }
}

/// An event.
#[derive(Serialize)]
pub(super) struct EventLine<'a> {
    creator_id: &'a str,
    event_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    engager_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    occurred_at: Timestamp,
    received_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
    #[serde(skip_serializing_if = "Option::is_none")]
    substantive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<bool>,
}

impl<'a> EventLine<'a> {
    /// The line of an event of a creator.
    pub(super) fn new(creator_id: &'a str, event: &'a StoredEvent) -> Self {
        Self {
            creator_id,
            event_key: event.event.simple().to_string(),
            engager_key: Some(event.engager).filter(|engager| *engager != EngagerKey::NOBODY.0).map(hex),
            kind: Kind::from_code(event.kind),
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            post_key: event.post.map(hex),
            in_reply_to_key: event.reference.map(|reference| reference.simple().to_string()),
            platform: event.platform.and_then(platform),
            substantive: event.substance.map(|substance| substance != 0),
            value: event.amount,
            currency: event.currency.as_deref(),
            verified: event.verified.then_some(true),
        }
    }
}

/// A post with its counts as of a time.
#[derive(Serialize)]
pub(super) struct PostLine<'a> {
    creator_id: &'a str,
    post_id: &'a str,
    published_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
    topics: &'a [String],
    sponsored: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<CountsLine>,
}

#[derive(Serialize)]
struct CountsLine {
    as_of: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    views: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach_non_followers: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    likes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saves: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<i64>,
}

impl CountsLine {
    fn new(as_of: Timestamp, counts: &Counts) -> Self {
        let Counts { views, reach, reach_non_followers, likes, comments, saves, shares } = *counts;
        Self { as_of, views, reach, reach_non_followers, likes, comments, saves, shares }
    }
}

impl<'a> PostLine<'a> {
    /// The line of a post of a creator.
    pub(super) fn new(creator_id: &'a str, post: &'a StoredPost) -> Self {
        Self {
            creator_id,
            post_id: &post.post_id,
            published_at: post.published_at,
            platform: platform(post.platform),
            topics: &post.topics,
            sponsored: post.sponsored,
            brand: post.brand.as_deref(),
            metrics: post.as_of.map(|as_of| CountsLine::new(as_of, &post.counts)),
        }
    }
}

fn platform(code: i16) -> Option<Platform> {
    Platform::ALL.iter().copied().find(|platform| platform.code() == code)
}

fn hex(key: i64) -> String {
    format!("{key:016x}")
}
