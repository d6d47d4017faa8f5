//! Recommendations of a large tenant over HTTP: how many, how fast, also while scores change, and beside SQL.

mod constant;
mod load;
mod memory;
mod sql;
mod storing;

use super::{
    comparison::{Comparison, Results, measure, median},
    drawn::{
        population::Population,
        questions::{Kind, question},
    },
    harness::{Failure, stage::Stage, wire},
};
use constant::{SameServer, bare_rate};
use jiff::Timestamp;
use load::{Requests, quantile};
use reqwest::Method;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Creators of the tenant.
const CREATORS: u64 = 1_000_000;
/// Different questions of a kind.
const QUESTIONS: u64 = 2_000;
/// How long a rate is measured.
const SPAN: Duration = Duration::from_secs(4);
/// How long latencies are measured.
const LONG_SPAN: Duration = Duration::from_secs(10);
/// How often a rate and its baseline are measured, by turns.
const ROUNDS: usize = 3;
/// Scores that change every second, where they do.
const CHANGES: u64 = 10_000;
/// Longest wait for the snapshot.
const PATIENCE: Duration = Duration::from_mins(3);

/// All measures of recommendations.
pub(crate) async fn all(results: &mut Results) -> Result<(), Failure> {
    let (stage, population) = (Stage::start(0).await?, Population::new());
    storing::store(&stage, &population, CREATORS).await?;
    wait_until_current(&stage).await?;
    memory::load(&stage, CREATORS).await?.into_iter().for_each(|result| results.push(result));
    for asked in [("recommend.simple.ratio", Kind::Simple), ("recommend.brief.ratio", Kind::Brief)] {
        results.push(beside_constant(&stage, &population, asked).await?);
    }
    results.push(quiet(&stage, &population).await?);
    results.push(under_change(&stage, &population).await?);
    results.push(beside_sql(&stage, &population).await?);
    stage.stop().await
}

/// How a question grows with the number of creators: needs no service.
pub(crate) fn growth(results: &mut Results) -> Result<(), Failure> {
    let creators = std::env::var("VOCI_BENCH_CREATORS").ok();
    let creators = creators.map(|creators| creators.parse()).transpose()?.unwrap_or(CREATORS);
    results.push(memory::growth(&Population::new(), creators)?);
    Ok(())
}

fn asked(population: &Population, kind: Kind) -> Vec<String> {
    (0..QUESTIONS).map(|seed| question(population, kind, seed).to_string()).collect()
}

fn requests(stage: &Stage, questions: &[String]) -> Requests {
    let request = |question: &String| wire::post(&stage.entry, "/v1/recommendations", question);
    Arc::new(questions.iter().map(request).collect())
}

/// Answers per second beside constant ones of as many bytes from the same server.
async fn beside_constant(
    stage: &Stage,
    population: &Population,
    (name, kind): (&'static str, Kind),
) -> Result<Comparison, Failure> {
    let questions = asked(population, kind);
    let size = mean_size(stage, &questions).await?;
    let requests = requests(stage, &questions);
    let constant = SameServer::start(&questions, size).await?;
    let rates = by_turns(&constant, stage, &requests).await;
    constant.stop().await?;
    let (mut answers, mut constants) = rates?;
    let mut bare = vec![];
    for _ in 0..ROUNDS {
        bare.push(bare_rate(&questions, size, SPAN).await?);
    }
    let bare = median(&mut bare);
    let what = match kind {
        Kind::Simple => "one niche, three filters",
        Kind::Brief => "three niches, diversity 0.5",
        Kind::Long => "one niche, two filters",
    };
    let note = format!(
        "{what}, random weights, best {} of 1,000,000 creators in 200 niches drawn by size; baseline: {size} constant bytes from the \
         same server, for callers with a key ({bare:.0}/s from a bare server of the framework)",
        kind.limit()
    );
    let measure = measure(name, median(&mut answers), "requests/s", note);
    Ok(Comparison::new(measure, Some(median(&mut constants))))
}

/// Answers per second and constant ones, by turns, after a round that does not count.
async fn by_turns(
    constant: &SameServer,
    stage: &Stage,
    requests: &Requests,
) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let (mut answers, mut constants) = (vec![], vec![]);
    for _ in 0..=ROUNDS {
        constants.push(constant.rate(SPAN).await?);
        answers.push(load::top_rate(stage.entry.0, requests, SPAN).await?);
    }
    Ok((answers.split_off(1), constants.split_off(1)))
}

