//! Which days are asked for.

use crate::{
    error::{FieldError, Violations},
    http::problem::{Kind, Problem},
    relationships::days::{Day, day_at, day_of},
    time::{is_ahead, rfc3339, rfc3339_date},
};
use jiff::Timestamp;

/// The last day that had ended at a time; a day itself, since it is its end that is meant.
pub fn as_of(text: &str, now: Timestamp) -> Result<Day, Vec<FieldError>> {
    let mut violations = Violations::default();
    let day = if let Some(date) = rfc3339_date(text) {
        if day_of(date) > day_at(now) {
            violations.add("?as_of", "time_in_future", "must not be after today");
        }
        day_of(date)
    } else if let Some(time) = rfc3339(text) {
        is_ahead(&mut violations, "?as_of", time, now);
        day_at(time) - 1
    } else {
        let rule = "must be a date such as 2026-11-01, or a time with offset such as 2026-11-01T18:04:31Z";
        violations.add("?as_of", "invalid_time", rule);
        day_at(now)
    };
    violations.into_result(day)
}

/// First and last day; all since 1970 up to today, unless something else is asked for.
pub fn range(from: Option<&str>, to: Option<&str>, today: Day) -> Result<(Day, Day), Vec<FieldError>> {
    let mut violations = Violations::default();
    let mut day = |pointer: &str, text: Option<&str>, otherwise: Day| {
        let Some(text) = text else { return otherwise };
        let date = rfc3339_date(text);
        if date.is_none() {
            violations.add(pointer, "invalid_time", "must be a date such as 2026-11-01");
        }
        date.map_or(otherwise, day_of)
    };
    let days = (day("?from", from, 0), day("?to", to, today));
    if violations.is_empty() && days.0 > days.1 {
        violations.add("?from", "out_of_range", "must not be after `to`, nor after today without it");
    }
    violations.into_result(days)
}

/// The problem of asking for days that cannot be.
#[must_use]
pub fn wrong(errors: Vec<FieldError>) -> Problem {
    Problem::new(Kind::InvalidQuery, "A query parameter is wrong; see errors").with_errors(errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relationships::days::date_of;

    fn asked(text: &str) -> Result<String, String> {
        let day = as_of(text, "2026-11-27T10:00:00Z".parse().unwrap());
        day.map(|day| date_of(day).to_string()).map_err(|errors| errors[0].code.clone())
    }

    #[test]
    fn a_day_means_its_end_and_a_time_the_last_day_that_had_ended() {
        assert_eq!(asked("2026-11-01").as_deref(), Ok("2026-11-01"));
        assert_eq!(asked("2026-11-27").as_deref(), Ok("2026-11-27"));
        assert_eq!(asked("2026-11-01T23:59:59Z").as_deref(), Ok("2026-10-31"));
        assert_eq!(asked("2026-11-02T00:00:00Z").as_deref(), Ok("2026-11-01"));
        assert_eq!(asked("2026-11-02T01:00:00+02:00").as_deref(), Ok("2026-10-31"));
    }

    #[test]
    fn what_has_not_been_yet_or_is_no_time_is_refused() {
        for future in ["2026-11-28", "2026-11-27T10:05:01Z"] {
            assert_eq!(asked(future), Err("time_in_future".to_owned()));
        }
        for wrong in ["", "yesterday", "20261101", "2026-11-31", "2026-11-01T10:00:00"] {
            assert_eq!(asked(wrong), Err("invalid_time".to_owned()), "{wrong}");
        }
    }

    #[test]
    fn a_range_begins_before_it_ends() {
        let days = |from, to| {
            let pointers = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.pointer).collect();
            range(from, to, 20_000).map_err(pointers)
        };
        let refused =
            |pointers: &[&str]| Err(pointers.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(days(None, None), Ok((0, 20_000)));
        assert_eq!(days(Some("1970-01-02"), Some("1970-01-02")), Ok((1, 1)));
        assert_eq!(days(Some("1970-01-03"), Some("1970-01-02")), refused(&["?from"]));
        assert_eq!(days(Some("1970-1-3"), Some("x")), refused(&["?from", "?to"]));
    }
}
