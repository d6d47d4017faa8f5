//! The most nearness to a brief, from what the list of a niche tells.
//!
//! Nearness is a weighted sum over the niches of a brief. How near a creator is to the niche of the list, the list says; the
//! other niches of the brief see the creator as the sum of its parts, which the list says, too. And the angle between creator
//! and brief is at least the difference of their angles to the niche of the list.

use super::SLACK;
use crate::{
    scores::{
        fit::Asked,
        nearness::{NichePlace, narrow},
    },
    snapshot::{
        TenantSnapshot,
        board::{
            entry::{Entry, NEAR_STEPS, STEPS, nearness},
            most::Most,
            sketch::{FULL, PARTS, PLACE_STEPS, PLACES, Sketch, counting_rest, place, short},
        },
    },
};

/// What a list tells of nearness to a brief.
pub(super) struct Nearness {
    /// How near the niche of the list is to the brief, and how far away.
    towards: f64,
    apart: f64,
    /// How much nearness to the niche of the list counts.
    near: f64,
    /// The same of a step, and of all of them.
    near_step: f32,
    near_most: f32,
    /// How much a step of each other niche counts, by its short name.
    named: Box<[f32; 256]>,
    /// The most of these.
    most: f64,
    /// What a step at a place counts, the most first.
    worth: Vec<Worth>,
}

impl Nearness {
    /// For the list of a niche, given which niches have anything in common with the brief. Who stands in one of `elsewhere` is looked
    /// for there.
    pub(super) fn new(
        snapshot: &TenantSnapshot,
        (asked, touched): (&Asked, &[u32]),
        niche: NichePlace,
        elsewhere: &dyn Fn(u32) -> bool,
    ) -> Self {
        let towards = asked.vector.dot(&niche.vector()).min(1.0);
        let own = asked.niches.iter().find(|asked| asked.place.niche == niche.niche);
        let counts = |other: u32| {
            let of_list = own.map_or(0.0, |own| own.pull * own.common.of(other));
            (asked.common.of(other) - of_list).max(0.0)
        };
        let mut new = Self {
            towards,
            apart: (1.0 - towards * towards).sqrt(),
            near: 0.0,
            near_step: 0.0,
            near_most: 0.0,
            named: Box::new([0.0; 256]),
            most: 0.0,
            worth: Vec::new(),
        };
        let mut places = [[0.0_f64; PLACES]; 2];
        for other in touched.iter().copied() {
            let counts = counts(other) / snapshot.placed(other).length();
            if other == niche.niche {
                new.near = own.map_or(0.0, |own| own.pull) + counts;
            } else if counts > 0.0 {
                let name = short(other);
                let named = &mut new.named[usize::from(name)];
                *named = named.max(narrow(counts / STEPS));
                raise(&mut new.most, counts / STEPS);
                raise(&mut places[usize::from(elsewhere(other))][place(name)], counts / PLACE_STEPS);
            }
        }
        (new.near_step, new.near_most) = (narrow(new.near / NEAR_STEPS), narrow(new.near));
        new.worth = worth(&places);
        new
    }

    /// The most nearness of anybody below a node.
    pub(super) fn of_node(&self, most: &Most) -> f64 {
        let (least, greatest) = (nearness(most.near.0).0, nearness(most.near.1).1);
        let others = self.others(most);
        self.within((least, greatest), others)
    }

    /// The most nearness of an entry: what each of its other niches makes of it, and the rest. Its parts say enough, so that angles,
    /// which take a root, are not looked at.
    pub(super) fn of_entry(&self, entry: &Entry) -> ([f32; PARTS], f32) {
        let Sketch { names, parts, rest, .. } = entry.others;
        // A part that is not there counts nothing: faster than to ask whether it is.
        let parts = std::array::from_fn(|at| f32::from(parts[at]) * self.named[usize::from(names[at])]);
        let near = (f32::from(entry.near) * self.near_step).min(self.near_most);
        (parts, near + narrow(counting_rest(rest, self.most) + SLACK))
    }

    /// The most that parts in other niches count: as much as there can be in those that count most, until there is no more.
    fn others(&self, most: &Most) -> f64 {
        let (total, rest) = (steps(most.total), steps(most.rest));
        let (mut left, mut sum) =
            (total - rest.min(total), rest.min(total) * self.most * (STEPS / PLACE_STEPS));
        for Worth { place, is_aside, by_step } in &self.worth {
            let aside = if most.aside_at >> place & 1 == 1 { most.aside } else { 0 };
            let there = steps(if *is_aside { aside } else { most.others[*place] }).min(left);
            sum += there * by_step;
            left -= there;
            if left <= 0.0 {
                break;
            }
        }
        sum
    }

    /// The most of somebody between so near and so near to the niche of the list, of whom other niches make so much.
    fn within(&self, (least, greatest): (f64, f64), others: f64) -> f64 {
        // Whoever is near to the niche can be no nearer to the brief than the niche itself, but for the angle between.
        let near = self.towards.clamp(least, greatest);
        let by_angle = self.towards * near + self.apart * (1.0 - near * near).max(0.0).sqrt();
        (self.near * greatest + others).min(by_angle) + SLACK
    }
}

/// What a step at a place counts.
struct Worth {
    place: usize,
    /// Of niches in whose lists who stands is looked for there.
    is_aside: bool,
    by_step: f64,
}

/// What steps count, the most first, given what they count at each place.
fn worth(places: &[[f64; PLACES]; 2]) -> Vec<Worth> {
    let all = [false, true].into_iter().zip(places).flat_map(|(is_aside, places)| {
        places.iter().enumerate().map(move |(place, by_step)| Worth { place, is_aside, by_step: *by_step })
    });
    let mut worth: Vec<Worth> = all.filter(|worth| worth.by_step > 0.0).collect();
    worth.sort_by(|one, other| other.by_step.total_cmp(&one.by_step));
    worth
}

/// A number of steps; what is full may be any.
fn steps(step: u8) -> f64 {
    if step == FULL { f64::from(u16::MAX) } else { f64::from(step) }
}

fn raise(most: &mut f64, other: f64) {
    *most = most.max(other);
}
