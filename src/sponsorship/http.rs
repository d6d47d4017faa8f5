//! Sponsorship as shown.

use super::{
    Sponsorship,
    model::{LEAST_KEPT, LOOKED_AT_DAYS, MIN_PEOPLE, POSTS_DAYS, PRIOR_PEOPLE, RETURN_DAYS, Returns},
};
use crate::scores::{components::Status, interval::Estimate};
use serde::Serialize;
use utoipa::ToSchema;

/// How much of what a creator publishes is paid for, and whether loyal people come back after that.
#[derive(Serialize, ToSchema)]
pub struct SponsorshipView {
    /// Posts of the last 365 days.
    #[schema(example = 120, minimum = 0)]
    posts: i32,
    /// Those that somebody paid for.
    #[schema(example = 18, minimum = 0)]
    sponsored_posts: i32,
    /// Their share; absent without posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.15, minimum = 0.0, maximum = 1.0)]
    sponsored_share: Option<f64>,
    /// Who paid, as far as it was told, for most posts first.
    #[schema(example = json!(["linen-and-co"]), max_items = 20)]
    brands: Vec<String>,
    /// Loyal people after sponsored posts.
    after_sponsored: ReturnsView,
    /// The same after posts that nobody paid for.
    after_ordinary: ReturnsView,
    /// Whether there are enough people of both.
    status: Status,
    /// Share of trust that is left under sponsorship: how often people come back after sponsored posts, as a part of how
    /// often they do after ordinary ones, 0 to 1; 1 with status `insufficient`.
    #[schema(example = 0.87, minimum = 0.0, maximum = 1.0)]
    kept_under_sponsorship: f64,
    /// 10 % quantile of it.
    #[schema(example = 0.78, minimum = 0.0, maximum = 1.0)]
    kept_low: f64,
    /// 90 % quantile of it.
    #[schema(example = 0.96, minimum = 0.0, maximum = 1.0)]
    kept_high: f64,
    /// What authenticity is multiplied by: that quantile, so that only what is lost beyond chance counts, and 0.9 at least;
    /// 1 with status `insufficient`.
    #[schema(example = 0.96, minimum = 0.9, maximum = 1.0)]
    factor: f64,
}

/// Loyal people after posts of one sort; of creators with more than 10,000 people, those of a sample.
#[derive(Serialize, ToSchema)]
pub struct ReturnsView {
    /// People of whom a day is looked at: one on which they engaged with such a post, as their second active day or a later
    /// one, 30 to 179 days before the end of the creator's observed window.
    #[schema(example = 80, minimum = 0)]
    people: i32,
    /// Those with another active day within 30 days after it.
    #[schema(example = 41, minimum = 0)]
    returned: i32,
    /// The share that comes back.
    #[schema(example = 0.51, minimum = 0.0, maximum = 1.0)]
    share: f64,
    /// 10 % quantile of the share.
    #[schema(example = 0.44, minimum = 0.0, maximum = 1.0)]
    low: f64,
    /// 90 % quantile of the share.
    #[schema(example = 0.58, minimum = 0.0, maximum = 1.0)]
    high: f64,
}

impl From<&Sponsorship> for SponsorshipView {
    fn from(found: &Sponsorship) -> Self {
        let kept = found.returns.kept();
        let Estimate { value, low, high } = kept.unwrap_or(Estimate::exactly(1.0));
        Self {
            posts: found.posts,
            sponsored_posts: found.sponsored_posts,
            sponsored_share: found.share(),
            brands: found.brands.clone(),
            after_sponsored: found.returns.sponsored.into(),
            after_ordinary: found.returns.ordinary.into(),
            status: if kept.is_some() { Status::Measured } else { Status::Insufficient },
            kept_under_sponsorship: value,
            kept_low: low,
            kept_high: high,
            factor: found.returns.factor().unwrap_or(1.0),
        }
    }
}

impl From<Returns> for ReturnsView {
    fn from(returns: Returns) -> Self {
        let Estimate { value, low, high } = returns.share();
        Self { people: returns.people, returned: returns.returned, share: value, low, high }
    }
}

/// Parameters of trust under sponsorship.
#[derive(Serialize, ToSchema)]
pub struct SponsorshipParameters {
    /// Days of posts that count for the share of sponsored ones.
    #[schema(example = 365, minimum = 0)]
    posts_days: i32,
    /// Days of engagement that are looked at.
    #[schema(example = 180, minimum = 0)]
    looked_at_days: i32,
    /// Days within which a return counts.
    #[schema(example = 30, minimum = 0)]
    return_days: i32,
    /// Least people after sponsored posts, and least after ordinary ones.
    #[schema(example = 20, minimum = 0)]
    minimum_people: i32,
    /// People of whom it is supposed that they come back after sponsored posts as after ordinary ones.
    #[schema(example = 50.0)]
    prior_people: f64,
    /// Least that is left of authenticity.
    #[schema(example = 0.9)]
    least_kept: f64,
}

impl SponsorshipParameters {
    pub(crate) const IN_FORCE: Self = Self {
        posts_days: POSTS_DAYS,
        looked_at_days: LOOKED_AT_DAYS,
        return_days: RETURN_DAYS,
        minimum_people: MIN_PEOPLE,
        prior_people: PRIOR_PEOPLE,
        least_kept: LEAST_KEPT,
    };
}
