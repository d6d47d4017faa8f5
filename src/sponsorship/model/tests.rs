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
        relationship.absorb(&Fact::new(Kind::Like, occurred_at));
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
    assert!(kept((2_000, 0), (2_000, 2_000)).value < 0.03, "shown as it is");
    assert!((kept((50, 50), (50, 10)).low - 1.0).abs() < 1e-12, "nothing is added");
}

#[test]
fn authenticity_loses_what_is_lost_beyond_chance_and_no_more_than_a_tenth() {
    let factor = |sponsored, ordinary| returns(sponsored, ordinary).factor().unwrap();
    assert!((factor((40, 22), (40, 24)) - 1.0).abs() < 1e-12, "two of 40 say nothing");
    let lost = returns((400, 216), (400, 240));
    assert!((lost.factor().unwrap() - lost.kept().unwrap().high).abs() < 1e-12);
    assert!((0.93..0.99).contains(&lost.factor().unwrap()), "{lost:?}");
    assert!((factor((2_000, 0), (2_000, 2_000)) - LEAST_KEPT).abs() < 1e-12);
    assert_eq!(returns((19, 0), (500, 400)).factor(), None);
}

prop_compose! {
    fn some()(people in 20..3_000_i32, percent in 0..=100_i32) -> (i32, i32) {
        (people, people * percent / 100)
    }
}

proptest! {
    #[test]
    fn what_is_kept_is_within_nothing_and_all(sponsored in some(), ordinary in some()) {
        let kept = returns(sponsored, ordinary).kept().unwrap();
        prop_assert!(0.0 <= kept.low && kept.low <= kept.value, "{:?}", kept);
        prop_assert!(kept.value <= kept.high && kept.high <= 1.0, "{:?}", kept);
    }

    #[test]
    fn nobody_loses_more_than_a_tenth_of_authenticity(sponsored in some(), ordinary in some()) {
        let factor = returns(sponsored, ordinary).factor().unwrap();
        prop_assert!((0.9..=1.0).contains(&factor), "{}", factor);
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

    #[test]
    fn people_who_do_not_care_about_sponsorship_keep_their_trust(seed in any::<u64>()) {
        let returns = indifferent(seed);
        let kept = returns.kept().unwrap();
        prop_assert!(kept.value > 0.85, "{:?} of {:?}", kept, returns);
    }
}

/// People of a creator who come back whatever is sponsored: posts are, one of five, and that says nothing.
fn indifferent(seed: u64) -> UnderSponsorship {
    let random = |number: u64| {
        let mixed = seed.wrapping_add(number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
        mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11
    };
    let mut returns = UnderSponsorship::default();
    for person in 0..400 {
        // A time with the creator of its own length, from a day of its own on, with a visit every ten days.
        let (from, visits) = (random(3 * person) % 60, 2 + random(3 * person + 1) % 12);
        let days: Vec<Day> =
            (0..visits).map(|visit| 20_100 + Day::try_from(from + 10 * visit).unwrap()).collect();
        let sort =
            |(place, day): (usize, &Day)| (*day, random(1_000_000 + 100 * person + place as u64) % 5 == 0);
        let encounters: Vec<Encounter> = days.iter().enumerate().map(sort).collect();
        returns.add(EngagerKey(random(3 * person + 2).cast_signed()), &active(&days), &encounters, 20_400);
    }
    returns
}

#[test]
fn having_people_enough_to_tell_costs_next_to_nothing_on_average() {
    let factors: Vec<f64> = (0..100).map(|seed| indifferent(seed << 32).factor().unwrap()).collect();
    let mean = factors.iter().sum::<f64>() / factors.len() as f64;
    assert!(mean >= 0.99, "{mean}");
    // The worst of chance is a matter of hundredths.
    assert!(factors.iter().all(|factor| *factor > 0.95), "{factors:?}");
}
