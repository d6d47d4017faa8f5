use super::*;
use proptest::prelude::*;

const GAMING: NichePlace = NichePlace { niche: 1, parent: None };
const RETRO: NichePlace = NichePlace { niche: 2, parent: Some(1) };
const MOBILE: NichePlace = NichePlace { niche: 3, parent: Some(1) };
const TRAVEL: NichePlace = NichePlace { niche: 4, parent: None };
const PARENTS: [Option<u32>; 5] = [None, None, Some(1), Some(1), None];

fn common(places: &[(NichePlace, f64)]) -> Common {
    NicheVector::of(places.iter().copied()).common(&PARENTS)
}

fn even(places: &[NichePlace]) -> Vec<(NichePlace, f64)> {
    places.iter().map(|place| (*place, 1.0)).collect()
}

fn nearness(
    declared: &[NichePlace],
    community: &[(NichePlace, f64)],
    people: u32,
    brief: &Common,
) -> Nearness {
    let lengths = Lengths::of(declared.iter().copied(), community.iter().copied(), people);
    let declared: Vec<InNiche> =
        declared.iter().map(|place| InNiche { niche: place.niche, share: 1.0 }).collect();
    let community: Vec<InNiche> = community
        .iter()
        .map(|(place, share)| InNiche { niche: place.niche, share: narrow(*share) })
        .collect();
    let creator = CreatorNiches { declared: &declared, community: &community, lengths: &lengths };
    let nearness = creator.nearness(brief);
    assert_eq!(creator.near(brief).to_bits(), nearness.estimate.value.to_bits());
    nearness
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-3
}

#[test]
fn neighbours_in_the_taxonomy_are_near() {
    let fit = |brief: NichePlace, declared: &[NichePlace]| {
        nearness(declared, &[], 0, &common(&even(&[brief]))).estimate.value
    };
    assert_eq!(fit(RETRO, &[RETRO]).to_bits(), 1.0_f64.to_bits());
    assert!(near(fit(GAMING, &[RETRO]), 0.447));
    assert!(near(fit(RETRO, &[GAMING]), 0.447));
    assert!(near(fit(RETRO, &[MOBILE]), 0.2) && 0.2 < MIN_NEARNESS);
    assert!(near(fit(RETRO, &[TRAVEL]), 0.0));
    assert!(near(fit(TRAVEL, &[]), 0.0));
}

#[test]
fn a_community_elsewhere_lowers_an_impostor_and_lifts_who_fits_without_saying_so() {
    let brief = common(&even(&[GAMING]));
    let of = |community: NichePlace, brief: &Common| {
        nearness(&[GAMING], &even(&[community]), 10_000, brief).estimate.value
    };
    assert!(near(of(GAMING, &brief), 1.0));
    assert!(near(of(TRAVEL, &brief), 0.708));
    assert!(near(of(TRAVEL, &common(&even(&[TRAVEL]))), 0.706));
}

#[test]
fn few_people_say_little_and_leave_it_open() {
    let community = [(GAMING, 0.5), (TRAVEL, 0.5)];
    let seen_in = |people| nearness(&[GAMING], &community, people, &common(&even(&[GAMING])));
    let (few, many) = (seen_in(5), seen_in(5_000));
    assert!(few.share < many.share && many.share < MAX_COMMUNITY_SHARE);
    assert!(few.estimate.high - few.estimate.low > many.estimate.high - many.estimate.low);
}

#[test]
fn a_creator_stands_once_in_the_list_of_what_it_declares_and_its_community_is_much_in() {
    let in_niche = |niche, share| InNiche { niche, share };
    let niches = CreatorNiches {
        declared: &[in_niche(2, 1.0)],
        community: &[in_niche(2, 0.5), in_niche(4, 0.2), in_niche(1, 0.19)],
        lengths: &Lengths::default(),
    };
    assert_eq!(niches.lists().collect::<Vec<_>>(), [2, 4]);
    assert_eq!([1, 2, 4].map(|niche| niches.is_listed(niche)), [false, true, true]);
}

proptest! {
    #[test]
    fn nearness_lies_in_its_interval_within_0_and_1_and_ignores_the_scale_of_weights(
        weights in prop::collection::vec(0.01..10.0_f64, 1..4), scale in 0.1..10.0_f64,
        declared in 0..5_usize, community in 0..5_usize, people in 0..10_000_u32,
    ) {
        let places = [RETRO, GAMING, TRAVEL, MOBILE];
        let (declared, community) = (&places[..declared.min(4)], even(&places[4 - community.min(4)..]));
        let brief: Vec<_> = places.into_iter().zip(weights.iter().copied()).collect();
        let scaled: Vec<_> = brief.iter().map(|(place, weight)| (*place, weight * scale)).collect();
        let fit = nearness(declared, &community, people, &common(&brief)).estimate;
        prop_assert!(0.0 <= fit.low && fit.low <= fit.value && fit.value <= fit.high && fit.high <= 1.0, "{fit:?}");
        let again = nearness(declared, &community, people, &common(&scaled)).estimate;
        prop_assert!((fit.value - again.value).abs() < 1e-9);
    }

    #[test]
    fn the_vector_of_a_creator_is_as_near_to_a_brief_as_the_creator(
        weights in prop::array::uniform4(0.01..10.0_f64), shares in prop::array::uniform4(0.05..1.0_f64),
        declared in 0..5_usize, community in 0..5_usize, people in 0..10_000_u32,
    ) {
        let places = [RETRO, GAMING, TRAVEL, MOBILE];
        let brief = NicheVector::of(places.into_iter().zip(weights));
        let observed: Vec<_> = places.into_iter().zip(shares).take(community.min(4)).collect();
        let lengths = Lengths::of(places[..declared.min(4)].iter().copied(), observed.iter().copied(), people);
        let declared: Vec<InNiche> =
            places[..declared.min(4)].iter().map(|place| InNiche { niche: place.niche, share: 1.0 }).collect();
        let community: Vec<InNiche> = observed
            .iter()
            .map(|(place, share)| InNiche { niche: place.niche, share: narrow(*share) })
            .collect();
        let creator = CreatorNiches { declared: &declared, community: &community, lengths: &lengths };
        let product = creator.vector(&PARENTS).dot(&brief);
        prop_assert!((product - creator.near(&brief.common(&PARENTS))).abs() < 1e-5, "{}", product);
    }

    #[test]
    fn the_table_of_a_brief_gives_the_products_of_vectors(
        weights in prop::array::uniform4(0.01..10.0_f64), declared in prop::collection::vec(0..4_usize, 1..4),
    ) {
        let places = [RETRO, GAMING, TRAVEL, MOBILE];
        let brief = NicheVector::of(places.into_iter().zip(weights));
        let declared: Vec<NichePlace> = declared.into_iter().map(|number| places[number]).collect();
        let product = NicheVector::of(declared.iter().map(|place| (*place, 1.0))).dot(&brief);
        let found = nearness(&declared, &[], 0, &brief.common(&PARENTS)).declared;
        prop_assert!((product - found).abs() < 2e-6, "{} {}", product, found);
    }
}
