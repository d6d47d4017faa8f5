//! Fit: how near a creator's niches are to those of a brief.
//!
//! A niche is a vector with 1 on itself and 1/2 on its parent, so that neighbours in the taxonomy are near each other;
//! creator and brief are sums of such vectors, and fit is their cosine. Identical niches give 1, parent and child
//! 0.45, two children of one parent 0.2.

/// What a niche shares with its parent.
pub const PARENT_SHARE: f64 = 0.5;

/// Candidates with less fit are not recommended, whatever else they have.
pub const MIN_FIT: f64 = 0.25;

/// A niche by number, with the number of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NichePlace {
    /// Number of the niche.
    pub niche: u32,
    /// Number of its parent.
    pub parent: Option<u32>,
}

/// A vector over niches: few entries, sorted by niche.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NicheVector {
    entries: Vec<(u32, f64)>,
}

impl NicheVector {
    /// The sum of weighted niches.
    #[must_use]
    pub fn of(places: impl Iterator<Item = (NichePlace, f64)>) -> Self {
        let mut vector = Self::default();
        for (place, weight) in places {
            vector.add(place.niche, weight);
            if let Some(parent) = place.parent {
                vector.add(parent, weight * PARENT_SHARE);
            }
        }
        vector
    }

    fn add(&mut self, niche: u32, weight: f64) {
        match self.entries.binary_search_by_key(&niche, |entry| entry.0) {
            Ok(place) => self.entries[place].1 += weight,
            Err(place) => self.entries.insert(place, (niche, weight)),
        }
    }

    /// Its length.
    #[must_use]
    pub fn norm(&self) -> f64 {
        self.entries.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt()
    }

    /// The scalar product with a creator who declares these niches.
    #[must_use]
    pub fn dot(&self, declared: &[NichePlace]) -> f64 {
        declared
            .iter()
            .map(|place| {
                self.weight(place.niche)
                    + place.parent.map_or(0.0, |parent| PARENT_SHARE * self.weight(parent))
            })
            .sum()
    }

    fn weight(&self, niche: u32) -> f64 {
        self.entries.binary_search_by_key(&niche, |entry| entry.0).map_or(0.0, |place| self.entries[place].1)
    }
}

/// Length of the vector of a creator who declares these niches.
#[must_use]
pub fn declared_norm(declared: &[NichePlace]) -> f64 {
    NicheVector::of(declared.iter().map(|place| (*place, 1.0))).norm()
}

/// Cosine of a brief and a creator, 0 to 1; 0 when either has no niche.
#[must_use]
pub fn fit(brief: &NicheVector, brief_norm: f64, declared: &[NichePlace], norm: f64) -> f64 {
    let lengths = brief_norm * norm;
    if lengths <= 0.0 {
        return 0.0;
    }
    let cosine = (brief.dot(declared) / lengths).clamp(0.0, 1.0);
    // Equal vectors give 1 but for rounding, and a receipt that says 0.9999999999999998 only puzzles.
    if cosine > 1.0 - 1e-12 { 1.0 } else { cosine }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GAMING: NichePlace = NichePlace { niche: 1, parent: None };
    const RETRO: NichePlace = NichePlace { niche: 2, parent: Some(1) };
    const MOBILE: NichePlace = NichePlace { niche: 3, parent: Some(1) };
    const TRAVEL: NichePlace = NichePlace { niche: 4, parent: None };

    fn between(brief: &[(NichePlace, f64)], declared: &[NichePlace]) -> f64 {
        let vector = NicheVector::of(brief.iter().copied());
        fit(&vector, vector.norm(), declared, declared_norm(declared))
    }

    #[test]
    fn neighbours_in_the_taxonomy_are_near() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-3;
        assert!(near(between(&[(RETRO, 1.0)], &[RETRO]), 1.0));
        assert!(near(between(&[(GAMING, 1.0)], &[RETRO]), 0.447));
        assert!(near(between(&[(RETRO, 1.0)], &[GAMING]), 0.447));
        assert!(near(between(&[(RETRO, 1.0)], &[MOBILE]), 0.2) && 0.2 < MIN_FIT);
        assert!(near(between(&[(RETRO, 1.0)], &[TRAVEL]), 0.0));
        assert!(near(between(&[], &[TRAVEL]), 0.0));
    }

    proptest! {
        #[test]
        fn fit_lies_between_0_and_1_and_ignores_the_scale_of_weights(
            weights in prop::collection::vec(0.01..10.0_f64, 1..4), scale in 0.1..10.0_f64, declared in 1..5_usize,
        ) {
            let places = [RETRO, GAMING, TRAVEL, MOBILE];
            let brief: Vec<_> = places.into_iter().zip(weights.iter().copied()).collect();
            let scaled: Vec<_> = places.into_iter().zip(weights.iter().map(|weight| weight * scale)).collect();
            let one = between(&brief, &places[..declared.min(4)]);
            prop_assert!((0.0..=1.0).contains(&one));
            prop_assert!((one - between(&scaled, &places[..declared.min(4)])).abs() < 1e-9);
        }
    }
}
