//! Fits a tenant's model to its own data, in the background.
//!
//! Creator keys are hashes, so the first creators by key are a fair sample of all. The sample bounds the work: it does
//! not grow with the tenant.

use super::{
    Components,
    loyalty_fit::{Cell, fit},
    maps::Map,
    model::{Basis, Rates, ScoringModel, Spread, has_moved},
    statistics::CreatorStatistics,
    store::{self, SampledCreator},
};
use crate::{
    db::{DbError, Pool, Tx},
    ids::{EngagerKey, TenantId},
    relationships::{Relationship, days::Day},
};
use std::collections::{BTreeMap, HashMap};

/// A model is fitted anew when the tenant's engaged people have become this much more (or fewer).
const GROWTH: f64 = 1.2;
/// Least mature people of a niche for rates of its own.
const MIN_NICHE_PEOPLE: i32 = 200;

/// Fits the models of all tenants whose data has grown enough.
pub async fn refit_all(pool: &Pool) -> Result<(), DbError> {
    let tenants = store::engagers_by_tenant(&pool.get().await?).await?;
    for (tenant, engagers) in tenants {
        // One tenant's trouble must not keep the models of the others back.
        if let Err(error) = refit(pool, tenant, engagers).await {
            tracing::warn!(%error, tenant = tenant.0, "model not fitted");
        }
    }
    Ok(())
}

async fn refit(pool: &Pool, tenant: TenantId, engagers: i64) -> Result<(), DbError> {
    let (model, _) = store::model(&pool.get().await?, tenant).await?;
    if !has_moved(model.basis.engagers, engagers, GROWTH) {
        return Ok(());
    }
    let sample = sample(pool, tenant).await?;
    // Seconds of arithmetic: off the threads that keep the snapshot fresh.
    let fitting = tokio::task::spawn_blocking(move || fitted(&model, &sample, engagers)).await;
    let Ok(Some(fitted)) = fitting else { return Ok(()) };
    if store::publish(pool, tenant, &fitted).await? {
        tracing::info!(tenant = tenant.0, version = fitted.version, engagers, "model fitted");
    }
    Ok(())
}

async fn sample(pool: &Pool, tenant: TenantId) -> Result<Vec<SampledCreator>, DbError> {
    let tx = Tx::begin_snapshot(pool).await?;
    let sample = store::sample(&tx, tenant).await?;
    tx.rollback().await?;
    Ok(sample)
}

/// A model fitted to a sample; `None` when the sample is too thin to say more than the model in force.
#[must_use]
pub fn fitted(before: &ScoringModel, sample: &[SampledCreator], engagers: i64) -> Option<ScoringModel> {
    let cells = cells(sample);
    let return_model = fit(&cells)?.model;
    let version = before.version + 1;
    let sums: Vec<(&SampledCreator, CreatorStatistics)> = sample
        .iter()
        .map(|creator| {
            let relationships =
                creator.relationships.iter().map(|(engager, relationship)| (*engager, relationship));
            (
                creator,
                CreatorStatistics::of(relationships, &creator.own, creator.feed, &return_model, version),
            )
        })
        .collect();
    let rates = rates(sums.iter().map(|(_, sums)| sums))?;
    let default = ScoringModel::published_default();
    let model = ScoringModel {
        version,
        return_model,
        rates,
        niches: niche_rates(&sums, rates),
        basis: Basis {
            engagers,
            creators: sample.len() as u64,
            relationships: cells.iter().map(|cell| u64::from(cell.count)).sum(),
        },
        ..default
    };
    Some(with_scales(model, &sums))
}

