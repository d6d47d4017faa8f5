//! What is found in the background, as shown.

use crate::{
    insight::{related::Relation, rising::Rise},
    scores::interval::Estimate,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A niche that the same people are in.
#[derive(Serialize, ToSchema)]
pub struct RelatedNiche {
    /// Id of the niche.
    #[schema(example = "minimalism", max_length = 64)]
    id: String,
    /// People who engage with a creator of one of the two niches and with another creator of the other one; of large tenants,
    /// those of a sample.
    #[schema(example = 140, minimum = 20)]
    people: i32,
    /// How many times as often as chance gives: people's votes for pairs of different creators of the two niches, over those if
    /// they picked creators of all niches as often as these are picked by all. Every person has one vote, split evenly over its
    /// pairs.
    #[schema(example = 2.6, minimum = 0.0)]
    times_chance: f64,
    /// 10 % quantile of it.
    #[schema(example = 2.2, minimum = 0.0)]
    low: f64,
    /// 90 % quantile of it.
    #[schema(example = 3.1, minimum = 0.0)]
    high: f64,
}

/// A term that a larger part of the niche's posts has than before: the last 30 days beside the 90 days before them. Sponsored
/// posts are not counted. Five creators use it at least, and of all terms that are told in a tenant one in twenty is expected to
/// be chance (Benjamini and Hochberg 1995).
#[derive(Serialize, ToSchema)]
pub struct RisingTerm {
    /// The term, in small letters without diacritics.
    #[schema(example = "visible mending", max_length = 128)]
    term: String,
    /// Creators who used it in the last 30 days.
    #[schema(example = 9, minimum = 5)]
    creators: i64,
    /// Their posts with it.
    #[schema(example = 17, minimum = 5)]
    posts: i64,
    /// Posts with it in the 90 days before.
    #[schema(example = 6, minimum = 0)]
    posts_before: i64,
    /// How many times as large its part of the posts is as before, half a post added to both counts.
    #[schema(example = 7.9, minimum = 0.0)]
    times_before: f64,
    /// 10 % quantile of it. The more of the posts are of one creator, the less do they say.
    #[schema(example = 4.3, minimum = 0.0)]
    low: f64,
    /// 90 % quantile of it.
    #[schema(example = 14.5, minimum = 0.0)]
    high: f64,
}

impl From<Relation> for RelatedNiche {
    fn from(Relation { related, people, times, .. }: Relation) -> Self {
        let Estimate { value, low, high } = times;
        Self { id: related, people, times_chance: value, low, high }
    }
}

impl From<Rise> for RisingTerm {
    fn from(Rise { term, creators, posts: [posts, posts_before], times, .. }: Rise) -> Self {
        let Estimate { value, low, high } = times;
        Self { term, creators, posts, posts_before, times_before: value, low, high }
    }
}
