//! Fits a tenant's model to its own data, in the background.
//!
//! Creator keys are hashes, so the first creators by key are a fair sample of all. The sample bounds the work: it does
//! not grow with the tenant.

use super::{
    Components,
    loyalty_fit::{Cell, fit},
    maps::Map,
    model::{Basis, Rates, ScoringModel, Spread},
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
        let (model, _) = store::model(&pool.get().await?, tenant).await?;
        if !has_grown(model.basis.engagers, engagers) {
            continue;
        }
        let sample = sample(pool, tenant).await?;
        let Some(fitted) = fitted(&model, &sample, engagers) else { continue };
        if store::publish(pool, tenant, &fitted).await? {
            tracing::info!(tenant = tenant.0, version = fitted.version, engagers, "model fitted");
        }
    }
    Ok(())
}

fn has_grown(before: i64, now: i64) -> bool {
    let (before, now) = (before as f64, now as f64);
    now > before * GROWTH || now < before / GROWTH
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
            (creator, CreatorStatistics::of(relationships, &creator.own, &return_model, version))
        })
        .collect();
    let rates = rates(sums.iter().map(|(_, sums)| sums))?;
    let default = ScoringModel::published_default();
    let model = ScoringModel {
        version,
        return_model,
        rates,
        niches: niche_rates(&sums),
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
        let ends = creator.relationships.iter().filter_map(|(_, relationship)| relationship.seen());
        let Some(end) = ends.map(|(_, last)| last).max() else { continue };
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

fn rates<'a>(sums: impl Iterator<Item = &'a CreatorStatistics>) -> Option<Rates> {
    let (mut back, mut mature, mut talking, mut engagers) = (0.0, 0.0, 0.0, 0.0);
    for sums in sums {
        back += sums.expected_back;
        mature += f64::from(sums.mature_engagers);
        talking += f64::from(sums.talking_engagers);
        engagers += f64::from(sums.engagers);
    }
    (mature > 0.0 && engagers > 0.0).then(|| Rates { loyalty: back / mature, talk: talking / engagers })
}

fn niche_rates(sums: &[(&SampledCreator, CreatorStatistics)]) -> BTreeMap<String, Rates> {
    let mut members: BTreeMap<&String, Vec<&CreatorStatistics>> = BTreeMap::new();
    for (creator, sums) in sums {
        creator.niches.iter().for_each(|niche| members.entry(niche).or_default().push(sums));
    }
    members
        .into_iter()
        .filter(|(_, sums)| sums.iter().map(|sums| sums.mature_engagers).sum::<i32>() >= MIN_NICHE_PEOPLE)
        .filter_map(|(niche, sums)| Some((niche.clone(), rates(sums.into_iter())?)))
        .collect()
}

/// Maps and spreads learnt from the sample's creators with enough evidence.
fn with_scales(model: ScoringModel, sums: &[(&SampledCreator, CreatorStatistics)]) -> ScoringModel {
    let components: Vec<Components> =
        sums.iter().map(|(creator, sums)| Components::of(Some(sums), &creator.niches, &model)).collect();
    let loyalty = measured(components.iter().map(|components| components.loyalty));
    let conversation = measured(components.iter().map(|components| components.conversation));
    ScoringModel {
        loyalty_map: Map::from_quantiles(&loyalty, &model.loyalty_map),
        conversation_map: Map::from_quantiles(&conversation, &model.conversation_map),
        loyalty_spread: spread(&loyalty).unwrap_or(model.loyalty_spread),
        conversation_spread: spread(&conversation).unwrap_or(model.conversation_spread),
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
