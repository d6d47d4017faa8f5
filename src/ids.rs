//! The ids callers give and the fixed-width keys made from them.
//!
//! Keys are hashes, so no id is ever looked up, and since every key is made from its tenant, a caller cannot name
//! a row of another tenant. An engager key is made with the tenant's secret: without it nobody gets back to a person.

use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use std::{fmt, sync::LazyLock};
use uuid::Uuid;

/// What separates keys of one use from those of another, hashed once.
static CREATOR_KEYS: LazyLock<ContextKey> =
    LazyLock::new(|| hash_derive_key_context("voci 2026 creator key"));
static EVENT_KEYS: LazyLock<ContextKey> = LazyLock::new(|| hash_derive_key_context("voci 2026 event key"));
static POST_KEYS: LazyLock<ContextKey> = LazyLock::new(|| hash_derive_key_context("voci 2026 post key"));

/// Most characters an id may have.
pub const MAX_ID_LENGTH: usize = 128;

/// What an id is made of, in words, for error messages and documentation.
pub const ID_RULE: &str = "1 to 128 of the characters A-Z a-z 0-9 . _ : @ + = ~ - (and not . or ..)";

/// True for text that may be an id of a creator, post, event, brand or engager.
#[must_use]
pub fn is_valid_id(text: &str) -> bool {
    // "." and ".." would be resolved away in paths.
    (1..=MAX_ID_LENGTH).contains(&text.len())
        && !matches!(text, "." | "..")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:@+=~-".contains(&byte))
}

/// The number of a tenant, given by the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(pub i32);

/// 128-bit key of a creator: BLAKE3 of tenant and creator id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CreatorKey(pub Uuid);

/// 128-bit key of an event: BLAKE3 of creator key and event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey(pub Uuid);

/// 64-bit pseudonym of an engager, keyed with the tenant's secret. [`EngagerKey::NOBODY`] stands for "not known who".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EngagerKey(pub i64);

/// 64-bit key of a post: BLAKE3 of creator key and post id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PostKey(pub i64);

impl CreatorKey {
    /// What the keys of a page are greater than: the last one of the page before, or none yet. Every key is greater than nil. A condition
    /// that may be absent would make PostgreSQL read all creators from the first one on for every page, once it takes one plan for all.
    /// Tables that are joined have to be told, too: PostgreSQL merges them in the order of keys, and begins with their first ones.
    #[must_use]
    pub fn page_start(after: Option<Self>) -> Uuid {
        after.map_or(Uuid::nil(), |last| last.0)
    }

    /// The key of a tenant's creator.
    #[must_use]
    pub fn derive(tenant: TenantId, creator_id: &str) -> Self {
        Self(key128(&CREATOR_KEYS, &tenant.0.to_le_bytes(), creator_id))
    }

    /// The lane in which this creator's events are folded: 0 to [`LANES`] - 1.
    #[must_use]
    pub fn lane(self) -> i16 {
        i16::from(self.0.as_bytes()[15]) % LANES
    }
}

/// Folding runs in this many lanes; a worker owns a lane while it folds, so no two workers touch one creator.
pub const LANES: i16 = 64;

impl EventKey {
    /// The key of an event id within a creator.
    #[must_use]
    pub fn derive(creator: CreatorKey, event_id: &str) -> Self {
        Self(key128(&EVENT_KEYS, creator.0.as_bytes(), event_id))
    }
}

impl PostKey {
    /// The key of a post id within a creator.
    #[must_use]
    pub fn derive(creator: CreatorKey, post_id: &str) -> Self {
        let key = key128(&POST_KEYS, creator.0.as_bytes(), post_id);
        Self(first_i64(key.as_bytes()))
    }
}

impl EngagerKey {
    /// Events without an engager are folded under this key. No person ever gets it.
    pub const NOBODY: Self = Self(0);

    /// True for a known person who is none of a creator's own accounts: only what such people do is engagement.
    #[must_use]
    pub fn is_somebody_but(self, own: &[Self]) -> bool {
        self != Self::NOBODY && !own.contains(&self)
    }

    /// The pseudonym of an engager under a tenant's secret.
    #[must_use]
    pub fn derive(secret: &[u8; 32], engager_id: &str) -> Self {
        let hash = blake3::keyed_hash(secret, engager_id.as_bytes());
        match first_i64(hash.as_bytes()) {
            0 => Self(1),
            key => Self(key),
        }
    }
}

fn key128(context: &ContextKey, scope: &[u8], id: &str) -> Uuid {
    // The scope has a fixed width in each context, so no two (scope, id) pairs make the same input.
    let hash = blake3::Hasher::new_from_context_key(context).update(scope).update(id.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    Uuid::from_bytes(bytes)
}

fn first_i64(bytes: &[u8]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[..8]);
    i64::from_be_bytes(first)
}

impl fmt::Debug for CreatorKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CreatorKey({})", self.0.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_are_stable_and_separate_tenants(tenant in 1..1000_i32, id in "[A-Za-z0-9._:@+=~-]{1,128}") {
            let key = CreatorKey::derive(TenantId(tenant), &id);
            prop_assert_eq!(key, CreatorKey::derive(TenantId(tenant), &id));
            prop_assert_ne!(key, CreatorKey::derive(TenantId(tenant + 1), &id));
            prop_assert!((0..LANES).contains(&key.lane()));
        }

        #[test]
        fn keys_are_derived_as_blake3_documents_it(tenant in any::<i32>(), id in "[a-z0-9]{1,16}") {
            let input = [&tenant.to_le_bytes()[..], id.as_bytes()].concat();
            let derived = blake3::derive_key("voci 2026 creator key", &input);
            let key = CreatorKey::derive(TenantId(tenant), &id);
            prop_assert_eq!(&key.0.as_bytes()[..], &derived[..16]);
        }

        #[test]
        fn different_ids_have_different_keys(a in "[a-z0-9]{1,16}", b in "[a-z0-9]{1,16}") {
            prop_assume!(a != b);
            let creator = CreatorKey::derive(TenantId(1), &a);
            prop_assert_ne!(creator, CreatorKey::derive(TenantId(1), &b));
            prop_assert_ne!(EventKey::derive(creator, &a), EventKey::derive(creator, &b));
            prop_assert_ne!(EngagerKey::derive(&[7; 32], &a), EngagerKey::derive(&[7; 32], &b));
            prop_assert_ne!(EngagerKey::derive(&[7; 32], &a), EngagerKey::derive(&[8; 32], &a));
        }

        #[test]
        fn ids_outside_the_documented_set_are_refused(id in "\\PC{0,140}") {
            let documented = (1..=128).contains(&id.len())
                && id != "." && id != ".."
                && id.chars().all(|c| c.is_ascii_alphanumeric() || "._:@+=~-".contains(c));
            prop_assert_eq!(is_valid_id(&id), documented);
        }
    }
}
