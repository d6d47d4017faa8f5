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

/// Niches with their shares, seen in so many posts or people.
type Observed<'a> = (&'a [(NichePlace, f64)], u32);

const NONE: Observed<'_> = (&[], 0);

/// A creator who declares some niches, with the topics and the community.
struct Creator {
    sides: [Vec<InNiche>; 3],
    lengths: Lengths,
}

impl Creator {
    fn new(
        declared: &[NichePlace],
        (topics, posts): Observed<'_>,
        (community, people): Observed<'_>,
    ) -> Self {
        // As they are kept: rounded.
        let kept = |side: &[(NichePlace, f64)]| -> Vec<_> {
            side.iter().map(|(place, share)| (*place, InNiche::new(place.niche, *share))).collect()
        };
        let sides = [kept(&even(declared)), kept(topics), kept(community)];
        let shares = |side: usize| sides[side].iter().map(|(place, one)| (*place, one.share()));
        let lengths = Lengths::of(declared.iter().copied(), (shares(1), posts), (shares(2), people));
        Self { sides: sides.map(|side| side.into_iter().map(|(_, one)| one).collect()), lengths }
    }

    fn niches(&self) -> CreatorNiches<'_> {
        let [declared, topics, community] = &self.sides;
        CreatorNiches { declared, topics, community, lengths: &self.lengths }
    }
}

fn nearness(
    declared: &[NichePlace],
    topics: Observed<'_>,
    community: Observed<'_>,
    brief: &Common,
) -> Nearness {
    let creator = Creator::new(declared, topics, community);
    let nearness = creator.niches().nearness(brief);
    assert_eq!(creator.niches().near(brief).to_bits(), nearness.estimate.value.to_bits());
    nearness
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-3
}

#[test]
fn neighbours_in_the_taxonomy_are_near() {
    let fit = |brief: NichePlace, declared: &[NichePlace]| {
        nearness(declared, NONE, NONE, &common(&even(&[brief]))).estimate.value
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
        nearness(&[GAMING], NONE, (&even(&[community]), 10_000), brief).estimate.value
    };
    assert!(near(of(GAMING, &brief), 1.0));
    assert!(near(of(TRAVEL, &brief), 0.708));
    assert!(near(of(TRAVEL, &common(&even(&[TRAVEL]))), 0.706));
}

#[test]
fn posts_about_something_else_lower_who_only_says_so_and_lift_who_does_not_say_it() {
    let of = |topic: NichePlace, posts: u32, brief: NichePlace| {
        nearness(&[GAMING], (&even(&[topic]), posts), NONE, &common(&even(&[brief])))
    };
    assert!(near(of(GAMING, 50, GAMING).estimate.value, 1.0));
    assert!(near(of(TRAVEL, 10, TRAVEL).estimate.value, 0.316), "a quarter and three quarters");
    let (few, many) = (of(TRAVEL, 2, TRAVEL), of(TRAVEL, 50, TRAVEL));
    assert!(few.estimate.value < MIN_NEARNESS && MIN_NEARNESS < many.estimate.value);
    assert!(many.topics.share < MAX_TOPICS_SHARE && many.declared.share > 1.0 - MAX_TOPICS_SHARE);
    let undeclared = nearness(&[], (&even(&[TRAVEL]), 9), NONE, &common(&even(&[TRAVEL])));
    assert!(near(undeclared.estimate.value, 1.0) && undeclared.posts == 9);
}

#[test]
fn few_people_say_little_and_leave_it_open() {
    let community = [(GAMING, 0.5), (TRAVEL, 0.5)];
    let seen_in = |people| nearness(&[GAMING], NONE, (&community, people), &common(&even(&[GAMING])));
    let (few, many) = (seen_in(5), seen_in(5_000));
    assert!(few.community.share < many.community.share && many.community.share < MAX_COMMUNITY_SHARE);
    assert!(few.estimate.high - few.estimate.low > many.estimate.high - many.estimate.low);
}

