//! Histories: who engaged with whom, when, and how a service is told.

use super::{
    harness::{Failure, client::BatchReceipt, stage::Stage},
    load, source,
    story::{DECLARED, most_frequent},
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
};
use voci::{
    events::{Kind, http::MAX_BATCH},
    relationships::days::{Day, day_of},
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
    /// On which post, where that is told; numbered as people are.
    pub(crate) post: Option<u32>,
    /// In which niche, likewise.
    pub(crate) niche: Option<u32>,
}

impl Act {
    /// The UTC day.
    pub(crate) fn day(&self) -> Day {
        Day::try_from(self.second.div_euclid(DAY)).unwrap_or_default()
    }
}

/// In the numbers of people who are not in the data.
pub(crate) const MADE_UP: u32 = 1 << 31;

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// Everything that was done, and whose accounts are creators' own.
pub(crate) struct History {
    /// What was done, in the order of time.
    pub(crate) acts: Vec<Act>,
    /// Creators who are people as well, by the numbers of both.
    accounts: HashMap<u32, u32>,
}

impl History {
    /// The number that a creator has as a person, if it is known.
    pub(crate) fn known_account(&self, creator: u32) -> Option<u32> {
        self.accounts.get(&creator).copied()
    }

    /// The same, made up for those of whom it is not known.
    pub(crate) fn account(&self, creator: u32) -> u32 {
        self.known_account(creator).unwrap_or(creator | MADE_UP)
    }
}

/// What creators declare, by their numbers: ids of niches, the most frequent first. Whoever is not among them declares
/// [`COMMON`].
pub(crate) type Declared = BTreeMap<u32, Vec<String>>;

/// The niche of everybody of whom none is known.
pub(crate) const COMMON: &str = "education";

/// The niches of these acts, by creators.
pub(crate) fn declared(acts: &[Act]) -> Declared {
    let mut niches: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for act in acts {
        if let Some(niche) = act.niche {
            niches.entry(act.creator).or_default().push(niche);
        }
    }
    let ids = |niches: Vec<u32>| -> Vec<String> {
        most_frequent(&niches, DECLARED).into_iter().map(|niche| format!("niche-{niche}")).collect()
    };
    niches.into_iter().map(|(creator, niches)| (creator, ids(niches))).collect()
}

/// What a creator declares.
pub(crate) fn declared_by(declared: &Declared, creator: u32) -> Vec<&str> {
    let niches = declared.get(&creator).map(|niches| niches.iter().map(String::as_str).collect());
    niches.unwrap_or_else(|| vec![COMMON])
}

/// The UTC day that it is.
pub(crate) fn today() -> Day {
    day_of(Timestamp::now().to_zoned(TimeZone::UTC).date())
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
pub(crate) fn read(directory: &Path) -> Result<History, Failure> {
    let files = FILES.map(|file| directory.join(file));
    let file = files.iter().find(|file| file.is_file()).ok_or("there is no history")?;
    let mut table = source::open(file)?;
    let headers = table.headers()?.clone();
    let place = |names: &[&str]| headers.iter().position(|header| names.contains(&header));
    let wanted =
        |names: &[&str]| place(names).ok_or_else(|| format!("the history has no column {}", names[0]));
    let (ts, engager, creator) = (wanted(&["ts"])?, wanted(&["engager"])?, wanted(&["creator", "author"])?);
    let [kind, post, niche] = ["kind", "post", "niche"].map(|name| place(&[name]));
    let [mut engagers, mut creators, mut posts, mut niches] = <[Numbers; 4]>::default();
    let mut acts = Vec::new();
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
            post: post.and_then(|post| known_number(&mut posts, &record[post])),
            niche: niche.and_then(|niche| known_number(&mut niches, &record[niche])),
        });
    }
    acts.sort_by_key(|act| act.second);
    let accounts = creators.iter().filter_map(|(id, creator)| Some((*creator, *engagers.get(id)?))).collect();
    Ok(History { acts, accounts })
}

