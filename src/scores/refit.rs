//! Fits a tenant's model to its own data, in the background.
//!
//! Creator keys are hashes, so the first creators by key are a fair sample of all. The sample bounds the work: it does
//! not grow with the tenant.

use super::{
    Components, creator_effect,
    loyalty_fit::{Cell, fit},
    maps::Map,
    model::{Basis, Rates, ScoringModel, Spread, has_moved},
    past,
    recalibration::History,
    recalibration_fit,
    statistics::CreatorStatistics,
    store::{
        models::{InForce, engagers_by_tenant, in_force, publish},
        sample::{self, SampledCreator},
    },
};
use crate::{
    db::{DbError, Pool, Tx},
    ids::TenantId,
    relationships::days::Day,
};
use std::collections::{BTreeMap, HashMap};

/// A model is fitted anew when the tenant's engaged people have become this much more (or fewer).
const GROWTH: f64 = 1.2;
/// ... or when it is that much older, since its past has become another one.
const MAX_AGE_DAYS: Day = 30;
/// Least mature people of a niche for rates of its own.
const MIN_NICHE_PEOPLE: f64 = 200.0;

/// Fits the models of all tenants whose data has grown enough.
pub async fn refit_all(pool: &Pool) -> Result<(), DbError> {
    let tenants = engagers_by_tenant(&pool.get().await?).await?;
    for (tenant, engagers) in tenants {
        // One tenant's trouble must not keep the models of the others back.
        if let Err(error) = refit(pool, tenant, engagers).await {
            tracing::warn!(%error, tenant = tenant.0, "model not fitted");
        }
    }
    Ok(())
}

async fn refit(pool: &Pool, tenant: TenantId, engagers: i64) -> Result<(), DbError> {
    let InForce { model, clock, .. } = in_force(&pool.get().await?, tenant).await?;
    if !is_due(&model, clock, engagers) {
        return Ok(());
    }
    let sample = sample(pool, tenant).await?;
    // Seconds of arithmetic: off the threads that keep the snapshot fresh.
    let fitting = tokio::task::spawn_blocking(move || fitted(&model, &sample, clock, engagers)).await;
    let Ok(Some(fitted)) = fitting else { return Ok(()) };
    if publish(pool, tenant, &fitted).await? {
        tracing::info!(tenant = tenant.0, version = fitted.version, engagers, "model fitted");
    }
    Ok(())
}

fn is_due(model: &ScoringModel, clock: Option<Day>, engagers: i64) -> bool {
    let age = clock.zip(model.basis.until).map_or(0, |(now, then)| now - then);
    has_moved(model.basis.engagers, engagers, GROWTH) || age >= MAX_AGE_DAYS
}

async fn sample(pool: &Pool, tenant: TenantId) -> Result<Vec<SampledCreator>, DbError> {
    let tx = Tx::begin_snapshot(pool).await?;
    let sample = sample::sample(&tx, tenant).await?;
    tx.rollback().await?;
    Ok(sample)
}

/// A model fitted to a sample, as of the tenant's clock; `None` when the sample is too thin to say more than the model in
/// force.
#[must_use]
pub fn fitted(
    before: &ScoringModel,
    sample: &[SampledCreator],
    clock: Option<Day>,
    engagers: i64,
) -> Option<ScoringModel> {
    let until = sample.iter().filter_map(last_day).chain(clock).max()?;
    let cells = cells(sample, until);
    let return_model = fit(&cells)?.model;
    let windows = past::windows(sample, until, &return_model);
    // What was learnt before stands where there is too little to learn from.
    let recalibration = recalibration_fit::fit(&windows.iter().flatten()).unwrap_or(before.recalibration);
    let creator_effect = creator_effect::fit(&past::returns(&windows, &recalibration));
    let returns = windows.iter().flatten().map(|outcome| u64::from(outcome.returned)).sum();
    let default = ScoringModel::published_default();
    let model = ScoringModel {
        version: before.version + 1,
        return_model,
        recalibration,
        creator_effect: creator_effect.unwrap_or(before.creator_effect),
        basis: Basis {
            engagers,
            creators: sample.len() as u64,
            relationships: cells.iter().map(|cell| u64::from(cell.count)).sum(),
            until: Some(until),
            returns,
        },
        edge_weights: before.edge_weights.clone(),
        ..default
    };
    let sums: Vec<(&SampledCreator, CreatorStatistics)> =
        sample.iter().map(|creator| (creator, sums_of(creator, until, &model))).collect();
    let rates = rates(sums.iter().map(|(_, sums)| sums))?;
    let model = ScoringModel { rates, niches: niche_rates(&sums, rates), ..model };
    Some(with_scales(model, &sums))
}

