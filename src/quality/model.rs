//! What is counted of the events of a tenant and a day.

use std::collections::BTreeMap;

/// Upper bounds in seconds of how long after it was done an event came in; later ones go into a last, open bucket.
pub const DELAY_BOUNDS: [i64; 9] = [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000];

/// An event that came in later than this after it was done is late: the bucket after it is the first late one.
const LATE_BOUND: i64 = 86_400;

/// Different reasons counted by name; more of them are counted together. Our own rules have about twenty.
const MOST_REASONS: usize = 64;
const OTHER_REASONS: &str = "other";

/// The reason under which events of unknown creators are refused.
pub const UNKNOWN_CREATOR: &str = "unknown_creator";
/// The reason under which events are refused that are too far ahead of our clock.
pub const TIME_IN_FUTURE: &str = "time_in_future";

const INVALID: &str = "invalid:";
const DELAY: &str = "delay:";

/// The counter of which the database keeps the largest value and not the sum.
pub const AHEAD_MOST: &str = "ahead_most_ms";

/// Counts of events. All of them add up but `ahead_most_ms`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New and committed.
    pub stored: i64,
    /// Committed before.
    pub duplicate: i64,
    /// Refused, because another content has the identity.
    pub conflict: i64,
    /// Stored without an engager.
    pub anonymous: i64,
    /// Stored with a time ahead of our clock.
    pub ahead: i64,
    /// The furthest ahead of our clock in milliseconds.
    pub ahead_most_ms: i64,
    /// Stored events by how long after they were done they came in.
    pub delays: [i64; DELAY_BOUNDS.len() + 1],
    /// Refused events by reason.
    pub invalid: BTreeMap<String, i64>,
}

impl Counts {
    /// Counts a stored event that came in so many milliseconds after it was done.
    pub fn count_stored(&mut self, delay_ms: i64, is_anonymous: bool) {
        self.stored += 1;
        self.anonymous += i64::from(is_anonymous);
        if delay_ms < 0 {
            self.ahead += 1;
            self.ahead_most_ms = self.ahead_most_ms.max(-delay_ms);
        }
        self.delays[bucket(delay_ms)] += 1;
    }

    /// Counts refused events.
    pub fn count_invalid(&mut self, reason: &str, events: i64) {
        if let Some(count) = self.invalid.get_mut(reason) {
            *count += events;
            return;
        }
        let reason = if self.invalid.len() < MOST_REASONS { reason } else { OTHER_REASONS };
        *self.invalid.entry(reason.to_owned()).or_default() += events;
    }

    /// Adds other counts to these.
    pub fn merge(&mut self, other: &Self) {
        self.stored += other.stored;
        self.duplicate += other.duplicate;
        self.conflict += other.conflict;
        self.anonymous += other.anonymous;
        self.ahead += other.ahead;
        self.ahead_most_ms = self.ahead_most_ms.max(other.ahead_most_ms);
        for (sum, more) in self.delays.iter_mut().zip(other.delays) {
            *sum += more;
        }
        for (reason, events) in &other.invalid {
            self.count_invalid(reason, *events);
        }
    }

    /// Events that were refused because they break a rule.
    #[must_use]
    pub fn invalid(&self) -> i64 {
        self.invalid.values().sum()
    }

    /// Events that were refused for this reason.
    #[must_use]
    pub fn refused_as(&self, reason: &str) -> i64 {
        self.invalid.get(reason).copied().unwrap_or(0)
    }

    /// All events that came in.
    #[must_use]
    pub fn received(&self) -> i64 {
        self.stored + self.duplicate + self.conflict + self.invalid()
    }

    /// Stored events that came in more than a day after they were done.
    #[must_use]
    pub fn late(&self) -> i64 {
        let late = DELAY_BOUNDS.iter().position(|bound| *bound == LATE_BOUND).map_or(0, |bucket| bucket + 1);
        self.delays[late..].iter().sum()
    }

    /// The bound in seconds below which this share of the stored events came in; `None` without events, and when it is
    /// beyond the last bound.
    #[must_use]
    pub fn delay_quantile(&self, share: f64) -> Option<i64> {
        let wanted = share * self.delays.iter().sum::<i64>() as f64;
        let mut seen = 0;
        let buckets = DELAY_BOUNDS.iter().zip(self.delays);
        let mut reached = buckets.filter(|(_, events)| {
            seen += events;
            seen > 0 && seen as f64 >= wanted
        });
        reached.next().map(|(bound, _)| *bound)
    }