#[test]
fn a_creator_stands_once_in_the_list_of_what_it_declares_and_its_topics_or_community_are_much_in() {
    let in_niche = InNiche::new;
    let niches = CreatorNiches {
        declared: &[in_niche(2, 1.0)],
        topics: &[in_niche(3, 0.7), in_niche(2, 0.2), in_niche(1, 0.1)],
        community: &[in_niche(2, 0.5), in_niche(4, 0.2), in_niche(3, 0.2), in_niche(1, 0.19)],
        lengths: &Lengths::default(),
    };
    assert_eq!(niches.lists().collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!([1, 2, 3, 4].map(|niche| niches.is_listed(niche)), [false, true, true, true]);
}

proptest! {
    #[test]
    fn nearness_lies_in_its_interval_within_0_and_1_and_ignores_the_scale_of_weights(
        weights in prop::collection::vec(0.01..10.0_f64, 1..4), scale in 0.1..10.0_f64,
        [declared, topics, community] in prop::array::uniform3(0..5_usize), posts in 0..300_u32, people in 0..10_000_u32,
    ) {
        let places = [RETRO, GAMING, TRAVEL, MOBILE];
        let (declared, community) = (&places[..declared.min(4)], even(&places[4 - community.min(4)..]));
        let topics = even(&places[topics.min(3)..]);
        let (topics, community) = ((&topics[..], posts), (&community[..], people));
        let brief: Vec<_> = places.into_iter().zip(weights.iter().copied()).collect();
        let scaled: Vec<_> = brief.iter().map(|(place, weight)| (*place, weight * scale)).collect();
        let found = nearness(declared, topics, community, &common(&brief));
        let fit = found.estimate;
        let shares = [found.declared, found.topics, found.community].map(|side| side.share);
        prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && shares.iter().all(|share| *share >= 0.0));
        prop_assert!(0.0 <= fit.low && fit.low <= fit.value && fit.value <= fit.high && fit.high <= 1.0, "{fit:?}");
        let again = nearness(declared, topics, community, &common(&scaled)).estimate;
        prop_assert!((fit.value - again.value).abs() < 1e-9);
    }

    #[test]
    fn the_vector_of_a_creator_is_as_near_to_a_brief_as_the_creator(
        weights in prop::array::uniform4(0.01..10.0_f64), shares in prop::array::uniform4(0.05..1.0_f64),
        [declared, topics, community] in prop::array::uniform3(0..5_usize), posts in 0..300_u32, people in 0..10_000_u32,
    ) {
        let places = [RETRO, GAMING, TRAVEL, MOBILE];
        let brief = NicheVector::of(places.into_iter().zip(weights));
        let observed: Vec<_> = places.into_iter().zip(shares).collect();
        let (topics, community) = (&observed[topics.min(4)..], &observed[..community.min(4)]);
        let creator = Creator::new(&places[..declared.min(4)], (topics, posts), (community, people));
        let niches = creator.niches();
        let product = niches.vector(&PARENTS).dot(&brief);
        prop_assert!((product - niches.near(&brief.common(&PARENTS))).abs() < 1e-5, "{}", product);
        // Its parts are the same vector.
        let parts = niches.parts(&PARENTS).into_iter();
        let sum: f64 = parts.map(|(niche, part)| part * NichePlace::among(&PARENTS, niche).vector().dot(&brief)).sum();
        prop_assert!((product - sum).abs() < 1e-5, "{} {}", product, sum);
    }

    #[test]
    fn what_was_looked_at_is_kept_as_far_as_there_is_room(posts in any::<u32>(), people in any::<u32>()) {
        let seen = Seen::new(posts, people);
        prop_assert_eq!((seen.people(), seen.posts()), (people.min((1 << 24) - 1), posts.min(255)));
    }

    #[test]
    fn the_table_of_a_brief_gives_the_products_of_vectors(
        weights in prop::array::uniform4(0.01..10.0_f64), declared in prop::collection::vec(0..4_usize, 1..4),
    ) {
        let places = [RETRO, GAMING, TRAVEL, MOBILE];
        let brief = NicheVector::of(places.into_iter().zip(weights));
        let declared: Vec<NichePlace> = declared.into_iter().map(|number| places[number]).collect();
        let product = NicheVector::of(declared.iter().map(|place| (*place, 1.0))).dot(&brief);
        let found = nearness(&declared, NONE, NONE, &brief.common(&PARENTS)).declared.cosine;
        prop_assert!((product - found).abs() < 2e-6, "{} {}", product, found);
    }
}
