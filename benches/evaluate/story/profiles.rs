//! Tags become the tenant's own niches, authors become creators who declare the tags of their videos.

use super::{super::source::Source, creator_id, niche_id};
use serde_json::{Value, json};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// Niches a creator declares: the most frequent tags of the videos, at most this many.
pub(crate) const DECLARED: usize = 3;

/// The authors that occur in events, with the tags they declare.
pub(crate) type Declared = BTreeMap<u32, Vec<String>>;

/// What each author declares.
pub(crate) fn declared(source: &Source) -> Declared {
    let authors: BTreeSet<u32> = source.rows.iter().map(|row| row.author).collect();
    let tags = |author| source.tags.get(&author).map(Vec::as_slice).unwrap_or_default();
    authors.into_iter().map(|author| (author, most_frequent(tags(author), DECLARED))).collect()
}

/// The most frequent of some tags, at most so many.
pub(crate) fn most_frequent<T: Ord + Clone>(tags: &[T], most: usize) -> Vec<T> {
    let mut counts: BTreeMap<&T, usize> = BTreeMap::new();
    for tag in tags {
        *counts.entry(tag).or_default() += 1;
    }
    let mut tags: Vec<_> = counts.into_iter().collect();
    // A stable sort, so that equally frequent tags stay in the order of their names.
    tags.sort_by_key(|(_, count)| Reverse(*count));
    tags.into_iter().take(most).map(|(tag, _)| tag.clone()).collect()
}

/// A niche for every tag that anybody declares.
pub(crate) fn niches(declared: &Declared) -> Vec<(String, Value)> {
    let tags: BTreeSet<&String> = declared.values().flatten().collect();
    let niche = |tag: &String| {
        let names = json!({"en": format!("Short videos, tag {tag}"), "ro": format!("Videoclipuri scurte, eticheta {tag}")});
        (format!("/v1/niches/{}", niche_id(tag)), json!({ "names": names }))
    };
    tags.into_iter().map(niche).collect()
}

/// The creators. The data says nothing about their followers, so these are unknown.
pub(crate) fn creators(declared: &Declared) -> Vec<(String, Value)> {
    let creator = |(author, tags): (&u32, &Vec<String>)| {
        let id = creator_id(*author);
        let niches: Vec<String> = tags.iter().map(|tag| niche_id(tag)).collect();
        let profile = json!({
            "display_name": format!("Author {author}"), "country": "CN", "languages": ["zh"], "niches": niches,
            "accounts": [{"platform": "other", "handle": id}],
        });
        (format!("/v1/creators/{id}"), profile)
    };
    declared.iter().map(creator).collect()
}
