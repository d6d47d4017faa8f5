//! What a creator's relationships amount to: sums from which every component is computed.

mod followed;

pub use followed::Followed;

use super::{
    ScoringModel,
    discounts::{
        Discount, Discounts, Found,
        discounted::{Discounted, Taken},
    },
    interval::{Estimate, NORMAL},
    liveness::{Liveness, engaged_days},
    recalibration::History,
};
use crate::{
    events::Kind,
    ids::EngagerKey,
    relationships::{
        Relationship,
        days::{Day, DaySet},
    },
};
use serde::{Deserialize, Serialize};

/// Days after which somebody who came once counts as a chance to come back that was not used.
pub const MATURE_DAYS: u32 = 30;

/// What is known of a creator apart from its relationships.
#[derive(Clone, Debug, Default)]
pub struct Setting<'a> {
    /// Its own accounts, which are never scored.
    pub own: &'a [EngagerKey],
    /// First and last day with a sign of life in its posts.
    pub feed: Option<(Day, Day)>,
    /// Last day on which anything was seen of any creator of the tenant: so long would returns have been seen.
    pub clock: Option<Day>,
    /// Discounts that were found by looking at many creators.
    pub found: Found,
    /// Periods in which crowds are accepted as what they seem: first and last day of each.
    pub accepted: Vec<(Day, Day)>,
}

/// Sums over the relationships of one creator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CreatorStatistics {
    /// Version of the model whose chances of return are summed.
    pub model_version: i32,
    /// Events of people other than the creator's own accounts.
    pub events: i64,
    /// Events whose engager is not known.
    pub anonymous_events: i64,
    /// People with at least one active day.
    pub engagers: i32,
    /// Those whose first active day is 30 days before the last observed day, or who came back.
    pub mature_engagers: i32,
    /// Those with two or more active days.
    pub loyal_engagers: i32,
    /// Those with a substantive comment or a reply.
    pub talking_engagers: i32,
    /// Those of them whom the creator answered.
    pub answered_engagers: i32,
    /// Comments, replies and answers of the creator, also of people who are not known: they tell when conversations have to
    /// be looked at anew.
    pub talk_events: i64,
    /// Loyal reach: sum of the chances that loyal people come back within 90 days, as far as they are not discounted.
    pub expected_back: f64,
    /// Variance of that sum, for independent people.
    pub expected_back_variance: f64,
    /// Observed window: first and last day with a sign of life of the creator's feed: any event, post or count of a post.
    pub window: Option<(Day, Day)>,
    /// First day with any event of the creator: since then its people are observed.
    pub first_event: Option<Day>,
    /// Last observed day, to which all ages reach: the tenant's clock, or the end of the window when that is later.
    pub until: Option<Day>,
    /// How alive the feed is on that day.
    pub liveness: Liveness,
    /// What is discounted, if anything is.
    pub discounted: Option<Box<Discounted>>,
}

impl CreatorStatistics {
    /// Sums up relationships, and the days on which anybody engaged. Acts of the creator's own accounts and of nobody in
    /// particular are signs of life but no engagement of people; so are posts.
    pub fn of<'a>(
        relationships: impl Iterator<Item = (EngagerKey, &'a Relationship)> + Clone,
        setting: Setting,
        model: &ScoringModel,
    ) -> (Self, DaySet) {
        let Setting { own, feed, clock, found, accepted } = setting;
        let people = relationships.clone().filter(|(engager, _)| engager.is_somebody_but(own));
        let discounts = Discounts::of(people, found, &accepted);
        Self::by(relationships, (own, feed, clock), &discounts, model)
    }

    /// The same when it is known what discounts the relationships.
    pub(super) fn by<'a>(
        relationships: impl Iterator<Item = (EngagerKey, &'a Relationship)> + Clone,
        (own, feed, clock): (&[EngagerKey], Option<(Day, Day)>, Option<Day>),
        discounts: &Discounts,
        model: &ScoringModel,
    ) -> (Self, DaySet) {
        let events = relationships.clone().filter_map(|(_, relationship)| relationship.seen()).reduce(wider);
        let window = events.into_iter().chain(feed).reduce(wider);
        let until = window.map(|(_, end)| end).max(clock);
        let people = relationships.clone().filter(|(engager, _)| engager.is_somebody_but(own));
        let days = engaged_days(people, discounts);
        let mut sums = Self {
            model_version: model.version,
            window,
            first_event: events.map(|(first, _)| first),
            until,
            liveness: until.map_or(Liveness::default(), |until| Liveness::at(until, days.as_slice())),
            discounted: Discounted::by(discounts, &model.edge_weights),
            ..Self::default()
        };
        sums.take_in(relationships, own, discounts, model);
        (sums, days)
    }

