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
    history::{self, Act, DATA_SET, Declared},
    load, source,
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use voci::relationships::rebuild::rebuild;

/// Loads the data set into a service of its own, if it is there.
pub(crate) async fn run(measures: &mut Vec<Measure>, checks: &mut Checks) -> Result<(), Failure> {
    let Some(directory) = source::find(DATA_SET) else {
        println!("skew: no {DATA_SET} in the data directory; left out");
        return Ok(());
    };
    let history = history::read(&directory)?;
    let acts = &history.acts;
    let stage = Stage::start(2).await?;
    history::register(&stage, &history, acts.iter().map(|act| act.creator), &Declared::new()).await?;
    let batches = history::batches("act", acts, 0);
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
    measures.extend(told(acts, sent, folded));
    stage.stop().await
}

fn told(acts: &[Act], sent: Duration, folded: Duration) -> [Measure; 4] {
    let mut by_creator: BTreeMap<u32, u64> = BTreeMap::new();
    for act in acts {
        *by_creator.entry(act.creator).or_default() += 1;
    }
    let mut counts: Vec<u64> = by_creator.into_values().collect();
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