/// Parts of a second do not matter.
fn second(text: &str) -> Result<i64, Failure> {
    let whole = text.split('.').next().unwrap_or(text);
    Ok(whole.parse().map_err(|error| format!("{text} is no time: {error}"))?)
}

/// Ids, numbered in the order in which they come up.
type Numbers = HashMap<String, u32>;

fn number(known: &mut Numbers, id: &str) -> u32 {
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
    *known.entry(id.to_owned()).or_insert(next)
}

/// Nothing where the column is empty.
fn known_number(known: &mut Numbers, id: &str) -> Option<u32> {
    (!id.is_empty()).then(|| number(known, id))
}

/// Kinds of the service by their names; answers to questions are replies, everything else comments.
fn meant(kind: &str) -> Kind {
    let named = Kind::ALL.iter().copied().find(|known| known.name() == kind && *known != Kind::Retract);
    named.unwrap_or(if kind == "a2q" { Kind::Reply } else { Kind::Comment })
}

/// Acts as batches of events that happen so many seconds later; names keep the ids of several lists apart.
pub(crate) fn batches(name: &str, acts: &[Act], later: i64) -> Vec<String> {
    acts.chunks(MAX_BATCH).enumerate().map(|(place, acts)| batch(name, place, acts, later)).collect()
}

/// Tells a service of acts that happen so many days later, all of which it must take in; names keep the ids of several lists
/// apart.
pub(crate) async fn tell(stage: &Stage, name: &str, acts: &[Act], days_later: Day) -> Result<(), Failure> {
    let batches = batches(name, acts, i64::from(days_later) * DAY);
    let receipt = load::total(&load::send_all(&stage.api, batches.iter()).await?);
    let stored = BatchReceipt { stored: acts.len() as u64, ..BatchReceipt::default() };
    if receipt == stored {
        Ok(())
    } else {
        Err(format!("{name}: not taken in: {receipt:?} instead of {stored:?}").into())
    }
}

/// Registers creators of a history, with their accounts as people, and what they declare.
pub(crate) async fn register(
    stage: &Stage,
    history: &History,
    creators: impl Iterator<Item = u32>,
    declared: &Declared,
) -> Result<(), Failure> {
    let niches: BTreeSet<&String> = declared.values().flatten().collect();
    let niche = |id: &String| {
        (
            format!("/v1/niches/{id}"),
            json!({"names": {"en": format!("What is {id}"), "ro": format!("Ce este {id}")}}),
        )
    };
    load::put_all(&stage.api, &niches.into_iter().map(niche).collect::<Vec<_>>()).await?;
    let creators: BTreeSet<u32> = creators.collect();
    let profile = |creator: &u32| {
        let id = creator_id(*creator);
        let account =
            json!({"platform": "other", "handle": id, "engager_id": person_id(history.account(*creator))});
        let profile = json!({"display_name": id, "country": "US", "languages": ["en"],
                             "niches": declared_by(declared, *creator),
                             "accounts": [account]});
        (format!("/v1/creators/{id}"), profile)
    };
    load::put_all(&stage.api, &creators.iter().map(profile).collect::<Vec<_>>()).await
}

/// The id of a person.
pub(crate) fn person_id(person: u32) -> String {
    format!("person-{person}")
}

/// The id of a creator.
pub(crate) fn creator_id(creator: u32) -> String {
    format!("creator-{creator}")
}

fn batch(name: &str, place: usize, acts: &[Act], later: i64) -> String {
    let event = |(number, act): (usize, &Act)| {
        let mut event = json!({"event_id": format!("{name}-{}", place * MAX_BATCH + number), "creator_id": creator_id(act.creator),
               "engager_id": person_id(act.engager), "kind": act.kind.name(),
               "occurred_at": Timestamp::UNIX_EPOCH.saturating_add((act.second + later).seconds()).unwrap_or_default()});
        if let Some(post) = act.post {
            event["post_id"] = format!("post-{post}").into();
        }
        event
    };
    json!({"events": acts.iter().enumerate().map(event).collect::<Vec<Value>>()}).to_string()
}
