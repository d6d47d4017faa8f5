//! The snapshot alone: how long it takes to read, how large it is, and how ranking grows with it.

use super::load::quantile;
use crate::{
    comparison::{Comparison, measure},
    drawn::{
        population::Population,
        questions::{Kind, question},
    },
    harness::{Failure, stage::Stage},
};
use jiff::Timestamp;
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};
use voci::{
    http::cursor::CursorSigner,
    ids::TenantId,
    niches::Taxonomy,
    recommendations::{brief::RecommendationRequest, http::answer},
    snapshot::{Snapshots, TenantBuilder, feed},
};

/// Questions of which the median is taken.
const QUESTIONS: u64 = 400;
/// The tenant where there is no database.
const TENANT: TenantId = TenantId(1);
const PATIENCE: Duration = Duration::from_mins(3);

/// Reads the snapshot in this process, beside an idle service: time, and memory that stays.
pub(super) async fn load(stage: &Stage, creators: u64) -> Result<[Comparison; 2], Failure> {
    let (before, start) = (resident()?, Instant::now());
    let taxonomy = Arc::new(Taxonomy::built_in());
    let snapshots = Arc::new(Snapshots::new(1, taxonomy.clone()));
    let feed = tokio::spawn(feed::run(stage.pool().clone(), taxonomy, snapshots.clone()));
    while !snapshots.is_loaded() {
        if start.elapsed() > PATIENCE {
            return Err("the snapshot is not read".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (took, grown) = (start.elapsed().as_secs_f64(), resident()? - before);
    feed.abort();
    let found = snapshots.size().1;
    if found as u64 != creators {
        return Err(format!("the snapshot holds {found} creators").into());
    }
    let load_note = format!("{creators} creators from the database, beside an idle service");
    let note = "resident memory that reading them added, all of it, by creators";
    Ok([
        Comparison::new(measure("snapshot.load_s", took, "s", load_note), None),
        Comparison::new(measure("snapshot.bytes_per_creator", grown / creators as f64, "B", note), None),
    ])
}

/// Resident memory of this process in bytes.
fn resident() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1_024.0)
}

/// Median time of a simple question with ten times as many creators in the same niches, without HTTP.
pub(super) fn growth(population: &Population, creators: u64) -> Result<Comparison, Failure> {
    let [small, small_brief] = medians_ms(population, creators)?;
    let [large, large_brief] = medians_ms(population, creators * 10)?;
    let note = format!(
        "median of a simple question from the parsed request to the bytes of its answer, {} creators against {creators} in the same \
         niches, one thread, without HTTP; a brief takes {large_brief:.3} ms against {small_brief:.3}",
        creators * 10
    );
    Ok(Comparison::new(measure("recommend.growth_ratio", large, "ms", note), Some(small)))
}

/// Median times of a simple question and of a brief.
fn medians_ms(population: &Population, creators: u64) -> Result<[f64; 2], Failure> {
    let taxonomy = Arc::new(Taxonomy::built_in());
    let mut builder = TenantBuilder::new(TENANT, taxonomy.clone());
    (0..creators).for_each(|seed| builder.apply_creator(population.creator(TENANT, seed)));
    let snapshots = Snapshots::new(1, taxonomy);
    snapshots.publish(vec![(TENANT, builder.snapshot())], Timestamp::now());
    Ok([median_ms(&snapshots, population, Kind::Simple)?, median_ms(&snapshots, population, Kind::Brief)?])
}

fn median_ms(snapshots: &Snapshots, population: &Population, kind: Kind) -> Result<f64, Failure> {
    let signer = CursorSigner::new([0; 32]);
    let mut took = Vec::new();
    for seed in 0..QUESTIONS {
        let request: RecommendationRequest = serde_json::from_value(question(population, kind, seed))?;
        let start = Instant::now();
        let answer = answer(TENANT, &request, None, snapshots, &signer);
        black_box(answer.map_err(|_| "a question was refused")?);
        took.push(start.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    Ok(quantile(&took, 0.5))
}
