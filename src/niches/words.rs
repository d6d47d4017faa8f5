//! Words as they are compared: however they are written.

use unicode_normalization::UnicodeNormalization;

/// Text in small letters, without diacritics, with one space between words.
#[must_use]
pub fn folded(text: &str) -> String {
    let folded = |word: &str| {
        let letters = word.chars().flat_map(char::to_lowercase).nfd();
        letters.filter(|letter| !is_mark(*letter)).map(without_stroke).collect()
    };
    let words: Vec<String> = text.split_whitespace().map(folded).collect();
    words.join(" ")
}

/// A number for text, the same however it is written. Different texts have the same one as good as never.
#[must_use]
pub fn number(text: &str) -> u64 {
    let hash = blake3::hash(folded(text).as_bytes());
    u64::from_be_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
}

/// The marks on Latin, Greek and Cyrillic letters. Those of other scripts are vowels, without which words are others.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

/// The letters whose stroke is no mark of its own.
fn without_stroke(letter: char) -> char {
    match letter {
        'ł' => 'l',
        'ø' => 'o',
        'đ' => 'd',
        'ı' => 'i',
        other => other,
    }
}

/// Romanian letters as they are typed without diacritics (comma-below and cedilla forms alike).
#[must_use]
pub fn without_diacritic(letter: char) -> char {
    match letter {
        'ă' | 'â' => 'a',
        'î' => 'i',
        'ș' | 'ş' => 's',
        'ț' | 'ţ' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_equal_however_they_are_written() {
        assert_eq!(folded("  Transparență\u{a0}ȘI  Grijă "), "transparenta si grija");
        assert_eq!(folded("transparenţă şi grijă"), "transparenta si grija");
        assert_eq!(folded("transparent\u{326}a\u{306} s\u{326}i grija\u{306}"), "transparenta si grija");
        assert_eq!(number("Grijă"), number("grija "));
        assert_eq!(folded("MÜNCHEN Łódź Århus São Paulo İzmir"), "munchen lodz arhus sao paulo izmir");
        assert_ne!(folded("कि"), folded("की"));
    }
}
