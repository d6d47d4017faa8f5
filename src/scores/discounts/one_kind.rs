//! One kind: people who engage with very many creators, always in the same way. It tells something only where others of such
//! reach mix kinds: where nobody does, it is the data that has one kind.

/// People of such reach in a tenant, at least, for it to be known what is usual among them.
pub const PEOPLE: i64 = 20;
/// Share of them who mix kinds, from which on those who do not are told apart. Lower: people are discounted for what others
/// do, too, where nearly everything is likes; higher: fewer accounts that only like are enough to pass for usual.
pub const MIXED: f64 = 0.8;
/// The share down to which it stays so: a few people more or less must not turn it on and off from hour to hour.
pub const STILL_MIXED: f64 = 0.75;
/// What their relationships count as: it is a hint, and no more.
pub const WEIGHT: f64 = 0.5;

/// People of a tenant who engage with very many creators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfReach {
    /// All of them.
    pub people: i64,
    /// Those who mix kinds.
    pub mixed: i64,
}

impl OfReach {
    /// These and others.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self { people: self.people + others.people, mixed: self.mixed + others.mixed }
    }

    /// Whether those who act in one way only are told apart, when they were before or were not.
    #[must_use]
    pub fn tell_apart(self, before: bool) -> bool {
        let least = if before { STILL_MIXED } else { MIXED };
        self.people >= PEOPLE && self.mixed as f64 >= least * self.people as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn four_of_five_begin_it_and_three_of_four_go_on_with_it() {
        let told = |people, mixed| [false, true].map(|before| OfReach { people, mixed }.tell_apart(before));
        assert_eq!(told(100, 80), [true, true]);
        assert_eq!(told(100, 79), [false, true]);
        assert_eq!(told(100, 75), [false, true]);
        assert_eq!(told(100, 74), [false, false]);
        assert_eq!(told(20, 20), [true, true]);
        assert_eq!(told(19, 19), [false, false], "too few to know");
        assert_eq!(told(0, 0), [false, false]);
    }

    proptest! {
        #[test]
        fn what_is_begun_goes_on_and_passes_do_not_matter(some in prop::collection::vec((0..50_i64, 0..50_i64), 0..20)) {
            let of = |(mixed, others)| OfReach { people: mixed + others, mixed };
            let sum = some.iter().copied().map(of).fold(OfReach::default(), OfReach::and);
            let back = some.iter().rev().copied().map(of).fold(OfReach::default(), OfReach::and);
            prop_assert_eq!(sum, back);
            prop_assert!(sum.tell_apart(true) || !sum.tell_apart(false));
        }
    }
}
