//! Words as they are compared: however they are written.

/// Text in small letters, without the diacritics of Romanian, with one space between words.
#[must_use]
pub fn folded(text: &str) -> String {
    let words = text.split_whitespace().map(|word| word.chars().flat_map(char::to_lowercase));
    let words: Vec<String> = words.map(|word| word.map(without_diacritic).collect()).collect();
    words.join(" ")
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
    }
}
