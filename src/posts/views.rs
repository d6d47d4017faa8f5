//! Posts, their counts, and what these amount to, as they are shown.

use super::{
    exposure::{Exposure, Median},
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

/// What the counts of a creator's posts amount to: how many people see them, and how many of these act. Of posts of the
/// last 90 days of the observed window, at most the newest 1,000, each with its newest counts.
///
/// Shown and never part of a score or a rank: counts come without identities, so they say nothing of who comes back, and
/// they are easily bought.
#[derive(Serialize, ToSchema)]
pub struct ExposureView {
    /// Posts of those days.
    #[schema(example = 14, minimum = 0, maximum = 1000)]
    posts: i32,
    /// Share of them that are sponsored; absent without posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.14, nullable = false, minimum = 0.0, maximum = 1.0)]
    sponsored_share: Option<f64>,
    /// (`likes` + `comments` + `saves` + `shares`) / `reach`, or / `views` where `reach` is not given or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    engagement_rate: Option<MedianView>,
    /// `reach` / followers of the largest account on the post's platform, over posts that are not sponsored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reach_per_follower: Option<MedianView>,
    /// `reach_non_followers` / `reach`, over posts that are not sponsored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    non_follower_share: Option<MedianView>,
}

/// A median over posts.
#[derive(Serialize, ToSchema)]
pub struct MedianView {
    /// The median.
    #[schema(example = 0.046, minimum = 0.0)]
    median: f64,
    /// Posts that it was taken of: those with the counts it needs.
    #[schema(example = 12, minimum = 1, maximum = 1000)]
    posts: i32,
}

impl From<&Exposure> for ExposureView {
    fn from(exposure: &Exposure) -> Self {
        Self {
            posts: exposure.posts,
            sponsored_share: exposure.sponsored_share(),
            engagement_rate: exposure.engagement_rate.map(MedianView::from),
            reach_per_follower: exposure.reach_per_follower.map(MedianView::from),
            non_follower_share: exposure.non_follower_share.map(MedianView::from),
        }
    }
}

impl From<Median> for MedianView {
    fn from(median: Median) -> Self {
        Self { median: median.value, posts: median.posts }
    }
}
