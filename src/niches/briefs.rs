//! Labelled briefs: what a brand writes, and the niches it means. A matcher of free text is judged by them, so neither it
//! nor the aliases are tuned on them.

use super::{NicheTree, Taxonomy, words::folded};
use serde::Deserialize;
use std::{collections::BTreeSet, sync::Arc};

/// What a brand may write, and every right answer, the most fitting one first. None when it means nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Brief {
    text: String,
    language: String,
    niches: Vec<String>,
}

fn briefs() -> Vec<Brief> {
    serde_json::from_str(include_str!("../../tests/briefs.json")).unwrap()
}

#[test]
fn labelled_briefs_are_many_different_and_half_romanian() {
    let briefs = briefs();
    assert!(briefs.len() >= 150);
    let romanian = briefs.iter().filter(|brief| brief.language == "ro").count();
    let english = briefs.iter().filter(|brief| brief.language == "en").count();
    assert_eq!((romanian + english, romanian), (briefs.len(), english));
    let texts: BTreeSet<String> = briefs.iter().map(|brief| folded(&brief.text)).collect();
    assert_eq!(texts.len(), briefs.len());
    assert!(texts.iter().all(|text| !text.is_empty()));
}

#[test]
fn labelled_briefs_mean_built_in_niches_of_every_tree() {
    let taxonomy = NicheTree::new(Arc::new(Taxonomy::built_in()), Vec::new());
    let (mut meant, mut trees) = (BTreeSet::new(), BTreeSet::new());
    let briefs = briefs();
    for Brief { text, niches, .. } in &briefs {
        assert!(niches.len() <= 3, "{text}");
        assert_eq!(niches.iter().collect::<BTreeSet<_>>().len(), niches.len(), "{text}");
        for id in niches {
            let niche = taxonomy.get(id).unwrap_or_else(|| panic!("{id} of {text}"));
            trees.insert(niche.parent.as_deref().unwrap_or(id));
            meant.insert(id);
        }
    }
    assert!(meant.len() >= 120);
    assert!(
        taxonomy.all().values().all(|(niche, _)| niche.parent.is_some() || trees.contains(niche.id.as_str()))
    );
    assert!(briefs.iter().filter(|brief| brief.niches.is_empty()).count() >= 12);
}
