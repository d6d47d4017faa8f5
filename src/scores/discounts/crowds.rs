//! Crowds: weeks in which many more people came for the first time than ever do.
//!
//! Bought likes and lockstep bursts come as people nobody has seen before, all at once. Nobody of a crowd counts: whoever sends
//! one chooses what its people do later, so as few of them as usually come would be enough to move a small creator. The real
//! newcomers of that week are lost with it as long as they cannot be told apart, which they are when the rest turns out to be
//! in lockstep. A viral post looks the same at first; when people keep coming it is growth, and for the rest creators have a
//! say (annotations).

use crate::relationships::days::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Weeks before a week that say what is usual. What has lasted for half of them is usual, too.
const WINDOW_WEEKS: i32 = 26;
/// Least ordinary weeks to know what is usual.
const LEAST_WEEKS: i32 = 4;
/// With so many people a creator begins to be known: a single early event does not make the weeks after it ordinary ones.
const FIRST_PEOPLE: u32 = 3;
/// People who come for the first time in a week without being a crowd, whatever is usual.
pub const FEW: f64 = 20.0;
/// A crowd is this many times the usual, beyond [`FEW`].
pub const TIMES: f64 = 5.0;

/// A week in which a crowd came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crowd {
    /// The week, from Monday, UTC; 0 is the one of 1970-01-01.
    pub week: i32,
    /// People who came for the first time.
    pub people: u32,
    /// How many usually do, in a week.
    pub usual: f64,
    /// Those of its people who were found to be in lockstep.
    #[serde(default)]
    pub shared: u32,
}

impl Crowd {
    /// Whether those in lockstep explain it: the others are no more than may come in any week.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        !is_crowd(self.people.saturating_sub(self.shared), self.usual)
    }

    /// Whether a day of its week lies in a period, given by its first and its last day.
    #[must_use]
    pub fn touches(&self, (from, to): (Day, Day)) -> bool {
        let (first, last) = self.days();
        first <= to && from <= last
    }

    /// Its first and its last day.
    #[must_use]
    pub fn days(&self) -> (Day, Day) {
        let monday = first_day_of(self.week);
        (monday, monday + 6)
    }
}

/// 1970-01-01 was a Thursday, three days after a Monday.
const MONDAY: Day = 3;

/// The week of a day.
#[must_use]
pub fn week_of(day: Day) -> i32 {
    (day + MONDAY).div_euclid(7)
}

/// The first day of a week.
#[must_use]
pub fn first_day_of(week: i32) -> Day {
    week * 7 - MONDAY
}

/// The crowds among people by the day on which each came first, ascending by week. Costs the number of weeks of those in
/// which many came.
#[must_use]
pub fn crowds(first_days: impl Iterator<Item = Day>) -> Vec<Crowd> {
    let mut weeks: BTreeMap<i32, u32> = BTreeMap::new();
    first_days.for_each(|day| *weeks.entry(week_of(day)).or_default() += 1);
    let Some(begin) = begin(&weeks) else { return Vec::new() };
    let mut crowds: Vec<Crowd> = Vec::new();
    for (&week, &people) in weeks.iter().filter(|(_, people)| f64::from(**people) > FEW) {
        let window = begin.max(week - WINDOW_WEEKS)..week;
        let Some(usual) = usual(&weeks, window, &crowds) else { continue };
        if is_crowd(people, usual) {
            crowds.push(Crowd { week, people, usual, shared: 0 });
        }
    }
    crowds
}

fn is_crowd(people: u32, usual: f64) -> bool {
    f64::from(people) > FEW + TIMES * usual
}

/// The week in which a creator began to be known.
fn begin(weeks: &BTreeMap<i32, u32>) -> Option<i32> {
    let mut people = 0;
    let known = weeks.iter().find(|(_, came)| {
        people += **came;
        people >= FIRST_PEOPLE
    });
    known.map(|(week, _)| *week)
}

