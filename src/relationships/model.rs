//! The fold: a relationship absorbs facts in any order, in any batches, with the same result.

use super::{
    days::{Day, DaySet, day_at},
    posts::PostSample,
    purchases::Amount,
};
use crate::{
    events::Kind,
    ids::{CreatorKey, EngagerKey, PostKey},
};
use jiff::Timestamp;

/// Creator and engager: what a relationship is between.
pub type Pair = (CreatorKey, EngagerKey);

/// Days in which strength decays to a half.
pub const HALF_LIFE_DAYS: f64 = 30.0;

/// Strength is kept as of this moment (2020-01-01), so that no stored number changes when time passes (forward decay,
/// Cormode et al. 2009). An act adds `weight * 2^(days since / 30)`, a purchase by its amount; that stays finite until the
/// year 2104.
const LANDMARK_MICROS: i64 = 1_577_836_800_000_000;

/// Slot of the counts for talk with substance (or without a text to judge by); kinds use the slots of their codes.
const SUBSTANTIVE: usize = 0;
/// Slot of the counts for verified purchases.
const VERIFIED: usize = 14;
/// Slots of the counts.
pub const SLOTS: usize = 15;

/// What an event says about a relationship.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What was done.
    pub kind: Kind,
    /// When.
    pub occurred_at: Timestamp,
    /// On which post.
    pub post: Option<PostKey>,
    /// Whether its text says something; `None` without a text.
    pub substance: Option<bool>,
    /// A verified purchase.
    pub verified: bool,
    /// What was paid, for a purchase.
    pub amount: Option<Amount>,
}

impl Fact {
    /// An act of which nothing more is known.
    #[must_use]
    pub fn new(kind: Kind, occurred_at: Timestamp) -> Self {
        Self { kind, occurred_at, post: None, substance: None, verified: false, amount: None }
    }

    /// What the act adds to the strength of a relationship on the day of the landmark, under the built-in weights.
    fn weight(&self) -> f64 {
        self.kind.weight() * self.amount.map_or(1.0, Amount::factor)
    }
}

/// Everything one engager did with one creator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relationship {
    pub(super) counts: [u32; SLOTS],
    pub(super) active_days: DaySet,
    pub(super) posts: PostSample,
    pub(super) strength: f64,
    pub(super) seen: Option<(Day, Day)>,
}

impl Relationship {
    /// Takes in one fact.
    pub fn absorb(&mut self, fact: &Fact) {
        let day = day_at(fact.occurred_at);
        self.count(fact);
        if fact.kind.is_active() {
            self.active_days.insert(day);
            self.strength += fact.weight() * (days_since_landmark(fact.occurred_at) / HALF_LIFE_DAYS).exp2();
        }
        if let Some(post) = fact.post {
            self.posts.insert(post);
        }
        let (first, last) = self.seen.unwrap_or((day, day));
        self.seen = Some((first.min(day), last.max(day)));
    }

    fn count(&mut self, fact: &Fact) {
        let mut bump = |slot: usize| self.counts[slot] = self.counts[slot].saturating_add(1);
        bump(fact.kind as usize);
        let talks = fact.kind == Kind::Reply || fact.kind == Kind::Comment && fact.substance != Some(false);
        if talks {
            bump(SUBSTANTIVE);
        }
        if fact.verified {
            bump(VERIFIED);
        }
    }

