//! Rings: creators whose accounts engage with each other, and hardly with anybody else in return.

use std::collections::{BTreeMap, BTreeSet};

/// Least members of a ring. Smaller circles of creators who talk to each other are what communities are made of.
pub const LEAST_MEMBERS: usize = 8;
/// Share of the company of two creators, of those in the company of either, up to which nothing is discounted ...
pub const OPEN: f64 = 0.4;
/// ... and from which on nothing counts.
pub const CLOSED: f64 = 0.7;

/// What engagement between creators counts as.
#[derive(Clone, Debug, PartialEq)]
pub struct Rings<K: Ord> {
    /// Engagement that is returned, 0..1, from whom to whom; pairs that count whole are left out. Both sides count the same.
    pub returned: BTreeMap<(K, K), f64>,
    /// Members: what their accounts count as where several of them engage elsewhere, 0..1/2; the mean over those who return
    /// it.
    pub members: BTreeMap<K, f64>,
}

/// Rings among creators, from who engaged with whom.
///
/// The company of a creator are those whose accounts engage with it and with whom its accounts engage, and itself. Two
/// members of a closed ring keep the same company. Engagement that is not returned makes no member, so nobody can be drawn
/// into a ring by others. Costs, for each returned pair, the company of both.
#[must_use]
pub fn rings<K: Ord + Copy>(engaged: &BTreeSet<(K, K)>) -> Rings<K> {
    let mut company: BTreeMap<K, BTreeSet<K>> = BTreeMap::new();
    for &(from, to) in engaged.iter().filter(|(from, to)| from != to && engaged.contains(&(*to, *from))) {
        company.entry(from).or_insert_with(|| BTreeSet::from([from])).insert(to);
    }
    let mut rings = Rings { returned: BTreeMap::new(), members: BTreeMap::new() };
    for (from, known) in &company {
        let others = known.iter().filter(|to| *to != from);
        let weights: Vec<(K, f64)> = others.map(|to| (*to, weight(known, &company[to]))).collect();
        let mean = weights.iter().map(|(_, weight)| weight).sum::<f64>() / weights.len() as f64;
        if mean < 0.5 {
            rings.members.insert(*from, mean);
        }
        let less = weights.into_iter().filter(|(_, weight)| *weight < 1.0);
        rings.returned.extend(less.map(|(to, weight)| ((*from, to), weight)));
    }
    rings
}

fn weight<K: Ord>(ours: &BTreeSet<K>, theirs: &BTreeSet<K>) -> f64 {
    let shared = ours.intersection(theirs).count();
    if shared < LEAST_MEMBERS {
        return 1.0;
    }
    let closeness = shared as f64 / (ours.len() + theirs.len() - shared) as f64;
    ((CLOSED - closeness) / (CLOSED - OPEN)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn among(members: std::ops::Range<u32>) -> BTreeSet<(u32, u32)> {
        let all = members.clone().flat_map(|from| members.clone().map(move |to| (from, to)));
        all.filter(|(from, to)| from != to).collect()
    }

    #[test]
    fn engagement_within_a_closed_ring_counts_nothing() {
        let found = rings(&among(0..30));
        assert_eq!((found.returned.len(), found.members.len()), (30 * 29, 30));
        assert!(found.returned.values().chain(found.members.values()).all(|weight| *weight == 0.0));
    }

    #[test]
    fn a_few_friends_are_no_ring() {
        assert_eq!(rings(&among(0..7)), Rings { returned: BTreeMap::new(), members: BTreeMap::new() });
    }

    #[test]
    fn creators_who_also_know_many_others_are_no_ring() {
        let mut engaged = among(0..10);
        for member in 0..10 {
            for other in 0..20 {
                let other = 100 + member * 20 + other;
                engaged.extend([(member, other), (other, member)]);
            }
        }
        assert_eq!(rings(&engaged), Rings { returned: BTreeMap::new(), members: BTreeMap::new() });
    }

    proptest! {
        #[test]
        fn nobody_is_drawn_into_a_ring_without_engaging_in_return(
            engaged in prop::collection::btree_set((0..40_u32, 0..40_u32), 0..600), victim in 0..40_u32,
        ) {
            // The victim engages with nobody, and everybody with it.
            let mut engaged: BTreeSet<(u32, u32)> = engaged.into_iter().filter(|(from, _)| *from != victim).collect();
            engaged.extend((0..40).map(|from| (from, victim)).filter(|(from, to)| from != to));
            let found = rings(&engaged);
            prop_assert!(found.returned.keys().all(|(from, to)| *from != victim && *to != victim));
            prop_assert!(!found.members.contains_key(&victim));
        }

        #[test]
        fn both_sides_of_a_pair_count_the_same(engaged in prop::collection::btree_set((0..20_u32, 0..20_u32), 0..380)) {
            let found = rings(&engaged).returned;
            for ((from, to), weight) in &found {
                prop_assert!((0.0..1.0).contains(weight));
                prop_assert_eq!(found.get(&(*to, *from)), Some(weight));
            }
        }
    }
}
