//! Made-up creators and what is asked of them, the same in every run.

pub(crate) mod population;
pub(crate) mod questions;

use std::sync::Arc;
use voci::niches::{NicheTree, Taxonomy};

/// A number below `bound` that depends on nothing but the arguments.
pub(crate) fn number(seed: u64, purpose: u64, bound: u64) -> u64 {
    let mut hash = [0; 8];
    let input = [seed.to_le_bytes(), purpose.to_le_bytes()].concat();
    blake3::Hasher::new().update(&input).finalize_xof().fill(&mut hash);
    u64::from_le_bytes(hash) % bound
}

/// Id of a creator.
pub(crate) fn creator_id(number: u64) -> String {
    format!("creator-{number}")
}

/// All built-in niches.
pub(crate) fn niches() -> Vec<String> {
    let tree = NicheTree::new(Arc::new(Taxonomy::built_in()), Vec::new());
    tree.all().into_keys().map(str::to_owned).collect()
}

/// A number from 0 on without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "callers stay far below 2^32")]
pub(crate) fn whole(number: f64) -> u32 {
    number as u32
}

/// As much of random keys as anybody needs.
pub(crate) fn keys(seed: u64, purpose: u64) -> [u8; 32] {
    *blake3::hash(&[seed.to_le_bytes(), purpose.to_le_bytes()].concat()).as_bytes()
}
