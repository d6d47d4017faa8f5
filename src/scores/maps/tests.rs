use super::{Map, MapError};
use proptest::prelude::*;

fn straight() -> Map {
    Map::new(vec![(0.0, 0.0), (1.0, 1.0)]).unwrap()
}

/// Valid maps with up to a dozen knots.
fn maps() -> impl Strategy<Value = Map> {
    let steps = prop::collection::vec((1e-6..10.0_f64, 0.0..1.0_f64), 2..12);
    (-50.0..50.0_f64, steps).prop_map(|(start, steps)| {
        let rise: f64 = steps.iter().map(|step| step.1).sum::<f64>().max(1.0);
        let (mut raw, mut mapped) = (start, 0.0_f64);
        let mut knots = Vec::new();
        for (run, up) in steps {
            raw += run;
            mapped = (mapped + up / rise).min(1.0);
            knots.push((raw, mapped));
        }
        Map::new(knots).unwrap()
    })
}

#[test]
fn refuses_knots_that_make_no_map() {
    let refuse = |knots: &[(f64, f64)]| Map::new(knots.to_vec()).unwrap_err();
    assert_eq!(refuse(&[]), MapError::TooFewKnots);
    assert_eq!(refuse(&[(0.0, 0.0)]), MapError::TooFewKnots);
    assert_eq!(refuse(&[(0.0, 0.0), (f64::NAN, 1.0)]), MapError::NotFinite);
    assert_eq!(refuse(&[(-1e308, 0.0), (1e308, 1.0)]), MapError::NotFinite);
    assert_eq!(refuse(&[(1.0, 0.0), (1.0, 1.0)]), MapError::RawNotIncreasing);
    assert_eq!(refuse(&[(0.0, 0.5), (1.0, 0.4)]), MapError::MappedDecreasing);
    assert_eq!(refuse(&[(0.0, 0.5), (1.0, 1.1)]), MapError::MappedOutOfRange);
    assert_eq!(refuse(&[(0.0, f64::NAN), (1.0, 1.0)]), MapError::MappedOutOfRange);
}

#[test]
fn interpolates_and_clamps() {
    let map = Map::new(vec![(1.0, 0.2), (3.0, 0.4), (4.0, 0.9)]).unwrap();
    let cases = [(0.0, 0.2), (1.0, 0.2), (2.0, 0.3), (3.0, 0.4), (3.5, 0.65), (9.0, 0.9)];
    for (raw, mapped) in cases {
        assert!((map.apply(raw) - mapped).abs() < 1e-12);
    }
    assert!((map.apply(f64::NAN) - 0.2).abs() < 1e-12);
}

#[test]
fn the_least_raw_value_is_found_also_where_the_map_is_flat() {
    let map = Map::new(vec![(1.0, 0.2), (3.0, 0.4), (4.0, 0.4), (5.0, 0.9)]).unwrap();
    let near = |mapped: f64, raw: f64| (map.least_raw(mapped).unwrap() - raw).abs() < 1e-12;
    assert!(near(0.1, 1.0) && near(0.2, 1.0) && near(0.3, 2.0) && near(0.4, 3.0) && near(0.65, 4.5));
    assert_eq!(map.least_raw(0.91), None);
}

#[test]
fn few_or_unusable_values_give_the_default() {
    let spread: Vec<f64> = (0..99).map(|i| f64::from(i) / 200.0).collect();
    assert_eq!(Map::from_quantiles(&spread, &straight()), straight());
    let mut unsorted: Vec<f64> = (0..200).map(|i| f64::from(i) / 200.0).collect();
    unsorted.reverse();
    assert_eq!(Map::from_quantiles(&unsorted, &straight()), straight());
    assert_eq!(Map::from_quantiles(&[f64::NAN; 200], &straight()), straight());
    assert_eq!(Map::from_quantiles(&[f64::INFINITY; 200], &straight()), straight());
}

#[test]
fn learned_maps_give_ranks() {
    let values: Vec<f64> = (0..=1000).map(|i| (f64::from(i) / 1000.0).powi(2)).collect();
    let map = Map::from_quantiles(&values, &straight());
    assert_eq!(map.knots().len(), 11);
    assert!((map.apply(0.25) - 0.5).abs() < 1e-12);
    assert!((map.apply(0.81) - 0.9).abs() < 1e-12);
}

#[test]
fn ties_collapse_to_the_middle_and_ends_stay() {
    let mut values = vec![0.0; 60];
    values.extend([0.5; 100]);
    values.extend([1.0; 40]);
    let map = Map::from_quantiles(&values, &straight());
    assert_eq!(map.knots().len(), 3);
    assert!((map.apply(0.5) - 0.625).abs() < 1e-12);
    assert!(map.apply(0.0).abs() < 1e-12 && (map.apply(1.0) - 1.0).abs() < 1e-12);
}

proptest! {
    #[test]
    fn rises_and_stays_in_range(map in maps(), a in -100.0..200.0_f64, b in -100.0..200.0_f64) {
        let (low, high) = (map.apply(a.min(b)), map.apply(a.max(b)));
        prop_assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0);
    }

    #[test]
    fn passes_through_its_knots(map in maps()) {
        for (raw, mapped) in map.knots() {
            prop_assert!((map.apply(*raw) - mapped).abs() < 1e-12);
        }
    }

    #[test]
    fn survives_storage(map in maps()) {
        let text = serde_json::to_string(&map).unwrap();
        let back: Map = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&back, &map);
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }

    #[test]
    fn learns_valid_maps(mut values in prop::collection::vec(
        prop_oneof![Just(0.0), Just(1.0), -3.0..3.0_f64, 0.2..0.3_f64], 100..300,
    )) {
        values.sort_by(f64::total_cmp);
        let map = Map::from_quantiles(&values, &straight());
        prop_assert!(Map::new(map.knots().to_vec()).is_ok());
        prop_assert!(map.apply(-10.0) <= 0.0 && map.apply(10.0) >= 1.0);
        for pair in values.windows(2) {
            prop_assert!(map.apply(pair[0]) <= map.apply(pair[1]));
        }
    }
}
