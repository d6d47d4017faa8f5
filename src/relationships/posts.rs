//! A sample of distinct posts: the `CAPACITY` with the smallest keys. Keys are hashes, so the sample is fair; it is
//! exact below the capacity, and merging samples gives the sample of the whole.

use crate::ids::PostKey;

/// Posts kept. More: larger rows; fewer: counts of distinct posts become estimates sooner.
const CAPACITY: usize = 32;

/// The sample, sorted by key as an unsigned number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostSample(Vec<u64>);

impl PostSample {
    /// A sample from sorted keys without repeats.
    pub(super) fn from_sorted(keys: Vec<u64>) -> Self {
        Self(keys)
    }

    /// Adds a post; adding it again changes nothing.
    pub fn insert(&mut self, post: PostKey) {
        let key = post.0.cast_unsigned();
        let Err(place) = self.0.binary_search(&key) else { return };
        if place < CAPACITY {
            self.0.insert(place, key);
            self.0.truncate(CAPACITY);
        }
    }

    /// Adds another sample: the result is the sample of all posts of both.
    pub fn merge(&mut self, other: &Self) {
        self.0.extend(&other.0);
        self.0.sort_unstable();
        self.0.dedup();
        self.0.truncate(CAPACITY);
    }

    /// The keys in the sample.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        &self.0
    }
}
