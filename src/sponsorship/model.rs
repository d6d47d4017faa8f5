//! Do the same people come back after sponsored posts? Pure.

use crate::{
    ids::EngagerKey,
    relationships::days::{Day, DaySet},
    scores::{interval::Estimate, statistics::MATURE_DAYS},
};

/// Days of posts that count for the share of sponsored ones, the last observed day included.
pub const POSTS_DAYS: Day = 365;
/// Days of engagement that are looked at, the last observed day included: retention keeps them, and who was different years
/// ago may be forgiven.
pub const LOOKED_AT_DAYS: Day = 180;
/// Days within which a return counts. Engagement of the last days is left out: those days are not over for everybody, and
/// who came back early would stand for those who may still.
pub const RETURN_DAYS: Day = MATURE_DAYS.cast_signed();
/// Least people after sponsored posts, and least after ordinary ones, for anything to be concluded.
pub const MIN_PEOPLE: i32 = 20;
/// People of whom it is supposed beforehand that they come back after sponsored posts as after ordinary ones.
pub const PRIOR_PEOPLE: f64 = 50.0;
/// Least that is left of authenticity: whoever can send people who look loyal and stay away can bring about as much.
pub const LEAST_KEPT: f64 = 0.5;

/// The 90 % quantile of the standard normal.
const NORMAL: f64 = 1.281_551_565_544_600_4;

/// Loyal people after posts of one sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    /// People of whom a day is looked at.
    pub people: i32,
    /// Those with another active day within 30 days after it.
    pub returned: i32,
}

impl Returns {
    /// The share that comes back: Beta posterior of a uniform prior.
    #[must_use]
    pub fn share(&self) -> Estimate {
        let missed = self.people - self.returned;
        Estimate::from_beta(f64::from(self.returned) + 1.0, f64::from(missed) + 1.0)
    }
}

/// The loyal people of a creator after sponsored posts, beside those after ordinary ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnderSponsorship {
    /// After sponsored posts.
    pub sponsored: Returns,
    /// After posts that nobody paid for.
    pub ordinary: Returns,
}

/// A day on which somebody engaged with posts, and whether any of them was sponsored.
pub type Encounter = (Day, bool);

impl UnderSponsorship {
    /// Takes in somebody with active days and encounters, as of the last observed day.
    ///
    /// One day of each sort is looked at, of those on which it was the second active day or a later one. The first ones
    /// would do wrong: sponsored posts are fewer, so people meet the first of them later in their time with the creator.
    /// What remains is that whoever stays longer is more likely to meet one at all, which errs in favour of the creator.
    /// Which day is decided by the pseudonym, a hash: any day may be it, and nobody outside can know.
    pub fn add(&mut self, engager: EngagerKey, active: &DaySet, encounters: &[Encounter], until: Day) {
        for (is_sponsored, returns) in [(true, &mut self.sponsored), (false, &mut self.ordinary)] {
            let of_sort = encounters.iter().filter(|(_, sponsored)| *sponsored == is_sponsored);
            let usable = |day: &Day| is_loyal_on(active, *day) && *day <= until - RETURN_DAYS;
            let mut days: Vec<Day> = of_sort.map(|(day, _)| *day).filter(usable).collect();
            days.sort_unstable();
            if let Some(day) = picked(engager, &days) {
                returns.people += 1;
                returns.returned += i32::from(comes_back(active, day));
            }
        }
    }

    /// What is left of trust under sponsorship, within 0.5..=1: the share that comes back after sponsored posts, drawn
    /// towards the one after ordinary posts, as a part of the latter. `None` for too few people.
    ///
    /// Interval: normal, by the delta method, each share with the variance of its Beta posterior.
    #[must_use]
    pub fn kept(&self) -> Option<Estimate> {
        let (sponsored, ordinary) = (f64::from(self.sponsored.people), f64::from(self.ordinary.people));
        if self.sponsored.people.min(self.ordinary.people) < MIN_PEOPLE {
            return None;
        }
        let usual = (f64::from(self.ordinary.returned) + 1.0) / (ordinary + 2.0);
        let own = f64::from(self.sponsored.returned) / (sponsored + PRIOR_PEOPLE);
        let share = own + PRIOR_PEOPLE * usual / (sponsored + PRIOR_PEOPLE);
        let variance = variance(share, sponsored + PRIOR_PEOPLE) / usual.powi(2)
            + (own / usual.powi(2)).powi(2) * variance(usual, ordinary + 2.0);
        let (ratio, spread) = (share / usual, NORMAL * variance.sqrt());
        let [low, value, high] = [ratio - spread, ratio, ratio + spread].map(|at| at.clamp(LEAST_KEPT, 1.0));
        Some(Estimate { value, low, high })
    }
}

