//! Times as callers send them: in the form of RFC 3339 and in no other.

use crate::error::Violations;
use jiff::{SignedDuration, Timestamp, civil::Date};

/// How far a caller's clock may be ahead of ours.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// A time, cut to microseconds, which is what the database keeps. What is no time is noted at the pointer.
pub fn sent_time(violations: &mut Violations, pointer: &str, text: &str) -> Option<Timestamp> {
    let time = rfc3339(text).and_then(|time| Timestamp::from_microsecond(time.as_microsecond()).ok());
    if time.is_none() {
        let detail = "must be an RFC 3339 time with offset, such as 2026-11-20T18:04:31Z";
        violations.add(pointer, "invalid_time", detail);
    }
    time
}

/// True when a time is ahead of the clock by more than clocks may differ; that is then noted at the pointer.
pub fn is_ahead(violations: &mut Violations, pointer: &str, time: Timestamp, now: Timestamp) -> bool {
    let ahead = time > now + MAX_AHEAD;
    if ahead {
        violations.add(pointer, "time_in_future", "is more than 5 minutes ahead of the service's clock");
    }
    ahead
}

/// A time as RFC 3339 writes it. The library takes more forms, among them offsets of days and names of zones that
/// contradict the offset; a time that is read otherwise than it was meant ends on another date and so as another event.
#[must_use]
pub fn rfc3339(text: &str) -> Option<Timestamp> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let fits = |pattern: &str, text: &str| {
        pattern.len() == text.len()
            && pattern.bytes().zip(text.bytes()).all(|(wanted, given)| match wanted {
                b'0' => given.is_ascii_digit(),
                wanted => wanted.eq_ignore_ascii_case(&given),
            })
    };
    let digits =
        rest.strip_prefix('.').map_or(0, |fraction| fraction.bytes().take_while(u8::is_ascii_digit).count());
    let offset = if rest.starts_with('.') { rest.get(1 + digits..)? } else { rest };
    let fraction_fits = !rest.starts_with('.') || (1..=9).contains(&digits);
    let hour_fits = offset.get(1..3).is_none_or(|hours| hours < "24");
    let offset_fits = (fits("Z", offset) || fits("+00:00", offset) || fits("-00:00", offset)) && hour_fits;
    (fits("0000-00-00T00:00:00", date_time) && fraction_fits && offset_fits)
        .then(|| text.parse().ok())
        .flatten()
}

/// A date as RFC 3339 writes it.
#[must_use]
pub fn rfc3339_date(text: &str) -> Option<Date> {
    let is_digit_or_dash = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let fits = text.len() == 10 && text.bytes().enumerate().all(is_digit_or_dash);
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_taken_in_the_form_of_rfc_3339_only() {
        for lenient in [
            "2026-11-20T10:00:00+25:00",
            "20261120T100000Z",
            "2026-11-20T10Z",
            "2026-11-20T10:00:00,5Z",
            "2026-11-20T10:00:00+0200",
            "2026-11-20T10:00:00Z[Europe/Bucharest]",
            "2026-11-20T10:00:00.Z",
            "2026-11-20T10:00:00",
            "",
        ] {
            assert_eq!(rfc3339(lenient), None, "{lenient}");
        }
        assert!(rfc3339("2026-11-20t10:00:00.123456789-03:30").is_some());
    }

    #[test]
    fn dates_are_taken_in_one_form_only() {
        for lenient in
            ["20261120", "2026-11-20T10:00:00", "2026-W47-5", "2026-1-20", "+2026-1-20", "2026-02-30"]
        {
            assert_eq!(rfc3339_date(lenient), None, "{lenient}");
        }
        assert_eq!(rfc3339_date("2026-11-20"), Some(jiff::civil::date(2026, 11, 20)));
    }

    #[test]
    fn times_are_kept_to_the_microsecond() {
        let mut violations = Violations::default();
        let time = sent_time(&mut violations, "/at", "2026-11-20T10:00:00.123456789Z").unwrap();
        assert_eq!(time.to_string(), "2026-11-20T10:00:00.123456Z");
        assert!(!is_ahead(&mut violations, "/at", time, time - MAX_AHEAD));
        assert!(violations.is_empty());
        assert!(is_ahead(&mut violations, "/at", time, time - MAX_AHEAD - SignedDuration::from_micros(1)));
        assert_eq!(sent_time(&mut violations, "/at", "yesterday"), None);
        let codes: Vec<_> = violations.finish().unwrap_err().into_iter().map(|error| error.code).collect();
        assert_eq!(codes, ["time_in_future", "invalid_time"]);
    }
}
