//! Words as they are compared: however they are written.

/// Text in small letters, without the diacritics of Romanian, with one space between words.
#[must_use]
pub fn folded(text: &str) -> String {
    let plain = |letter: char| (!is_mark(letter)).then(|| without_diacritic(letter));
    let folded = |word: &str| word.chars().flat_map(char::to_lowercase).filter_map(plain).collect();
    let words: Vec<String> = text.split_whitespace().map(folded).collect();
    words.join(" ")
}

/// A number for text, the same however it is written. Different texts have the same one as good as never.
#[must_use]
pub fn number(text: &str) -> u64 {
    let hash = blake3::hash(folded(text).as_bytes());
    u64::from_be_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
}

/// The marks of Romanian letters that are written as two characters: breve, circumflex, comma below, cedilla.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{302}' | '\u{306}' | '\u{326}' | '\u{327}')
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
    }
}
