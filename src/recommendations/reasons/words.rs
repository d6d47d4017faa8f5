//! Numbers and names as sentences have them, written where the sentence is.

use std::fmt::{Display, Formatter, Result};

/// A share in percent.
#[derive(Clone, Copy)]
pub(super) struct Percent(pub f64);

impl Display for Percent {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        match self.0 {
            share if share > 0.0 && share < 0.005 => to.write_str("under 1 %"),
            share => write!(to, "{} %", whole(share * 100.0)),
        }
    }
}

/// A whole number that is not negative, with commas between thousands.
#[derive(Clone, Copy)]
pub(crate) struct Grouped(u64);

impl Grouped {
    /// A number of people, events or followers; there are never fewer than none.
    pub(crate) fn of(number: impl TryInto<u64>) -> Self {
        Self(number.try_into().unwrap_or_default())
    }

    /// The whole number next to one.
    pub(crate) fn near(number: f64) -> Self {
        Self(whole(number))
    }
}

impl Display for Grouped {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        match self.0 {
            few @ ..1_000 => write!(to, "{few}"),
            many => write!(to, "{},{:03}", Self(many / 1_000), many % 1_000),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "people and percents are not negative"
)]
fn whole(number: f64) -> u64 {
    number.round_ties_even() as u64
}

/// Names, the last one after an `and`.
#[derive(Clone, Copy)]
pub(super) struct Listed<'a>(pub &'a [&'a str]);

impl Display for Listed<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        for (at, name) in self.0.iter().enumerate() {
            let before = match at {
                0 => "",
                _ if at + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            write!(to, "{before}{name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(
            [0, 999, 1_000, 20_000, 1_002_003].map(|number| Grouped(number).to_string()),
            ["0", "999", "1,000", "20,000", "1,002,003"]
        );
        assert_eq!(
            [Grouped::of(-3), Grouped::near(1_000.4)].map(|number| number.to_string()),
            ["0", "1,000"]
        );
        assert_eq!(
            [0.0, 0.001, 0.05, 0.125, 1.0].map(|share| Percent(share).to_string()),
            ["0 %", "under 1 %", "5 %", "12 %", "100 %"]
        );
    }

    #[test]
    fn names_are_listed_as_people_say_them() {
        let listed = |names: &[&str]| Listed(names).to_string();
        assert_eq!(
            [listed(&[]), listed(&["A"]), listed(&["A", "B"]), listed(&["A", "B", "C"])],
            ["", "A", "A and B", "A, B and C"]
        );
    }
}
