//! `make bench`: speed against baselines that are measured in the same run on the same server.
//!
//! Everything runs on one machine: the service, its PostgreSQL, the clients and the baselines share the cores, so read
//! the ratios and not the rates. Values are medians. Writes `target/bench.json`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "prints its report")]

mod comparison;
mod copy;
mod fold;
#[path = "../harness/mod.rs"]
mod harness;
mod ingest;
mod rank;
mod recommend;
mod scores;
mod synthetic;

use comparison::Comparison;
use harness::{Failure, report, stage::Stage};
use std::process::ExitCode;

/// How often what writes is repeated.
const REPETITIONS: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    if !harness::is_asked_for() {
        println!("voci: runs with `make bench` only");
        return ExitCode::SUCCESS;
    }
    let outcome = tokio::select! {
        outcome = bench() => outcome,
        () = harness::interrupted() => Err("interrupted".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn bench() -> Result<(), Failure> {
    let stage = Stage::start(0).await?;
    let mut results = vec![scores::creator(), rank::simple(stage.tenant)?];
    results.extend(recommend::over_http(&stage).await?);
    results.extend(writes(&stage).await?);
    results.push(ingest::resend(&stage).await?);
    stage.stop().await?;
    results.iter().for_each(Comparison::print);
    println!("written to {}", report::write("bench.json", &results)?.display());
    Ok(())
}

/// Ingest and fold, each with its baseline, by turns.
async fn writes(stage: &Stage) -> Result<[Comparison; 2], Failure> {
    let (mut ingested, mut copied, mut folded, mut grouped) = (vec![], vec![], vec![], vec![]);
    for repetition in 0..REPETITIONS {
        let acts = synthetic::acts(repetition);
        ingested.push(ingest::rate(&stage.api, synthetic::batches(&acts)).await?);
        copied.push(copy::rate(stage, &acts).await?);
        folded.push(fold::rate(stage, acts.len()).await?);
        grouped.push(fold::grouping_rate(stage, acts.len()).await?);
    }
    Ok([ingest::comparison(&mut ingested, &mut copied), fold::comparison(&mut folded, &mut grouped)])
}
