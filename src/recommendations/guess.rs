//! A guess of what the last creator of a list reaches, long before that is known. Pure.
//!
//! A search opens what can reach most first, so that it finds those of a list near its end, and until then keeps everybody. But
//! the most that creators can reach is little more than what they do reach, and of that much is known early: what as many can reach
//! as make up two lists, the last of one list most probably reaches. Who cannot is left out. Whether the guess was right shows
//! at the end, when the list is full above it; otherwise the search has to be made again without one.

/// Steps of what can be reached, from 0 to 1.
pub(super) const STEPS: usize = 2_048;
/// Creators who can reach so much for each one of the list, and more for a short one. More: a lower guess, of less use; fewer: wrong more
/// often.
const FOR_EACH: usize = 2;
const MORE: usize = 16;

/// What those of a list reach, as far as it can be told from what others can reach.
pub(super) struct Guess {
    /// How many can reach each step.
    counts: Box<[u32; STEPS]>,
    /// The step that is guessed, and what it is.
    step: usize,
    least: f64,
    /// How many can reach it or more.
    above: usize,
    /// How many of those are enough.
    enough: usize,
    /// Nobody is counted who can reach more: it may have been in the list before.
    most: f64,
}

impl Guess {
    /// For the first so many of those who reach no more than `most`.
    pub(super) fn new(wanted: usize, most: f64) -> Self {
        let enough = FOR_EACH * wanted + MORE;
        Self { counts: Box::new([0; STEPS]), step: 0, least: f64::NEG_INFINITY, above: 0, enough, most }
    }

    /// A guess that is never made: nobody is left out.
    pub(super) fn never() -> Self {
        Self { enough: usize::MAX, ..Self::new(0, f64::INFINITY) }
    }

    /// No guess: so much is known to be reached by as many as are wanted.
    pub(super) fn known(least: f64) -> Self {
        Self { least, ..Self::never() }
    }

    /// Counts somebody who can reach so much.
    pub(super) fn add(&mut self, reach: f64) {
        let step = step(reach);
        if step < self.step || reach > self.most {
            return;
        }
        self.counts[step] += 1;
        self.above += 1;
        while self.above - self.counts[self.step] as usize >= self.enough {
            self.above -= self.counts[self.step] as usize;
            self.step += 1;
            self.least = self.step as f64 / STEPS as f64;
        }
    }

    /// What has to be reached, if the guess is right.
    pub(super) fn least(&self) -> f64 {
        self.least
    }
}

/// The step of what can be reached; what lies outside is in the first or the last one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held within the steps")]
pub(super) fn step(reach: f64) -> usize {
    (reach * STEPS as f64).clamp(0.0, (STEPS - 1) as f64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_many_as_are_enough_can_reach_it_and_no_step_more(
            reaches in prop::collection::vec(-0.1..1.1_f64, 0..400), wanted in 1..40_usize, most in 0.5..1.2_f64,
        ) {
            let mut guess = Guess::new(wanted, most);
            for reach in &reaches {
                guess.add(*reach);
            }
            let counted: Vec<f64> = reaches.into_iter().filter(|reach| *reach <= most).collect();
            let (least, enough) = (guess.least(), FOR_EACH * wanted + MORE);
            let can = |least: f64| counted.iter().filter(|reach| **reach >= least).count();
            prop_assert!(least == f64::NEG_INFINITY || can(least) >= enough);
            // All who can reach more than 1 are in the last step.
            let next = (guess.step + 1) as f64 / STEPS as f64;
            prop_assert!(next >= 1.0 || can(next) < enough, "{} {}", least, can(next));
        }
    }
}
