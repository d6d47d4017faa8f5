//! The most nearness to a brief, from what the list of a niche tells.
//!
//! Nearness is a weighted sum over the niches of a brief. How near a creator is to the niche of the list, the list says; the
//! other niches of the brief see the creator as the sum of its parts, which the list says, too. And the angle between creator
//! and brief is at least the difference of their angles to the niche of the list.

use super::SLACK;
use crate::{
    scores::{fit::Asked, nearness::NichePlace},
    snapshot::{
        TenantSnapshot,
        board::{
            entry::{Entry, STEPS, nearness},
            most::Most,
            sketch::{PARTS, PLACES, Sketch, counting, place, short},
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
    /// How much a step of each other niche counts, by its short name.
    named: Box<[f64; 256]>,
    /// The most of these at each place, that of all and that of those in whose lists nobody is looked for here.
    places: [f64; PLACES],
    most: f64,
    most_aside: f64,
}

impl Nearness {
    /// For the list of a niche. Who stands in one of `elsewhere` is looked for there.
    pub(super) fn new(
        snapshot: &TenantSnapshot,
        asked: &Asked,
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
            named: Box::new([0.0; 256]),
            places: [0.0; PLACES],
            most: 0.0,
            most_aside: 0.0,
        };
        for (other, &parent) in (0..).zip(snapshot.parents()) {
            let counts = counts(other) / NichePlace { niche: other, parent }.length();
            if other == niche.niche {
                new.near = own.map_or(0.0, |own| own.pull) + counts;
            } else if counts > 0.0 {
                new.add(other, counts / STEPS, elsewhere(other));
            }
        }
        new
    }

    fn add(&mut self, niche: u32, counts: f64, is_elsewhere: bool) {
        let name = short(niche);
        raise(&mut self.named[usize::from(name)], counts);
        raise(&mut self.most, counts);
        if is_elsewhere {
            raise(&mut self.most_aside, counts);
        } else {
            raise(&mut self.places[place(name)], counts);
        }
    }

    /// The most nearness of anybody below a node.
    pub(super) fn of_node(&self, most: &Most) -> f64 {
        let (least, greatest) = (nearness(most.near.0).0, nearness(most.near.1).1);
        let at_places = most.others.iter().zip(self.places);
        let others: f64 = at_places.map(|(part, by_step)| counting(*part, by_step)).sum();
        let others = others + counting(most.rest, self.most) + counting(most.aside, self.most_aside);
        self.within((least, greatest), others)
    }

    /// The most nearness of an entry. Its parts say enough, so that angles, which take a root, are not looked at.
    pub(super) fn of_entry(&self, entry: &Entry) -> f64 {
        let Sketch { names, parts, rest, .. } = entry.others;
        let mut sum = self.near * nearness(entry.near).1;
        // A part that is not there counts nothing: faster than to ask whether it is.
        for at in 0..PARTS {
            sum += f64::from(parts[at]) * self.named[usize::from(names[at])];
        }
        sum + counting(rest, self.most) + SLACK
    }

    /// The most of somebody between so near and so near to the niche of the list, of whom other niches make so much.
    fn within(&self, (least, greatest): (f64, f64), others: f64) -> f64 {
        // Whoever is near to the niche can be no nearer to the brief than the niche itself, but for the angle between.
        let near = self.towards.clamp(least, greatest);
        let by_angle = self.towards * near + self.apart * (1.0 - near * near).max(0.0).sqrt();
        (self.near * greatest + others).min(by_angle) + SLACK
    }
}

fn raise(most: &mut f64, other: f64) {
    *most = most.max(other);
}
