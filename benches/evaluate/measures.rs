//! The run, step by step, and what it measures.

use super::{
    checks::Checks,
    database,
    harness::{Failure, report::Measure, stage::Stage},
    load::{self, Loaded},
    quantile::Times,
    recommend, recovery,
    source::Source,
    story::Story,
};
use std::time::{Duration, Instant};
use voci::{relationships::rebuild::rebuild, scores::refit::refit_all};

/// One batch of this many is sent again.
const RESENT: usize = 20;
/// How often each niche is asked for when times are taken.
const ROUNDS: usize = 20;

/// Loads, checks and measures.
pub(crate) async fn run(
    stage: &Stage,
    source: &Source,
    story: &Story,
    checks: &mut Checks,
) -> Result<Vec<Measure>, Failure> {
    let mut measures = Measures::default();
    let mut loaded = load::load(&stage.api, story).await?;
    let tail = Instant::now();
    database::wait_until_folded(stage.pool()).await?;
    measures.loaded(source, story, &mut loaded, tail.elapsed());
    checks.receipt(&loaded, story);
    checks.resent(load::resend(&stage.api, story, RESENT).await?);
    checks.database(stage, story).await?;
    measures.fit(stage).await?;
    measures.rebuild(stage, story, checks).await?;
    measures.recommendations(stage, story, checks).await?;
    measures.space(stage, story).await?;
    measures.0.push(recovery::of_story(stage, story, checks).await?);
    let count = checks.len() as f64;
    measures.add("checks", count, "checks", "counts in the database and answers compared with the data");
    Ok(measures.0)
}

#[derive(Default)]
struct Measures(Vec<Measure>);

impl Measures {
    fn add(&mut self, name: &'static str, value: f64, unit: &'static str, note: &str) {
        self.0.push(Measure { name, value, unit, note: note.to_owned() });
    }

    fn loaded(&mut self, source: &Source, story: &Story, loaded: &mut Loaded, tail: Duration) {
        let (sent, seconds) = (story.expected.sent as f64, loaded.events.as_secs_f64());
        let creators = story.creators.len() as f64;
        self.add("rows", source.rows.len() as f64, "rows", "kuairand-pure-part, exact repeats included");
        self.add("events.sent", sent, "events", "one per act of a row, one view for a row without an act");
        self.add("events.stored", loaded.receipt.stored as f64, "events", "told stored");
        self.add(
            "events.duplicate",
            loaded.receipt.duplicate as f64,
            "events",
            "told duplicate: repeated rows",
        );
        self.add("niches", story.niches.len() as f64, "niches", "tags, as the tenant's own niches");
        self.add("creators", creators, "creators", "authors that occur in events");
        self.add(
            "creators.rate",
            creators / loaded.creators.as_secs_f64(),
            "creators/s",
            "single PUTs, 8 at once",
        );
        self.add(
            "load.rate",
            sent / seconds,
            "events/s",
            "batches of 1,000 over HTTP, 8 at once, until the last answer, folding beside it",
        );
        self.add(
            "load.rate.folded",
            sent / (seconds + tail.as_secs_f64()),
            "events/s",
            "the same, until all is folded and scored",
        );
        self.add("load.batch.p50", loaded.batches.quantile_ms(0.5), "ms", "one batch of 1,000");
        self.add("load.batch.p99", loaded.batches.quantile_ms(0.99), "ms", "one batch of 1,000");
        self.add("fold.lag", tail.as_secs_f64(), "s", "from the last answer until all is folded and scored");
    }

    /// Fits the tenant's model, once all data is there, and waits until all creators are scored with it.
    async fn fit(&mut self, stage: &Stage) -> Result<(), Failure> {
        let start = Instant::now();
        refit_all(stage.pool()).await?;
        database::wait_until_folded(stage.pool()).await?;
        self.add(
            "model.fit",
            start.elapsed().as_secs_f64(),
            "s",
            "one fit of the tenant's model, with scoring anew",
        );
        let model: serde_json::Value = stage.api.get("/v1/model").await?;
        let version = model["version"].as_f64().ok_or("the model has no version")?;
        let note = "0: the published default, as too few people of the sample come back for a fit";
        self.add("model.version", version, "version", note);
        Ok(())
    }

    async fn rebuild(&mut self, stage: &Stage, story: &Story, checks: &mut Checks) -> Result<(), Failure> {
        let start = Instant::now();
        let report = rebuild(stage.pool(), false, |_| {}).await?;
        self.add(
            "rebuild.verify",
            start.elapsed().as_secs_f64(),
            "s",
            "all relationships folded anew and compared",
        );
        self.add(
            "rebuild.differences",
            report.differences() as f64,
            "relationships",
            "differ from the raw events",
        );
        checks.rebuilt(&report, story);
        Ok(())
    }

    async fn recommendations(
        &mut self,
        stage: &Stage,
        story: &Story,
        checks: &mut Checks,
    ) -> Result<(), Failure> {
        let niches: Vec<&String> = story.expected.niches.keys().collect();
        let Some(first) = niches.first() else { return Err("the data has no tags".into()) };
        let lag = recommend::wait_until_current(&stage.api, first).await?;
        self.add(
            "recommend.lag",
            lag.as_secs_f64(),
            "s",
            "until answers take in everything committed before",
        );
        let found = checks.niches(stage, story).await?;
        self.add(
            "recommend.found",
            found as f64 / niches.len() as f64,
            "creators/niche",
            "recommended per tag, all pages, any followers",
        );
        let mut times: Times = recommend::times(&stage.api, &niches, ROUNDS).await?;
        self.add(
            "recommend.p50",
            times.quantile_ms(0.5),
            "ms",
            "first 10 of a niche, one call after the other",
        );
        self.add(
            "recommend.p99",
            times.quantile_ms(0.99),
            "ms",
            "first 10 of a niche, one call after the other",
        );
        Ok(())
    }

    async fn space(&mut self, stage: &Stage, story: &Story) -> Result<(), Failure> {
        let events = database::bytes(stage.pool(), "events").await? as f64;
        let relationships = database::bytes(stage.pool(), "relationships").await? as f64;
        let all = database::count(stage.pool(), "select pg_database_size(current_database())").await?;
        self.add(
            "bytes.event",
            events / story.expected.events() as f64,
            "bytes",
            "per stored event, indexes included",
        );
        let note = "per relationship, indexes included";
        self.add("bytes.relationship", relationships / story.expected.relationships as f64, "bytes", note);
        self.add("bytes.database", all as f64, "bytes", "the whole database, queues included");
        Ok(())
    }
}
