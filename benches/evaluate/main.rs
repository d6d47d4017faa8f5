//! `make evaluate`: real data through the public API into a fresh service, and back as recommendations.
//!
//! Short-video data (see `source`) is told to a service of its own as niches, creators and events (see `story`), and then
//! everything that can be counted is checked against the data (see `checks`). The directory of the data is given in the
//! environment variable `DATA`; without data an empty report is written.
//!
//! Not measured yet: whether a creator's niches can be found again when they are not declared. Until niches are observed
//! from engagement, a hidden niche cannot come back.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "prints its report")]

mod checks;
mod database;
#[path = "../harness/mod.rs"]
#[expect(dead_code, reason = "the benchmarks use more of it")]
mod harness;
mod load;
mod measures;
mod quantile;
mod recommend;
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

/// Runs everything; true when all checks hold.
async fn evaluate() -> Result<bool, Failure> {
    let Some(directory) = source::find(source::DATA_SET) else {
        println!(
            "evaluate: no data; DATA=<directory> make evaluate names the directory that holds kuairand-pure-part"
        );
        report::write("evaluation.json", &Vec::<report::Measure>::new())?;
        return Ok(true);
    };
    let source = source::read(&directory)?;
    let stage = Stage::start(2).await?;
    let story = story::Story::of(&source, jiff::Timestamp::now());
    let (mut measures, mut checks) = measures::run(&stage, &source, &story).await?;
    stage.stop().await?;
    skew::run(&mut measures, &mut checks).await?;
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
