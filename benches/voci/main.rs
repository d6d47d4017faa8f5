//! `make bench`: speed against baselines that are measured in the same run on the same server.
//!
//! Everything runs on one machine: the service, its PostgreSQL, the clients and the baselines share the cores, so read
//! the ratios and not the rates. Values are medians. Writes `target/bench.json`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "prints its report")]

mod comparison;
#[path = "../drawn/mod.rs"]
mod drawn;
#[path = "../harness/mod.rs"]
mod harness;
mod ingest;
mod recommend;
mod scale;
mod scores;
mod synthetic;

use comparison::Results;
use harness::{Failure, report};
use std::process::ExitCode;

/// As the service has it: snapshots are read into this process, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
            let causes =
                std::iter::successors(Some(&*error as &dyn std::error::Error), |cause| cause.source());
            eprintln!("bench: {}", causes.map(ToString::to_string).collect::<Vec<_>>().join(": "));
            ExitCode::FAILURE
        }
    }
}

/// Everything, or only the groups named on the command line: `cargo bench --bench voci -- ingest`.
async fn bench() -> Result<(), Failure> {
    let groups: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let asked = |group: &str| groups.is_empty() || groups.iter().any(|name| name == group);
    let mut results = Results::default();
    if asked("recommend") {
        results.push(scores::creator());
        recommend::all(&mut results).await?;
    }
    if asked("growth") {
        recommend::growth(&mut results)?;
    }
    if asked("ingest") {
        ingest::all(&mut results).await?;
    }
    if asked("scale") && scale::is_asked_for() {
        scale::all(&mut results).await?;
    }
    println!("written to {}", report::write("bench.json", &results)?.display());
    Ok(())
}
