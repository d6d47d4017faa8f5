//! What the database says of profiles before they are written.

use super::rows::uuids;
use crate::{
    creators::Profile,
    db::{DbError, Tx},
    ids::{CreatorKey, TenantId},
    niches::{Taxonomy, store::existing},
};
use std::collections::{HashMap, HashSet};

/// Niches that may be declared: the built-in ones and the tenant's own.
pub(super) struct KnownNiches<'a> {
    taxonomy: &'a Taxonomy,
    own: HashSet<String>,
}

impl<'a> KnownNiches<'a> {
    /// Those of the niches that these profiles declare.
    pub(super) async fn read(
        tx: &Tx,
        taxonomy: &'a Taxonomy,
        tenant: TenantId,
        profiles: impl IntoIterator<Item = &Profile>,
    ) -> Result<Self, DbError> {
        let declared = profiles.into_iter().flat_map(|profile| &profile.niches).map(String::as_str);
        let others: HashSet<&str> = declared.filter(|id| taxonomy.get(id).is_none()).collect();
        if others.is_empty() {
            return Ok(Self { taxonomy, own: HashSet::new() });
        }
        let others: Vec<&str> = others.into_iter().collect();
        Ok(Self { taxonomy, own: existing(tx, tenant, &others).await?.into_iter().collect() })
    }

    /// Places of the declared niches that do not exist.
    pub(super) fn unknown_of(&self, profile: &Profile) -> Vec<usize> {
        let is_known = |id: &str| self.taxonomy.get(id).is_some() || self.own.contains(id);
        (0..profile.niches.len()).filter(|place| !is_known(&profile.niches[*place])).collect()
    }
}

/// Erasures of ids that are to be registered again. An id may be once its erasure has ended. Its version goes on from the
/// erased one, so that an entity tag of the erased creator never fits the new one.
pub(super) struct Tombstones {
    ended: HashMap<CreatorKey, i64>,
    pending: HashSet<CreatorKey>,
}

impl Tombstones {
    /// Takes away the tombstones of erasures that have ended.
    pub(super) async fn clear(tx: &Tx, keys: &[CreatorKey]) -> Result<Self, DbError> {
        let keys = uuids(keys);
        let clear = "/* creators::clear_tombstones */
            delete from erasures where creator_key = any($1) and swept_at is not null
            returning creator_key, version";
        let ended = tx.query(clear, &[&keys]).await?;
        let left =
            "/* creators::clear_tombstones */ select creator_key from erasures where creator_key = any($1)";
        let pending = tx.query(left, &[&keys]).await?;
        Ok(Self {
            ended: ended.iter().map(|row| (CreatorKey(row.get(0)), row.get(1))).collect(),
            pending: pending.iter().map(|row| CreatorKey(row.get(0))).collect(),
        })
    }

    /// The version that a new creator's goes on from; `None` while the erasure has not ended.
    pub(super) fn version_of(&self, key: CreatorKey) -> Option<i64> {
        (!self.pending.contains(&key)).then(|| self.ended.get(&key).copied().unwrap_or(0))
    }
}
