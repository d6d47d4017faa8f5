//! Histories: who engaged with whom, when, and how a service is told.

use super::{
    harness::{Failure, stage::Stage},
    load, source,
};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};
use voci::{
    events::{Kind, http::MAX_BATCH},
    relationships::days::Day,
};

/// The data set below the data directory.
pub(crate) const DATA_SET: &str = "mathoverflow";
const FILES: [&str; 2] = ["events.csv.zst", "events.csv"];

/// Somebody did something for somebody. People and creators are numbered in the order in which they come up.
#[derive(Clone, Copy)]
pub(crate) struct Act {
    /// Seconds since 1970.
    pub(crate) second: i64,
    /// Who.
    pub(crate) engager: u32,
    /// For whom.
    pub(crate) creator: u32,
    /// What.
    pub(crate) kind: Kind,
}

impl Act {
    /// The UTC day.
    pub(crate) fn day(&self) -> Day {
        Day::try_from(self.second.div_euclid(86_400)).unwrap_or_default()
    }
}

/// Whether `DATA` names a directory that holds a history itself.
pub(crate) fn is_named() -> bool {
    named().is_some()
}

fn named() -> Option<PathBuf> {
    let directory = PathBuf::from(std::env::var_os("DATA")?);
    FILES.iter().any(|file| directory.join(file).is_file()).then_some(directory)
}

/// The directory that `DATA` names if it holds a history itself, else that of the data set.
pub(crate) fn find() -> Option<PathBuf> {
    named().or_else(|| source::find(DATA_SET))
}

/// Reads a history, in the order of time. What creators do for themselves is left out.
pub(crate) fn read(directory: &Path) -> Result<Vec<Act>, Failure> {
    let files = FILES.map(|file| directory.join(file));
    let file = files.iter().find(|file| file.is_file()).ok_or("there is no history")?;
    let mut table = source::open(file)?;
    let headers = table.headers()?.clone();
    let place = |names: &[&str]| headers.iter().position(|header| names.contains(&header));
    let wanted =
        |names: &[&str]| place(names).ok_or_else(|| format!("the history has no column {}", names[0]));
    let (ts, engager, creator) = (wanted(&["ts"])?, wanted(&["engager"])?, wanted(&["creator", "author"])?);
    let kind = place(&["kind"]);
    let (mut engagers, mut creators, mut acts) = (HashMap::new(), HashMap::new(), Vec::new());
    for record in table.records() {
        let record = record?;
        if record[engager] == record[creator] {
            continue;
        }
        acts.push(Act {
            second: second(&record[ts])?,
            engager: number(&mut engagers, &record[engager]),
            creator: number(&mut creators, &record[creator]),
            kind: kind.map_or(Kind::Like, |kind| meant(&record[kind])),
        });
    }
    acts.sort_by_key(|act| act.second);
    Ok(acts)
}

/// Parts of a second do not matter.
fn second(text: &str) -> Result<i64, Failure> {
    let whole = text.split('.').next().unwrap_or(text);
    Ok(whole.parse().map_err(|error| format!("{text} is no time: {error}"))?)
}

fn number(known: &mut HashMap<String, u32>, id: &str) -> u32 {
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
    *known.entry(id.to_owned()).or_insert(next)
}

/// Kinds of the service by their names; answers to questions are replies, everything else comments.
fn meant(kind: &str) -> Kind {
    let named = Kind::ALL.iter().copied().find(|known| known.name() == kind && *known != Kind::Retract);
    named.unwrap_or(if kind == "a2q" { Kind::Reply } else { Kind::Comment })
}

/// A history as batches of events that happen so many seconds later.
pub(crate) fn batches(acts: &[Act], later: i64) -> Vec<String> {
    acts.chunks(MAX_BATCH).enumerate().map(|(place, acts)| batch(place, acts, later)).collect()
}

/// Registers the creators of a history.
pub(crate) async fn register(stage: &Stage, acts: &[Act]) -> Result<(), Failure> {
    let creators: BTreeSet<u32> = acts.iter().map(|act| act.creator).collect();
    let profile = |creator: &u32| {
        let id = creator_id(*creator);
        let profile = json!({"display_name": id, "country": "US", "languages": ["en"], "niches": ["education"],
                             "accounts": [{"platform": "other", "handle": id}]});
        (format!("/v1/creators/{id}"), profile)
    };
    load::put_all(&stage.api, &creators.iter().map(profile).collect::<Vec<_>>()).await
}

/// The id of a creator.
pub(crate) fn creator_id(creator: u32) -> String {
    format!("creator-{creator}")
}

fn batch(place: usize, acts: &[Act], later: i64) -> String {
    let event = |(number, act): (usize, &Act)| {
        json!({"event_id": (place * MAX_BATCH + number).to_string(), "creator_id": creator_id(act.creator),
               "engager_id": format!("person-{}", act.engager), "kind": act.kind.name(),
               "occurred_at": Timestamp::UNIX_EPOCH.saturating_add((act.second + later).seconds()).unwrap_or_default()})
    };
    json!({"events": acts.iter().enumerate().map(event).collect::<Vec<Value>>()}).to_string()
}
