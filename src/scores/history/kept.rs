//! Which days are kept. Pure.
//!
//! Every day of the last 90; before that the last one of each ISO week, up to two years; and the last one that is older, since it
//! says what was so when those two years began. Days without a row are those of the row before, so nothing else is lost
//! than what happened within a week.

use crate::relationships::days::Day;

/// Days of which each is kept, the newest included.
pub const DAILY: Day = 90;
/// Days of which one in a week is kept, those included.
pub const LONGEST: Day = 731;
/// Most days that are kept: 90, one of each of 93 weeks that the others touch, and one before them.
pub const MOST: usize = 184;

/// Those of a creator's days (ascending) that stay when the newest day there can be is `newest`.
#[must_use]
pub fn kept(days: &[Day], newest: Day) -> Vec<Day> {
    let is_last_of_week =
        |place: usize, day: Day| days.get(place + 1).is_none_or(|next| week(*next) != week(day));
    let thinned = days.iter().copied().enumerate();
    let mut thinned: Vec<Day> = thinned
        .filter(|(place, day)| *day > newest - DAILY || is_last_of_week(*place, *day))
        .map(|(_, day)| day)
        .collect();
    let older = thinned.partition_point(|day| *day <= newest - LONGEST);
    thinned.drain(..older.saturating_sub(1));
    thinned
}

/// The number of the ISO week, which begins on Monday; 1970-01-01 was a Thursday.
fn week(day: Day) -> Day {
    (day + 3).div_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relationships::days::date_of;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const NEWEST: Day = 20_000;

    prop_compose! {
        fn some_days()(days in prop::collection::btree_set(NEWEST - 1_200..=NEWEST, 0..500)) -> Vec<Day> {
            days.into_iter().collect()
        }
    }

    /// The row that answers for a day.
    fn answering(rows: &[Day], day: Day) -> Option<Day> {
        rows.iter().copied().filter(|row| *row <= day).max()
    }

    proptest! {
        #[test]
        fn every_day_of_the_last_90_and_one_in_a_week_before_are_kept(days in some_days()) {
            let kept = kept(&days, NEWEST);
            let all: BTreeSet<Day> = kept.iter().copied().collect();
            prop_assert!(days.iter().filter(|day| **day > NEWEST - DAILY).all(|day| all.contains(day)));
            let older: Vec<Day> = kept.iter().copied().filter(|day| *day <= NEWEST - DAILY).collect();
            let weeks: BTreeSet<Day> = older.iter().map(|day| week(*day)).collect();
            prop_assert_eq!(weeks.len(), older.len());
            prop_assert!(kept.iter().filter(|day| **day <= NEWEST - LONGEST).count() <= 1);
            prop_assert!(kept.len() <= MOST);
        }

        #[test]
        fn what_is_answered_for_the_last_day_of_a_week_stays_the_same(days in some_days(), asked in NEWEST - LONGEST + 1..=NEWEST) {
            let sunday = asked + 6 - (asked + 3).rem_euclid(7);
            prop_assume!(sunday <= NEWEST);
            prop_assert_eq!(answering(&kept(&days, NEWEST), sunday), answering(&days, sunday));
        }

        #[test]
        fn thinning_out_every_day_comes_to_the_same_as_once(days in some_days(), rounds in prop::collection::btree_set(0..1_200, 0..30)) {
            let mut rows: Vec<Day> = Vec::new();
            let mut added = 0;
            for newest in rounds.into_iter().map(|round| NEWEST - 1_200 + round).chain([NEWEST]) {
                let until = days.partition_point(|day| *day <= newest);
                rows.extend(&days[added..until]);
                added = until;
                rows = kept(&rows, newest);
            }
            prop_assert_eq!(rows, kept(&days, NEWEST));
        }
    }

    #[test]
    fn a_creator_of_whom_nothing_changes_keeps_what_there_is() {
        assert_eq!(kept(&[3], NEWEST), [3]);
        assert_eq!(kept(&[3, 4, 1_000], NEWEST), [1_000]);
        assert_eq!(kept(&[], NEWEST), Vec::<Day>::new());
    }

    #[test]
    fn a_creator_of_whom_something_changes_every_day_keeps_what_is_documented() {
        let days: Vec<Day> = (NEWEST - 2_000..=NEWEST).collect();
        for newest in NEWEST - 7..=NEWEST {
            let kept = kept(&days[..days.partition_point(|day| *day <= newest)], newest);
            assert!((MOST - 2..=MOST).contains(&kept.len()), "{}", kept.len());
        }
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let weekday = |day| date_of(day).weekday().to_monday_zero_offset();
        for day in -10..10 {
            assert_eq!(week(day) == week(day - 1), weekday(day) != 0, "{day}");
        }
    }
}
