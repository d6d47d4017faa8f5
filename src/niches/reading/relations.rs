//! Niches that are meant along with others, without a word of their own: who speaks of a rescue shelter wants people with dogs
//! too. `related.txt` says for each niche which ones, the likeliest first. Their parents are not among them, as members of a
//! parent are looked at for its children anyway, but for the family, which is a niche that people mean.

use std::collections::HashMap;

pub(super) const RELATED: &str = include_str!("related.txt");
/// How likely the next niche of a line is, beside the one before.
const NEXT: f64 = 0.7;

/// A niche that is meant along with another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Related {
    pub(super) niche: u32,
    /// How likely it is, beside the likeliest: 0 to 1.
    pub(super) likely: f64,
}

/// The niches that are meant along with each one, by its number. A tenant's own niches have none.
pub(super) fn related(numbers: &HashMap<&str, u32>) -> Vec<Vec<Related>> {
    let mut related = vec![Vec::new(); numbers.len()];
    for (id, others) in RELATED.lines().filter_map(|line| line.split_once(": ")) {
        let Some(niche) = numbers.get(id) else { continue };
        let others = others.split(' ').filter_map(|other| numbers.get(other).copied());
        let likelier = std::iter::successors(Some(1.0), |likely| Some(likely * NEXT));
        related[*niche as usize] =
            others.zip(likelier).map(|(niche, likely)| Related { niche, likely }).collect();
    }
    related
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::niches::{NicheTree, Taxonomy};
    use std::sync::Arc;

    #[test]
    fn every_line_names_built_in_niches_and_hardly_any_parent() {
        let tree = NicheTree::new(Arc::new(Taxonomy::built_in()), Vec::new());
        for line in RELATED.lines() {
            let (id, others) = line.split_once(": ").unwrap();
            assert!(tree.parent(id).is_some(), "{id}");
            for other in others.split(' ') {
                assert_ne!(other, id);
                assert!(
                    tree.parent(other).is_some() || ["family", "local"].contains(&other),
                    "{id}: {other}"
                );
            }
        }
    }

    #[test]
    fn likelier_niches_come_first() {
        let numbers = [("family", 0), ("dad-life", 1), ("conscious-parenting", 2)].into();
        let of_fathers = [Related { niche: 0, likely: 1.0 }, Related { niche: 2, likely: NEXT }];
        assert_eq!(related(&numbers)[1], of_fathers);
    }
}
