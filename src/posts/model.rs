//! Posts, and counts of them as of a time.

use crate::{
    creators::Platform,
    ids::{CreatorKey, PostKey, TenantId},
};
use jiff::Timestamp;

/// A valid post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// When it was published, in microseconds.
    pub published_at: Timestamp,
    /// Where.
    pub platform: Platform,
    /// What it is about: lower-case tags without repeats.
    pub topics: Vec<String>,
    /// Whether somebody paid for it.
    pub sponsored: bool,
    /// Who, when it is known.
    pub brand: Option<String>,
}

/// What a platform counts of a post without saying who.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Times it was seen.
    pub views: Option<i64>,
    /// People who saw it.
    pub reach: Option<i64>,
    /// Those of them who do not follow the creator.
    pub reach_non_followers: Option<i64>,
    /// Likes.
    pub likes: Option<i64>,
    /// Comments.
    pub comments: Option<i64>,
    /// Times it was kept.
    pub saves: Option<i64>,
    /// Times it was passed on.
    pub shares: Option<i64>,
}

/// Names of the counts, in the order of [`Counts::values`]; also of their columns.
pub const COUNT_NAMES: [&str; 7] =
    ["views", "reach", "reach_non_followers", "likes", "comments", "saves", "shares"];

impl Counts {
    /// The counts in the order of [`COUNT_NAMES`].
    #[must_use]
    pub fn values(&self) -> [Option<i64>; COUNT_NAMES.len()] {
        let Self { views, reach, reach_non_followers, likes, comments, saves, shares } = *self;
        [views, reach, reach_non_followers, likes, comments, saves, shares]
    }

    /// Counts from values in the order of [`COUNT_NAMES`].
    #[must_use]
    pub fn from_values(values: [Option<i64>; COUNT_NAMES.len()]) -> Self {
        let [views, reach, reach_non_followers, likes, comments, saves, shares] = values;
        Self { views, reach, reach_non_followers, likes, comments, saves, shares }
    }
}

/// Counts as of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// When the platform gave them, in microseconds.
    pub as_of: Timestamp,
    /// The counts.
    pub counts: Counts,
}

/// A creator and a post of it.
pub type PostRef = (CreatorKey, PostKey);

/// The keys of a post.
#[must_use]
pub fn post_ref(tenant: TenantId, creator_id: &str, post_id: &str) -> PostRef {
    let creator = CreatorKey::derive(tenant, creator_id);
    (creator, PostKey::derive(creator, post_id))
}

/// A post as it was sent, under the keys of its tenant.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Which post.
    pub post_ref: PostRef,
    /// The caller's id of it.
    pub post_id: String,
    /// The post.
    pub post: Post,
    /// Counts that came with it.
    pub metrics: Option<Snapshot>,
}

/// What became of a post that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It was there, and the post or its counts changed.
    Replaced,
    /// All of it was there already.
    Unchanged,
    /// Other counts are stored as of the same time; nothing was stored.
    MetricsConflict,
    /// Counts are stored from before the time it is said to have been published; nothing was stored.
    CountedBeforePublication,
    /// Its creator is not registered; nothing was stored.
    UnknownCreator,
}
