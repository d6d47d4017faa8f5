//! Snapshots that page cursors still need, for a bounded time and within bounded memory.
//!
//! A snapshot shares all parts with its successors but those that changed since. So what all kept ones hold beside the newest
//! is at most what was copied since the oldest of them was the newest: that is known without looking at any of them.

use super::registry::Published;
use crate::ids::TenantId;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a snapshot is kept. Longer: memory; shorter: slow readers have to start again.
pub(super) const KEEP: Duration = Duration::from_mins(5);
/// Bytes that kept snapshots may hold beside the newest ones, about. More: memory; fewer: cursors expire earlier while many
/// creators change.
pub(super) const HELD: u64 = 512 << 20;

/// A snapshot and when it was kept: the moment, and how much had been copied by then.
struct Entry {
    tenant: TenantId,
    published: Arc<Published>,
    at: Instant,
    copied: u64,
}

/// Kept snapshots by their names, the oldest first.
#[derive(Default)]
pub(super) struct Kept {
    by_name: HashMap<String, Entry>,
    in_order: VecDeque<String>,
}

impl Kept {
    /// Keeps a snapshot from now on, when so many bytes were copied so far. One that is kept already is not kept longer.
    pub(super) fn keep(&mut self, tenant: TenantId, published: &Arc<Published>, at: Instant, copied: u64) {
        if self.by_name.contains_key(&published.id) {
            return;
        }
        let entry = Entry { tenant, published: published.clone(), at, copied };
        self.by_name.insert(published.id.clone(), entry);
        self.in_order.push_back(published.id.clone());
    }

    /// A kept snapshot of a tenant.
    pub(super) fn named(&self, tenant: TenantId, id: &str) -> Option<Arc<Published>> {
        let entry = self.by_name.get(id).filter(|entry| entry.tenant == tenant);
        entry.map(|entry| entry.published.clone())
    }

    /// Takes out those that were kept for too long or hold too much, now that so many bytes were copied. They are given
    /// back because it takes a while to free them.
    #[must_use]
    pub(super) fn expire(&mut self, now: Instant, copied: u64) -> Vec<Arc<Published>> {
        let mut expired = Vec::new();
        while let Some(oldest) = self.in_order.front().and_then(|name| self.by_name.get(name)) {
            if now.duration_since(oldest.at) < KEEP && copied - oldest.copied <= HELD {
                break;
            }
            let name = self.in_order.pop_front().unwrap_or_default();
            expired.extend(self.by_name.remove(&name).map(|entry| entry.published));
        }
        expired
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{niches::Taxonomy, snapshot::TenantBuilder};
    use jiff::Timestamp;

    const ANA: TenantId = TenantId(1);

    fn published(id: &str) -> Arc<Published> {
        let tenant = TenantBuilder::new(Arc::new(Taxonomy::built_in())).snapshot();
        Arc::new(Published { id: id.to_owned(), as_of: Timestamp::UNIX_EPOCH, tenant })
    }

    fn is_there(kept: &Kept, id: &str) -> bool {
        kept.named(ANA, id).is_some()
    }

    #[test]
    fn a_snapshot_is_kept_for_its_time_and_for_its_tenant() {
        let (mut kept, start) = (Kept::default(), Instant::now());
        kept.keep(ANA, &published("a"), start, 0);
        kept.keep(ANA, &published("b"), start + Duration::from_secs(1), 0);
        assert!(kept.named(TenantId(2), "a").is_none());
        assert_eq!(kept.expire(start + KEEP / 2, 0).len(), 0);
        assert_eq!(kept.expire(start + KEEP, 0).len(), 1);
        assert_eq!([is_there(&kept, "a"), is_there(&kept, "b")], [false, true]);
    }

    #[test]
    fn keeping_again_does_not_keep_longer() {
        let (mut kept, start) = (Kept::default(), Instant::now());
        kept.keep(ANA, &published("a"), start, 0);
        kept.keep(ANA, &published("a"), start + KEEP / 2, 0);
        assert_eq!(kept.expire(start + KEEP, 0).len(), 1);
        assert!(!is_there(&kept, "a"));
    }

    #[test]
    fn the_oldest_go_when_much_was_copied_since() {
        let (mut kept, now) = (Kept::default(), Instant::now());
        kept.keep(ANA, &published("a"), now, 0);
        kept.keep(ANA, &published("b"), now, HELD / 2);
        assert_eq!(kept.expire(now, HELD).len(), 0);
        assert_eq!(kept.expire(now, HELD + 1).len(), 1);
        assert_eq!([is_there(&kept, "a"), is_there(&kept, "b")], [false, true]);
    }
}
