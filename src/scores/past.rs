//! What became of people in windows that are over: what a model is held against.

use super::{
    creator_effect::Returns,
    liveness::{Liveness, engaged_days},
    loyalty::{HORIZON, ReturnModel},
    recalibration::{History, Recalibration, chance_at, regressors},
    recalibration_fit::Outcome,
    store::sample::SampledCreator,
};
use crate::relationships::days::{Day, DaySet};

/// Windows that are looked at, one before the other. More: steadier; fewer: nearer to what is now.
const WINDOWS: Day = 4;
/// Least days that creators must have been observed before a window.
const MIN_HISTORY_DAYS: Day = 30;

/// What became of the people of one creator in one window.
pub(super) type Window = Vec<Outcome>;

/// Windows of all creators of a sample, the last one ending on the last observed day.
pub(super) fn windows(sample: &[SampledCreator], until: Day, model: &ReturnModel) -> Vec<Window> {
    let days: Vec<DaySet> = sample.iter().map(days_of).collect();
    let Some(begin) = days.iter().filter_map(|days| Some(days.span()?.0)).min() else { return Vec::new() };
    let cuts = (1..=WINDOWS).map(|number| until - number * HORIZON);
    cuts.filter(|cut| cut - begin >= MIN_HISTORY_DAYS)
        .flat_map(|cut| {
            sample.iter().zip(&days).map(move |(creator, days)| window(creator, days, cut, model))
        })
        .filter(|window| !window.is_empty())
        .collect()
}

fn days_of(creator: &SampledCreator) -> DaySet {
    let people = creator.relationships.iter().filter(|(engager, _)| engager.is_somebody_but(&creator.own));
    engaged_days(people.map(|(engager, known)| (*engager, known)), &creator.discounts)
}

/// What became of a creator's people in the 90 days after a cut. People with the same history go together.
fn window(creator: &SampledCreator, days: &DaySet, cut: Day, model: &ReturnModel) -> Window {
    let liveness = Liveness::at(cut, days.as_slice());
    let mut people: Vec<(History, bool)> = creator
        .relationships
        .iter()
        .filter(|(engager, _)| engager.is_somebody_but(&creator.own))
        .filter_map(|(engager, relationship)| {
            let days = creator.discounts.counted_days(*engager, relationship);
            Some((History::of(days, cut)?, came_back(days, cut)))
        })
        .collect();
    people.sort_unstable();
    let groups = people.chunk_by(|left, right| left.0 == right.0);
    groups.filter_map(|group| outcome(group, liveness, model)).collect()
}

fn outcome(group: &[(History, bool)], liveness: Liveness, model: &ReturnModel) -> Option<Outcome> {
    let (history, _) = *group.first()?;
    let returned = group.iter().filter(|(_, came_back)| *came_back).count();
    Some(Outcome {
        regressors: regressors(model, history, liveness),
        people: u32::try_from(group.len()).ok()?,
        returned: u32::try_from(returned).ok()?,
        is_loyal: history.repeats > 0,
    })
}

fn came_back(days: &[Day], cut: Day) -> bool {
    days.get(days.partition_point(|day| *day <= cut)).is_some_and(|next| *next <= cut + HORIZON)
}

/// How many loyal people of each creator were expected back in each window, and how many came.
pub(super) fn returns(windows: &[Window], recalibration: &Recalibration) -> Vec<Returns> {
    let of = |window: &Window| {
        let loyal = window.iter().filter(|outcome| outcome.is_loyal);
        let expected =
            loyal.clone().map(|one| f64::from(one.people) * chance_at(recalibration, &one.regressors));
        Returns { expected: expected.sum(), seen: loyal.map(|outcome| outcome.returned).sum() }
    };
    windows.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::EngagerKey, relationships::Relationship, scores::discounts::Discounts};

    fn creator(people: &[&[Day]]) -> SampledCreator {
        let relationships = people.iter().zip(1..).map(|(days, key)| (EngagerKey(key), on(days)));
        SampledCreator {
            niches: vec![],
            own: vec![],
            feed: None,
            discounts: Discounts::default(),
            relationships: relationships.collect(),
        }
    }

    fn on(days: &[Day]) -> Relationship {
        use crate::{events::Kind, relationships::Fact};
        let mut relationship = Relationship::default();
        for day in days {
            let occurred_at = jiff::Timestamp::from_second(i64::from(*day) * 86_400).unwrap();
            relationship.absorb(&Fact::new(Kind::Like, occurred_at));
        }
        relationship
    }

    #[test]
    fn people_are_judged_by_what_was_known_and_by_what_came_after() {
        let sample = [creator(&[&[0, 50, 300], &[0, 50, 320], &[0, 50], &[240], &[290]])];
        let windows = windows(&sample, 330, &ReturnModel::PRIOR);
        // Cuts at days 240, 150 and 60; day -30 lies before everything.
        let told: Vec<Vec<(u32, u32, bool)>> = windows
            .iter()
            .map(|window| window.iter().map(|one| (one.people, one.returned, one.is_loyal)).collect())
            .collect();
        assert_eq!(told, [vec![(1, 0, false), (3, 2, true)], vec![(3, 0, true)], vec![(3, 0, true)]]);
        assert_eq!(returns(&windows, &Recalibration::PRIOR)[0].seen, 2);
    }

    #[test]
    fn what_came_after_changes_nothing_about_what_was_expected() {
        let [short, long] = [&[&[0, 50][..], &[3]][..], &[&[0, 50, 300][..], &[3, 310, 320]][..]];
        let of =
            |people| returns(&windows(&[creator(people)], 330, &ReturnModel::PRIOR), &Recalibration::PRIOR);
        assert!((of(short)[0].expected - of(long)[0].expected).abs() < 1e-12);
    }

    #[test]
    fn a_tenant_that_was_not_observed_for_long_has_no_past() {
        assert!(windows(&[creator(&[&[0, 100]])], 119, &ReturnModel::PRIOR).is_empty());
        assert_eq!(windows(&[creator(&[&[0, 100]])], 120, &ReturnModel::PRIOR).len(), 1);
    }
}
