//! Discounts as shown.

use super::{
    Pattern,
    crowds::{self, Crowd},
    discounted::Discounted,
    lockstep, one_kind, rings,
    store::{MANY_CREATORS, SELDOM},
};
use crate::{relationships::days::date_of, scores::CreatorStatistics};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// What is discounted of a creator's engagement.
#[derive(Serialize, ToSchema)]
pub struct DiscountsView {
    /// Share of the strength of all relationships that is left, 0 to 1.
    #[schema(example = 0.94, minimum = 0.0, maximum = 1.0)]
    strength_kept: f64,
    /// Share of it that is not lost to rings, of what other patterns leave, 0 to 1.
    #[schema(example = 1.0, minimum = 0.0, maximum = 1.0)]
    share_outside_rings: f64,
    /// Version of the edge weights that these strengths are under: that of `edge_weights`, or the one before while creators
    /// wait to be summed up under new ones.
    #[schema(example = 1, minimum = 1)]
    edge_weights_version: i32,
    /// People taken away for rings.
    #[schema(example = 0.0, minimum = 0.0)]
    people_lost_to_rings: f64,
    /// People with at least one active day, each by its weight.
    #[schema(example = 412.4, minimum = 0.0)]
    counted_engagers: f64,
    /// Mature people, each by its weight.
    #[schema(example = 388.2, minimum = 0.0)]
    counted_mature: f64,
    /// People who talk, each by its weight.
    #[schema(example = 97.0, minimum = 0.0)]
    counted_talking: f64,
    /// People who talk and were answered, each by its weight.
    #[schema(example = 41.0, minimum = 0.0)]
    counted_answered: f64,
    /// Loyal reach if nothing were discounted.
    #[schema(example = 96.4, minimum = 0.0)]
    undiscounted_loyal_reach: f64,
    /// People by the pattern they are discounted for.
    #[schema(max_items = 6)]
    patterns: Vec<PatternView>,
    /// Weeks in which crowds came, ascending.
    #[schema(max_items = 1000)]
    crowds: Vec<CrowdView>,
}

/// People who are discounted for one pattern.
#[derive(Serialize, ToSchema)]
pub struct PatternView {
    /// What their engagement looks like.
    pattern: Pattern,
    /// How many people.
    #[schema(example = 9_998, minimum = 0)]
    people: i32,
}

/// A week in which many more people came for the first time than usual.
#[derive(Serialize, ToSchema)]
pub struct CrowdView {
    /// Its first day, a Monday (UTC).
    #[schema(example = "2026-11-02")]
    from: Date,
    /// Its last day.
    #[schema(example = "2026-11-08")]
    to: Date,
    /// People who came for the first time.
    #[schema(example = 9_998, minimum = 0)]
    people: u32,
    /// How many usually do in a week.
    #[schema(example = 2.4, minimum = 0.0)]
    usual: f64,
    /// How many of its people came for the first time to other creators, too, in crowds of the same week. When those who are
    /// left are no crowd, these count whole.
    #[schema(example = 9_981, minimum = 0)]
    shared: u32,
}

impl DiscountsView {
    pub(in crate::scores) fn new(sums: &CreatorStatistics, discounted: &Discounted) -> Self {
        let (share_outside_rings, people_lost_to_rings) = discounted.outside_rings();
        let patterns = Pattern::ALL.into_iter().zip(discounted.people);
        Self {
            strength_kept: discounted.kept(),
            share_outside_rings,
            edge_weights_version: discounted.edge_weights,
            people_lost_to_rings,
            counted_engagers: sums.counted_engagers(),
            counted_mature: sums.counted_mature(),
            counted_talking: sums.counted_talking(),
            counted_answered: sums.counted_answered(),
            undiscounted_loyal_reach: sums.expected_back + discounted.taken.expected_back,
            patterns: patterns
                .filter(|(_, people)| *people > 0)
                .map(|(pattern, people)| PatternView { pattern, people })
                .collect(),
            crowds: discounted.crowds.iter().map(CrowdView::from).collect(),
        }
    }
}

impl From<&Crowd> for CrowdView {
    fn from(crowd: &Crowd) -> Self {
        let (from, to) = crowd.days();
        let Crowd { people, usual, shared, .. } = *crowd;
        Self { from: date_of(from), to: date_of(to), people, usual, shared }
    }
}

/// Parameters of discounts.
#[derive(Serialize, ToSchema)]
pub struct DiscountParameters {
    /// People who come for the first time in a week without being a crowd, whatever is usual.
    #[schema(example = 20.0)]
    crowd_few: f64,
    /// How many times the usual a crowd is, beyond these.
    #[schema(example = 5.0)]
    crowd_times: f64,
    /// Least creators in whose crowds of one week somebody in lockstep takes part.
    #[schema(example = 2, minimum = 0)]
    lockstep_creators: usize,
    /// Least members of a ring.
    #[schema(example = 8, minimum = 0)]
    ring_members: usize,
    /// Closeness up to which nothing is discounted.
    #[schema(example = 0.4)]
    ring_open: f64,
    /// Closeness from which on nothing counts.
    #[schema(example = 0.7)]
    ring_closed: f64,
    /// Least mature relationships of a drifter.
    #[schema(example = 50, minimum = 0)]
    drifter_creators: i64,
    /// Share of the usual returns from which on people count whole.
    #[schema(example = 0.1)]
    drifter_share: f64,
    /// Least relationships of somebody who acts in one way only.
    #[schema(example = 50, minimum = 0)]
    one_kind_creators: i64,
    /// Least people of such reach in the tenant.
    #[schema(example = 20, minimum = 0)]
    one_kind_people: i64,
    /// Least share of them who mix kinds.
    #[schema(example = 0.8)]
    one_kind_mixed: f64,
    /// The same, once some were found.
    #[schema(example = 0.75)]
    one_kind_still_mixed: f64,
    /// What those who do not count as.
    #[schema(example = 0.5)]
    one_kind_weight: f64,
}

impl DiscountParameters {
    pub(in crate::scores) const IN_FORCE: Self = Self {
        crowd_few: crowds::FEW,
        crowd_times: crowds::TIMES,
        lockstep_creators: lockstep::CREATORS,
        ring_members: rings::LEAST_MEMBERS,
        ring_open: rings::OPEN,
        ring_closed: rings::CLOSED,
        drifter_creators: MANY_CREATORS,
        drifter_share: SELDOM,
        one_kind_creators: MANY_CREATORS,
        one_kind_people: one_kind::PEOPLE,
        one_kind_mixed: one_kind::MIXED,
        one_kind_still_mixed: one_kind::STILL_MIXED,
        one_kind_weight: one_kind::WEIGHT,
    };
}
