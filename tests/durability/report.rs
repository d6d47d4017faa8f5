//! What came of a run, for people and for machines.

use crate::{
    nemesis::{Act, Blow},
    run::Outcome,
};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// Prints a run under a title.
pub(crate) fn print(title: &str, outcome: &Outcome) {
    let text = table(title, outcome).unwrap();
    // Past the capture of the test harness: what was measured is shown also when all is well.
    io::stderr().write_all(text.as_bytes()).unwrap();
}

/// Writes a run to `target/durability.json`.
pub(crate) fn write(outcome: &Outcome) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/durability.json");
    let mut text = serde_json::to_string_pretty(&document(outcome)).unwrap();
    text.push('\n');
    fs::write(path, text).unwrap();
}

fn table(title: &str, outcome: &Outcome) -> Result<String, std::fmt::Error> {
    let Outcome { findings, tally, faults, .. } = outcome;
    let mut text = String::new();
    writeln!(text, "\n{title} (seed {}, {:.0} s)", outcome.seed, outcome.took.as_secs_f64())?;
    writeln!(text, "  {:<42} {:>7} {:>10} {:>10}", "act", "times", "p50 s", "max s")?;
    for (name, blows) in by_act(&outcome.blows) {
        if let Some((p50, max)) = recoveries(&blows) {
            writeln!(text, "  {name:<42} {:>7} {p50:>10.3} {max:>10.3}", blows.len())?;
        }
    }
    if let Some((p50, max)) = recoveries(&outcome.blows.iter().collect::<Vec<_>>()) {
        writeln!(text, "  {:<42} {:>7} {p50:>10.3} {max:>10.3}", "all", outcome.blows.len())?;
    }
    let lines = [
        ("kills", kills(outcome)),
        ("acknowledged events", findings.acknowledged_events),
        ("  lost", findings.lost_on(true)),
        ("acknowledged creators", findings.acknowledged_creators),
        ("  lost", findings.lost_on(false)),
        ("stored", findings.stored),
        ("stored more than once", findings.duplicated.len()),
        ("stored and never sent", findings.never_sent),
        ("relationships", findings.relationships),
        ("  not as recounted", findings.wrong_relationships),
        ("requests", count(&tally.requests)),
        ("  of unknown outcome", count(&tally.unknown)),
        ("  told to come again", count(&tally.refused)),
        ("  told to slow down", count(&tally.slowed)),
        ("  failed inside", count(&tally.failed)),
        ("stored by a request that had no good answer", count(&tally.stored_unanswered)),
        ("transactions broken before their COMMIT", count(&faults.counts.broken)),
        ("answers swallowed", count(&faults.counts.swallowed)),
    ];
    for (name, number) in lines {
        writeln!(text, "  {name:<42} {number:>9}")?;
    }
    Ok(text)
}

fn document(outcome: &Outcome) -> Value {
    let Outcome { findings, tally, faults, .. } = outcome;
    let all: Vec<&Blow> = outcome.blows.iter().collect();
    let recovery = |blows: &[&Blow]| recoveries(blows).map(|(p50, max)| json!({"p50_s": p50, "max_s": max}));
    let acts: Vec<Value> = by_act(&outcome.blows)
        .map(|(name, blows)| json!({"act": name, "times": blows.len(), "recovery": recovery(&blows)}))
        .collect();
    json!({
        "seed": outcome.seed,
        "seconds": outcome.took.as_secs_f64(),
        "rounds": outcome.blows.len(),
        "kills": kills(outcome),
        "acknowledged": findings.acknowledged_events,
        "lost": findings.lost_on(true),
        "duplicated": findings.duplicated.len(),
        "never_sent": findings.never_sent,
        "stored": findings.stored,
        "unknown": count(&tally.unknown),
        "acknowledged_creators": findings.acknowledged_creators,
        "lost_creators": findings.lost_on(false),
        "relationships": findings.relationships,
        "wrong_relationships": findings.wrong_relationships,
        "requests": count(&tally.requests),
        "refused": count(&tally.refused),
        "slowed": count(&tally.slowed),
        "failed": count(&tally.failed),
        "stored_unanswered": count(&tally.stored_unanswered),
        "broken_transactions": count(&faults.counts.broken),
        "swallowed_answers": count(&faults.counts.swallowed),
        "recovery": recovery(&all),
        "acts": acts,
    })
}

fn by_act(blows: &[Blow]) -> impl Iterator<Item = (&'static str, Vec<&Blow>)> {
    let of = |act: Act| blows.iter().filter(move |blow| blow.act == act).collect();
    Act::ALL.into_iter().map(move |act| (act.name(), of(act)))
}

/// Median and maximum in seconds.
fn recoveries(blows: &[&Blow]) -> Option<(f64, f64)> {
    let mut sorted: Vec<Duration> = blows.iter().map(|blow| blow.recovery).collect();
    sorted.sort_unstable();
    let max = sorted.last()?;
    Some((sorted[sorted.len() / 2].as_secs_f64(), max.as_secs_f64()))
}

fn kills(outcome: &Outcome) -> usize {
    outcome.blows.iter().filter(|blow| blow.act.kills()).count()
}

fn count(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::Relaxed)
}
