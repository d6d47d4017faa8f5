//! Rows by the key of their creator. A published snapshot has them, too, so they are kept in shards: a creator that is
//! registered or erased costs a copy of its shard, some kilobytes among a million creators, and most changes cost nothing.

use crate::ids::CreatorKey;
use hashbrown::HashTable;
use std::sync::Arc;

/// Shards. More: less is copied when a creator comes or goes; fewer: fewer pointers to copy with them.
const SHARDS: usize = 1_024;

/// Rows by the key of their creator.
#[derive(Clone)]
pub(super) struct Index {
    shards: Arc<Vec<Arc<HashTable<u32>>>>,
    rows: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self { shards: Arc::new(vec![Arc::default(); SHARDS]), rows: 0 }
    }
}

impl Index {
    /// An empty one with room for so many creators: to make room later, the keys of all who are there are derived again.
    pub(super) fn with_room_for(creators: usize) -> Self {
        let each = creators / SHARDS;
        if each == 0 {
            return Self::default();
        }
        // Keys spread like throws of dice, so most shards get no more than this.
        let each = each + each.isqrt() * 2;
        let shards = (0..SHARDS).map(|_| Arc::new(HashTable::with_capacity(each)));
        Self { shards: Arc::new(shards.collect()), rows: 0 }
    }

    /// How many creators there are.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// The row of a creator, given whether a row is its.
    pub(super) fn find(&self, key: CreatorKey, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.shards[shard(key)].find(hash(key), |row| is_it(*row)).copied()
    }

    /// Adds a creator that is not there yet, given the keys of rows; the bytes that were copied for it.
    pub(super) fn insert(
        &mut self,
        key: CreatorKey,
        row: u32,
        key_of: impl Fn(u32) -> Option<CreatorKey>,
    ) -> u64 {
        self.rows += 1;
        let (shard, copied) = self.own(key);
        shard.insert_unique(hash(key), row, |row| key_of(*row).map_or(0, hash));
        copied
    }

    /// Takes a creator out; the bytes that were copied for it.
    pub(super) fn remove(&mut self, key: CreatorKey, row: u32) -> u64 {
        let (shard, copied) = self.own(key);
        if let Ok(entry) = shard.find_entry(hash(key), |other| *other == row) {
            entry.remove();
            self.rows -= 1;
        }
        copied
    }

    /// The shard of a key, which may be changed: copied first when a published snapshot has it, too.
    fn own(&mut self, key: CreatorKey) -> (&mut HashTable<u32>, u64) {
        let pointers = if Arc::strong_count(&self.shards) > 1 { SHARDS * size_of::<usize>() } else { 0 };
        let shard = &mut Arc::make_mut(&mut self.shards)[shard(key)];
        let rows = if Arc::strong_count(shard) > 1 { shard.allocation_size() } else { 0 };
        (Arc::make_mut(shard), (pointers + rows) as u64)
    }
}

/// Keys are hashes themselves; where a creator is within its shard is decided by the other half.
fn shard(key: CreatorKey) -> usize {
    usize::from(u16::from_le_bytes([key.0.as_bytes()[14], key.0.as_bytes()[15]])) % SHARDS
}

fn hash(key: CreatorKey) -> u64 {
    key.0.as_u64_pair().0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn key(row: u32) -> CreatorKey {
        CreatorKey::derive(TenantId(1), &format!("creator-{row}"))
    }

    proptest! {
        #[test]
        fn creators_that_come_and_go_are_found_while_they_are_there_and_copies_stay_as_they_were(
            steps in prop::collection::vec((0..300_u32, any::<bool>()), 0..200), room in 0..3_000_usize,
        ) {
            let (mut index, mut present) = (Index::with_room_for(room), BTreeSet::new());
            let mut published = Vec::new();
            for (row, comes) in steps {
                if comes && present.insert(row) {
                    index.insert(key(row), row, |row| Some(key(row)));
                } else if !comes && present.remove(&row) {
                    index.remove(key(row), row);
                }
                published.push((index.clone(), present.clone()));
            }
            for (index, present) in published {
                prop_assert_eq!(index.len(), present.len());
                for row in 0..300 {
                    let found = index.find(key(row), |other| other == row);
                    prop_assert_eq!(found.is_some(), present.contains(&row));
                }
            }
        }
    }
}
