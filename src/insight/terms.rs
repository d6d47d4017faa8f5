//! What topics of posts are compared as: whole, and word by word, however they are written.
//!
//! Comments are not read: their texts are not stored. Nor are bios: they have no past that could be compared with.

use crate::niches::words::folded;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Shorter words say nothing.
const MIN_LETTERS: usize = 3;
/// Words of topics that say nothing by themselves, in English and Romanian, as they are folded.
const STOP_WORDS: [&str; 60] = [
    "about", "all", "and", "are", "best", "but", "can", "day", "for", "from", "has", "have", "how", "into",
    "its", "more", "most", "new", "not", "our", "out", "part", "that", "the", "their", "this", "tips", "top",
    "was", "what", "when", "why", "with", "you", "your", "acest", "aceasta", "care", "cel", "cea", "cele",
    "cum", "cand", "din", "despre", "este", "fara", "fel", "iar", "mai", "mea", "mei", "meu", "nou", "noua",
    "pentru", "prin", "sau", "sunt", "unde",
];

/// Topics with what each is compared as. Terms have numbers, which are counted faster than texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Topics as they were sent; one is there as often as it has terms.
    pub topics: Vec<String>,
    /// The number of the term of each.
    pub numbers: Vec<i32>,
    /// All terms by their numbers.
    pub names: Vec<String>,
}

impl Terms {
    /// Topics as they are.
    #[must_use]
    pub fn whole(topics: &[String]) -> Self {
        topics.iter().map(|topic| (topic.clone(), folded(topic))).collect()
    }

    /// The words of topics. A word of one topic alone is left out: the topic tells it.
    #[must_use]
    pub fn words(topics: &[String]) -> Self {
        let mut topics_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (topic, word) in words_of(topics) {
            topics_of.entry(word).or_default().insert(folded(topic));
        }
        let shared = |word: &str| topics_of.get(word).is_some_and(|topics| topics.len() > 1);
        words_of(topics).filter(|(_, word)| shared(word)).map(|(topic, word)| (topic.clone(), word)).collect()
    }
}

impl FromIterator<(String, String)> for Terms {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let mut terms = Self::default();
        let mut known = HashMap::new();
        for (topic, term) in pairs.into_iter().filter(|(_, term)| !term.is_empty()) {
            let next = i32::try_from(terms.names.len()).expect("memory ends long before 2^31 terms");
            let number = *known.entry(term.clone()).or_insert(next);
            if number == next {
                terms.names.push(term);
            }
            terms.topics.push(topic);
            terms.numbers.push(number);
        }
        terms
    }
}

fn words_of(topics: &[String]) -> impl Iterator<Item = (&String, String)> {
    topics.iter().flat_map(|topic| {
        let folded = folded(topic);
        let words: BTreeSet<&str> = folded.split(|letter: char| !letter.is_alphanumeric()).collect();
        let words: Vec<String> =
            words.into_iter().filter(|word| says_something(word)).map(str::to_owned).collect();
        words.into_iter().map(move |word| (topic, word))
    })
}

fn says_something(word: &str) -> bool {
    word.chars().count() >= MIN_LETTERS
        && word.chars().any(char::is_alphabetic)
        && !STOP_WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(topics: &[&str]) -> Vec<(String, String)> {
        let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let Terms { topics, numbers, names } = Terms::words(&topics);
        let word = |number: &i32| names[usize::try_from(*number).unwrap()].clone();
        topics.into_iter().zip(numbers.iter().map(word)).collect()
    }

    #[test]
    fn topics_are_the_same_however_they_are_written() {
        let topics = ["modă etică", "moda  etica"].map(str::to_owned);
        let Terms { numbers, names, .. } = Terms::whole(&topics);
        assert_eq!((numbers, names), (vec![0, 0], vec!["moda etica".to_owned()]));
    }

    #[test]
    fn words_of_two_topics_are_compared_and_those_of_one_are_not() {
        let pair = |topic: &str, word: &str| (topic.to_owned(), word.to_owned());
        let found = words(&["rochii de in", "linen dress", "washed-linen", "linen"]);
        let linen = ["linen dress", "washed-linen", "linen"].map(|topic| pair(topic, "linen"));
        assert_eq!(found, linen);
        assert_eq!(words(&["modă etică", "moda etica"]), [], "one topic, written in two ways");
    }

    #[test]
    fn words_that_say_nothing_are_left_out() {
        assert_eq!(words(&["pentru the 2026 in", "pentru the 2026 on"]), []);
        assert!(STOP_WORDS.iter().all(|word| folded(word) == *word && word.len() >= MIN_LETTERS));
    }
}
