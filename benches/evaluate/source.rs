//! Reads the short-video data: who was shown which video when, and what they did.

use super::harness::Failure;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};
use voci::events::Kind;

/// Name of the data set below the data directory.
pub(crate) const DATA_SET: &str = "kuairand-pure-part";

/// A row of the event table: one video shown to one person.
pub(crate) struct Row {
    /// Hash of the whole row: exact repeats, and only they, have the same.
    pub(crate) digest: [u8; 8],
    /// When, in milliseconds since 1970.
    pub(crate) time_ms: i64,
    /// Whom it was shown to.
    pub(crate) user: u32,
    /// The video.
    pub(crate) video: u32,
    /// Whose video it is.
    pub(crate) author: u32,
    /// What the person did; empty when the video was only shown or played.
    pub(crate) acts: Vec<Kind>,
}

/// A like of the weeks before the first row. Only the order of likes is known, so all of a person are of its last moment then.
pub(crate) struct EarlierLike {
    /// That moment, in milliseconds since 1970.
    pub(crate) time_ms: i64,
    /// Who liked.
    pub(crate) user: u32,
    /// What.
    pub(crate) video: u32,
}

/// The data.
pub(crate) struct Source {
    /// All rows, exact repeats included, in the order of time.
    pub(crate) rows: Vec<Row>,
    /// Tags of each author's videos, as often as they occur. All videos were uploaded before the first row.
    pub(crate) tags: BTreeMap<u32, Vec<String>>,
    /// What people liked before the first row, at most their last fifty likes.
    pub(crate) earlier: Vec<EarlierLike>,
    /// Whose each video is.
    pub(crate) authors: BTreeMap<u32, u32>,
}

/// The directory of a data set, if it is there: in the directory that `DATA` names, else beside the checkout.
pub(crate) fn find(data_set: &str) -> Option<PathBuf> {
    find_file(data_set, "events.csv.zst").and_then(|file| Some(file.parent()?.to_owned()))
}

/// A file of a data set, likewise.
pub(crate) fn find_file(data_set: &str, file: &str) -> Option<PathBuf> {
    let data = std::env::var_os("DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    Some(data.join(data_set).join(file)).filter(|file| file.is_file())
}

/// Reads everything.
pub(crate) fn read(directory: &Path) -> Result<Source, Failure> {
    let (tags, authors) = videos(&directory.join("videos.csv.zst"))?;
    Ok(Source {
        rows: rows(&directory.join("events.csv.zst"))?,
        tags,
        earlier: earlier(&directory.join("user_history.csv.zst"))?,
        authors,
    })
}

/// A table.
pub(crate) type Table = csv::Reader<Box<dyn Read>>;

/// Opens a table, which may be compressed.
pub(crate) fn open(path: &Path) -> Result<Table, Failure> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let is_compressed = path.extension().is_some_and(|extension| extension == "zst");
    let reader: Box<dyn Read> =
        if is_compressed { Box::new(zstd::Decoder::new(file)?) } else { Box::new(file) };
    Ok(csv::Reader::from_reader(reader))
}

/// Places of columns by their names, in the order asked for.
pub(crate) fn places<const N: usize>(table: &mut Table, names: [&str; N]) -> Result<[usize; N], Failure> {
    let headers = table.headers()?.clone();
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        let found = headers.iter().position(|header| header == name);
        *place = found.ok_or_else(|| format!("the data has no column {name}"))?;
    }
    Ok(places)
}

/// Columns that tell of an act, with its kind. `is_click` (the video was played) and `long_view` are views, which a
/// row stands for anyway; `is_hate` has no kind.
const ACTS: [(&str, Kind); 5] = [
    ("is_like", Kind::Like),
    ("is_follow", Kind::Follow),
    ("is_comment", Kind::Comment),
    ("is_forward", Kind::Share),
    ("is_profile_enter", Kind::Click),
];

fn rows(path: &Path) -> Result<Vec<Row>, Failure> {
    let mut table = open(path)?;
    let [time, user, video, author] = places(&mut table, ["time_ms", "user_id", "video_id", "author_id"])?;
    let acts = places(&mut table, ACTS.map(|(column, _)| column))?;
    let mut rows = Vec::new();
    for record in table.records() {
        let record = record?;
        let done = acts.iter().zip(ACTS).filter(|(place, _)| &record[**place] == "1");
        rows.push(Row {
            digest: digest(&record),
            time_ms: record[time].parse()?,
            user: record[user].parse()?,
            video: record[video].parse()?,
            author: record[author].parse()?,
            acts: done.map(|(_, (_, kind))| kind).collect(),
        });
    }
    Ok(rows)
}

fn digest(record: &csv::StringRecord) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    for field in record {
        hasher.update(field.as_bytes()).update(b"\n");
    }
    let mut digest = [0; 8];
    hasher.finalize_xof().fill(&mut digest);
    digest
}

/// Tags by author, and authors by video.
type Videos = (BTreeMap<u32, Vec<String>>, BTreeMap<u32, u32>);

fn videos(path: &Path) -> Result<Videos, Failure> {
    let mut table = open(path)?;
    let [video, author, tag] = places(&mut table, ["video_id", "author_id", "tag"])?;
    let (mut tags, mut authors) = Videos::default();
    for record in table.records() {
        let record = record?;
        let whose = record[author].parse()?;
        // "unknown" says that there is no tag; it is no niche.
        let known = record[tag].split(',').filter(|tag| *tag != "unknown").map(str::to_owned);
        tags.entry(whose).or_default().extend(known);
        authors.insert(record[video].parse()?, whose);
    }
    Ok((tags, authors))
}

fn earlier(path: &Path) -> Result<Vec<EarlierLike>, Failure> {
    let mut table = open(path)?;
    let [user, last, liked] = places(&mut table, ["user_id", "last_time_ms", "like_seq"])?;
    let mut all = Vec::new();
    for record in table.records() {
        let record = record?;
        let (time_ms, user) = (record[last].parse()?, record[user].parse()?);
        let videos: BTreeSet<u32> =
            record[liked].split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        all.extend(videos.into_iter().map(|video| EarlierLike { time_ms, user, video }));
    }
    Ok(all)
}