fn last_day(creator: &SampledCreator) -> Option<Day> {
    let seen = creator.relationships.iter().filter_map(|(_, relationship)| relationship.seen());
    seen.chain(creator.feed).map(|(_, last)| last).max()
}

fn sums_of(creator: &SampledCreator, until: Day, model: &ScoringModel) -> CreatorStatistics {
    let relationships = creator.relationships.iter().map(|(engager, relationship)| (*engager, relationship));
    let setting = (creator.own.as_slice(), creator.feed, Some(until));
    CreatorStatistics::by(relationships, setting, &creator.discounts, model).0
}

/// How many relationships have each combination of repeats, recency and age.
fn cells(sample: &[SampledCreator], until: Day) -> Vec<Cell> {
    let mut counts: HashMap<History, u32> = HashMap::new();
    for creator in sample {
        for (engager, relationship) in &creator.relationships {
            if engager.is_somebody_but(&creator.own) {
                let days = creator.discounts.counted_days(*engager, relationship);
                let Some(history) = History::of(days, until) else {
                    continue;
                };
                *counts.entry(history).or_default() += 1;
            }
        }
    }
    let cell = |(History { repeats: x, recency, age }, count)| Cell { x, recency, age, count };
    counts.into_iter().map(cell).collect()
}

/// People a creator counts as at most in the rates of a group. Without it, one creator with thousands of bought one-day
/// likes would set the prior of a whole niche, and everybody else in it would look better or worse.
const MAX_PEOPLE: f64 = 100.0;

fn rates<'a>(sums: impl Iterator<Item = &'a CreatorStatistics>) -> Option<Rates> {
    let (mut back, mut mature, mut talking, mut engagers) = (0.0, 0.0, 0.0, 0.0);
    let (mut answered, mut answerable) = (0.0, 0.0);
    for sums in sums {
        let share_of = |people: f64| (MAX_PEOPLE / people.max(1.0)).min(1.0);
        let (of_mature, of_engagers) = (share_of(sums.counted_mature()), share_of(sums.counted_engagers()));
        back += sums.expected_back * of_mature;
        mature += sums.counted_mature() * of_mature;
        talking += sums.counted_talking() * of_engagers;
        engagers += sums.counted_engagers() * of_engagers;
        let of_talking = share_of(sums.counted_talking());
        answered += sums.counted_answered() * of_talking;
        answerable += sums.counted_talking() * of_talking;
    }
    // Nobody who does not talk can be answered: then no answers are expected.
    let answer = if answerable > 0.0 { answered / answerable } else { 0.0 };
    (mature > 0.0 && engagers > 0.0).then(|| Rates {
        loyalty: back / mature,
        talk: talking / engagers,
        answer,
    })
}

/// People that the rates of all creators count as, in the rates of a niche: a niche without a single return in the sample
/// is not one to which nobody ever comes back.
const RATES_PRIOR_WEIGHT: f64 = 200.0;

fn drawn(members: &[&CreatorStatistics], own: Rates, all: Rates) -> Rates {
    let share_by = |counted: fn(&CreatorStatistics) -> f64| {
        let people = members.iter().map(|sums| counted(sums).min(MAX_PEOPLE)).sum::<f64>();
        people / (people + RATES_PRIOR_WEIGHT)
    };
    let between = |share: f64, own: f64, all: f64| share * own + (1.0 - share) * all;
    let share = share_by(CreatorStatistics::counted_mature);
    // Answers are known of people who talk only.
    let of_answers = share_by(CreatorStatistics::counted_talking);
    Rates {
        loyalty: between(share, own.loyalty, all.loyalty),
        talk: between(share, own.talk, all.talk),
        answer: between(of_answers, own.answer, all.answer),
    }
}

/// Rates of niches with enough people, drawn towards those of all creators.
fn niche_rates(sums: &[(&SampledCreator, CreatorStatistics)], all: Rates) -> BTreeMap<String, Rates> {
    let mut members: BTreeMap<&String, Vec<&CreatorStatistics>> = BTreeMap::new();
    for (creator, sums) in sums {
        creator.niches.iter().for_each(|niche| members.entry(niche).or_default().push(sums));
    }
    members
        .into_iter()
        .filter(|(_, sums)| sums.iter().map(|sums| sums.counted_mature()).sum::<f64>() >= MIN_NICHE_PEOPLE)
        .filter_map(|(niche, members)| {
            Some((niche.clone(), drawn(&members, rates(members.iter().copied())?, all)))
        })
        .collect()
}

