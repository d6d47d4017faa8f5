//! Which days are closed, and what becomes of a month.

use crate::relationships::days::{date_of, day_at};
use jiff::{Timestamp, ToSpan, civil::Date};

/// Days that are kept beyond a retention, so that nothing that is still accepted is near a day that closes, even if the
/// clocks of machines differ. More: events stay longer; fewer: what a machine whose clock is late accepts is refused.
const SLACK_DAYS: i32 = 2;

/// Months that are made ahead, this one not counted. More: empty tables; fewer: ingest makes them when no worker ran.
const AHEAD: i32 = 2;

/// The first day whose events are still taken at this moment: a month closes as a whole.
#[must_use]
pub fn closed_before(now: Timestamp, retention_days: i32) -> Date {
    let oldest = day_at(now).saturating_sub(retention_days).saturating_sub(SLACK_DAYS);
    date_of(oldest).first_of_month()
}

/// Days of the months that have their partitions before their first event comes.
pub fn days_ahead(now: Timestamp) -> impl Iterator<Item = i32> {
    let first = date_of(day_at(now)).first_of_month();
    (0..=AHEAD).map(move |months| crate::relationships::days::day_of(first.saturating_add(months.months())))
}

/// What was found of a month whose days are closed for some tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Everything in it is in bases: it can go as a whole.
    AllGone,
    /// Some events belong to tenants that keep them; the others are in bases.
    SomeKept,
    /// Something could not be put into a base yet.
    Unfinished,
}

impl Found {
    /// The worse of two findings.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unfinished, _) | (_, Self::Unfinished) => Self::Unfinished,
            (Self::SomeKept, _) | (_, Self::SomeKept) => Self::SomeKept,
            (Self::AllGone, Self::AllGone) => Self::AllGone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        events::{
            Kind,
            input::{EventInput, Reception},
        },
        ids::TenantId,
        keys::{Tenant, model::TenantSecrets},
    };
    use jiff::SignedDuration;
    use proptest::prelude::*;

    fn accepts(now: Timestamp, retention_days: i32, occurred_at: Timestamp) -> Option<Date> {
        let tenant = Tenant {
            id: TenantId(1),
            name: "t".to_owned(),
            retention_days: Some(retention_days),
            secrets: TenantSecrets::derive(&[1; 32]),
        };
        let input = EventInput {
            event_id: "e".to_owned(),
            creator_id: "c".to_owned(),
            engager_id: None,
            kind: Kind::Like,
            occurred_at: occurred_at.to_string(),
            post_id: None,
            in_reply_to: None,
            platform: None,
            text: None,
            value: None,
            currency: None,
        };
        let event = input.accept(&Reception { tenant: &tenant, now, verifies: false });
        event.ok().map(|event| date_of(event.day()))
    }

    proptest! {
        #[test]
        fn what_is_accepted_at_the_last_moment_is_never_in_a_closed_month(
            second in 1_700_000_000_i64..4_000_000_000, retention in 1..3_000, hours_late in 0_i64..24,
        ) {
            let now = Timestamp::from_second(second).unwrap();
            let border = now - SignedDuration::from_hours(24 * i64::from(retention));
            prop_assert_eq!(accepts(now, retention, border - SignedDuration::from_secs(1)), None);
            let day = accepts(now, retention, border).unwrap();
            // Even when the clock of the worker is ahead of the one of the service.
            let later = now + SignedDuration::from_hours(hours_late);
            prop_assert!(day > closed_before(later, retention), "{} {}", day, closed_before(later, retention));
        }

        #[test]
        fn a_closed_day_never_opens_again(second in 1_700_000_000_i64..4_000_000_000, retention in 1..3_000, more in 0_i64..100_000_000) {
            let at = |second| closed_before(Timestamp::from_second(second).unwrap(), retention);
            prop_assert!(at(second) <= at(second + more));
        }
    }

    #[test]
    fn a_month_closes_as_a_whole_two_days_after_the_retention_of_its_last_day() {
        let closed = |now: &str| closed_before(now.parse().unwrap(), 30).to_string();
        assert_eq!(closed("2026-03-04T23:59:59Z"), "2026-01-01");
        assert_eq!(closed("2026-03-05T00:00:00Z"), "2026-02-01");
    }

    #[test]
    fn this_month_and_the_next_two_are_made_ahead() {
        let days = days_ahead("2026-11-30T23:00:00Z".parse().unwrap());
        let months: Vec<String> = days.map(|day| date_of(day).to_string()).collect();
        assert_eq!(months, ["2026-11-01", "2026-12-01", "2027-01-01"]);
    }
}