/// How many relationships have each combination of repeats, recency and age.
fn cells(sample: &[SampledCreator]) -> Vec<Cell> {
    let mut counts: HashMap<(u32, u32, u32), u32> = HashMap::new();
    for creator in sample {
        let seen = creator.relationships.iter().filter_map(|(_, relationship)| relationship.seen());
        let Some(end) = seen.chain(creator.feed).map(|(_, last)| last).max() else { continue };
        for (engager, relationship) in &creator.relationships {
            if *engager != EngagerKey::NOBODY && !creator.own.contains(engager) {
                let Some(cell) = cell_of(relationship, end) else { continue };
                *counts.entry(cell).or_default() += 1;
            }
        }
    }
    counts.into_iter().map(|((x, recency, age), count)| Cell { x, recency, age, count }).collect()
}

fn cell_of(relationship: &Relationship, end: Day) -> Option<(u32, u32, u32)> {
    let (first, last) = relationship.active_days().span()?;
    Some((relationship.active_days().len() - 1, (last - first).unsigned_abs(), (end - first).unsigned_abs()))
}

/// People a creator counts as at most in the rates of a group. Without it, one creator with thousands of bought one-day
/// likes would set the prior of a whole niche, and everybody else in it would look better or worse.
const MAX_PEOPLE: f64 = 100.0;

fn rates<'a>(sums: impl Iterator<Item = &'a CreatorStatistics>) -> Option<Rates> {
    let (mut back, mut mature, mut talking, mut engagers) = (0.0, 0.0, 0.0, 0.0);
    for sums in sums {
        let share_of = |people: i32| (MAX_PEOPLE / f64::from(people.max(1))).min(1.0);
        let (of_mature, of_engagers) = (share_of(sums.mature_engagers), share_of(sums.engagers));
        back += sums.expected_back * of_mature;
        mature += f64::from(sums.mature_engagers) * of_mature;
        talking += f64::from(sums.talking_engagers) * of_engagers;
        engagers += f64::from(sums.engagers) * of_engagers;
    }
    (mature > 0.0 && engagers > 0.0).then(|| Rates { loyalty: back / mature, talk: talking / engagers })
}

/// People that the rates of all creators count as, in the rates of a niche: a niche without a single return in the sample
/// is not one to which nobody ever comes back.
const RATES_PRIOR_WEIGHT: f64 = 200.0;

fn drawn(members: &[&CreatorStatistics], own: Rates, all: Rates) -> Rates {
    let people = members.iter().map(|sums| f64::from(sums.mature_engagers).min(MAX_PEOPLE)).sum::<f64>();
    let share = people / (people + RATES_PRIOR_WEIGHT);
    let between = |own: f64, all: f64| share * own + (1.0 - share) * all;
    Rates { loyalty: between(own.loyalty, all.loyalty), talk: between(own.talk, all.talk) }
}

/// Rates of niches with enough people, drawn towards those of all creators.
fn niche_rates(sums: &[(&SampledCreator, CreatorStatistics)], all: Rates) -> BTreeMap<String, Rates> {
    let mut members: BTreeMap<&String, Vec<&CreatorStatistics>> = BTreeMap::new();
    for (creator, sums) in sums {
        creator.niches.iter().for_each(|niche| members.entry(niche).or_default().push(sums));
    }
    members
        .into_iter()
        .filter(|(_, sums)| sums.iter().map(|sums| sums.mature_engagers).sum::<i32>() >= MIN_NICHE_PEOPLE)
        .filter_map(|(niche, members)| {
            Some((niche.clone(), drawn(&members, rates(members.iter().copied())?, all)))
        })
        .collect()
}

/// Maps and spreads learnt from the sample's creators with enough evidence.
fn with_scales(model: ScoringModel, sums: &[(&SampledCreator, CreatorStatistics)]) -> ScoringModel {
    let default = ScoringModel::published_default();
    let components: Vec<Components> =
        sums.iter().map(|(creator, sums)| Components::of(Some(sums), &creator.niches, &model)).collect();
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
            model.rates.talk,
            default.rates.talk,
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
    fn a_spread_that_is_not_learnt_moves_with_the_rate() {
        let spread = around(0.06, 0.02, Spread { low: 0.005, high: 0.05 });
        assert!((spread.low - 0.015).abs() < 1e-12 && (spread.high - 0.15).abs() < 1e-12);
    }
}
