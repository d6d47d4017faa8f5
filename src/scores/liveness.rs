//! How alive a creator's feed is: whoever posts nothing gives nobody an occasion to come back.

use super::discounts::Discounts;
use crate::{
    ids::EngagerKey,
    relationships::{
        Relationship,
        days::{Day, DaySet},
    },
};
use serde::{Deserialize, Serialize};

/// Days in which a day with engagement comes to count half, for how alive a feed is now.
pub const RECENT_HALF_LIFE_DAYS: f64 = 90.0;
/// The same for how alive it has been over a year or two.
pub const LASTING_HALF_LIFE_DAYS: f64 = 365.0;

/// Days with engagement, each counting half as much after every half-life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Liveness {
    /// With a half-life of 90 days; 0 to 130.
    pub recent: f64,
    /// With a half-life of 365 days; 0 to 528.
    pub lasting: f64,
}

impl Liveness {
    /// How alive a feed is at the end of a day; days after it do not count.
    #[must_use]
    pub fn at(end: Day, days: &[Day]) -> Self {
        let past = &days[..days.partition_point(|day| *day <= end)];
        let counted = |half_life: f64| past.iter().map(|day| (f64::from(day - end) / half_life).exp2()).sum();
        Self { recent: counted(RECENT_HALF_LIFE_DAYS), lasting: counted(LASTING_HALF_LIFE_DAYS) }
    }
}

/// Days on which people engaged, as far as they count.
pub fn engaged_days<'a>(
    people: impl Iterator<Item = (EngagerKey, &'a Relationship)>,
    discounts: &Discounts,
) -> DaySet {
    let counted = people.filter(|(engager, relationship)| !discounts.dismisses(*engager, relationship));
    DaySet::union(counted.map(|(engager, relationship)| discounts.counted_days(engager, relationship)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_counts_half_after_a_half_life() {
        let liveness = Liveness::at(400, &[35, 310, 400]);
        assert!((liveness.recent - (1.0 + 0.5 + (-365.0_f64 / 90.0).exp2())).abs() < 1e-12);
        assert!((liveness.lasting - (1.0 + (-90.0_f64 / 365.0).exp2() + 0.5)).abs() < 1e-12);
    }

    #[test]
    fn a_feed_without_engagement_is_not_alive() {
        assert_eq!(Liveness::at(400, &[]), Liveness::default());
        assert_eq!(Liveness::at(400, &[401]), Liveness::default(), "what is yet to come does not count");
    }

    proptest! {
        #[test]
        fn a_feed_that_falls_silent_is_less_alive_every_day(
            days in prop::collection::btree_set(0..1_000_i32, 1..60), wait in 1..1_000_i32,
        ) {
            let days: Vec<Day> = days.into_iter().collect();
            let (now, later) = (Liveness::at(1_000, &days), Liveness::at(1_000 + wait, &days));
            prop_assert!(later.recent < now.recent && later.lasting < now.lasting);
            prop_assert!(now.recent <= now.lasting);
        }
    }
}
