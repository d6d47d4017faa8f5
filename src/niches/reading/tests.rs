use super::*;
use crate::niches::{
    Niche, NicheTree, Taxonomy,
    model::{Aliases, Names},
};
use proptest::prelude::*;
use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

static GLOSSARY: LazyLock<Glossary> =
    LazyLock::new(|| Glossary::of(&NicheTree::new(Arc::new(Taxonomy::built_in()), Vec::new())));

fn ids(text: &str) -> Vec<String> {
    GLOSSARY.read(text).niches.into_iter().map(|niche| niche.id).collect()
}

/// The first niches that are read are these.
#[track_caller]
fn assert_reads(text: &str, niches: &[&str]) {
    let reading = GLOSSARY.read(text);
    let found: Vec<&str> = reading.niches.iter().map(|niche| niche.id.as_str()).collect();
    assert!(found.starts_with(niches), "{text}: {reading:#?}");
}

#[test]
fn a_tag_names_what_it_says_and_nothing_that_goes_along() {
    let named = |tag: &str| GLOSSARY.named(tag);
    assert_eq!(named("#Yoga"), [("yoga-pilates".to_owned(), 1.0)]);
    assert!(ids("yoga").len() > 1, "as a brief it also means what goes along");
    assert_eq!(named("fyp"), []);
    let both = named("eco-friendly clothes for kids");
    assert_eq!(
        both.iter().map(|(niche, _)| niche.as_str()).collect::<Vec<_>>(),
        ["sustainable-fashion", "conscious-parenting"]
    );
    assert!((both.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn both_ways_of_asking_for_eco_clothes_for_kids_are_understood() {
    for text in ["haine eco pentru copii", "eco-friendly clothes for kids"] {
        assert_eq!(
            ids(text),
            ["sustainable-fashion", "kids-fashion", "conscious-parenting"],
            "{text}: {:#?}",
            GLOSSARY.read(text)
        );
    }
    let reading = GLOSSARY.read("Haine ECO pentru copii");
    assert_eq!(reading.niches[0].matched_words, ["Haine", "ECO"]);
    assert_eq!(reading.niches[0].matched_terms, ["haine eco"]);
    assert!(reading.niches[1..].iter().all(|niche| niche.matched_words.contains(&"copii".to_owned())));
    assert_eq!(reading.ignored_words, [""; 0]);
}

#[test]
fn ordinary_briefs_are_understood() {
    for (text, niches) in [
        ("Looking for gaming creators for our new console", &["console-gaming"][..]),
        ("Cautam influenceri de gaming", &["gaming"]),
        ("we launch a vegan burger and want plant based recipes", &["plant-based"]),
        ("lansăm o gamă de creme naturale pentru ten sensibil", &["natural-cosmetics", "skincare"]),
        ("amigurumi & crochet patterns", &["knitting-crochet"]),
        ("running shoes for marathon runners", &["running"]),
        ("promovăm un maraton montan, buget 5000 lei", &["running"]),
        ("skin care routine for teenagers", &["skincare"]),
        ("jucării din lemn pentru copii", &["kids-activities"]),
        ("carti ilustrate pentru cei mici", &["childrens-books"]),
        ("hrană pentru pisici", &["pet-nutrition"]),
        ("toys for puppies", &["dogs"]),
        ("mobilier scandinav pentru garsoniere", &["small-spaces"]),
        ("zero-waste kitchen", &["zero-waste"]),
        ("drumeții și camping cu cortul", &["camping"]),
        ("panouri fotovoltaice", &["renewable-energy"]),
        ("electric cars and charging at home", &["electric-cars"]),
        ("mancare traditionala romaneasca", &["traditional-food"]),
        ("diversificarea bebelusilor", &["baby-food"]),
        ("wedding dresses for brides", &["weddings"]),
        ("unelte pentru gradinari", &["gardening"]),
        ("boardgames for game nights", &["board-games"]),
        ("second hand clothes", &["second-hand-fashion"]),
        ("minimalist apartments", &["minimalism"]),
        ("blog de călărie", &["horses"]),
    ] {
        let found = ids(text);
        let first = found.iter().take(niches.len().max(3)).collect::<Vec<_>>();
        let all = niches.iter().all(|niche| first.iter().any(|found| found == niche));
        assert!(all, "{text}: {:#?}", GLOSSARY.read(text));
    }
}

#[test]
fn slips_are_forgiven_in_both_languages() {
    assert_reads("amigurmi", &["knitting-crochet"]);
    assert_reads("sustainabel fashoin", &["sustainable-fashion"]);
    assert_reads("moda sustenabilla", &["sustainable-fashion"]);
    assert_reads("drumetti pe munte", &["hiking"]);
    assert_reads("grdainarit", &["gardening"]);
    assert_reads("helthy recipies", &["healthy-cooking"]);
}

#[test]
fn an_ordinary_word_is_no_slip_and_alone_makes_no_niche() {
    for text in
        ["we hope for the best", "trag de timp", "please send the invoice", "please answer before noon"]
    {
        assert_eq!(ids(text), [""; 0], "{text}: {:#?}", GLOSSARY.read(text));
    }
    assert_eq!(ids("exhausted"), [""; 0]);
    assert_reads("exhausted and afraid", &["mental-wellbeing"]);
}

#[test]
fn a_word_does_not_stand_for_itself_with_a_word_that_turns_it() {
    assert!(!ids("friptura de carne").contains(&"plant-based".to_owned()));
    assert_eq!(ids("retete fara carne")[0], "plant-based");
    assert!(!ids("road").contains(&"off-road".to_owned()));
    assert_reads("off road", &["off-road"]);
}

#[test]
fn words_of_one_stem_with_other_endings_count_less_than_the_same_word() {
    assert_reads("exhausts", &["car-tuning"]);
    assert!(!ids("ride a bike to the office").contains(&"mature-beauty".to_owned()));
    assert!(!ids("modele noi de orase").contains(&"fashion".to_owned()));
}

#[test]
fn a_sibling_that_is_named_is_told_beside_the_niche_that_has_its_name_in_a_term() {
    assert_reads("mancare pentru pisici", &["pet-nutrition", "cats"]);
    assert_reads("hrana pentru catei", &["pet-nutrition", "dogs"]);
}

#[test]
fn a_parent_does_not_take_the_words_of_its_child() {
    assert_reads("sustainable fashion", &["sustainable-fashion"]);
    assert!(!ids("sustainable fashion").contains(&"fashion".to_owned()));
    assert_eq!(ids("haine vintage")[0], "second-hand-fashion");
    assert!(!ids("haine vintage").contains(&"fashion".to_owned()));
    assert_eq!(ids("haine"), ["fashion"]);
}

#[test]
fn a_niche_that_goes_along_is_told_after_the_others_by_the_words_of_the_one_that_it_goes_along_with() {
    let reading = GLOSSARY.read("olarit la roata");
    assert_reads("olarit la roata", &["ceramics", "home-decor", "gift-ideas"]);
    for along in &reading.niches[1..] {
        assert!(along.share < reading.niches[0].share / 2.0, "{reading:#?}");
        assert_eq!(along.matched_words, reading.niches[0].matched_words);
        assert_eq!(along.matched_terms, reading.niches[0].matched_terms);
    }
    // What words tell comes before it, and leaves no place.
    assert_eq!(ids("olarit, fotbal, pisici"), ["ceramics", "football", "cats"]);
}

#[test]
fn of_those_that_go_along_the_one_comes_first_that_words_tell_too() {
    assert_reads("adapost pentru caini", &["pet-adoption", "dogs"]);
    assert_reads("adapost pentru pisici", &["pet-adoption", "cats"]);
}

#[test]
fn every_niche_of_a_reading_has_words_of_the_text() {
    for text in SEPARATE.into_iter().chain(["olarit", "un weekend la munte", "haine eco pentru copii"]) {
        for niche in GLOSSARY.read(text).niches {
            assert!(!niche.matched_words.is_empty() && !niche.matched_terms.is_empty(), "{text}: {niche:#?}");
        }
    }
}

#[test]
fn a_text_without_a_niche_is_not_understood() {
    for text in [
        "",
        "   ",
        "căutăm influenceri micro pentru o campanie, buget 2000 euro",
        "we are looking for creators for our brand campaign",
        "xqzw vbnm",
        "12345 😀 ,,,",
    ] {
        assert_eq!(ids(text), [""; 0], "{text}: {:#?}", GLOSSARY.read(text));
    }
}

#[test]
fn niches_with_similar_words_are_suggested() {
    let suggestions = GLOSSARY.suggestions("gardenistics");
    assert!(suggestions.len() <= MAX_SUGGESTIONS);
    assert!(suggestions.iter().any(|niche| niche.id == "gardening"), "{suggestions:?}");
    assert_eq!(GLOSSARY.suggestions("campanie"), []);
}

#[test]
fn a_tenants_own_niche_is_understood() {
    let denim = Niche {
        id: "upcycled-denim".into(),
        parent: Some("fashion".into()),
        names: Names { en: "Upcycled denim".into(), ro: "Denim reciclat".into() },
        aliases: Aliases { en: vec!["reworked jeans".into()], ro: vec!["blugi reciclați".into()] },
    };
    let mut tree = NicheTree::new(Arc::new(Taxonomy::built_in()), Vec::new());
    assert!(!tree.glossary().read("blugi reciclati").niches.iter().any(|niche| niche.id == "upcycled-denim"));
    tree.insert(denim);
    for text in ["blugi reciclati", "Blugii reciclați", "reworked jeans", "blugi recilcati"] {
        assert_eq!(tree.glossary().read(text).niches[0].id, "upcycled-denim", "{text}");
    }
}

#[test]
fn weights_of_a_reading_add_up() {
    let reading = GLOSSARY.read("yoga, vin, camping, pisici, fotografie, ciclism, gaming");
    assert_eq!(reading.niches.len(), 5);
    let all: f64 = reading.niches.iter().map(|niche| niche.share).sum();
    assert!((all - 1.0).abs() < 1e-12);
}

/// Terms that have no word in common.
const SEPARATE: [&str; 6] =
    ["modă sustenabilă", "panouri solare", "pisici", "vegan recipes", "jocuri de societate", "echitație"];

/// The letters of Romanian with their other forms.
fn in_other_letters(text: &str, choice: &[u8]) -> String {
    let other = |(letter, choice): (char, &u8)| match (letter, choice % 4) {
        ('a', 1) => "ă".to_owned(),
        ('a', 2) => "â".to_owned(),
        ('i', 1) => "î".to_owned(),
        ('s', 1) => "ș".to_owned(),
        ('s', 2) => "ş".to_owned(),
        ('t', 1) => "ț".to_owned(),
        ('t', 2) => "t\u{326}".to_owned(),
        (letter, 3) => letter.to_uppercase().collect(),
        (letter, _) => letter.to_string(),
    };
    text.chars().zip(choice.iter().cycle()).map(other).collect()
}

/// A reading without how its words are written.
fn told(reading: &Reading) -> Vec<(String, u64, Vec<String>)> {
    let niche = |niche: &ReadNiche| (niche.id.clone(), niche.share.to_bits(), niche.matched_terms.clone());
    reading.niches.iter().map(niche).collect()
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,300}") {
        let reading = GLOSSARY.read(&text);
        prop_assert!(reading.niches.len() <= 5);
        for word in reading.niches.iter().flat_map(|niche| &niche.matched_words).chain(&reading.ignored_words) {
            prop_assert!(text.contains(word.as_str()));
        }
        prop_assert!(GLOSSARY.suggestions(&text).len() <= MAX_SUGGESTIONS);
    }

    #[test]
    fn diacritics_and_capitals_change_nothing(
        text in "[a-z]{1,12}( [a-z]{1,12}){0,5}|(haine|copii|sport|arta|gatit|matase)( (eco|pentru|si|fete|casa)){0,4}",
        choice in prop::collection::vec(any::<u8>(), 1..60),
    ) {
        let plain = told(&GLOSSARY.read(&text));
        prop_assert_eq!(told(&GLOSSARY.read(&in_other_letters(&text, &choice))), plain);
    }

    #[test]
    fn the_order_of_separate_terms_changes_nothing(terms in Just(SEPARATE.to_vec()).prop_shuffle(), count in 1..=6_usize) {
        let sorted = |mut terms: Vec<&'static str>| {
            terms.sort_unstable();
            terms
        };
        let some = terms[..count].to_vec();
        let one: BTreeSet<String> = ids(&some.join(", ")).into_iter().collect();
        let other: BTreeSet<String> = ids(&sorted(some).join(", ")).into_iter().collect();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn what_every_brief_says_changes_no_niche(place in 0..6_usize) {
        let text = format!("Căutăm influenceri pentru o campanie despre {} cu buget de 500 lei", SEPARATE[place]);
        prop_assert_eq!(ids(&text), ids(SEPARATE[place]));
    }
}
