use super::*;
use proptest::prelude::*;

/// A member of whom so many people are expected back, known for so many days, with this loyalty.
fn member(creator_id: &'static str, days: u32, loyalty: f64, reach: f64) -> Member<'static> {
    let loyalty = Estimate { value: loyalty, low: loyalty * 0.8, high: loyalty * 1.2 };
    let measured = Some(Measured { loyalty, reach: Estimate::exactly(reach) });
    Member { creator_id, display_name: creator_id, declares: true, country: "RO", town: None, days, measured }
}

fn voices(members: &[Member<'static>]) -> Voices<'static> {
    let mut usual = NicheReach::default();
    for member in members {
        usual.count(member.measured.map(|measured| measured.reach), 1);
    }
    Voices::new((members.to_vec(), usual))
}

fn ids(voices: &[Voice<'static>]) -> Vec<&'static str> {
    voices.iter().map(|voice| voice.member.creator_id).collect()
}

#[test]
fn quartiles_are_those_of_the_measured_members() {
    let mut members: Vec<_> =
        [0.1, 0.5, 0.2, 0.4, 0.3].map(|loyalty| member("ana", 200, loyalty, 1.0)).into();
    members.push(Member { measured: None, declares: false, ..members[0] });
    let niche = voices(&members);
    assert_eq!((niche.members(), niche.declaring(), niche.measured().count()), (6, 5, 5));
    assert_eq!(niche.loyalty(), Some(Quartiles { lower: 0.2, middle: 0.3, upper: 0.4 }));
    assert_eq!(voices(&[]).loyalty(), None);
    let of_two = Quartiles::of(vec![1.0, 0.0]);
    assert_eq!(of_two, Some(Quartiles { lower: 0.25, middle: 0.5, upper: 0.75 }));
}

#[test]
fn authorities_are_the_largest_by_loyal_reach_whoever_has_the_higher_share() {
    let names = ["ana", "bea", "cia", "dan", "eva", "fox", "gil"];
    let reaches = [1.0, 9.0, 3.0, 9.0, 2.0, 8.0, 4.0];
    let members: Vec<_> =
        names.into_iter().zip(reaches).map(|(id, reach)| member(id, 200, 1.0 / reach, reach)).collect();
    let found = voices(&members).authorities();
    let told: Vec<_> = found.iter().map(|(voice, _)| *voice).collect();
    assert_eq!(ids(&told), ["bea", "dan", "fox", "gil", "cia"]);
    assert!(found.windows(2).all(|pair| pair[0].1.value >= pair[1].1.value));
    assert!(found[0].1.value > 0.5 && found[4].1.value < 0.5);
}

#[test]
fn who_is_new_and_surely_above_the_median_emerges() {
    let mut members: Vec<_> = ["a", "b", "c", "d"].map(|id| member(id, 400, 0.1, 5.0)).into();
    members.extend([
        member("new", 60, 0.3, 1.0),
        member("lucky", 60, 0.11, 1.0),
        member("old", 91, 0.3, 1.0),
    ]);
    assert_eq!(ids(&voices(&members).emerging()), ["new"]);
    // Where the feed is new, everybody is.
    let all_new: Vec<_> = members.iter().map(|member| Member { days: 60, ..*member }).collect();
    assert_eq!(voices(&all_new).emerging(), []);
    assert_eq!(voices(&[]).emerging(), []);
}

#[test]
fn places_are_told_with_three_members_or_more_the_largest_first() {
    let of = |country, id, loyalty| Member { country, ..member(id, 200, loyalty, 2.0) };
    let members = [
        of("RO", "a", 0.1),
        of("RO", "b", 0.4),
        of("RO", "c", 0.2),
        of("RO", "d", 0.3),
        of("MD", "e", 0.1),
        of("MD", "f", 0.2),
        Member { measured: None, ..of("MD", "g", 0.9) },
        of("DE", "h", 0.9),
        of("DE", "i", 0.9),
    ];
    let places = voices(&members).places(|member| Some(member.country));
    let told: Vec<_> = places.iter().map(|place| (place.place, place.members, ids(&place.voices))).collect();
    assert_eq!(told, [("RO", 4, vec!["b", "d", "c"]), ("MD", 3, vec!["f", "e"])]);
    assert!((places[0].reach - 8.0).abs() < 1e-12 && (places[1].reach - 4.0).abs() < 1e-12);
}

#[test]
fn nothing_is_concentrated_where_nobody_is_expected_back() {
    assert_eq!(Concentration::of(Vec::new()), None);
    assert_eq!(Concentration::of(vec![0.0; 3]), None);
}

fn reaches() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.01..1e4_f64, 1..300)
}

proptest! {
    #[test]
    fn effective_voices_are_one_at_least_and_as_many_as_there_are_at_most(reaches in reaches()) {
        let voices = reaches.len() as f64;
        let Concentration { top_hundredth, top_ten, effective, .. } = Concentration::of(reaches).unwrap();
        prop_assert!((1.0 - 1e-9..=voices * (1.0 + 1e-9)).contains(&effective));
        prop_assert!(0.0 < top_hundredth && top_hundredth <= top_ten && top_ten <= 1.0);
        prop_assert!(1.0 / effective <= top_hundredth * (1.0 + 1e-9) || voices > 100.0);
    }

    #[test]
    fn equal_voices_are_all_effective(voices in 1..300_usize, reach in 0.01..1e4_f64) {
        let Concentration { top_ten, effective, .. } = Concentration::of(vec![reach; voices]).unwrap();
        prop_assert!((effective / voices as f64 - 1.0).abs() < 1e-9);
        prop_assert!((top_ten - (10.0 / voices as f64).min(1.0)).abs() < 1e-9);
    }

    #[test]
    fn what_goes_from_a_smaller_voice_to_a_larger_one_concentrates(
        reaches in reaches(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(), part in 0.0..1.0_f64,
    ) {
        let (a, b) = (a.index(reaches.len()), b.index(reaches.len()));
        let (small, large) = if reaches[a] <= reaches[b] { (a, b) } else { (b, a) };
        prop_assume!(small != large);
        let before = Concentration::of(reaches.clone()).unwrap();
        let mut moved = reaches;
        let taken = moved[small] * part;
        moved[small] -= taken;
        moved[large] += taken;
        let after = Concentration::of(moved).unwrap();
        prop_assert!(after.effective <= before.effective * (1.0 + 1e-9));
        prop_assert!(after.top_ten >= before.top_ten - 1e-9);
        prop_assert!(after.top_hundredth >= before.top_hundredth - 1e-9);
    }

    #[test]
    fn quartiles_are_in_order_and_between_the_ends(numbers in prop::collection::vec(0.0..1.0_f64, 1..50)) {
        let Quartiles { lower, middle, upper } = Quartiles::of(numbers.clone()).unwrap();
        let (least, most) = numbers.iter().fold((f64::MAX, f64::MIN), |(least, most), number| {
            (least.min(*number), most.max(*number))
        });
        prop_assert!(least <= lower && lower <= middle && middle <= upper && upper <= most);
    }
}