/// Maps and spreads learnt from the sample's creators with enough evidence.
fn with_scales(model: ScoringModel, sums: &[(&SampledCreator, CreatorStatistics)]) -> ScoringModel {
    let default = ScoringModel::published_default();
    let components = |(creator, sums): &(&SampledCreator, CreatorStatistics)| {
        let niches: Vec<&str> = creator.niches.iter().map(String::as_str).collect();
        Components::of(Some(sums), (None, None), &niches, &model)
    };
    let components: Vec<Components> = sums.iter().map(components).collect();
    let loyalty = measured(components.iter().map(|components| components.loyalty));
    let conversation = measured(components.iter().map(|components| components.conversation));
    ScoringModel {
        loyalty_map: Map::from_quantiles(&loyalty, &model.loyalty_map),
        conversation_map: Map::from_quantiles(&conversation, &model.conversation_map),
        loyalty_spread: spread(&loyalty).unwrap_or(around(
            model.rates.loyalty,
            default.rates.loyalty,
            default.loyalty_spread,
        )),
        conversation_spread: spread(&conversation).unwrap_or(around(
            model.rates.conversation(),
            default.rates.conversation(),
            default.conversation_spread,
        )),
        ..model
    }
}

fn measured(components: impl Iterator<Item = super::components::Component>) -> Vec<f64> {
    let measured = components.filter(|component| component.status == super::components::Status::Measured);
    let mut values: Vec<f64> = measured.map(|component| component.raw.value).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// 10 % and 90 % quantile of sorted values; `None` for too few.
fn spread(sorted: &[f64]) -> Option<Spread> {
    if sorted.len() < super::maps::MIN_VALUES {
        return None;
    }
    Some(Spread { low: *sorted.get(sorted.len() / 10)?, high: *sorted.get(sorted.len() * 9 / 10)? })
}

/// The default spread, moved to the tenant's own rate: as many times above and below it.
fn around(rate: f64, default_rate: f64, default: Spread) -> Spread {
    let scale = rate / default_rate;
    Spread { low: default.low * scale, high: (default.high * scale).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn creator(mature: i32, back: f64) -> CreatorStatistics {
        CreatorStatistics {
            mature_engagers: mature,
            engagers: mature,
            expected_back: back,
            ..CreatorStatistics::default()
        }
    }

    #[test]
    fn a_creator_with_bought_likes_does_not_set_the_prior_of_its_niche() {
        let honest = [creator(80, 8.0), creator(60, 6.0), creator(90, 9.0)];
        let alone = rates(honest.iter()).unwrap().loyalty;
        let with_cheater = rates(honest.iter().chain([&creator(10_000, 0.0)])).unwrap().loyalty;
        assert!((alone - 0.1).abs() < 1e-9);
        assert!(with_cheater > 0.6 * alone, "{with_cheater}");
    }

    #[test]
    fn answers_are_expected_as_often_as_people_who_talk_have_them() {
        let talk = |talking, answered| CreatorStatistics {
            talking_engagers: talking,
            answered_engagers: answered,
            ..creator(80, 8.0)
        };
        let all = rates([talk(40, 10), talk(20, 20), talk(0, 0)].iter()).unwrap();
        assert!((all.answer - 0.5).abs() < 1e-9 && (all.talk - 0.25).abs() < 1e-9);
        let silent = [talk(0, 0), talk(0, 0)];
        let own = rates(silent.iter()).unwrap();
        assert!(own.answer.abs() < f64::EPSILON);
        let drawn = drawn(&silent.iter().collect::<Vec<_>>(), own, all);
        assert!((drawn.answer - all.answer).abs() < 1e-9, "who does not talk says nothing of answers");
    }

    #[test]
    fn a_model_is_fitted_anew_when_its_tenant_has_grown_or_a_month_has_passed() {
        let basis = Basis { engagers: 1_000, until: Some(20_000), ..Basis::default() };
        let model = ScoringModel { basis, ..ScoringModel::published_default() };
        assert!(is_due(&model, Some(20_001), 1_300) && is_due(&model, Some(20_030), 1_000));
        assert!(!is_due(&model, Some(20_029), 1_100) && !is_due(&model, None, 1_000));
    }

    #[test]
    fn a_spread_that_is_not_learnt_moves_with_the_rate() {
        let spread = around(0.06, 0.02, Spread { low: 0.005, high: 0.05 });
        assert!((spread.low - 0.015).abs() < 1e-12 && (spread.high - 0.15).abs() < 1e-12);
    }
}
