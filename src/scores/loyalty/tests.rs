use super::{HORIZON_DAYS, ParameterError, ReturnModel};
use proptest::prelude::*;

/// Models over many orders of magnitude.
fn models() -> impl Strategy<Value = ReturnModel> {
    prop::array::uniform4(-13.0..13.0_f64).prop_map(|logs| {
        let [r, alpha, a, b] = logs.map(f64::exp);
        ReturnModel::new(r, alpha, a, b).unwrap()
    })
}

/// Histories (x, recency, age).
fn histories() -> impl Strategy<Value = (u32, u32, u32)> {
    (0..=100_000_u32, 0..=10_000_u32, 0..=10_000_u32)
        .prop_map(|(x, first, second)| (x, first.min(second), first.max(second)))
}

#[test]
fn agrees_with_the_formula_written_out() {
    let model = ReturnModel::new(0.525, 6.183, 0.891, 1.614).unwrap();
    let (x, recency, age) = (2.0_f64, 30.0_f64, 38.0_f64);
    let silence = ((6.183 + age) / (6.183 + recency)).powf(0.525 + x);
    let alive = 1.0 / (1.0 + 0.891 / (1.614 + x) * silence);
    let again = 1.0 - ((6.183 + age) / (6.183 + age + HORIZON_DAYS)).powf(0.525 + x);
    assert!((model.chance_alive(2, 30, 38) - alive).abs() < 1e-12);
    assert!((model.chance_of_return(2, 30, 38) - alive * again).abs() < 1e-12);
}

#[test]
fn extreme_histories_stay_shares() {
    let ends = [0, 1, 100_000, u32::MAX];
    for x in ends {
        for recency in ends {
            for age in ends {
                let chance = ReturnModel::PRIOR.chance_of_return(x, recency, age);
                assert!((0.0..=1.0).contains(&chance), "{x} {recency} {age}: {chance}");
            }
        }
    }
}

#[test]
fn regulars_return_and_strangers_do_not() {
    let model = ReturnModel::PRIOR;
    assert!(model.chance_of_return(50, 364, 365) > 0.8);
    assert!(model.chance_of_return(0, 0, 365) < 0.05);
    assert!(model.chance_of_return(5, 30, 365) < 0.02);
}

#[test]
fn refuses_parameters_out_of_range() {
    for wrong in [0.0, -1.0, 1e7, f64::NAN, f64::INFINITY] {
        assert_eq!(ReturnModel::new(wrong, 1.0, 1.0, 1.0), Err(ParameterError));
        assert_eq!(ReturnModel::new(1.0, 1.0, 1.0, wrong), Err(ParameterError));
    }
    let stored = r#"{"r":0.0,"alpha":1.0,"a":1.0,"b":1.0}"#;
    assert!(serde_json::from_str::<ReturnModel>(stored).is_err());
    let [r, alpha, a, b] = ReturnModel::PRIOR.parameters();
    assert_eq!(ReturnModel::new(r, alpha, a, b), Ok(ReturnModel::PRIOR));
}

proptest! {
    #[test]
    fn chances_are_shares(model in models(), (x, recency, age) in histories()) {
        let alive = model.chance_alive(x, recency, age);
        let chance = model.chance_of_return(x, recency, age);
        prop_assert!((0.0..=1.0).contains(&alive));
        prop_assert!((0.0..=1.0).contains(&chance) && chance <= alive);
    }

    #[test]
    fn silence_never_helps(
        model in models(),
        (x, recency, age) in histories(),
        more in 0..1_000_u32,
    ) {
        let before = model.chance_of_return(x, recency, age);
        let after = model.chance_of_return(x, recency, age + more);
        prop_assert!(after <= before + 1e-12, "{before} {after}");
    }

    #[test]
    fn a_later_last_day_never_hurts(
        model in models(),
        (x, recency, age) in histories(),
        behind in 0..10_000_u32,
    ) {
        let earlier = recency.saturating_sub(behind);
        let before = model.chance_of_return(x, earlier, age);
        let after = model.chance_of_return(x, recency, age);
        prop_assert!(after >= before - 1e-12, "{before} {after}");
    }

    #[test]
    fn a_model_survives_storage(model in models()) {
        let text = serde_json::to_string(&model).unwrap();
        prop_assert_eq!(serde_json::from_str::<ReturnModel>(&text).unwrap(), model);
    }
}
