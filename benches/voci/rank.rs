//! Ranking alone: no HTTP, one thread.

use super::{
    comparison::{Comparison, median},
    harness::{Failure, report::Measure},
    synthetic,
};
use std::{hint::black_box, sync::Arc, time::Instant};
use voci::{
    ids::TenantId,
    niches::Taxonomy,
    recommendations::{brief::RecommendationRequest, rank::rank},
    snapshot::{TenantBuilder, TenantSnapshot},
};

/// The niche that is asked for.
pub(crate) const NICHE: &str = "gaming";
/// Creators on a page.
pub(crate) const PAGE: u32 = 10;
const REPETITIONS: usize = 200;

/// Time of a one-niche query over the synthetic creators.
pub(crate) fn simple(tenant: TenantId) -> Result<Comparison, Failure> {
    let snapshot = snapshot(tenant);
    let request = RecommendationRequest::of_niche(NICHE.to_owned(), Some(PAGE), None);
    let query = request.query(tenant, &snapshot).map_err(|errors| format!("{errors:?}"))?;
    let (candidates, _) = rank(&snapshot, &query, None, usize::MAX);
    let time = |_| {
        let start = Instant::now();
        black_box(rank(&snapshot, &query, None, PAGE as usize));
        start.elapsed().as_secs_f64() * 1e3
    };
    let value = median(&mut (0..REPETITIONS).map(time).collect::<Vec<f64>>());
    let note = format!(
        "best 10 of the {} eligible for one niche among {} creators, ranking only, one thread",
        candidates.len(),
        synthetic::CREATORS
    );
    Ok(Comparison::new(Measure { name: "recommend.rank_ms", value, unit: "ms", note }, None))
}

fn snapshot(tenant: TenantId) -> TenantSnapshot {
    let mut builder = TenantBuilder::new(Arc::new(Taxonomy::built_in()));
    synthetic::creators(tenant).for_each(|creator| builder.apply_creator(creator));
    builder.snapshot()
}
