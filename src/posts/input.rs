//! Posts as they are sent, and what makes one valid.

use super::model::{COUNT_NAMES, Counts, Post, Snapshot};
use crate::{
    creators::Platform,
    error::{FieldError, Violations, not_null, object, prefixed},
    time::{is_ahead, sent_time},
};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

/// Most topics of a post. More: larger rows, and topics that say little; fewer: long posts lose some.
pub const MAX_TOPICS: usize = 20;
/// Most characters of a topic: tags, not sentences.
pub const MAX_TOPIC_LENGTH: usize = 64;
/// Largest count, 2^40. Higher: sums of counts could overflow; lower: the most seen posts of the world are refused.
pub const MAX_COUNT: i64 = 1 << 40;

/// A post, as it is sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "published_at": "2026-11-20T17:00:00Z", "platform": "instagram", "topics": ["slow fashion", "mending"],
    "sponsored": true, "brand": "linen-and-co",
    "metrics": {"as_of": "2026-11-21T17:00:00Z", "views": 9120, "reach": 7040, "reach_non_followers": 1830,
        "likes": 402, "comments": 31, "saves": 55, "shares": 12}
}))]
pub struct PostInput {
    /// When it was published, with offset or `Z`.
    #[schema(example = "2026-11-20T17:00:00Z", max_length = 64)]
    pub published_at: String,
    /// Where it was published.
    pub platform: Platform,
    /// What it is about: free tags. Kept in lower case and without white space around them; repeats count once.
    #[serde(default)]
    #[schema(example = json!(["slow fashion", "mending"]), max_items = 20)]
    pub topics: Vec<String>,
    /// Whether somebody paid for it.
    #[serde(default)]
    #[schema(example = true)]
    pub sponsored: bool,
    /// Id of the brand that paid for it; only of a sponsored post.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "linen-and-co", nullable = false, min_length = 1, max_length = 128)]
    pub brand: Option<String>,
    /// What the platform counts of it.
    #[serde(default, deserialize_with = "object")]
    #[schema(nullable = false)]
    pub metrics: Option<MetricsInput>,
}

/// What a platform counts of a post, as of a time; at least one count. Counts may be lower than earlier ones.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricsInput {
    /// When the platform gave these counts, with offset or `Z`. The same counts as of the same time are a repeat, which
    /// is harmless; other counts as of the same time are a conflict.
    #[schema(example = "2026-11-21T17:00:00Z", max_length = 64)]
    pub as_of: String,
    /// Times the post was seen.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = 9120, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    pub views: Option<i64>,
    /// People who saw it.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = 7040, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    pub reach: Option<i64>,
    /// Those of them who do not follow the creator; needs `reach`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = 1830, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    pub reach_non_followers: Option<i64>,
    /// Likes.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = 402, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    pub likes: Option<i64>,
    /// Comments.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = 31, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    pub comments: Option<i64>,
    /// Times it was kept.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = 55, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    pub saves: Option<i64>,
    /// Times it was passed on.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = 12, nullable = false, minimum = 0, maximum = 1_099_511_627_776_i64)]
    pub shares: Option<i64>,
}

impl PostInput {
    /// The valid post with its counts, or everything that is wrong with it.
    pub fn accept(self, now: Timestamp) -> Result<(Post, Option<Snapshot>), Vec<FieldError>> {
        let mut violations = Violations::default();
        let published_at = published_at(&mut violations, &self.published_at, now);
        let topics = topics(&mut violations, &self.topics);
        self.check_brand(&mut violations);
        let metrics = self.metrics.map(|metrics| metrics.accept(published_at, now)).transpose();
        let metrics = metrics.unwrap_or_else(|errors| {
            violations.extend(prefixed("/metrics", errors));
            None
        });
        let Self { platform, sponsored, brand, .. } = self;
        let published_at = published_at.unwrap_or(Timestamp::UNIX_EPOCH);
        violations.into_result((Post { published_at, platform, topics, sponsored, brand }, metrics))
    }

    fn check_brand(&self, violations: &mut Violations) {
        if let Some(brand) = &self.brand {
            violations.id("/brand", brand);
            if !self.sponsored {
                violations.add("/brand", "not_allowed", "only a sponsored post has a brand");
            }
        }
    }
}

fn published_at(violations: &mut Violations, text: &str, now: Timestamp) -> Option<Timestamp> {
    let pointer = "/published_at";
    let time = sent_time(violations, pointer, text)?;
    if !is_ahead(violations, pointer, time, now) && time < Timestamp::UNIX_EPOCH {
        violations.add(pointer, "time_too_old", "is before 1970");
    }
    Some(time)
}

/// Topics as they are kept, checked as they are kept.
fn topics(violations: &mut Violations, sent: &[String]) -> Vec<String> {
    violations.at_most("/topics", sent.len(), MAX_TOPICS);
    let mut kept: Vec<String> = Vec::new();
    for (index, topic) in sent.iter().enumerate().take(MAX_TOPICS) {
        let topic = topic.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        violations.text(&format!("/topics/{index}"), &topic, 1, MAX_TOPIC_LENGTH);
        if !kept.contains(&topic) {
            kept.push(topic);
        }
    }
    kept
}

impl MetricsInput {
    /// Valid counts, or everything that is wrong with them. Without the time of publication, only that of the counts is
    /// not compared with it.
    fn accept(self, published_at: Option<Timestamp>, now: Timestamp) -> Result<Snapshot, Vec<FieldError>> {
        let mut violations = Violations::default();
        let as_of = sent_time(&mut violations, "/as_of", &self.as_of);
        if let Some(as_of) = as_of {
            let ahead = is_ahead(&mut violations, "/as_of", as_of, now);
            if !ahead && published_at.is_some_and(|published_at| as_of < published_at) {
                violations.add("/as_of", "not_allowed", "is before the post was published");
            }
        }
        let counts = self.counts();
        check_counts(&mut violations, &counts);
        violations.into_result(Snapshot { as_of: as_of.unwrap_or(now), counts })
    }

