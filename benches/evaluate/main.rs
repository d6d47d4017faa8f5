//! `make evaluate`: real data through the public API into a fresh service, and back as recommendations.
//!
//! Short-video data (see `source`) is told to a service of its own as niches, creators and events (see `story`), and then
//! everything that can be counted is checked against the data (see `checks`). Then it is asked of a long history whether
//! those come back whom the service expects back (see `returns`). The directory of the data is given in the environment
//! variable `DATA`: one that holds `events.csv` or `events.csv.zst` itself (columns `ts` in seconds since 1970, `engager`,
//! `creator` and, if they are there, `kind`, `post` and `niche`) is judged as a history; without data an empty report is written.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "prints its report")]

mod briefs;
mod checks;
mod database;
mod fraud;
#[path = "../harness/mod.rs"]
#[expect(dead_code, reason = "the benchmarks use more of it")]
mod harness;
mod history;
mod labelled;
mod load;
mod measures;
mod one_kind;
mod plots;
mod quantile;
mod recommend;
mod recovery;
mod returns;
mod skew;
mod source;
mod story;

use harness::{Failure, report, stage::Stage};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    if !harness::is_asked_for() {
        println!("evaluate: runs with `make evaluate` only");
        return ExitCode::SUCCESS;
    }
    let outcome = tokio::select! {
        outcome = evaluate() => outcome,
        () = harness::interrupted() => Err("interrupted".into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("evaluate: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs everything; true when all checks hold. A part that fails keeps nothing of the others back.
async fn evaluate() -> Result<bool, Failure> {
    let (mut measures, mut checks) = (Vec::new(), checks::Checks::default());
    if !history::is_named() {
        checks.ended("briefs", briefs::run(&mut measures));
        let ended = niches(&mut measures, &mut checks).await;
        checks.ended("niches", ended);
        let ended = skew::run(&mut measures, &mut checks).await;
        checks.ended("skew", ended);
        checks.ended("kinds", one_kind::run(&mut measures));
    }
    checks.ended("recovery", recovery::run(&mut measures).await);
    let ended = returns::run(&mut measures, &mut checks).await;
    checks.ended("loyalty", ended);
    let ended = fraud::run(&mut measures, &mut checks).await;
    checks.ended("fraud", ended);
    // What the data do not tell is not told: neither as the best there is nor as nothing.
    for measure in measures.extract_if(.., |measure| !measure.value.is_finite()) {
        println!("not measured: {} ({})", measure.name, measure.note);
    }
    for measure in &measures {
        println!(
            "{:<32} {:>12} {:<16} {}",
            measure.name,
            report::shown(measure.value),
            measure.unit,
            measure.note
        );
    }
    let held = checks.print();
    println!("written to {}", report::write("evaluation.json", &measures)?.display());
    Ok(held)
}

/// Short-video data through the API and back, if it is there.
async fn niches(measures: &mut Vec<report::Measure>, checks: &mut checks::Checks) -> Result<(), Failure> {
    let Some(directory) = source::find(source::DATA_SET) else {
        println!("evaluate: no {} in the data directory; left out", source::DATA_SET);
        return Ok(());
    };
    let source = source::read(&directory)?;
    let stage = Stage::start(2).await?;
    let story = story::Story::of(&source, jiff::Timestamp::now());
    measures.extend(measures::run(&stage, &source, &story, checks).await?);
    stage.stop().await
}
