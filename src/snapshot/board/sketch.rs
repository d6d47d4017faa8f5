//! In which niches a creator is besides that of a list, in few bytes: enough to tell how near it is to any brief at most.
//!
//! A creator is a sum of niches. Its largest parts are kept by names of one byte, which niches that are many share; what is left
//! counts as if it were in the best niche that there is.

use super::entry::{STEPS, up};

/// Parts that are kept one by one. Most creators have fewer.
pub const PARTS: usize = 4;
/// Niches share so many places where the most of several creators is kept. More: fewer that are something else seem to be what a
/// brief asks for; fewer: nodes are smaller.
pub const PLACES: usize = u32::BITS as usize;
/// A step that says as much as possible, or more.
pub const FULL: u8 = u8::MAX;
/// Parts at one place, which several niches share, may be twice as much as one can be: their steps are as much larger.
pub const PLACE_STEPS: f64 = STEPS / 2.0;

/// The niches of a creator but that of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// Short names of the niches that make up most of it, the most first.
    pub names: [u8; PARTS],
    /// Steps of how much of it they are; 0: there is no such niche.
    pub parts: [u8; PARTS],
    /// Step of how much all other niches are together.
    pub rest: u8,
    /// One bit for each of these niches in whose list it stands, and one for any of the rest.
    pub listed: u8,
}

/// The short name of a niche.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "that is what makes it short")]
pub fn short(niche: u32) -> u8 {
    niche as u8
}

/// The place of a niche by its short name.
#[must_use]
pub fn place(name: u8) -> usize {
    usize::from(name) % PLACES
}

/// How much of somebody, in so many steps, can count when a step counts so much. What is full says nothing.
#[must_use]
pub fn counting_rest(step: u8, by_step: f64) -> f64 {
    if step == FULL { 1.0 } else { f64::from(step) * by_step }
}

impl Sketch {
    /// That of a creator made of these parts, the largest first, in the list of a niche, when it stands in these lists.
    #[must_use]
    pub(super) fn of(parts: &[(u32, f64)], niche: u32, lists: &[u32]) -> Self {
        let mut sketch = Self { names: [0; PARTS], parts: [0; PARTS], rest: 0, listed: 0 };
        let mut rest = 0.0;
        for (at, (other, part)) in parts.iter().filter(|(other, _)| *other != niche).enumerate() {
            sketch.listed |= u8::from(lists.contains(other)) << at.min(PARTS);
            if at < PARTS {
                (sketch.names[at], sketch.parts[at]) = (short(*other), up(*part));
            } else {
                rest += part;
            }
        }
        Self { rest: up(rest), ..sketch }
    }

    /// The parts that are kept one by one: short name, step, and whether it stands in the list.
    fn parts(&self) -> impl Iterator<Item = (u8, u8, bool)> {
        let known = self.names.into_iter().zip(self.parts).enumerate().take_while(|(_, (_, part))| *part > 0);
        known.map(|(at, (name, part))| (name, part, self.listed >> at & 1 == 1))
    }

    /// Short names of the niches kept one by one in whose lists it stands.
    pub fn listed(&self) -> impl Iterator<Item = u8> {
        (0..PARTS).filter(|at| self.listed >> at & 1 == 1).map(|at| self.names[at])
    }

    /// Whether it stands in the list of a niche of the rest.
    #[must_use]
    pub fn is_rest_listed(&self) -> bool {
        self.listed >> PARTS & 1 == 1
    }

    /// How much of it is in other niches, in the steps of places.
    #[must_use]
    pub(super) fn total(&self) -> u8 {
        self.parts().fold(self.rest(), |sum, (_, part, _)| sum.saturating_add(part.div_ceil(2)))
    }

    /// How much of it is in niches that are not kept one by one, in the steps of places.
    #[must_use]
    pub(super) fn rest(&self) -> u8 {
        // There may be more of it than a step can tell.
        if self.rest == FULL { FULL } else { self.rest.div_ceil(2) }
    }

    /// How much of it is in the niches of each place, as far as they are kept one by one, and how much of that in those in whose
    /// lists it does not stand.
    #[must_use]
    pub(super) fn places(&self) -> [[u8; PLACES]; 2] {
        let (mut all, mut aside) = ([0; PLACES], [0; PLACES]);
        let add = |steps: &mut u8, part: u8| *steps = steps.saturating_add(part.div_ceil(2));
        for (name, part, is_listed) in self.parts() {
            add(&mut all[place(name)], part);
            if !is_listed {
                add(&mut aside[place(name)], part);
            }
        }
        [all, aside]
    }
}
