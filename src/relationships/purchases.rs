//! What a purchase adds to a relationship: one of a larger amount says more, but far from in proportion.

/// Version of [`ORDINARY`] and the bounds.
pub const VERSION: i32 = 1;
/// Least an amount makes of a purchase. Lower: somebody who buys little counts as if they had bought nothing.
pub const LEAST: f64 = 0.5;
/// Most an amount makes of a purchase. Higher: one large amount, which nobody may have checked, outweighs months of talk.
pub const MOST: f64 = 4.0;

/// Amounts of an ordinary purchase, about 30 euros, by currency (ISO 4217) in its minor units, ascending by currency. Round
/// and rough on purpose: only the root of an amount counts, so a rate that is off by a fifth moves it by a tenth.
pub const ORDINARY: [(&str, i64); 29] = [
    ("AED", 13_000),
    ("AUD", 5_000),
    ("BGN", 6_000),
    ("BRL", 18_000),
    ("CAD", 5_000),
    ("CHF", 3_000),
    ("CNY", 25_000),
    ("CZK", 75_000),
    ("DKK", 22_000),
    ("EUR", 3_000),
    ("GBP", 2_600),
    ("HUF", 1_200_000),
    ("INR", 300_000),
    ("ISK", 4_300),
    ("JPY", 5_000),
    ("KRW", 50_000),
    ("MDL", 60_000),
    ("MXN", 65_000),
    ("NOK", 35_000),
    ("NZD", 6_000),
    ("PLN", 13_000),
    ("RON", 15_000),
    ("RSD", 350_000),
    ("SEK", 33_000),
    ("SGD", 4_500),
    ("TRY", 145_000),
    ("UAH", 145_000),
    ("USD", 3_500),
    ("ZAR", 60_000),
];

/// What was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Minor units of the currency.
    pub minor: i64,
    /// ISO 4217.
    pub currency: [u8; 3],
}

impl Amount {
    /// An amount with its currency, as events have them: both or none.
    #[must_use]
    pub fn of(minor: Option<i64>, currency: Option<&str>) -> Option<Self> {
        Some(Self { minor: minor?, currency: currency?.as_bytes().try_into().ok()? })
    }

    /// How many ordinary purchases one of this amount counts as: the root of how many times the ordinary amount it is,
    /// within [`LEAST`] and [`MOST`]; 1 when nobody knows what is ordinary in its currency.
    #[must_use]
    pub fn factor(self) -> f64 {
        let known =
            ORDINARY.binary_search_by_key(&self.currency.as_slice(), |(currency, _)| currency.as_bytes());
        known.map_or(1.0, |place| (self.minor as f64 / ORDINARY[place].1 as f64).sqrt().clamp(LEAST, MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn factor(minor: i64, currency: &str) -> f64 {
        Amount::of(Some(minor), Some(currency)).unwrap().factor()
    }

    proptest! {
        #[test]
        fn a_larger_amount_never_counts_less_and_none_counts_without_bounds(
            (currency, _) in prop::sample::select(&ORDINARY[..]),
            amounts in prop::array::uniform2(0_i64..=1_000_000_000_000),
        ) {
            let [small, large] = [amounts[0].min(amounts[1]), amounts[0].max(amounts[1])];
            prop_assert!(factor(small, currency) <= factor(large, currency));
            prop_assert!((LEAST..=MOST).contains(&factor(small, currency)));
        }
    }

    #[test]
    fn an_ordinary_purchase_counts_once_in_every_currency() {
        assert!(ORDINARY.is_sorted_by(|a, b| a.0 < b.0) && ORDINARY.iter().all(|(code, _)| code.len() == 3));
        for (currency, ordinary) in ORDINARY {
            assert!((factor(ordinary, currency) - 1.0).abs() < 1e-12, "{currency}");
            assert!((factor(4 * ordinary, currency) - 2.0).abs() < 1e-12, "{currency}");
        }
        assert!((factor(900_000_000, "XAU") - 1.0).abs() < 1e-12, "nobody knows what is ordinary");
        assert_eq!((Amount::of(None, None), Amount::of(Some(1), Some("lei!"))), (None, None));
    }
}
