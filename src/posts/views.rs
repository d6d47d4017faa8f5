//! Posts and their counts as they are shown.

use super::{
    model::{Counts, Snapshot},
    store::StoredPost,
};
use crate::creators::Platform;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A post.
#[derive(Serialize, ToSchema)]
pub struct PostView {
    /// The caller's id of it.
    #[schema(example = "ig-post-771", max_length = 128)]
    post_id: String,
    /// When it was published.
    published_at: Timestamp,
    /// Where.
    platform: Platform,
    /// What it is about, in lower case.
    #[schema(example = json!(["slow fashion", "mending"]), max_items = 20)]
    topics: Vec<String>,
    /// Whether somebody paid for it.
    #[schema(example = true)]
    sponsored: bool,
    /// Who paid for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "linen-and-co", nullable = false, max_length = 128)]
    brand: Option<String>,
    /// The newest counts; absent before there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    metrics: Option<MetricsView>,
    /// When it was first sent.
    created_at: Timestamp,
    /// When it or its counts were changed last.
    updated_at: Timestamp,
}

/// What a platform counts of a post, as of a time.
#[derive(Serialize, ToSchema)]
pub struct MetricsView {
    /// When the platform gave these counts.
    as_of: Timestamp,
    /// Times the post was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 9120, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    views: Option<i64>,
    /// People who saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7040, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    reach: Option<i64>,
    /// Those of them who do not follow the creator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1830, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    reach_non_followers: Option<i64>,
    /// Likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 402, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    likes: Option<i64>,
    /// Comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 31, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    comments: Option<i64>,
    /// Times it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 55, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    saves: Option<i64>,
    /// Times it was passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 12, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    shares: Option<i64>,
}

impl From<Snapshot> for MetricsView {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { as_of, counts } = snapshot;
        let Counts { views, reach, reach_non_followers, likes, comments, saves, shares } = counts;
        Self { as_of, views, reach, reach_non_followers, likes, comments, saves, shares }
    }
}

impl From<StoredPost> for PostView {
    fn from(stored: StoredPost) -> Self {
        let StoredPost { post_id, post, metrics, created_at, updated_at, .. } = stored;
        Self {
            post_id,
            published_at: post.published_at,
            platform: post.platform,
            topics: post.topics,
            sponsored: post.sponsored,
            brand: post.brand,
            metrics: metrics.map(MetricsView::from),
            created_at,
            updated_at,
        }
    }
}

/// A page of posts, newest first.
#[derive(Serialize, ToSchema)]
pub struct PostPage {
    /// The posts.
    #[schema(max_items = 200)]
    pub(super) items: Vec<PostView>,
    /// Send it back to get the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2048)]
    pub(super) next_cursor: Option<String>,
}

/// A page of the counts of a post, newest first.
#[derive(Serialize, ToSchema)]
pub struct MetricsPage {
    /// The counts, each as of its time.
    #[schema(max_items = 200)]
    pub(super) items: Vec<MetricsView>,
    /// Send it back to get the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2048)]
    pub(super) next_cursor: Option<String>,
}