    /// Adds relationships to the sums, as of the last observed day, how alive the feed was and what discounts them, which
    /// are known already.
    pub fn take_in<'a>(
        &mut self,
        relationships: impl Iterator<Item = (EngagerKey, &'a Relationship)>,
        own: &[EngagerKey],
        discounts: &Discounts,
        model: &ScoringModel,
    ) {
        for (engager, relationship) in relationships {
            if !own.contains(&engager) {
                self.count(engager, relationship, (discounts, model), 1);
            }
        }
    }

    /// Counts a relationship so many times more; -1: it is taken away again.
    fn count(
        &mut self,
        engager: EngagerKey,
        relationship: &Relationship,
        (discounts, model): (&Discounts, &ScoringModel),
        times: i32,
    ) {
        self.talk_events += i64::from(times) * talk_events_of(relationship);
        if engager == EngagerKey::NOBODY {
            self.anonymous_events += i64::from(times) * events_of(relationship);
        } else {
            let share = self.share(engager, relationship, discounts, model);
            self.add(&share, times);
        }
    }

    /// Whether strengths are summed up under other edge weights than the model's.
    #[must_use]
    pub fn is_otherwise_weighted(&self, model: &ScoringModel) -> bool {
        self.discounted.as_ref().is_some_and(|sums| sums.edge_weights != model.edge_weights.version)
    }

    /// What discounts the creator's relationships, with what was found by looking at many creators.
    #[must_use]
    pub fn discounts(&self, found: Found) -> Discounts {
        let crowds = self.discounted.as_ref().map(|discounted| discounted.crowds.clone());
        Discounts::known(crowds.unwrap_or_default(), found)
    }

    /// The same sums before anything was added, as of the same day and with the same crowds.
    #[must_use]
    pub fn emptied(&self, model_version: i32) -> Self {
        let discounted = self.discounted.as_ref().map(|discounted| discounted.emptied());
        Self { model_version, until: self.until, liveness: self.liveness, discounted, ..Self::default() }
    }

    /// True when both are sums over the same relationships. Sums of chances may differ by rounding: by a billionth of
    /// themselves, or of a person where they are smaller, as what was added and taken away again leaves a trace.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
        let Self { expected_back, expected_back_variance, liveness, ref discounted, .. } = *other;
        let discounts_agree = match (&self.discounted, discounted) {
            (Some(ours), Some(theirs)) => ours.agrees_with(theirs, close),
            (ours, theirs) => ours == theirs,
        };
        discounts_agree
            && close(self.expected_back, expected_back)
            && close(self.expected_back_variance, expected_back_variance)
            && close(self.liveness.recent, liveness.recent)
            && close(self.liveness.lasting, liveness.lasting)
            && Self {
                expected_back,
                expected_back_variance,
                liveness,
                discounted: discounted.clone(),
                ..self.clone()
            } == *other
    }

    /// What a relationship adds as of the last observed day.
    fn share(
        &self,
        engager: EngagerKey,
        relationship: &Relationship,
        discounts: &Discounts,
        model: &ScoringModel,
    ) -> Share {
        let days = discounts.counted_days(engager, relationship);
        let share = Share::of((relationship, days), self.until.unwrap_or_default(), self.liveness, model);
        Share { discount: discounts.discount(engager, relationship), ..share }
    }

    /// What is to be expected of a relationship; `None` without an active day.
    #[must_use]
    pub fn prospect(
        &self,
        engager: EngagerKey,
        relationship: &Relationship,
        discounts: &Discounts,
        model: &ScoringModel,
    ) -> Option<Prospect> {
        let share = self.share(engager, relationship, discounts, model);
        let Share { engagers, mature, chance, .. } = share;
        (engagers > 0).then(|| Prospect { weight: share.weight(), is_mature: mature > 0, chance })
    }

    fn add(&mut self, share: &Share, times: i32) {
        let counted = f64::from(times) * share.weight();
        self.events += i64::from(times) * share.events;
        self.engagers += times * share.engagers;
        self.mature_engagers += times * share.mature;
        self.loyal_engagers += times * share.loyal;
        self.talking_engagers += times * share.talking;
        self.answered_engagers += times * share.answered;
        self.expected_back += counted * share.chance;
        self.expected_back_variance += counted * share.chance * (1.0 - share.chance);
        if let Some(discounted) = &mut self.discounted {
            discounted.add(share, times);
        }
    }

    /// People with at least one active day, as far as they are not discounted.
    #[must_use]
    pub fn counted_engagers(&self) -> f64 {
        (f64::from(self.engagers) - self.taken().engagers).max(0.0)
    }

    /// The same with nobody discounted; `None` where nobody is. Of whoever is discounted no variance is known, so that of loyal reach
    /// stays as it is.
    #[must_use]
    pub fn undiscounted(&self) -> Option<Self> {
        let taken = self.discounted.as_ref()?.taken;
        let expected_back = self.expected_back + taken.expected_back;
        Some(Self { expected_back, discounted: None, ..self.clone() })
    }

    /// Mature people, as far as they are not discounted.
    #[must_use]
    pub fn counted_mature(&self) -> f64 {
        (f64::from(self.mature_engagers) - self.taken().mature).max(0.0)
    }

    /// People who talk, as far as they are not discounted.
    #[must_use]
    pub fn counted_talking(&self) -> f64 {
        (f64::from(self.talking_engagers) - self.taken().talking).clamp(0.0, self.counted_engagers())
    }

    /// People who talk and were answered, as far as they are not discounted.
    #[must_use]
    pub fn counted_answered(&self) -> f64 {
        (f64::from(self.answered_engagers) - self.taken().answered).clamp(0.0, self.counted_talking())
    }

    fn taken(&self) -> Taken {
        self.discounted.as_ref().map(|discounted| discounted.taken).unwrap_or_default()
    }

    /// Loyal reach with its 80 % interval, for independent people: normal, not below 0.
    #[must_use]
    pub fn reach(&self) -> Estimate {
        let half = NORMAL * self.expected_back_variance.max(0.0).sqrt();
        let value = self.expected_back.max(0.0);
        Estimate { value, low: (value - half).max(0.0), high: value + half }
    }

    /// Days of the observed window, both ends included.
    #[must_use]
    pub fn window_days(&self) -> u32 {
        self.window.map_or(0, |(first, last)| (last - first).unsigned_abs() + 1)
    }

    /// Days from the first event to the last observed day, both included: how long people were observed. Posts of years
    /// ago make the window long, but nobody was seen coming back in it.
    #[must_use]
    pub fn observed_days(&self) -> u32 {
        self.until.zip(self.first_event).map_or(0, |(last, first)| (last - first).unsigned_abs() + 1)
    }
}