/// How many people usually come in a week: the mean of the weeks without a crowd, or what half of all weeks have reached.
fn usual(weeks: &BTreeMap<i32, u32>, window: std::ops::Range<i32>, crowds: &[Crowd]) -> Option<f64> {
    let is_crowd = |week: i32| crowds.binary_search_by_key(&week, |crowd| crowd.week).is_ok();
    let of = |week: i32| f64::from(weeks.get(&week).copied().unwrap_or_default());
    let ordinary: Vec<f64> = window.clone().filter(|week| !is_crowd(*week)).map(of).collect();
    let mut all: Vec<f64> = window.map(of).collect();
    all.sort_by(f64::total_cmp);
    let mean = ordinary.iter().sum::<f64>() / ordinary.len() as f64;
    (ordinary.len() >= LEAST_WEEKS as usize).then(|| mean.max(all[(all.len() - 1) / 2]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// So many people on the Mondays of weeks from 2,800 on.
    fn first_days(people: &[u32]) -> Vec<Day> {
        let of_week = |(week, people): (i32, &u32)| vec![week * 7 - MONDAY; *people as usize];
        (2_800..).zip(people).flat_map(of_week).collect()
    }

    fn found(people: &[u32]) -> Vec<(i32, u32, f64)> {
        let crowds = crowds(first_days(people).into_iter());
        crowds.iter().map(|crowd| (crowd.week - 2_800, crowd.people, crowd.usual)).collect()
    }

    #[test]
    fn a_crowd_is_many_times_the_usual() {
        assert_eq!(found(&[3, 0, 4, 1, 500, 300, 2]), [(4, 500, 2.0), (5, 300, 3.0)]);
    }

    #[test]
    fn a_crowd_is_explained_when_the_others_are_none() {
        let is_explained = |shared| Crowd { week: 2_804, people: 500, usual: 2.0, shared }.is_explained();
        assert_eq!([0, 469, 470, 500].map(is_explained), [false, false, true, true]);
    }

    #[test]
    fn crowds_that_were_stored_before_lockstep_was_known_stay_readable() {
        let crowd = Crowd { week: 2_804, people: 500, usual: 2.0, shared: 0 };
        let mut stored = serde_json::to_value(crowd).unwrap();
        stored.as_object_mut().unwrap().remove("shared");
        assert_eq!(serde_json::from_value::<Crowd>(stored).unwrap(), crowd);
    }

    #[test]
    fn ordinary_ups_and_downs_are_no_crowd() {
        assert_eq!(found(&[1, 0, 0, 2, 20, 1, 0, 19]), []);
        assert_eq!(found(&[100, 80, 120, 90, 400, 100]), []);
    }

    #[test]
    fn nothing_is_known_of_the_first_weeks() {
        assert_eq!(found(&[5_000, 300, 200]), []);
        assert_eq!(found(&[1, 0, 0, 0, 0, 0, 500, 400]), [], "one early event is no history");
    }

    #[test]
    fn what_lasts_for_a_quarter_is_growth() {
        let weeks: Vec<u32> = [vec![1; 26], vec![200; 20]].concat();
        let weeks: Vec<i32> = found(&weeks).into_iter().map(|(week, ..)| week).collect();
        assert_eq!(weeks, (26..40).collect::<Vec<i32>>());
    }

    #[test]
    fn weeks_begin_on_monday() {
        let day = |date: &str| crate::relationships::days::day_of(date.parse().unwrap());
        assert_eq!(week_of(day("2026-11-23")), week_of(day("2026-11-29")));
        assert_eq!(week_of(day("2026-11-22")) + 1, week_of(day("2026-11-23")));
        let crowd = Crowd { week: week_of(day("2026-11-25")), people: 1, usual: 0.0, shared: 0 };
        assert_eq!(crowd.days(), (day("2026-11-23"), day("2026-11-29")));
        assert!(crowd.touches((day("2026-11-29"), day("2026-12-20"))));
        assert!(!crowd.touches((day("2026-11-01"), day("2026-11-22"))));
    }

    proptest! {
        #[test]
        fn crowds_are_unexplained_at_first_and_order_does_not_matter(people in prop::collection::vec(0..300_u32, 0..60)) {
            let days = first_days(&people);
            let crowds = crowds(days.iter().copied());
            prop_assert!(crowds.iter().all(|crowd| !crowd.is_explained()));
            prop_assert_eq!(super::crowds(days.into_iter().rev()), crowds);
        }
    }
}