/// Bytes of an answer.
async fn mean_size(stage: &Stage, questions: &[String]) -> Result<usize, Failure> {
    let (mut all, some) = (0, &questions[..100]);
    for question in some {
        let answer: serde_json::Value =
            stage.api.send(Method::POST, "/v1/recommendations", question.clone()).await?;
        all += serde_json::to_vec(&answer)?.len();
    }
    Ok(all / some.len())
}

/// 99 % quantile at half of the top rate.
async fn quiet(stage: &Stage, population: &Population) -> Result<Comparison, Failure> {
    let requests = requests(stage, &asked(population, Kind::Simple));
    let rate = load::top_rate(stage.entry.0, &requests, SPAN).await? / 2.0;
    let took = load::latencies(stage.entry.0, &requests, (rate, LONG_SPAN)).await?;
    let note = format!(
        "simple questions at {rate:.0} requests/s, half of the top rate, sent when they are due; median {:.2} ms; clocks of clients \
         tick every millisecond",
        quantile(&took, 0.5)
    );
    Ok(Comparison::new(measure("recommend.p99_ms", quantile(&took, 0.99), "ms", note), None))
}

/// The same while many scores change.
async fn under_change(stage: &Stage, population: &Population) -> Result<Comparison, Failure> {
    let requests = requests(stage, &asked(population, Kind::Simple));
    let measured = async {
        let rate = load::top_rate(stage.entry.0, &requests, SPAN).await? / 2.0;
        Ok::<_, Failure>((rate, load::latencies(stage.entry.0, &requests, (rate, LONG_SPAN)).await?))
    };
    let (rate, took) = tokio::select! {
        failed = sql::change_forever(stage, CREATORS, CHANGES) => return Err(failed),
        measured = measured => measured?,
    };
    let note = format!(
        "the same while {CHANGES} scores change every second, at {rate:.0} requests/s, half of the top rate meanwhile; median {:.2} ms",
        quantile(&took, 0.5)
    );
    Ok(Comparison::new(measure("recommend.p99_under_change_ms", quantile(&took, 0.99), "ms", note), None))
}

async fn beside_sql(stage: &Stage, population: &Population) -> Result<Comparison, Failure> {
    sql::prepare(stage).await?;
    let requests = requests(stage, &asked(population, Kind::Long));
    let niche = |seed| {
        let question = question(population, Kind::Long, seed);
        question["brief"]["niches"][0]["id"].as_str().unwrap_or_default().to_owned()
    };
    let niches = Arc::new((0..QUESTIONS).map(niche).collect::<Vec<String>>());
    let (mut answers, mut selected) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        selected.push(sql::rate(stage, &niches, SPAN).await?);
        answers.push(load::top_rate(stage.entry.0, &requests, SPAN).await?);
    }
    let note = "best 200 of a niche with two filters and random weights, with reasons; baseline: SQL on one table with all values \
                computed already, without names and reasons, 8 connections";
    let measure = measure("recommend.vs_sql", median(&mut answers), "requests/s", note);
    Ok(Comparison::new(measure, Some(median(&mut selected))))
}

async fn wait_until_current(stage: &Stage) -> Result<(), Failure> {
    let (start, now) = (Instant::now(), Timestamp::now());
    loop {
        let page: serde_json::Value = stage.api.get("/v1/recommendations?niche=gaming&limit=1").await?;
        let as_of = page["as_of"].as_str().and_then(|as_of| as_of.parse::<Timestamp>().ok());
        if as_of.is_some_and(|as_of| as_of >= now) {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err("the snapshot does not follow the database".into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