/// Variance of a Beta with this mean and this sum of its shapes.
fn variance(mean: f64, shapes: f64) -> f64 {
    (mean * (1.0 - mean) / (shapes + 1.0)).max(0.0)
}

/// Whether a day is the second active one or a later one. One that waits to be folded is none yet.
fn is_loyal_on(active: &DaySet, day: Day) -> bool {
    active.contains(day) && active.span().is_some_and(|(first, _)| first < day)
}

fn comes_back(active: &DaySet, day: Day) -> bool {
    active.as_slice().iter().any(|other| (day + 1..=day + RETURN_DAYS).contains(other))
}

fn picked(engager: EngagerKey, days: &[Day]) -> Option<Day> {
    // The last bits decide who is in a sample.
    let place = (engager.0.unsigned_abs() >> 16).checked_rem(days.len() as u64)?;
    days.get(usize::try_from(place).ok()?).copied()
}

/// What is known of a creator's sponsored posts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sponsorship {
    /// Posts of the last 365 days.
    pub posts: i32,
    /// Those that somebody paid for.
    pub sponsored_posts: i32,
    /// Who paid for most of them, the first one most; no more than 20.
    pub brands: Vec<String>,
    /// Who comes back after them.
    pub returns: UnderSponsorship,
}

impl Sponsorship {
    /// Share of posts that somebody paid for; `None` without posts.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.posts > 0).then(|| f64::from(self.sponsored_posts) / f64::from(self.posts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        events::Kind,
        relationships::{Fact, Relationship},
    };
    use proptest::prelude::*;

    const UNTIL: Day = 20_300;

    fn active(days: &[Day]) -> DaySet {
        let mut relationship = Relationship::default();
        for day in days {
            let occurred_at = jiff::Timestamp::from_second(i64::from(*day) * 86_400).unwrap();
            relationship.absorb(&Fact {
                kind: Kind::Like,
                occurred_at,
                post: None,
                substance: None,
                verified: false,
                amount: None,
            });
        }
        relationship.active_days().clone()
    }

    fn of(days: &[Day], encounters: &[Encounter]) -> UnderSponsorship {
        let mut returns = UnderSponsorship::default();
        returns.add(EngagerKey(-7), &active(days), encounters, UNTIL);
        returns
    }

    fn returns(sponsored: (i32, i32), ordinary: (i32, i32)) -> UnderSponsorship {
        let of = |(people, returned)| Returns { people, returned };
        UnderSponsorship { sponsored: of(sponsored), ordinary: of(ordinary) }
    }

    #[test]
    fn somebody_loyal_comes_back_within_30_days_or_does_not() {
        let days = [20_100, 20_110, 20_140, 20_180];
        let sponsored = |day| of(&days, &[(day, true)]).sponsored;
        assert_eq!(sponsored(20_110), Returns { people: 1, returned: 1 }, "on the 30th day");
        assert_eq!(sponsored(20_140), Returns { people: 1, returned: 0 }, "40 days later is too late");
        assert_eq!(sponsored(20_100), Returns::default(), "nobody is loyal on the first day");
        assert_eq!(sponsored(20_120), Returns::default(), "not an active day");
        assert_eq!(of(&days, &[(20_110, false)]).ordinary, Returns { people: 1, returned: 1 });
    }

    #[test]
    fn days_that_are_not_over_for_everybody_say_nothing() {
        let days = [20_100, UNTIL - 30, UNTIL - 29, UNTIL];
        assert_eq!(of(&days, &[(UNTIL - 29, true)]).sponsored, Returns::default(), "though it came back");
        assert_eq!(of(&days, &[(UNTIL - 30, true)]).sponsored, Returns { people: 1, returned: 1 });
    }

    #[test]
    fn nothing_is_concluded_from_few_people() {
        assert_eq!(returns((19, 0), (500, 400)).kept(), None);
        assert_eq!(returns((500, 0), (19, 19)).kept(), None);
        assert!(returns((20, 0), (20, 20)).kept().is_some());
    }

    #[test]
    fn people_who_stay_away_after_sponsored_posts_take_trust_along() {
        let kept = |sponsored, ordinary| returns(sponsored, ordinary).kept().unwrap();
        let lost = kept((200, 60), (200, 120));
        assert!((lost.value - (60.0 / 250.0 + 0.2 * 121.0 / 202.0) / (121.0 / 202.0)).abs() < 1e-12);
        assert!(lost.low > 0.5 && lost.high < 0.75, "{lost:?}");
        assert!((kept((200, 120), (200, 120)).value - 1.0).abs() < 0.01);
        assert!((kept((2_000, 0), (2_000, 2_000)).value - LEAST_KEPT).abs() < 1e-12);
        assert!((kept((50, 50), (50, 10)).low - 1.0).abs() < 1e-12, "nothing is added");
    }

    prop_compose! {
        fn some()(people in 20..3_000_i32, percent in 0..=100_i32) -> (i32, i32) {
            (people, people * percent / 100)
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_within_a_half_and_all(sponsored in some(), ordinary in some()) {
            let kept = returns(sponsored, ordinary).kept().unwrap();
            prop_assert!(LEAST_KEPT <= kept.low && kept.low <= kept.value, "{:?}", kept);
            prop_assert!(kept.value <= kept.high && kept.high <= 1.0, "{:?}", kept);
        }

        #[test]
        fn somebody_more_who_comes_back_is_never_worse(sponsored in some(), ordinary in some()) {
            let more = (sponsored.0 + 1, sponsored.1 + 1);
            let [before, after] = [sponsored, more].map(|some| returns(some, ordinary).kept().unwrap().value);
            prop_assert!(after >= before - 1e-12);
        }

        #[test]
        fn the_order_of_encounters_does_not_matter(
            days in prop::collection::btree_set(20_100..UNTIL, 2..40), sorts in prop::collection::vec(any::<bool>(), 40),
            engager in any::<i64>(),
        ) {
            let days: Vec<Day> = days.into_iter().collect();
            let encounters: Vec<Encounter> = days.iter().copied().zip(sorts).collect();
            let reversed: Vec<Encounter> = encounters.iter().rev().copied().collect();
            let [mut ahead, mut back] = [UnderSponsorship::default(); 2];
            ahead.add(EngagerKey(engager), &active(&days), &encounters, UNTIL);
            back.add(EngagerKey(engager), &active(&days), &reversed, UNTIL);
            prop_assert_eq!(ahead, back);
        }

        /// Whether posts are sponsored says nothing here, and sponsored ones are fewer: neither are people who come back.
        #[test]
        fn people_who_do_not_care_about_sponsorship_keep_their_trust(seed in any::<u64>()) {
            let random = |number: u64| seed.wrapping_add(number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31)
                .wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11;
            let mut returns = UnderSponsorship::default();
            for person in 0..400 {
                // A time with the creator of its own length, from a day of its own on, with a visit every ten days.
                let (from, visits) = (random(3 * person) % 60, 2 + random(3 * person + 1) % 12);
                let days: Vec<Day> = (0..visits).map(|visit| 20_100 + Day::try_from(from + 10 * visit).unwrap()).collect();
                let sort = |(place, day): (usize, &Day)| (*day, random(1_000_000 + 100 * person + place as u64) % 5 == 0);
                let encounters: Vec<Encounter> = days.iter().enumerate().map(sort).collect();
                returns.add(EngagerKey(random(3 * person + 2).cast_signed()), &active(&days), &encounters, 20_400);
            }
            let kept = returns.kept().unwrap();
            prop_assert!(kept.value > 0.85, "{:?} of {:?}", kept, returns);
        }
    }
}
