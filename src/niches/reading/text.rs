//! A text as words: where they stand, how they are compared, and how far they are from each other.

use std::ops::Range;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// How much further apart words are with punctuation between them. More than any two words of a term may be.
const PUNCTUATED: u32 = 4;
/// How much further apart words are with "and" between them.
const JOINED: u32 = 1;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
    /// How it is compared.
    pub(super) folded: String,
    /// How much further it is from the word before than words usually are.
    pub(super) pause: u32,
}

/// The words of a text, in their order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = None;
    let mut pause = 0;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_in_word = letter.is_alphanumeric() || is_combining_mark(letter);
        match start {
            None if is_in_word => start = Some(at),
            Some(begun) if !is_in_word => {
                let folded = folded(&text[begun..at]);
                if matches!(folded.as_str(), "si" | "and" | "sau" | "or") {
                    pause = pause.max(JOINED);
                } else if !folded.is_empty() {
                    tokens.push(Token { range: begun..at, folded, pause: std::mem::take(&mut pause) });
                }
                start = None;
            }
            _ => {}
        }
        if !is_in_word {
            pause = pause.max(pause_of(letter));
        }
    }
    tokens
}

fn pause_of(letter: char) -> u32 {
    match letter {
        '-' | '\'' | '\u{2019}' | '"' => 0,
        '&' | '+' | '/' => JOINED,
        letter if letter.is_whitespace() && letter != '\n' => 0,
        _ => PUNCTUATED,
    }
}

/// A word without case and diacritics of any language.
pub(super) fn folded(word: &str) -> String {
    if word.is_ascii() {
        let letters = word.chars().filter(char::is_ascii_alphanumeric);
        return letters.map(|letter| letter.to_ascii_lowercase()).collect();
    }
    let plain = word.nfkd().filter(|letter| !is_combining_mark(*letter));
    // There and back, because some letters have no capital of their own: ß and SS are one.
    let upper = plain.flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_with_their_places() {
        let text = "Modă ȘI copii: eco-friendly, men's";
        let told: Vec<_> =
            tokens(text).iter().map(|token| (text[token.range.clone()].to_owned(), token.pause)).collect();
        let expected = [("Modă", 0), ("copii", 1), ("eco", 4), ("friendly", 0), ("men", 4), ("s", 0)];
        assert_eq!(told, expected.map(|(word, pause)| (word.to_owned(), pause)));
    }

    #[test]
    fn words_are_compared_without_case_and_diacritics() {
        assert_eq!(folded("ÎNCĂLȚĂMINTE"), "incaltaminte");
        assert_eq!(folded("I\u{302}nca\u{306}lt\u{326}a\u{306}minte"), "incaltaminte");
        assert_eq!(folded("încălţăminte"), "incaltaminte");
        assert_eq!(["Café", "STRASSE", "straße"].map(folded), ["cafe", "strasse", "strasse"]);
    }
}