    fn counts(&self) -> Counts {
        let Self { views, reach, reach_non_followers, likes, comments, saves, shares, .. } = *self;
        Counts { views, reach, reach_non_followers, likes, comments, saves, shares }
    }
}

fn check_counts(violations: &mut Violations, counts: &Counts) {
    for (name, count) in COUNT_NAMES.into_iter().zip(counts.values()) {
        if count.is_some_and(|count| !(0..=MAX_COUNT).contains(&count)) {
            violations.add(
                format!("/{name}"),
                "out_of_range",
                format!("must be between 0 and {MAX_COUNT}; leave it out when unknown"),
            );
        }
    }
    if *counts == Counts::default() {
        violations.add("", "required", "metrics have at least one count");
    }
    match (counts.reach_non_followers, counts.reach) {
        (Some(_), None) => {
            violations.add("/reach", "required", "the reach among non-followers needs the whole reach");
        }
        (Some(part), Some(whole)) if part > whole => {
            violations.add("/reach_non_followers", "out_of_range", "must not be more than reach");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn accept(change: &Value) -> Result<(Post, Option<Snapshot>), Vec<FieldError>> {
        let mut post = json!({"published_at": "2026-11-20T10:00:00Z", "platform": "tiktok"});
        json_patch::merge(&mut post, change);
        let input: PostInput = serde_json::from_value(post).unwrap();
        input.accept("2026-11-23T00:00:00Z".parse().unwrap())
    }

    fn with_metrics(change: &Value) -> Value {
        let mut metrics = json!({"as_of": "2026-11-21T10:00:00Z"});
        json_patch::merge(&mut metrics, change);
        json!({"metrics": metrics})
    }

    fn told(change: &Value) -> Vec<(String, String)> {
        accept(change).unwrap_err().into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
        vec![(pointer.to_owned(), code.to_owned())]
    }

    #[test]
    fn topics_are_kept_in_lower_case_once_and_trimmed() {
        let sent = json!({"topics": [" Slow\tFashion ", "slow  fashion", "ȘIC", "a\nb"]});
        assert_eq!(accept(&sent).unwrap().0.topics, ["slow fashion", "șic", "a b"]);
        assert_eq!(told(&json!({"topics": [" "]})), one("/topics/0", "too_short"));
        // Lower case may be longer.
        assert_eq!(told(&json!({"topics": ["İ".repeat(40)]})), one("/topics/0", "too_long"));
    }

    #[test]
    fn counts_are_bounded_and_fit_each_other() {
        let at_most = accept(&with_metrics(&json!({"views": MAX_COUNT, "likes": 0}))).unwrap().1.unwrap();
        assert_eq!((at_most.counts.views, at_most.counts.likes), (Some(MAX_COUNT), Some(0)));
        assert_eq!(
            told(&with_metrics(&json!({"views": MAX_COUNT + 1}))),
            one("/metrics/views", "out_of_range")
        );
        assert_eq!(told(&with_metrics(&json!({"likes": -1}))), one("/metrics/likes", "out_of_range"));
        assert_eq!(told(&with_metrics(&json!({}))), one("/metrics", "required"));
        let part = json!({"reach": 5, "reach_non_followers": 6});
        assert_eq!(told(&with_metrics(&part)), one("/metrics/reach_non_followers", "out_of_range"));
        assert_eq!(
            told(&with_metrics(&json!({"reach_non_followers": 6}))),
            one("/metrics/reach", "required")
        );
    }

    #[test]
    fn counts_are_of_the_time_between_publication_and_now() {
        let at = |as_of: &str| with_metrics(&json!({"likes": 1, "as_of": as_of}));
        assert!(accept(&at("2026-11-20T10:00:00Z")).is_ok());
        assert!(accept(&at("2026-11-23T00:05:00Z")).is_ok());
        assert_eq!(told(&at("2026-11-20T09:59:59.999999Z")), one("/metrics/as_of", "not_allowed"));
        assert_eq!(told(&at("2026-11-23T00:05:00.000001Z")), one("/metrics/as_of", "time_in_future"));
        assert_eq!(told(&at("noon")), one("/metrics/as_of", "invalid_time"));
        assert_eq!(
            told(&json!({"published_at": "1969-12-31T23:59:59Z"})),
            one("/published_at", "time_too_old")
        );
    }

    #[test]
    fn only_a_sponsored_post_has_a_brand() {
        assert_eq!(told(&json!({"brand": "b"})), one("/brand", "not_allowed"));
        assert_eq!(told(&json!({"sponsored": true, "brand": "a b"})), one("/brand", "invalid_id"));
        assert_eq!(accept(&json!({"sponsored": true, "brand": "b"})).unwrap().0.brand.as_deref(), Some("b"));
        assert!(accept(&json!({"sponsored": true})).is_ok());
    }

    proptest! {
        #[test]
        fn kept_topics_are_kept_as_they_are(sent in prop::collection::vec("\\PC{1,20}", 0..20)) {
            let Ok((post, _)) = accept(&json!({"topics": sent})) else { return Ok(()) };
            let again = accept(&json!({"topics": post.topics})).unwrap().0;
            prop_assert!(post.topics.iter().all(|topic| !topic.contains('\n')));
            prop_assert_eq!(again.topics.len(), post.topics.len());
        }
    }
}