    /// Takes in what was folded from other events: the same as folding the events of both.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
        self.active_days.merge(&other.active_days);
        self.posts.merge(&other.posts);
        self.strength += other.strength;
        self.seen = match (self.seen, other.seen) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (seen, None) | (None, seen) => seen,
        };
    }

    /// How often a kind of act was done.
    #[must_use]
    pub fn count_of(&self, kind: Kind) -> u32 {
        self.counts[kind as usize]
    }

    /// Comments with substance, comments without a text to judge by, and replies.
    #[must_use]
    pub fn talk(&self) -> u32 {
        self.counts[SUBSTANTIVE]
    }

    /// Verified purchases.
    #[must_use]
    pub fn verified_purchases(&self) -> u32 {
        self.counts[VERIFIED]
    }

    /// All events.
    #[must_use]
    pub fn events(&self) -> u64 {
        Kind::ALL.iter().map(|kind| u64::from(self.count_of(*kind))).sum()
    }

    /// UTC days on which the engager acted towards the creator.
    #[must_use]
    pub fn active_days(&self) -> &DaySet {
        &self.active_days
    }

    /// Acts by weight and age: an act of a weight of 1 adds 2^(d / 30), d days after 2020-01-01. Only shares of it mean
    /// something.
    #[must_use]
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// First and last day with any event.
    #[must_use]
    pub fn seen(&self) -> Option<(Day, Day)> {
        self.seen
    }

    /// True when no event is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_none()
    }

    /// True when both were folded from the same events; sums of floating-point numbers may differ by rounding.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let close =
            (self.strength - other.strength).abs() <= 1e-9 * self.strength.abs().max(other.strength.abs());
        close
            && self.counts == other.counts
            && self.active_days == other.active_days
            && self.posts == other.posts
            && self.seen == other.seen
    }
}

fn days_since_landmark(time: Timestamp) -> f64 {
    (time.as_microsecond() - LANDMARK_MICROS) as f64 / 86_400e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn fact()(
            kind in prop::sample::select(Kind::ALL),
            second in 1_600_000_000_i64..1_900_000_000,
            post in prop::option::of(-200_i64..200),
            substance in prop::option::of(any::<bool>()),
            verified in any::<bool>(),
            minor in prop::option::of(0_i64..1_000_000),
        ) -> Fact {
            let occurred_at = Timestamp::from_second(second).unwrap();
            let amount = Amount::of(minor.filter(|_| kind == Kind::Purchase), Some("RON"));
            Fact { kind, occurred_at, post: post.map(PostKey), substance, verified, amount }
        }
    }

    fn fold<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Relationship {
        let mut relationship = Relationship::default();
        facts.into_iter().for_each(|fact| relationship.absorb(fact));
        relationship
    }

    proptest! {
        #[test]
        fn order_and_batches_do_not_matter(facts in prop::collection::vec(fact(), 0..120), seed in any::<u64>()) {
            let mut shuffled = facts.clone();
            // A keyed sort is a shuffle that the seed decides.
            shuffled.sort_by_key(|fact| (fact.occurred_at.as_second().cast_unsigned() ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            prop_assert!(fold(&facts).agrees_with(&fold(&shuffled)));
        }

        #[test]
        fn a_stored_relationship_goes_on_as_if_never_stored(facts in prop::collection::vec(fact(), 1..80), cut in 0_usize..80) {
            let cut = cut.min(facts.len());
            let mut resumed = crate::relationships::codec::Stored::from(&fold(&facts[..cut])).decode().unwrap();
            facts[cut..].iter().for_each(|fact| resumed.absorb(fact));
            prop_assert_eq!(resumed, fold(&facts));
        }

        #[test]
        fn merging_two_folds_gives_the_fold_of_both(a in prop::collection::vec(fact(), 0..80), b in prop::collection::vec(fact(), 0..80)) {
            let mut merged = fold(&a);
            merged.merge(&fold(&b));
            prop_assert!(merged.agrees_with(&fold(a.iter().chain(&b))));
            let mut unchanged = merged.clone();
            unchanged.merge(&Relationship::default());
            prop_assert_eq!(unchanged, merged);
        }

        #[test]
        fn a_missing_fact_is_noticed(facts in prop::collection::vec(fact(), 1..40)) {
            prop_assert!(!fold(&facts).agrees_with(&fold(&facts[1..])));
        }
    }

    #[test]
    fn views_unfollows_mentions_and_the_creators_own_replies_make_no_active_day() {
        let day = |kind| Fact::new(kind, Timestamp::UNIX_EPOCH);
        let passive = [Kind::View, Kind::Unfollow, Kind::Mention, Kind::CreatorReply].map(day);
        assert!(fold(&passive).active_days().is_empty());
        assert!(!fold(&[day(Kind::Like)]).active_days().is_empty());
    }
}
