//! Seven years of a question-and-answer site in some seconds: a few authors get most of what is done, as in every real
//! community, and each of them is one creator to whom many events come at once.

use super::{
    checks::Checks,
    database,
    harness::{
        Failure,
        client::BatchReceipt,
        report::{Measure, shown},
        stage::Stage,
    },
    load,
    source::{self, places},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};
use voci::{events::http::MAX_BATCH, relationships::rebuild::rebuild};

/// Name of the data set below the data directory.
const DATA_SET: &str = "mathoverflow";

/// Who did something for whom, when.
struct Act {
    second: i64,
    engager: u32,
    author: u32,
    kind: &'static str,
}

/// Loads the data set into a service of its own, if it is there.
pub(crate) async fn run(measures: &mut Vec<Measure>, checks: &mut Checks) -> Result<(), Failure> {
    let Some(directory) = source::find(DATA_SET) else {
        println!("skew: no {DATA_SET} in the data directory; left out");
        return Ok(());
    };
    let acts = read(&directory)?;
    let stage = Stage::start(2).await?;
    let mut by_author: BTreeMap<u32, u64> = BTreeMap::new();
    for act in &acts {
        *by_author.entry(act.author).or_default() += 1;
    }
    load::put_all(&stage.api, &creators(by_author.keys())).await?;

    let batches: Vec<String> = acts.chunks(MAX_BATCH).enumerate().map(batch).collect();
    let start = Instant::now();
    let answers = load::send_all(&stage.api, batches.iter()).await?;
    let sent = start.elapsed();
    database::wait_until_folded(stage.pool()).await?;
    let folded = start.elapsed();

    let stored = BatchReceipt { stored: acts.len() as u64, ..BatchReceipt::default() };
    checks.equal(format!("{DATA_SET}: every event is stored once"), &load::total(&answers), &stored);
    let report = rebuild(stage.pool(), false, |_| {}).await?;
    let found = report.differences();
    checks.equal(format!("{DATA_SET}: relationships and statistics agree with the raw events"), &found, &0);
    measures.extend(told(&acts, &by_author, sent, folded));
    stage.stop().await
}

fn told(acts: &[Act], by_author: &BTreeMap<u32, u64>, sent: Duration, folded: Duration) -> [Measure; 4] {
    let mut counts: Vec<u64> = by_author.values().copied().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let (all, most) = (acts.len() as f64, &counts[..counts.len().div_ceil(100)]);
    let measure = |name, value, unit, note: String| Measure { name, value, unit, note };
    let busiest =
        format!("share of events that go to the busiest 1 % of {} creators", shown(counts.len() as f64));
    [
        measure("skew.events", all, "events", format!("{DATA_SET}, own posts left out")),
        measure("skew.busiest", most.iter().sum::<u64>() as f64 / all, "share", busiest),
        measure(
            "skew.rate",
            all / sent.as_secs_f64(),
            "events/s",
            "batches in the order of time, 8 at once".into(),
        ),
        measure(
            "skew.rate.folded",
            all / folded.as_secs_f64(),
            "events/s",
            "the same, until all is folded and scored".into(),
        ),
    ]
}

fn read(directory: &Path) -> Result<Vec<Act>, Failure> {
    let mut table = source::open(&directory.join("events.csv.zst"))?;
    let [ts, engager, author, kind] = places(&mut table, ["ts", "engager", "author", "kind"])?;
    let mut acts = Vec::new();
    for record in table.records() {
        let record = record?;
        // What authors do on their own posts is no engagement.
        if record[engager] == record[author] {
            continue;
        }
        acts.push(Act {
            second: record[ts].parse()?,
            engager: record[engager].parse()?,
            author: record[author].parse()?,
            kind: if &record[kind] == "a2q" { "reply" } else { "comment" },
        });
    }
    Ok(acts)
}

fn creators<'a>(authors: impl Iterator<Item = &'a u32>) -> Vec<(String, Value)> {
    let profile = |author: &u32| {
        let handle = format!("author{author}");
        json!({"display_name": handle, "country": "US", "languages": ["en"], "niches": ["education"],
               "accounts": [{"platform": "other", "handle": handle}]})
    };
    authors.map(|author| (format!("/v1/creators/author-{author}"), profile(author))).collect()
}

fn batch((place, acts): (usize, &[Act])) -> String {
    let event = |(number, act): (usize, &Act)| {
        json!({"event_id": (place * MAX_BATCH + number).to_string(), "creator_id": format!("author-{}", act.author),
               "engager_id": format!("user-{}", act.engager), "kind": act.kind,
               "occurred_at": jiff::Timestamp::from_second(act.second).unwrap_or_default()})
    };
    json!({"events": acts.iter().enumerate().map(event).collect::<Vec<Value>>()}).to_string()
}