    /// The counts by the names they are stored under; those that are zero are left out.
    #[must_use]
    pub fn counters(&self) -> Vec<(String, i64)> {
        let named = [
            ("stored", self.stored),
            ("duplicate", self.duplicate),
            ("conflict", self.conflict),
            ("anonymous", self.anonymous),
            ("ahead", self.ahead),
            (AHEAD_MOST, self.ahead_most_ms),
        ];
        let named = named.into_iter().map(|(name, amount)| (name.to_owned(), amount));
        let delays =
            (0..).zip(self.delays).map(|(bucket, events): (usize, i64)| (format!("{DELAY}{bucket}"), events));
        let invalid = self.invalid.iter().map(|(reason, events)| (format!("{INVALID}{reason}"), *events));
        named.chain(delays).chain(invalid).filter(|(_, amount)| *amount != 0).collect()
    }

    /// Adds what is stored under a name. Names of other versions of the program are passed over.
    pub fn add(&mut self, counter: &str, amount: i64) {
        if let Some(reason) = counter.strip_prefix(INVALID) {
            return self.count_invalid(reason, amount);
        }
        if let Some(bucket) = counter.strip_prefix(DELAY) {
            let bucket = bucket.parse().ok().and_then(|bucket: usize| self.delays.get_mut(bucket));
            return bucket.into_iter().for_each(|events| *events += amount);
        }
        match counter {
            "stored" => self.stored += amount,
            "duplicate" => self.duplicate += amount,
            "conflict" => self.conflict += amount,
            "anonymous" => self.anonymous += amount,
            "ahead" => self.ahead += amount,
            AHEAD_MOST => self.ahead_most_ms = self.ahead_most_ms.max(amount),
            _ => {}
        }
    }
}

fn bucket(delay_ms: i64) -> usize {
    DELAY_BOUNDS.partition_point(|bound| bound * 1_000 < delay_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts() -> impl Strategy<Value = Counts> {
        let stored = prop::collection::vec((-300_000_i64..5_000_000_000, any::<bool>()), 0..20);
        let invalid = prop::collection::vec(("[a-c]{1}", 1_i64..5), 0..6);
        (stored, invalid, 0_i64..9, 0_i64..9).prop_map(|(stored, invalid, duplicate, conflict)| {
            let mut counts = Counts { duplicate, conflict, ..Counts::default() };
            for (delay, is_anonymous) in stored {
                counts.count_stored(delay, is_anonymous);
            }
            for (reason, events) in invalid {
                counts.count_invalid(&reason, events);
            }
            counts
        })
    }

    proptest! {
        #[test]
        fn counts_survive_the_database_and_add_up_there_as_here(a in counts(), b in counts()) {
            let mut read = Counts::default();
            for (counter, amount) in a.counters().into_iter().chain(b.counters()) {
                read.add(&counter, amount);
            }
            let mut merged = a.clone();
            merged.merge(&b);
            prop_assert_eq!(&read, &merged);
            prop_assert_eq!(merged.received(), a.received() + b.received());
            prop_assert_eq!(merged.delays.iter().sum::<i64>(), merged.stored);
        }
    }

    #[test]
    fn delays_are_told_by_the_bound_they_stay_within() {
        let mut counts = Counts::default();
        assert_eq!(counts.delay_quantile(0.5), None);
        for delay_ms in [-200_000, 0, 1_000, 1_001, 86_400_000, 86_400_001] {
            counts.count_stored(delay_ms, false);
        }
        assert_eq!(counts.delays, [3, 1, 0, 0, 0, 0, 1, 1, 0, 0]);
        assert_eq!((counts.ahead, counts.ahead_most_ms, counts.late()), (1, 200_000, 1));
        assert_eq!(counts.delay_quantile(0.5), Some(1));
        assert_eq!(counts.delay_quantile(0.6), Some(10));
        assert_eq!(counts.delay_quantile(0.99), Some(604_800));
        counts.count_stored(2_592_000_001, true);
        assert_eq!((counts.delay_quantile(1.0), counts.late(), counts.anonymous), (None, 2, 1));
    }

    #[test]
    fn reasons_are_bounded_and_none_is_lost() {
        let mut counts = Counts::default();
        for number in 0..1_000 {
            counts.count_invalid(&format!("reason-{number}"), 1);
        }
        assert_eq!((counts.invalid.len(), counts.invalid()), (MOST_REASONS + 1, 1_000));
    }
}
