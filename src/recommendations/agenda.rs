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
    /// The last place that was left, each with the one left before it.
    left: u32,
    /// No step above has any.
    most: usize,
}

impl<T: Copy> Agenda<T> {
    pub(super) fn new() -> Self {
        Self { last: Box::new([NONE; STEPS]), things: Vec::new(), left: NONE, most: 0 }
    }

    /// Adds something that can reach so much.
    pub(super) fn push(&mut self, reach: f64, thing: T) {
        let step = step(reach);
        let before = self.last[step];
        self.last[step] = self.put((thing, before));
        self.most = self.most.max(step);
    }

    /// Takes something of the highest step; `None`: nothing can reach so much any more.
    pub(super) fn pop(&mut self, least: f64) -> Option<T> {
        while self.last[self.most] == NONE {
            self.most = self.most.checked_sub(1)?;
        }
        if self.most < step(least) {
            return None;
        }
        let place = self.last[self.most];
        let (thing, before) = &mut self.things[place as usize];
        self.last[self.most] = std::mem::replace(before, self.left);
        self.left = place;
        Some(*thing)
    }

    /// Where something is put: into a place that was left, if there is one.
    fn put(&mut self, thing: (T, u32)) -> u32 {
        if let Some(place) = self.things.get_mut(self.left as usize) {
            let (_, left) = std::mem::replace(place, thing);
            return std::mem::replace(&mut self.left, left);
        }
        self.things.push(thing);
        u32::try_from(self.things.len() - 1).expect("there are fewer nodes than 2^32")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_that_can_reach_so_much_comes_once_and_the_most_promising_first(
            rounds in prop::collection::vec((prop::collection::vec(-0.1..1.1_f64, 0..20), 0..20_usize, 0.0..0.1_f64), 0..20),
        ) {
            let (mut agenda, mut waiting, mut least, mut most_waiting) = (Agenda::new(), Vec::new(), 0.0, 0);
            for (reaches, taken, raised) in rounds {
                least += raised;
                for reach in reaches {
                    agenda.push(reach, reach);
                    waiting.push(reach);
                }
                most_waiting = most_waiting.max(waiting.len());
                for _ in 0..taken {
                    let most = waiting.iter().copied().map(step).max().filter(|most| *most >= step(least));
                    let next = agenda.pop(least);
                    prop_assert_eq!(next.map(step), most);
                    waiting.retain(|reach| Some(*reach) != next);
                }
            }
            prop_assert_eq!(agenda.things.len(), most_waiting, "places that were left are used again");
        }
    }
}
