//! Whether a comment says something. Measured when it comes in; the text itself is never stored.

use crate::niches::words::without_diacritic;
use std::{collections::HashSet, sync::LazyLock};

/// Words with which people say nothing in particular, English and Romanian, without diacritics.
const STOCK: &str = "wow nice cool great awesome amazing perfect beautiful gorgeous lovely love it this so cute hot fire top \
best super yes yeah ok okay lol omg haha first follow me back check my page link bio dm pic photo post please pls thanks \
thank you very good job keep up the a i is \
frumos frumoasa superb superba minunat minunata tare bravo felicitari perfecta genial genial doamne ce bine da mersi \
multumesc te ador iubesc asta foarte esti cea cel mai urmareste ma da follow inapoi";

static STOCK_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| STOCK.split_whitespace().collect());

/// Fewest different words beyond stock praise.
const MIN_OWN_WORDS: usize = 3;

/// True when a text has at least three different words that are not stock praise.
#[must_use]
pub fn has_substance(text: &str) -> bool {
    let mut own: Vec<String> = Vec::with_capacity(MIN_OWN_WORDS);
    for word in
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().any(char::is_alphabetic))
    {
        let word: String = word.chars().flat_map(char::to_lowercase).map(without_diacritic).collect();
        if !STOCK_WORDS.contains(word.as_str()) && !own.contains(&word) {
            own.push(word);
        }
        if own.len() == MIN_OWN_WORDS {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_remarks_have_substance() {
        for text in [
            "Where did you find the linen fabric?",
            "Am încercat rețeta cu năut și a ieșit grozav",
            "my kids wore out two pairs of those boots",
        ] {
            assert!(has_substance(text), "{text}");
        }
    }

    #[test]
    fn emoji_and_stock_praise_have_none() {
        for text in
            ["", "🔥🔥🔥", "wow so nice!!!", "Foarte frumos, felicitări!", "love love love LOVE", "1 2 3 4 5"]
        {
            assert!(!has_substance(text), "{text}");
        }
    }
}
