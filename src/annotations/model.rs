//! What an annotation is and what makes one valid.

use crate::{
    error::{FieldError, Violations},
    relationships::days::{Day, day_of},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Most days of a period. Longer: what is accepted once would excuse everything.
pub const MAX_DAYS: Day = 92;
/// Most annotations of a creator.
pub const MAX_ANNOTATIONS: i64 = 100;

/// An annotation, as it is sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "2026-11-02", "to": "2026-11-09", "reason": "The mending video was shown on national TV"}))]
pub struct AnnotationInput {
    /// First day (UTC).
    #[schema(example = "2026-11-02", format = Date, max_length = 10)]
    pub from: String,
    /// Last day (UTC), at most 92 days later.
    #[schema(example = "2026-11-09", format = Date, max_length = 10)]
    pub to: String,
    /// What happened.
    #[schema(example = "The mending video was shown on national TV", min_length = 1, max_length = 1000)]
    pub reason: String,
}

/// What became of an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Nobody has decided yet.
    Open = 0,
    /// Crowds of these weeks count whole.
    Accepted = 1,
    /// Crowds of these weeks stay discounted.
    Declined = 2,
}

impl Decision {
    /// The decision of a code.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Declined].into_iter().find(|known| *known as i16 == code)
    }
}

/// A decision, as it is sent.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "accepted"}))]
pub struct DecisionInput {
    /// The decision.
    pub status: Decision,
}

/// A period and what happened in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// First and last day.
    pub days: (Date, Date),
    /// What happened.
    pub reason: String,
}

/// An annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Its id.
    pub id: Uuid,
    /// When and why.
    pub period: Period,
    /// What became of it.
    pub status: Decision,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

impl AnnotationInput {
    /// The valid period, or everything that is wrong with it.
    pub fn accept(self) -> Result<Period, Vec<FieldError>> {
        let mut violations = Violations::default();
        let mut date = |pointer: &str, text: &str| {
            let date: Option<Date> = text.parse().ok();
            if date.is_none() {
                violations.add(pointer, "invalid_time", "must be a date such as 2026-11-02");
            }
            date
        };
        let (from, to) = (date("/from", &self.from), date("/to", &self.to));
        let days = from.zip(to).unwrap_or_default();
        let span = day_of(days.1) - day_of(days.0);
        if !(0..MAX_DAYS).contains(&span) {
            let rule =
                format!("must be the day of `from` or a later one, at most {} days later", MAX_DAYS - 1);
            violations.add("/to", "out_of_range", rule);
        }
        violations.text("/reason", self.reason.trim(), 1, 1_000);
        violations.into_result(Period { days, reason: self.reason.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(from: &str, to: &str, reason: &str) -> Vec<String> {
        let input = AnnotationInput { from: from.into(), to: to.into(), reason: reason.into() };
        input.accept().err().unwrap_or_default().into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn every_rule_names_its_field() {
        assert_eq!(wrong("2026-11-02", "2026-11-02", "TV"), Vec::<String>::new());
        assert_eq!(wrong("2026-11-02", "2027-02-01", "TV"), Vec::<String>::new());
        assert_eq!(wrong("2026-11-02", "2027-02-02", "TV"), ["/to"]);
        assert_eq!(wrong("2026-11-02", "2026-11-01", " "), ["/to", "/reason"]);
        assert_eq!(wrong("yesterday", "2026-11-01", "TV\0"), ["/from", "/reason"]);
    }
}
