//! Rising topics and words: those of a larger part of a niche's posts than before.
//!
//! Posts of one creator are not independent: who posts the same topic every day is one voice and not thirty. So posts
//! with a term are divided by how many of them are of one creator, in the mean over the posts (the design effect of clusters;
//! Rao and Scott 1981).

use super::significance::{Finding, Ratio, believed, told};
use crate::scores::interval::Estimate;
use statrs::function::beta::checked_beta_reg;

/// Days whose posts are compared with those of [`DAYS_BEFORE`] days before them.
pub const DAYS: i32 = 30;
/// Days that are compared with.
pub const DAYS_BEFORE: i32 = 90;
/// Least creators who use a term lately. Fewer: more terms are told, and they say who it was.
pub const MIN_CREATORS: i64 = 5;
/// Posts added to both counts, so that what was never seen before is not infinitely more (Haldane 1956).
const ADDED: f64 = 0.5;

/// How often creators of a niche used a term.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The niche.
    pub niche: String,
    /// The term.
    pub term: String,
    /// Creators who used it lately.
    pub creators: i64,
    /// Their posts with it, and those before.
    pub posts: [i64; 2],
    /// Posts of the niche with any topic, lately and before.
    pub of_all: [i64; 2],
    /// Sum over creators of the squared number of their posts with it.
    pub squares: f64,
}

impl Use {
    /// How many times as large the term's part of the posts is as before.
    fn times(&self) -> Ratio {
        let [posts, before] = self.posts.map(|posts| posts as f64 + ADDED);
        let [all, all_before] = self.of_all.map(|posts| posts as f64 + 2.0 * ADDED);
        let variance = (1.0 / posts + 1.0 / before) * self.together();
        Ratio { value: (posts / all) / (before / all_before), spread: variance.sqrt() }
    }

    /// Chance of as many posts lately or more when the term is used as before: given how many there are in all, those lately are
    /// binomial (Przyborowski and Wilenski 1940). Exact, also where there were none before.
    fn chance(&self) -> f64 {
        let [posts, before] = self.posts.map(|posts| posts as f64 / self.together());
        let [all, all_before] = self.of_all.map(|posts| posts as f64);
        if posts <= 0.0 {
            return 1.0;
        }
        checked_beta_reg(posts, before + 1.0, all / (all + all_before)).unwrap_or(1.0)
    }

    /// How many of the posts with the term are of one creator, in the mean over the posts: so many say what one does.
    fn together(&self) -> f64 {
        let posts: i64 = self.posts.iter().sum();
        (self.squares / posts as f64).max(1.0)
    }
}

/// A term that rises in a niche.
#[derive(Clone, Debug, PartialEq)]
pub struct Rise {
    /// The niche.
    pub niche: String,
    /// The term.
    pub term: String,
    /// Creators who used it lately.
    pub creators: i64,
    /// Their posts with it, and those before.
    pub posts: [i64; 2],
    /// How many times as large its part of the posts is as before.
    pub times: Estimate,
}

impl Finding for Rise {
    fn niche(&self) -> &str {
        &self.niche
    }

    fn name(&self) -> &str {
        &self.term
    }

    fn times(&self) -> Estimate {
        self.times
    }
}

/// The terms that rise, those of a niche by their lower bounds, highest first.
#[must_use]
pub fn rises(uses: Vec<Use>) -> Vec<Rise> {
    let seen = uses.into_iter().map(|used| {
        let (chance, times) = (used.chance(), used.times().estimate());
        let Use { niche, term, creators, posts, .. } = used;
        (chance, Rise { niche, term, creators, posts, times })
    });
    let mut rises = believed(seen.collect());
    // Those of few creators are not told, but count among all that might be chance.
    rises.retain(|rise| rise.creators >= MIN_CREATORS && rise.times.low > 1.0);
    told(rises)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A term of which each creator has as many posts as any other.
    fn used(creators: i64, posts: i64, before: i64) -> Use {
        let (niche, term) = ("gaming".to_owned(), "retro".to_owned());
        let squares = ((posts + before) * (posts + before)) as f64 / creators as f64;
        Use { niche, term, creators, posts: [posts, before], of_all: [1_000, 3_000], squares }
    }

    #[test]
    fn a_topic_that_is_new_to_many_creators_rises_and_one_that_is_as_usual_does_not() {
        let found = rises(vec![used(12, 12, 0), Use { term: "usual".to_owned(), ..used(12, 12, 36) }]);
        assert_eq!(found.iter().map(|rise| rise.term.as_str()).collect::<Vec<_>>(), ["retro"]);
        assert!(found[0].times.low > 10.0, "{found:?}");
    }

    #[test]
    fn what_few_creators_say_is_not_told_however_often() {
        assert_eq!(rises(vec![used(4, 8, 0)]), []);
        assert_eq!(rises(vec![used(5, 10, 0)]).len(), 1);
    }

    #[test]
    fn one_creator_who_posts_much_is_one_voice() {
        let even = used(6, 30, 10);
        let one = Use { squares: 35.0 * 35.0 + 5.0, ..even.clone() };
        assert!(one.times().estimate().low < even.times().estimate().low);
        assert_eq!((rises(vec![even]).len(), rises(vec![one]).len()), (1, 0));
    }

    #[test]
    fn the_chance_is_that_of_the_binomial() {
        // Nine of nine posts lately, of which a quarter was expected.
        assert!((used(9, 9, 0).chance() / 0.25_f64.powi(9) - 1.0).abs() < 1e-9);
        // As many of eighteen, two by each creator, say the same.
        assert!((used(9, 18, 0).chance() / 0.25_f64.powi(9) - 1.0).abs() < 1e-9);
        assert!(used(8, 8, 24).chance() > 0.4);
        // Without any posts before there is nothing to compare with.
        let first = Use { of_all: [1_000, 0], ..used(9, 9, 0) };
        assert!((first.chance() - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn more_posts_lately_are_more_of_a_rise_and_more_before_are_less(
            creators in 5..50_i64, posts in 1..20_i64, before in 0..20_i64, more in 1..5_i64,
        ) {
            let of = |posts: i64, before: i64| used(creators, creators * posts, creators * before).times().value;
            prop_assert!(of(posts + more, before) > of(posts, before));
            prop_assert!(of(posts, before + more) < of(posts, before));
        }

        #[test]
        fn the_fewer_creators_the_posts_are_of_the_less_do_they_say(
            posts in 10..60_i64, before in 0..10_i64, creators in 1..10_i64,
        ) {
            let (few, many) = (used(creators, posts, before), used(creators + 1, posts, before));
            prop_assert!(few.chance() >= many.chance() * (1.0 - 1e-9));
            prop_assert!(few.times().spread >= many.times().spread);
        }
    }
}