/// What is to be expected of a relationship.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prospect {
    /// What it counts as, 0..=1.
    pub weight: f64,
    /// Whether its person is mature.
    pub is_mature: bool,
    /// The chance that somebody loyal comes back within 90 days; 0 for others.
    pub chance: f64,
}

/// What one relationship adds to the sums.
#[derive(Default)]
pub(super) struct Share {
    events: i64,
    pub(super) engagers: i32,
    pub(super) mature: i32,
    loyal: i32,
    pub(super) talking: i32,
    pub(super) answered: i32,
    pub(super) chance: f64,
    pub(super) strength: f64,
    pub(super) discount: Option<Discount>,
}

impl Share {
    fn of(
        (relationship, days): (&Relationship, &[Day]),
        until: Day,
        liveness: Liveness,
        model: &ScoringModel,
    ) -> Self {
        let events = events_of(relationship);
        let Some(history) = History::of(days, until) else {
            return Self { events, ..Self::default() };
        };
        let is_loyal = history.repeats > 0;
        let talks = relationship.talk() > 0;
        Self {
            events,
            engagers: 1,
            talking: i32::from(talks),
            answered: i32::from(talks && relationship.count_of(Kind::CreatorReply) > 0),
            mature: i32::from(is_loyal || history.age >= MATURE_DAYS),
            loyal: i32::from(is_loyal),
            chance: if is_loyal { model.chance_of_return(history, liveness) } else { 0.0 },
            strength: model.edge_weights.strength(relationship),
            discount: None,
        }
    }

    /// What the relationship counts as, 0..=1.
    fn weight(&self) -> f64 {
        self.discount.map_or(1.0, |discount| discount.weight)
    }
}

fn events_of(relationship: &Relationship) -> i64 {
    i64::try_from(relationship.events()).unwrap_or(i64::MAX)
}

fn talk_events_of(relationship: &Relationship) -> i64 {
    [Kind::Comment, Kind::Reply, Kind::CreatorReply]
        .map(|kind| i64::from(relationship.count_of(kind)))
        .iter()
        .sum()
}

/// The window over two windows.
pub(super) fn wider(a: (Day, Day), b: (Day, Day)) -> (Day, Day) {
    (a.0.min(b.0), a.1.max(b.1))
}

#[cfg(test)]
mod tests;
