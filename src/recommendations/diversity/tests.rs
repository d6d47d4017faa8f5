use super::*;
use crate::scores::nearness::NichePlace;
use proptest::prelude::*;

const RO: u8 = 1;
const US: u8 = 2;

fn voice(relevance: f64, niche: u32, country: u8) -> Voice {
    let niches = NichePlace { niche, parent: None }.vector();
    Voice { relevance, niches, country, ..Voice::default() }
}

fn of_brief(relevance: f64, parts: [f64; 2]) -> Voice {
    Voice { of_brief: parts.to_vec(), ..voice(relevance, 1, RO) }
}

#[test]
fn without_diversity_the_order_is_that_of_relevance() {
    let voices = [voice(0.9, 1, RO), voice(0.8, 1, RO), voice(0.7, 2, US)];
    assert_eq!(ordered(&voices, &[1.0], 0.0, 3), [0, 1, 2]);
}

#[test]
fn another_voice_comes_before_one_that_says_the_same() {
    let voices = [voice(0.9, 1, RO), voice(0.85, 1, RO), voice(0.7, 2, US), voice(0.6, 1, RO)];
    assert_eq!(ordered(&voices, &[1.0], 0.5, 4), [0, 2, 1, 3]);
}

#[test]
fn two_resemble_each_other_by_the_cosine_of_their_niches() {
    let place = |niche, parent| NichePlace { niche, parent };
    let of = |places: &[(NichePlace, f64)]| Voice {
        niches: NicheVector::of(places.iter().copied()),
        country: u8::try_from(places.len()).unwrap(),
        languages: u32::try_from(places.len()).unwrap(),
        ..Voice::default()
    };
    let many: Vec<(NichePlace, f64)> = (10..40).map(|niche| (place(niche, Some(niche % 3)), 0.3)).collect();
    let voices = [
        of(&[(place(1, None), 1.0)]),
        of(&[(place(1, None), 1.0), (place(11, Some(2)), 1.0)]),
        of(&many[..4]),
        of(&many),
        of(&[]),
    ];
    let compared = Compared::new(&voices);
    for (one, other) in (0..5).flat_map(|one| (0..one).map(move |other| (one, other))) {
        let expected = BY_NICHES * voices[one].niches.dot(&voices[other].niches);
        assert!((compared.resemblance(one, other) - expected).abs() < 1e-6, "{one} {other}");
    }
}

#[test]
fn who_has_the_same_people_comes_after_who_has_others() {
    let with = |relevance, people: u8| Voice {
        people: PeopleSample::of_bytes(&[people; 16]),
        ..voice(relevance, 1, RO)
    };
    let voices = [with(0.9, 1), with(0.8, 1), with(0.78, 2), with(0.4, 3)];
    assert_eq!(ordered(&voices, &[1.0], 0.5, 4), [0, 2, 1, 3]);
    assert_eq!(ordered(&voices, &[1.0], 0.0, 4), [0, 1, 2, 3]);
}

#[test]
fn who_lives_in_another_town_comes_before_who_may_live_in_the_same() {
    let at = |relevance, home: Place| Voice { home, ..voice(relevance, 1, RO) };
    let voices = [at(0.9, [1, 7]), at(0.8, [1, NOWHERE]), at(0.79, [1, 8]), at(0.4, [2, NOWHERE])];
    assert_eq!(ordered(&voices, &[1.0], 0.5, 2), [0, 2]);
    let near = |one: usize, other: usize| voices[one].near(&voices[other]);
    let abroad = voice(0.9, 1, US).near(&voices[0]);
    let expected = [1.0, ELSEWHERE, ELSEWHERE, 0.0].map(f64::to_bits);
    assert_eq!([near(0, 1), near(0, 2), near(1, 3), abroad].map(f64::to_bits), expected);
}

#[test]
fn niches_of_a_brief_get_their_share_of_the_places() {
    let first = (0..30).map(|place| of_brief(0.9 - f64::from(place) * 1e-3, [1.0, 0.0]));
    let second = (0..30).map(|place| of_brief(0.8 - f64::from(place) * 1e-3, [0.0, 1.0]));
    let voices: Vec<Voice> = first.chain(second).collect();
    let of_second = |diversity| {
        let order = ordered(&voices, &[0.7, 0.3], diversity, 20);
        order.iter().filter(|place| **place >= 30).count()
    };
    assert_eq!(of_second(0.0), 0);
    assert!((5..=7).contains(&of_second(0.9)), "{}", of_second(0.9));
}

prop_compose! {
    fn any_voice()(
        relevance in 0.0..1.0_f64, niche in 0..4_u32, place in 0..3_u8, city in 0..3_u64, languages in 0..3_u32,
        people in prop::collection::vec(0..3_u8, 16), part in 0.0..1.0_f64,
    ) -> Voice {
        let (people, of_brief) = (PeopleSample::of_bytes(&people), vec![part, 1.0 - part]);
        Voice { languages, people, of_brief, home: [NOWHERE, city], ..voice(relevance, niche, place) }
    }
}

/// The most relevant first.
fn voices() -> impl Strategy<Value = Vec<Voice>> {
    prop::collection::vec(any_voice(), 0..30).prop_map(|mut voices| {
        voices.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        voices
    })
}

proptest! {
    #[test]
    fn everybody_is_chosen_once_and_fewer_are_the_beginning_of_more(
        voices in voices(), diversity in 0.0..=1.0_f64, wanted in 0..30_usize,
    ) {
        let shares = [0.6, 0.4];
        let all = ordered(&voices, &shares, diversity, voices.len());
        let mut sorted = all.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..voices.len()).collect::<Vec<_>>());
        let fewer = ordered(&voices, &shares, diversity, wanted);
        prop_assert_eq!(&fewer[..], &all[..wanted.min(voices.len())]);
    }

    #[test]
    fn every_place_goes_to_the_first_of_those_who_have_most_when_all_are_compared(
        voices in voices(), diversity in 0.0..=1.0_f64,
    ) {
        let shares = [0.6, 0.4];
        let (order, relevance) = (ordered(&voices, &shares, diversity, voices.len()), relevances(&voices));
        let compared = Compared::new(&voices);
        for (places, chosen) in order.iter().enumerate() {
            let (before, filled) = (&order[..places], |niche: usize| {
                order[..places].iter().fold(0.0, |sum, other| sum + voices[*other].of_brief[niche])
            });
            let lacking = lacking(&shares, &[filled(0), filled(1)], places);
            let value = |voice: usize| {
                let alike = before.iter().map(|other| compared.resemblance(voice, *other));
                let adds = voices[voice].of_brief.iter().zip(&lacking).fold(0.0, |sum, (part, lacking)| sum + part * lacking);
                let novelty = novelty(1.0 - alike.fold(0.0, f64::max), adds);
                (1.0 - diversity) * relevance[voice] + diversity * novelty
            };
            for other in order[places + 1..].iter().copied() {
                let (best, other_value) = (value(*chosen), value(other));
                prop_assert!(best > other_value || (best >= other_value && *chosen < other));
            }
        }
    }

    #[test]
    fn a_list_for_more_diversity_is_no_more_alike(
        voices in voices().prop_filter("two to compare", |voices| voices.len() > 1),
    ) {
        let alike = |diversity| {
            let order = ordered(&voices, &[1.0], diversity, 2);
            Compared::new(&voices).resemblance(order[0], order[1])
        };
        prop_assert!(alike(1.0) <= alike(0.0) + 1e-12);
    }
}
