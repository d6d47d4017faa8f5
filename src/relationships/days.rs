//! A set of UTC days.

use jiff::{Timestamp, civil::Date};

/// Days since 1970-01-01.
pub type Day = i32;

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The UTC day of a moment.
#[must_use]
pub fn day_at(time: Timestamp) -> Day {
    let day = time.as_microsecond().div_euclid(86_400_000_000);
    i32::try_from(day).expect("times have days of seven digits")
}

/// The number of a date.
#[must_use]
pub fn day_of(date: Date) -> Day {
    (date - EPOCH).get_days()
}

/// The date of a day number.
#[must_use]
pub fn date_of(day: Day) -> Date {
    EPOCH.saturating_add(jiff::Span::new().days(day))
}

/// A set of days, sorted. Most relationships have one to three, so a plain list is the smallest form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaySet(Vec<Day>);

impl DaySet {
    /// A set from sorted days without repeats.
    pub(super) fn from_sorted(days: Vec<Day>) -> Self {
        debug_assert!(days.is_sorted_by(|a, b| a < b));
        Self(days)
    }

    /// Adds a day; adding it again changes nothing.
    pub fn insert(&mut self, day: Day) {
        if let Err(place) = self.0.binary_search(&day) {
            self.0.insert(place, day);
        }
    }

    /// Adds all days of another set.
    pub fn merge(&mut self, other: &Self) {
        if other.0.iter().any(|day| self.0.binary_search(day).is_err()) {
            self.0.extend(&other.0);
            self.0.sort_unstable();
            self.0.dedup();
        }
    }

    /// All days of many sets, of which most are in many of them.
    pub fn union<'a>(sets: impl Iterator<Item = &'a [Day]>) -> Self {
        // The day that came last at each of some places: what is there already need not be sorted. Days that share a place
        // come more than once, which changes nothing.
        let mut latest = [None; 1024];
        let mut days = Vec::new();
        for day in sets.flatten().copied() {
            let place = &mut latest[day.rem_euclid(1024).unsigned_abs() as usize];
            if place.replace(day) != Some(day) {
                days.push(day);
            }
        }
        days.sort_unstable();
        days.dedup();
        Self(days)
    }

    /// True when the day is in the set.
    #[must_use]
    pub fn contains(&self, day: Day) -> bool {
        self.0.binary_search(&day).is_ok()
    }

    /// All days, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[Day] {
        &self.0
    }

    /// How many days.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// True for the empty set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// First and last day.
    #[must_use]
    pub fn span(&self) -> Option<(Day, Day)> {
        Some((*self.0.first()?, *self.0.last()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_union_has_each_day_once(sets in prop::collection::vec(prop::collection::btree_set(-3_000..3_000_i32, 0..40), 0..40)) {
            let all: BTreeSet<Day> = sets.iter().flatten().copied().collect();
            let sets: Vec<DaySet> = sets.into_iter().map(|set| DaySet(set.into_iter().collect())).collect();
            prop_assert_eq!(DaySet::union(sets.iter().map(DaySet::as_slice)).0, all.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn day_numbers_and_dates_agree() {
        for day in [-400, 0, 1, 20_000, 40_000] {
            assert_eq!(day_of(date_of(day)), day);
        }
        assert_eq!(date_of(0), EPOCH);
    }

    #[test]
    fn a_day_ends_right_before_midnight_utc() {
        let day = |text: &str| date_of(day_at(text.parse().unwrap())).to_string();
        assert_eq!(day("2026-11-24T00:00:00Z"), "2026-11-24");
        assert_eq!(day("2026-11-24T23:59:59.999999Z"), "2026-11-24");
        assert_eq!(day("1969-12-31T23:59:59Z"), "1969-12-31");
    }
}
