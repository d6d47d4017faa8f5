//! The published snapshots of all tenants, and the ones that page cursors still need.

use super::{builder::TenantBuilder, kept::Kept, tenant::TenantSnapshot};
use crate::{ids::TenantId, niches::Taxonomy};
use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

/// Age of the last look at which the service says that it is not ready.
const STALE: SignedDuration = SignedDuration::from_secs(10);

/// A published snapshot with its name.
pub struct Published {
    /// Names the snapshot; two snapshots never share a name.
    pub id: String,
    /// The moment it is of.
    pub as_of: Timestamp,
    /// What it holds.
    pub tenant: TenantSnapshot,
}

/// All published snapshots.
pub struct Snapshots {
    empty: Arc<Published>,
    current: ArcSwap<HashMap<TenantId, Arc<Published>>>,
    kept: Mutex<Kept>,
    /// Those that were replaced, as long as anybody else may have them: to free one takes longer than most answers, so it is not
    /// left to the answer that happens to be the last to read it.
    replaced: Mutex<Vec<Arc<Published>>>,
    series: String,
    count: AtomicU64,
    looked_us: AtomicI64,
}

/// Whose snapshot is shown to tenants that have none: it has no creators.
const NOBODY: TenantId = TenantId(0);

impl Snapshots {
    /// No snapshots yet. The series tells the snapshots of this process from those of others.
    #[must_use]
    pub fn new(series: u64, taxonomy: Arc<Taxonomy>) -> Self {
        let series = format!("{:012x}", series & 0xffff_ffff_ffff);
        let empty = TenantBuilder::new(NOBODY, taxonomy).snapshot();
        Self {
            empty: Arc::new(Published { id: name(&series, 0), as_of: Timestamp::now(), tenant: empty }),
            current: ArcSwap::default(),
            kept: Mutex::default(),
            replaced: Mutex::default(),
            series,
            count: AtomicU64::new(1),
            looked_us: AtomicI64::new(NEVER),
        }
    }

    /// The newest snapshot of a tenant; an empty one for a tenant without any creator.
    #[must_use]
    pub fn current(&self, tenant: TenantId) -> Arc<Published> {
        self.current.load().get(&tenant).unwrap_or(&self.empty).clone()
    }

    /// The snapshot a cursor was given for, unless it is gone.
    #[must_use]
    pub fn named(&self, tenant: TenantId, id: &str) -> Option<Arc<Published>> {
        let current = Some(self.current(tenant)).filter(|published| published.id == id);
        current.or_else(|| self.kept().named(tenant, id))
    }

    /// What the names of the snapshots of this process begin with.
    #[must_use]
    pub fn series(&self) -> &str {
        &self.series
    }

    /// The series of a snapshot that another process made.
    #[must_use]
    pub fn other_series<'id>(&self, id: &'id str) -> Option<&'id str> {
        id.split_once('-').map(|(series, _)| series).filter(|series| *series != self.series)
    }

    /// Keeps a snapshot for a while, because a cursor for it is given out. One that was replaced meanwhile is kept as long as it
    /// was to be kept before, which may be no time at all.
    pub fn keep(&self, tenant: TenantId, published: &Arc<Published>) {
        let mut kept = self.kept();
        if self.current(tenant).id == published.id {
            kept.keep(tenant, published, Instant::now());
        }
    }

    /// The moment up to which everything committed is in this snapshot.
    #[must_use]
    pub fn as_of(&self, tenant: TenantId, published: &Published) -> Timestamp {
        if self.current(tenant).id == published.id {
            self.looked().unwrap_or(published.as_of)
        } else {
            published.as_of
        }
    }

    /// Puts new snapshots in the place of older ones. All snapshots are now as of this moment.
    pub fn publish(&self, fresh: Vec<(TenantId, TenantSnapshot)>, as_of: Timestamp) {
        let mut replaced = Vec::new();
        if !fresh.is_empty() {
            let mut all = HashMap::clone(&self.current.load());
            for (id, tenant) in fresh {
                let id_of_snapshot = name(&self.series, self.count.fetch_add(1, Ordering::Relaxed));
                let published = Arc::new(Published { id: id_of_snapshot, as_of, tenant });
                replaced.extend(all.insert(id, published));
            }
            self.current.store(Arc::new(all));
        }
        self.looked_us.store(as_of.as_microsecond(), Ordering::Relaxed);
        let copied = |tenant| self.current(tenant).tenant.copied;
        // What was kept is still the newest, or among those that were replaced.
        drop(self.kept().expire(Instant::now(), copied));
        // Freed after the lock is given back.
        drop(self.left_alone(replaced));
    }

    /// Snapshots that were replaced, now or before, and that nobody reads any more.
    fn left_alone(&self, now: Vec<Arc<Published>>) -> Vec<Arc<Published>> {
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        replaced.extend(now);
        replaced.extract_if(.., |published| Arc::strong_count(published) == 1).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True once everything that was committed at the start has been read.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.looked().is_some()
    }

    /// True when the snapshots have been compared with the database lately.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.looked().is_some_and(|looked| Timestamp::now().duration_since(looked) < STALE)
    }

    /// Time since the snapshots were compared with the database; `None`: never yet.
    #[must_use]
    pub fn age(&self) -> Option<SignedDuration> {
        self.looked().map(|looked| Timestamp::now().duration_since(looked))
    }

    /// How many tenants have a snapshot, and how many creators are in all of them.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let current = self.current.load();
        (current.len(), current.values().map(|published| published.tenant.creators).sum())
    }

    fn looked(&self) -> Option<Timestamp> {
        match self.looked_us.load(Ordering::Relaxed) {
            NEVER => None,
            looked => Timestamp::from_microsecond(looked).ok(),
        }
    }
}

const NEVER: i64 = i64::MIN;

fn name(series: &str, number: u64) -> String {
    format!("{series}-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: TenantId = TenantId(1);

    #[test]
    fn what_was_replaced_is_freed_by_who_publishes_and_not_by_its_last_reader() {
        let taxonomy = Arc::new(Taxonomy::built_in());
        let mut builder = TenantBuilder::new(ANA, taxonomy.clone());
        let snapshots = Snapshots::new(1, taxonomy);
        let mut publish = |anew: bool| {
            let fresh = anew.then(|| (ANA, builder.snapshot()));
            snapshots.publish(fresh.into_iter().collect(), Timestamp::now());
        };
        publish(true);
        let read = snapshots.current(ANA);
        snapshots.keep(ANA, &read);
        let before = Arc::downgrade(&read);
        publish(true);
        drop(read);
        publish(false);
        assert!(before.upgrade().is_some(), "a cursor needs it");
        drop(snapshots.kept().expire(Instant::now() + super::super::kept::KEEP, |_| 0));
        assert!(before.upgrade().is_some(), "whoever expires it does not free it");
        publish(false);
        assert!(before.upgrade().is_none());
        assert_eq!(snapshots.replaced.lock().unwrap().len(), 0);
    }
}
