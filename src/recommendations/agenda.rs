//! What a search has not looked at yet, the most promising first. Pure.
//!
//! Which of those that promise about the same comes first makes no difference to what is found, and hardly any to how fast: so they are
//! kept by steps of what can be reached, and within a step what came last comes first, as it is what memory has at hand.

use super::guess::{STEPS, step};

/// Ends the things of a step.
const NONE: u32 = u32::MAX;

/// Things to look at.
pub(super) struct Agenda<T> {
    /// The last one of each step.
    last: Box<[u32; STEPS]>,
    /// Each with the one before it of its step.
    things: Vec<(T, u32)>,
    /// No step above has any.
    most: usize,
}

impl<T: Copy> Agenda<T> {
    pub(super) fn new() -> Self {
        Self { last: Box::new([NONE; STEPS]), things: Vec::new(), most: 0 }
    }

    /// Adds something that can reach so much.
    pub(super) fn push(&mut self, reach: f64, thing: T) {
        let step = step(reach);
        let before = std::mem::replace(&mut self.last[step], place(self.things.len()));
        self.things.push((thing, before));
        self.most = self.most.max(step);
    }

    /// Takes something of the highest step; `None`: nothing can reach so much any more.
    pub(super) fn pop(&mut self, least: f64) -> Option<T> {
        let lowest = step(least);
        while self.last[self.most] == NONE {
            self.most = self.most.checked_sub(1)?;
        }
        if self.most < lowest {
            return None;
        }
        let (thing, before) = *self.things.get(self.last[self.most] as usize)?;
        self.last[self.most] = before;
        Some(thing)
    }
}

fn place(things: usize) -> u32 {
    u32::try_from(things)
        .expect("a search looks at each creator and each node once, and there are fewer than 2^31 of both")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_that_can_reach_so_much_comes_once_and_the_most_promising_first(
            rounds in prop::collection::vec((prop::collection::vec(-0.1..1.1_f64, 0..20), 0..20_usize), 0..20), least in 0.0..1.0_f64,
        ) {
            let (mut agenda, mut waiting) = (Agenda::new(), Vec::new());
            for (reaches, taken) in rounds {
                for reach in reaches {
                    agenda.push(reach, reach);
                    waiting.push(reach);
                }
                for _ in 0..taken {
                    let most = waiting.iter().copied().map(step).max().filter(|most| *most >= step(least));
                    let next = agenda.pop(least);
                    prop_assert_eq!(next.map(step), most);
                    waiting.retain(|reach| Some(*reach) != next);
                }
            }
        }
    }
}
