//! What is left of a word without its endings, so that "haine", "hainele" and "hainelor" are one. Light on purpose: words are
//! compared with those of the taxonomy only, and briefs are often written without diacritics, which published stemmers for
//! Romanian need. All words come folded.

/// Endings of nouns and adjectives, the longer ones first.
const ROMANIAN_ENDINGS: [&str; 24] = [
    "urilor", "iilor", "iului", "urile", "ilor", "elor", "ului", "iile", "uri", "ile", "ele", "lor", "iei",
    "ul", "ii", "ei", "ea", "ia", "le", "ie", "a", "e", "i", "u",
];
/// Endings of verbs and of words made of verbs and adjectives, as they are once the above are gone.
const ROMANIAN_DERIVED: [&str; 12] =
    ["itat", "easc", "eaz", "esc", "est", "and", "ind", "al", "at", "ar", "ez", "ir"];
/// Forms that no ending tells.
const ROMANIAN_IRREGULAR: [(&str, &str); 12] = [
    ("copil", "cop"),
    ("catei", "catel"),
    ("cateii", "catel"),
    ("cateilor", "catel"),
    ("castele", "castel"),
    ("castelele", "castel"),
    ("castelelor", "castel"),
    ("modele", "model"),
    ("modelele", "model"),
    ("baieti", "baiat"),
    ("baietii", "baiat"),
    ("baietilor", "baiat"),
];

/// Letters before a final "y" of English at least, for the word without it to be of the same meaning.
const LETTERS_BEFORE_Y: usize = 6;

/// The stem of a Romanian word.
pub(super) fn romanian(word: &str) -> String {
    if let Some((_, stem)) = ROMANIAN_IRREGULAR.iter().find(|(irregular, _)| *irregular == word) {
        return (*stem).to_owned();
    }
    let mut stem = without_one_of(word, &ROMANIAN_ENDINGS, 3).unwrap_or(word);
    while let Some(shorter) = without_one_of(stem, &["a", "e", "i"], 3) {
        stem = shorter;
    }
    let stem = without_one_of(stem, &ROMANIAN_DERIVED, 4).unwrap_or(stem);
    // Sustenabile has lost these letters with its ending.
    let stem =
        stem.strip_suffix("bil").filter(|start| start.len() >= 4).map_or(stem, |_| &stem[..stem.len() - 2]);
    let stem = with_even_vowels(stem);
    match stem.strip_suffix('z') {
        // Blând, blânzi.
        Some(start) if start.len() >= 3 => format!("{start}d"),
        _ if stem == "copil" => "cop".to_owned(),
        _ => stem,
    }
}

/// Floare and flori, seară and seri: the vowel before the ending is another one.
fn with_even_vowels(stem: &str) -> String {
    for (long, short) in [("oa", "o"), ("ea", "e")] {
        if let Some(at) = stem.rfind(long)
            && stem.len() >= 4
            && at > 0
            && stem.len() - at <= 4
        {
            return format!("{}{short}{}", &stem[..at], &stem[at + long.len()..]);
        }
    }
    stem.to_owned()
}

/// The stem of an English word.
pub(super) fn english(word: &str) -> String {
    let singular = singular(word);
    let stem = without_one_of(&singular, &["ing", "ed", "er"], 3).filter(|stem| has_vowel(stem));
    let stem = stem.map_or_else(|| singular.clone(), |stem| undoubled(stem).to_owned());
    // Photography is what a photographer does, but brandy is no brand.
    let is_left = |start: &&str, letters: usize| start.chars().count() >= letters;
    let start = stem.strip_suffix('e').filter(|start| is_left(start, 3));
    let start = start.or_else(|| stem.strip_suffix('y').filter(|start| is_left(start, LETTERS_BEFORE_Y)));
    start.map_or_else(|| stem.clone(), str::to_owned)
}

fn singular(word: &str) -> String {
    if let Some(start) = without_one_of(word, &["ies", "ied"], 2) {
        return format!("{start}y");
    }
    let hissed = ["sses", "xes", "ches", "shes", "zes"].iter().any(|ending| word.ends_with(ending));
    if hissed && let Some(start) = without_one_of(word, &["es"], 3) {
        return start.to_owned();
    }
    let is_plural = !["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    let singular = without_one_of(word, &["s"], 2).filter(|_| is_plural);
    singular.unwrap_or(word).to_owned()
}

/// Running has a letter more than run.
fn undoubled(stem: &str) -> &str {
    let mut letters = stem.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before && !matches!(last, 'l' | 's' | 'z' | 'e' | 'o') => {
            &stem[..stem.len() - last.len_utf8()]
        }
        _ => stem,
    }
}

fn has_vowel(stem: &str) -> bool {
    stem.contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

/// The word without the first of these endings that leaves so many letters.
fn without_one_of<'a>(word: &'a str, endings: &[&str], least: usize) -> Option<&'a str> {
    let stems = endings.iter().filter_map(|ending| word.strip_suffix(ending));
    stems.into_iter().find(|stem| stem.chars().count() >= least)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All words of a line have one stem, which no other line has.
    fn assert_families(stem: fn(&str) -> String, families: &[&str]) {
        let stems = families.iter().map(|family| {
            let stems: Vec<String> = family.split(' ').map(stem).collect();
            assert!(stems.iter().all(|other| *other == stems[0]), "{family}: {stems:?}");
            stems[0].clone()
        });
        let mut stems: Vec<String> = stems.collect();
        stems.sort();
        assert!(stems.windows(2).all(|pair| pair[0] != pair[1]), "{stems:?}");
    }

    #[test]
    fn forms_of_a_romanian_word_have_one_stem() {
        assert_families(
            romanian,
            &[
                "haine haina hainele hainelor",
                "copil copii copiii copiilor copilul copilului",
                "catel catei cateii cateilor catelul",
                "castel castele castelul castelelor",
                "moda mode modei",
                "model modele modelul",
                "reciclat reciclati reciclate reciclare reciclarea recicleaza",
                "sanatos sanatoasa sanatoase sanatosi",
                "floare flori florile florilor",
                "verde verzi",
                "familie familia familiei familii familiilor",
                "femeie femei femeile femeia femeilor",
                "joc jocuri jocurile jocul jocurilor",
                "sustenabil sustenabila sustenabile sustenabilitate sustenabilitatea",
                "traditional traditionala traditionale",
                "romanesc romanesti romaneasca",
                "carte carti cartile cartea cartilor",
                "mancare mancaruri mancat mancarea",
            ],
        );
    }

    #[test]
    fn forms_of_an_english_word_have_one_stem() {
        assert_families(
            english,
            &[
                "run running runner runners runs",
                "game games gaming gamer gamers",
                "bake baking baker bakers baked",
                "recipe recipes",
                "family families",
                "dress dresses",
                "watch watches",
                "recycle recycled recycling",
                "parent parents parenting",
                "baby babies",
                "dog dogs",
                "photography photographer photographers",
                "brandy brandies",
                "brand brands branded",
                "carry carried carries carrying",
                "bus",
            ],
        );
    }

    #[test]
    fn short_words_keep_what_tells_them_apart() {
        assert_eq!(["eco", "bio", "ski", "tea"].map(romanian), ["eco", "bio", "ski", "tea"]);
        assert_eq!(["gas", "tea", "ring", "red"].map(english), ["ga", "tea", "ring", "red"]);
    }
}
