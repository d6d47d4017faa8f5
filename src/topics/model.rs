//! From what posts are about to niches.

use crate::niches::NicheTree;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Newest posts that have topics, and that nobody paid for, which are looked at. More: whoever turned to something else is seen there later; fewer: a few posts
/// move everything.
pub const POSTS: i64 = 50;
/// Most niches that are kept. More: memory for every creator; fewer: who posts about many things seems to post about few.
pub const NICHES: usize = 4;
/// Least share of a niche: less is chance, or a slip in reading.
pub const LEAST_SHARE: f64 = 0.05;
/// Topics that are remembered as they were read; tags come again and again, and reading one takes microseconds.
const REMEMBERED: usize = 100_000;

/// In which niches the newest posts of a creator are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topics {
    /// Posts some of whose topics name a niche.
    pub posts: u32,
    /// Shares of niches in these posts, the largest first.
    pub shares: Vec<(String, f64)>,
}

/// Niches that a topic names with their shares, which add up to 1; there may be none.
type Named = Arc<[(String, f64)]>;

/// Reads topics, each once.
pub struct Reader {
    tree: NicheTree,
    known: HashMap<String, Named>,
}

impl Reader {
    /// One that knows the words of these niches.
    #[must_use]
    pub fn new(tree: NicheTree) -> Self {
        Self { tree, known: HashMap::new() }
    }

    fn named(&mut self, topic: &str) -> Named {
        if let Some(known) = self.known.get(topic) {
            return known.clone();
        }
        let named: Named = self.tree.glossary().named(topic).into();
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(topic.to_owned(), named.clone());
        named
    }

    /// What posts with these topics are about. Each post counts once, in equal parts for its topics that name a niche.
    #[must_use]
    pub fn topics_of(&mut self, posts: &[Vec<String>]) -> Topics {
        let (mut sums, mut read_posts) = (BTreeMap::<String, f64>::new(), 0_u32);
        for topics in posts {
            let named: Vec<Named> =
                topics.iter().map(|topic| self.named(topic)).filter(|named| !named.is_empty()).collect();
            read_posts += u32::from(!named.is_empty());
            for (niche, share) in named.iter().flat_map(|named| named.iter()) {
                *sums.entry(niche.clone()).or_default() += share / named.len() as f64;
            }
        }
        let shares = sums.into_iter().map(|(niche, sum)| (niche, sum / f64::from(read_posts)));
        let mut shares: Vec<(String, f64)> = shares.filter(|(_, share)| *share >= LEAST_SHARE).collect();
        // Those with the same share stay in the order of their ids.
        shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        shares.truncate(NICHES);
        Topics { posts: read_posts, shares }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::niches::Taxonomy;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    /// Words are read once for all tests.
    static TREE: LazyLock<NicheTree> =
        LazyLock::new(|| NicheTree::new(Arc::new(Taxonomy::built_in()), Vec::new()));

    fn read(posts: &[&[&str]]) -> Topics {
        let owned = |topics: &&[&str]| topics.iter().copied().map(str::to_owned).collect();
        Reader::new(TREE.clone()).topics_of(&posts.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn each_post_counts_once_in_equal_parts_for_what_its_topics_name() {
        let read = read(&[
            &["slow fashion", "#fyp"],
            &["moda sustenabila"],
            &["minimalism", "slow fashion"],
            &["monday"],
            &[],
        ]);
        let shares = [("sustainable-fashion", 2.5 / 3.0), ("minimalism", 0.5 / 3.0)];
        let shares = shares.map(|(niche, share)| (niche.to_owned(), share)).to_vec();
        assert_eq!(read, Topics { posts: 3, shares });
    }

    #[test]
    fn posts_that_name_nothing_say_nothing() {
        assert_eq!(read(&[&["monday", "fyp"], &[]]), Topics::default());
    }

    proptest! {
        #[test]
        fn shares_are_few_add_up_to_one_at_most_and_stand_in_order(
            posts in prop::collection::vec(
                prop::collection::vec(
                    prop::sample::select(vec!["gaming", "travel", "reteta vegana", "diy", "fyp", "yoga", "gradina"]), 0..4),
                0..20),
        ) {
            let posts: Vec<&[&str]> = posts.iter().map(Vec::as_slice).collect();
            let read = read(&posts);
            prop_assert!(read.posts as usize <= posts.len() && read.shares.len() <= NICHES);
            prop_assert!(read.shares.iter().map(|(_, share)| share).sum::<f64>() < 1.0 + 1e-9);
            prop_assert!(read.shares.windows(2).all(|two| two[0].1 >= two[1].1));
            prop_assert!(read.shares.iter().all(|(_, share)| *share >= LEAST_SHARE));
            prop_assert!(read.posts > 0 || read.shares.is_empty());
        }
    }
}
