//! What a creator's relationships amount to: sums from which every component is computed.

use super::{
    ScoringModel,
    discounts::{
        Discount, Discounts, Found,
        discounted::{Discounted, Taken},
    },
    liveness::{Liveness, engaged_days},
    recalibration::History,
};
use crate::{
    ids::EngagerKey,
    relationships::{
        Relationship,
        days::{Day, DaySet},
    },
};

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
#[derive(Clone, Debug, Default, PartialEq)]
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
        let discounts = Discounts::of(people.map(|(_, relationship)| relationship), found, &accepted);
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
            discounted: Discounted::by(discounts),
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
            if engager == EngagerKey::NOBODY {
                self.anonymous_events += i64::try_from(relationship.events()).unwrap_or(i64::MAX);
            } else if !own.contains(&engager) {
                let share = self.share(engager, relationship, discounts, model);
                self.add(&share, 1);
            }
        }
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

    /// The sums after some relationships grew; before, `None`: it is new. Only what changed is looked at, so the cost does
    /// not grow with the creator. `None` when everything has to be summed up anew, because the model is another one or
    /// something was seen later than ever, which moves every chance of return.
    ///
    /// Engagement on a day on which nobody had engaged moves every chance, too, but only a little: the feed counts as
    /// alive as before until all is summed up anew.
    #[must_use]
    pub fn followed<'a>(
        &self,
        changes: impl Iterator<Item = (EngagerKey, Option<&'a Relationship>, &'a Relationship)>,
        own: &[EngagerKey],
        (days, found): (&DaySet, Found),
        model: &ScoringModel,
    ) -> Option<Followed> {
        let (until, mut window) =
            self.until.zip(self.window).filter(|_| self.model_version == model.version)?;
        let (mut sums, mut new_days) = (self.clone(), DaySet::default());
        let discounts = self.discounts(found);
        let (mut is_behind, mut newcomers) = (false, 0);
        for (engager, before, after) in changes {
            let seen = after.seen().unwrap_or(window);
            window = wider(window, seen);
            sums.first_event = sums.first_event.into_iter().chain([seen.0]).min();
            if seen.1 > until {
                return None;
            }
            let was_counted = before.is_some_and(|before| !discounts.dismisses(engager, before));
            let is_dismissed = discounts.dismisses(engager, after);
            is_behind |= was_counted && is_dismissed;
            newcomers +=
                i32::from(engager.is_somebody_but(own) && !before.is_some_and(has_come) && has_come(after));
            if engager.is_somebody_but(own) && !is_dismissed {
                let active = after.active_days().as_slice().iter().copied();
                active.filter(|day| !days.contains(*day)).for_each(|day| new_days.insert(day));
            }
            if engager == EngagerKey::NOBODY {
                let events =
                    |relationship: &Relationship| i64::try_from(relationship.events()).unwrap_or(i64::MAX);
                sums.anonymous_events += events(after) - before.map_or(0, events);
            } else if !own.contains(&engager) {
                let share = |relationship| self.share(engager, relationship, &discounts, model);
                if let Some(before) = before {
                    sums.add(&share(before), -1);
                }
                sums.add(&share(after), 1);
            }
        }
        sums.window = Some(window);
        // Rounding may leave a trace of what went away.
        sums.expected_back = sums.expected_back.max(0.0);
        sums.expected_back_variance = sums.expected_back_variance.max(0.0);
        // Fewer than a tenth more are no crowd beside those who are there.
        let many_came = newcomers >= MANY_NEWCOMERS && newcomers.saturating_mul(10) >= sums.engagers;
        let is_behind = is_behind || !new_days.is_empty() || many_came;
        Some(Followed { sums, new_days, is_behind })
    }

    /// What a relationship adds as of the last observed day.
    fn share(
        &self,
        engager: EngagerKey,
        relationship: &Relationship,
        discounts: &Discounts,
        model: &ScoringModel,
    ) -> Share {
        let discount = discounts.discount(engager, relationship);
        Share { discount, ..Share::of(relationship, self.until.unwrap_or_default(), self.liveness, model) }
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

    fn taken(&self) -> Taken {
        self.discounted.as_ref().map(|discounted| discounted.taken).unwrap_or_default()
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

/// Sums that followed what changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    /// The sums, for a feed as alive as before.
    pub sums: CreatorStatistics,
    /// Days on which somebody engaged now and nobody had before.
    pub new_days: DaySet,
    /// Whether all should be summed up anew before long: the feed has become more or less alive, or a crowd may be coming.
    pub is_behind: bool,
}

/// People who come for the first time within one change, at which a crowd may be coming.
const MANY_NEWCOMERS: i32 = 10;

fn has_come(relationship: &Relationship) -> bool {
    !relationship.active_days().is_empty()
}

/// What one relationship adds to the sums.
#[derive(Default)]
pub(super) struct Share {
    events: i64,
    pub(super) engagers: i32,
    pub(super) mature: i32,
    loyal: i32,
    pub(super) talking: i32,
    pub(super) chance: f64,
    pub(super) strength: f64,
    pub(super) discount: Option<Discount>,
}

impl Share {
    fn of(relationship: &Relationship, until: Day, liveness: Liveness, model: &ScoringModel) -> Self {
        let events = i64::try_from(relationship.events()).unwrap_or(i64::MAX);
        let Some(history) = History::of(relationship.active_days().as_slice(), until) else {
            return Self { events, ..Self::default() };
        };
        let is_loyal = history.repeats > 0;
        Self {
            events,
            engagers: 1,
            talking: i32::from(relationship.talk() > 0),
            mature: i32::from(is_loyal || history.age >= MATURE_DAYS),
            loyal: i32::from(is_loyal),
            chance: if is_loyal { model.chance_of_return(history, liveness) } else { 0.0 },
            strength: relationship.strength(),
            discount: None,
        }
    }

    /// What the relationship counts as, 0..=1.
    fn weight(&self) -> f64 {
        self.discount.map_or(1.0, |discount| discount.weight)
    }
}

/// The window over two windows.
pub(super) fn wider(a: (Day, Day), b: (Day, Day)) -> (Day, Day) {
    (a.0.min(b.0), a.1.max(b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{events::Kind, relationships::Fact, scores::discounts::Pattern};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn fact(kind: Kind, day: Day) -> Fact {
        let occurred_at = Timestamp::from_second(i64::from(day) * 86_400).unwrap();
        Fact { kind, occurred_at, post: None, substance: None, verified: false }
    }

    fn relationship(kind: Kind, days: &[Day]) -> Relationship {
        let mut relationship = Relationship::default();
        for day in days {
            relationship.absorb(&fact(kind, *day));
        }
        relationship
    }

    fn sum(relationships: &[(i64, Relationship)], own: &[EngagerKey]) -> CreatorStatistics {
        let all = relationships.iter().map(|(key, relationship)| (EngagerKey(*key), relationship));
        CreatorStatistics::of(all, Setting { own, ..Setting::default() }, &model()).0
    }

    /// Sums of a creator with one fan.
    fn alone(fan: &Relationship, setting: Setting) -> CreatorStatistics {
        CreatorStatistics::of([(EngagerKey(1), fan)].into_iter(), setting, &model()).0
    }

    fn model() -> ScoringModel {
        ScoringModel::published_default()
    }

    #[test]
    fn one_day_visitors_and_viewers_add_nothing_to_loyal_reach() {
        let sums = sum(
            &[(1, relationship(Kind::Like, &[100])), (2, relationship(Kind::View, &[100, 110, 140]))],
            &[],
        );
        assert_eq!((sums.engagers, sums.mature_engagers, sums.loyal_engagers), (1, 1, 0));
        assert!(sums.expected_back.abs() < f64::EPSILON);
    }

    #[test]
    fn own_accounts_and_nobody_are_never_scored() {
        let mine = relationship(Kind::Comment, &[100, 120, 150]);
        let sums = sum(&[(7, mine.clone()), (0, mine)], &[EngagerKey(7)]);
        assert_eq!((sums.engagers, sums.talking_engagers, sums.events, sums.anonymous_events), (0, 0, 0, 3));
        assert_eq!(sums.window, Some((100, 150)));
    }

    prop_compose! {
        fn acts(days: std::ops::Range<Day>, least: usize)(acts in prop::collection::vec((0_i64..6, days, any::<bool>()), least..60)) -> Vec<(i64, Day, Kind)> {
            let kind = |talks| if talks { Kind::Comment } else { Kind::View };
            acts.into_iter().map(|(engager, day, talks)| (engager, day, kind(talks))).collect()
        }
    }

    fn fold(acts: &[(i64, Day, Kind)]) -> std::collections::BTreeMap<i64, Relationship> {
        let mut folded = std::collections::BTreeMap::<i64, Relationship>::new();
        for (engager, day, kind) in acts {
            folded.entry(*engager).or_default().absorb(&fact(*kind, *day));
        }
        folded
    }

    proptest! {
        #[test]
        fn following_changes_gives_what_summing_up_anew_gives(
            before in acts(100..200, 1), after in acts(0..200, 0), feed in prop::option::of((0..100_i32, 100..220_i32)),
            clock in prop::option::of(150..250_i32),
        ) {
            let own = [EngagerKey(3)];
            let setting = || Setting { own: &own, feed, clock, ..Setting::default() };
            let (old, new) = (fold(&before), fold(&[before, after].concat()));
            let of = |folded: &std::collections::BTreeMap<i64, Relationship>| {
                let all = folded.iter().map(|(key, relationship)| (EngagerKey(*key), relationship));
                CreatorStatistics::of(all, setting(), &model())
            };
            let changes = new.iter().map(|(key, after)| (EngagerKey(*key), old.get(key), after));
            let ((sums, days), (anew, all_days)) = (of(&old), of(&new));
            let followed = sums.followed(changes, &own, (&days, Found::new()), &model());
            prop_assert_eq!(followed.is_none(), sums.until != anew.until, "what is later moves every chance");
            if let Some(Followed { sums: followed, new_days, is_behind }) = followed {
                prop_assert!(is_behind || new_days.is_empty());
                prop_assert!(new_days.as_slice().iter().all(|day| !days.contains(*day)));
                prop_assert_eq!(DaySet::union([&days, &new_days].into_iter()), all_days);
                // Summed up anew for a feed as alive as before.
                let mut expected = CreatorStatistics {
                    window: anew.window, first_event: anew.first_event, until: anew.until, liveness: sums.liveness,
                    ..CreatorStatistics::default()
                };
                let all = new.iter().map(|(key, after)| (EngagerKey(*key), after));
                expected.take_in(all, &own, &Discounts::default(), &model());
                prop_assert!(followed.agrees_with(&expected), "{:?} {:?}", followed, expected);
                prop_assert!(!new_days.is_empty() || followed.agrees_with(&anew), "{:?} {:?}", followed, anew);
            }
        }
    }

    prop_compose! {
        /// People of ten weeks, three a week, and 40 more who all come first in the last one.
        fn crowded()(extra in prop::collection::vec((0..80_i64, 0..70_i32, any::<bool>()), 0..120)) -> Vec<(i64, Day, Kind)> {
            let kind = |talks| if talks { Kind::Comment } else { Kind::Like };
            let weekly = (0..30).map(|person| (person, 4 + 7 * i32::try_from(person / 3).unwrap(), Kind::Like));
            let crowd = (30..70).map(|person| (person, 4 + 63, Kind::Like));
            weekly.chain(crowd).chain(extra.into_iter().map(|(person, day, talks)| (person + 1, day, kind(talks)))).collect()
        }
    }

    proptest! {
        #[test]
        fn what_is_discounted_is_followed_as_it_would_be_summed_up(
            before in crowded(), after in prop::collection::vec((1..110_i64, 0..67_i32, any::<bool>()), 0..120),
            found in prop::collection::hash_map((1..110_i64).prop_map(EngagerKey), 0.0..1.0_f64, 0..20),
        ) {
            let found: Found = found.into_iter().map(|(key, weight)| (key, Discount { pattern: Pattern::Ring, weight })).collect();
            let after = after.into_iter().map(|(person, day, talks)| (person, day, if talks { Kind::Comment } else { Kind::Like }));
            let (old, new) = (fold(&before), fold(&before.iter().copied().chain(after).collect::<Vec<_>>()));
            let pairs = |folded: &std::collections::BTreeMap<i64, Relationship>| {
                folded.iter().map(|(key, relationship)| (EngagerKey(*key), relationship.clone())).collect::<Vec<_>>()
            };
            let (old_pairs, new_pairs) = (pairs(&old), pairs(&new));
            let setting = Setting { found: found.clone(), clock: Some(200), ..Setting::default() };
            let (sums, days) = CreatorStatistics::of(old_pairs.iter().map(|(key, known)| (*key, known)), setting, &model());
            let changes = new_pairs.iter().map(|(key, after)| (*key, old.get(&key.0), after));
            let followed = sums.followed(changes, &[], (&days, found.clone()), &model()).unwrap();
            // Summed up as of the same day, for a feed as alive and with the same crowds, as an audit does.
            let discounts = sums.discounts(found);
            let mut expected = CreatorStatistics { window: followed.sums.window, first_event: followed.sums.first_event, ..sums.emptied(0) };
            expected.take_in(new_pairs.iter().map(|(key, known)| (*key, known)), &[], &discounts, &model());
            prop_assert!(followed.sums.agrees_with(&expected), "{:?} {:?}", followed.sums, expected);
            let counted = followed.sums.counted_engagers();
            prop_assert!(counted >= 0.0 && counted <= f64::from(followed.sums.engagers) + 1e-9);
        }
    }

    #[test]
    fn another_model_has_everything_summed_up_anew() {
        let sums = sum(&[(1, relationship(Kind::Like, &[100]))], &[]);
        let (mut days, later) = (DaySet::default(), ScoringModel { version: 1, ..model() });
        days.insert(100);
        assert!(sums.followed(std::iter::empty(), &[], (&days, Found::new()), &model()).is_some());
        assert!(sums.followed(std::iter::empty(), &[], (&days, Found::new()), &later).is_none());
        assert!(
            CreatorStatistics::default()
                .followed(std::iter::empty(), &[], (&days, Found::new()), &model())
                .is_none()
        );
    }

    #[test]
    fn people_grow_old_while_others_of_the_tenant_are_seen() {
        let fan = relationship(Kind::Comment, &[100, 110, 120, 130]);
        let at = |clock| alone(&fan, Setting { clock, ..Setting::default() });
        let (unclocked, among_others, long_after) = (at(None), at(Some(120)), at(Some(330)));
        assert_eq!(
            (unclocked.until, among_others.until, long_after.until),
            (Some(130), Some(130), Some(330))
        );
        assert_eq!(unclocked, among_others, "a clock that is behind changes nothing");
        assert_eq!((long_after.window, long_after.loyal_engagers), (unclocked.window, 1));
        assert!(long_after.expected_back < unclocked.expected_back / 3.0);
    }

    #[test]
    fn people_who_come_back_make_loyal_reach() {
        let sums = sum(
            &[(1, relationship(Kind::Comment, &[100, 110, 120, 130])), (2, relationship(Kind::Like, &[125]))],
            &[],
        );
        assert_eq!(
            (sums.engagers, sums.mature_engagers, sums.loyal_engagers, sums.talking_engagers),
            (2, 1, 1, 1)
        );
        assert!(sums.expected_back > 0.1 && sums.expected_back < 1.0);
    }

    #[test]
    fn posts_keep_the_window_open_but_nobody_was_observed_before_the_first_event() {
        let fan = relationship(Kind::Comment, &[100, 110, 120, 130]);
        let with = |feed| alone(&fan, Setting { feed, ..Setting::default() });
        let (closed, open) = (with(Some((105, 129))), with(Some((40, 190))));
        assert_eq!((closed.window, closed.window_days(), closed.observed_days()), (Some((100, 130)), 31, 31));
        assert_eq!((open.window, open.window_days(), open.observed_days()), (Some((40, 190)), 151, 91));
        assert!(open.expected_back < closed.expected_back, "two months without the fan");
    }

    #[test]
    fn posts_alone_make_a_window_in_which_nobody_was_observed() {
        let setting = Setting { feed: Some((7, 9)), ..Setting::default() };
        let (sums, _) = CreatorStatistics::of(std::iter::empty(), setting, &model());
        assert_eq!((sums.window_days(), sums.observed_days(), sums.engagers), (3, 0, 0));
    }
}
