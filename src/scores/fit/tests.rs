use super::*;
use crate::scores::nearness::{InNiche, Lengths};
use proptest::prelude::*;
use std::iter;

const GAMING: NichePlace = NichePlace { niche: 1, parent: None };
const TRAVEL: NichePlace = NichePlace { niche: 2, parent: None };
const PARENTS: [Option<u32>; 3] = [None; 3];

fn niche_of(reaches: &[f64]) -> NicheReach {
    let mut niche = NicheReach::default();
    for reach in reaches {
        niche.count(Some(Estimate::exactly(*reach)), 1);
    }
    niche
}

fn fit(asked: &Asked, places: &[NichePlace], reach: Option<f64>, values: &[u64]) -> Fit {
    let lengths = Lengths::of(places.iter().copied(), (iter::empty(), 0), (iter::empty(), 0));
    let declared: Vec<InNiche> = places.iter().map(|place| InNiche::declared(place.niche)).collect();
    let niches = CreatorNiches { declared: &declared, topics: &[], community: &[], lengths: &lengths };
    let reach = reach.map(Estimate::exactly);
    Fit::of(asked, &Candidate { niches, reach, values })
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-5
}

#[test]
fn nearness_counts_most_and_usual_authority_is_the_middle() {
    let asked = Asked::new(&[(GAMING, 2.0, niche_of(&[4.0, 4.0]))], vec![], &PARENTS);
    let fit = fit(&asked, &[GAMING], Some(4.0), &[]);
    assert!(near(fit.estimate.value, 0.9 + 0.1 * 0.5), "{fit:?}");
    assert_eq!(fit.values, None);
}

#[test]
fn authority_counts_in_the_niches_of_the_brief_by_their_weights() {
    let niches = [(GAMING, 3.0, niche_of(&[2.0, 2.0])), (TRAVEL, 1.0, niche_of(&[8.0]))];
    let asked = Asked::new(&niches, vec![], &PARENTS);
    assert!(near(fit(&asked, &[GAMING], Some(8.0), &[]).authority.value, 0.75 * 0.75));
    assert!(near(fit(&asked, &[GAMING, TRAVEL], Some(8.0), &[]).authority.value, 0.75 * 0.75 + 0.25 * 0.5));
    let open = fit(&asked, &[GAMING], None, &[]).authority;
    assert!(near(open.value, 0.375) && near(open.low, 0.0) && near(open.high, 0.75), "{open:?}");
}

#[test]
fn naming_every_value_there_is_does_not_help() {
    let asked = Asked::new(&[(GAMING, 1.0, NicheReach::default())], vec![7, 9], &PARENTS);
    let shared = |values: &[u64]| fit(&asked, &[GAMING], None, values).values.unwrap();
    assert!(near(shared(&[7, 9]), 1.0) && near(shared(&[]), 0.0) && near(shared(&[8]), 0.0));
    assert!(near(shared(&[7]), 0.5_f64.sqrt()));
    let all: Vec<u64> = (0..20).collect();
    assert!(shared(&all) < shared(&[7]));
}

proptest! {
    #[test]
    fn fit_lies_in_its_interval_within_0_and_1(
        reach in prop::option::of(0.0..100.0_f64), others in prop::collection::vec(0.0..100.0_f64, 0..5),
        weights in prop::array::uniform2(0.01..10.0_f64), values in prop::collection::btree_set(0..3_u64, 0..4),
    ) {
        let niche = niche_of(&others);
        let niches = [(GAMING, weights[0], niche), (TRAVEL, weights[1], niche)];
        let asked = Asked::new(&niches, values.into_iter().collect(), &PARENTS);
        let Estimate { value, low, high } = fit(&asked, &[GAMING, TRAVEL], reach, &[0, 1]).estimate;
        prop_assert!(0.0 <= low && low <= value && value <= high && high <= 1.0 + 1e-12);
    }
}
