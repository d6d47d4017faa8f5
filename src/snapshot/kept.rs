//! Snapshots that page cursors still need, for a bounded time and within bounded memory.
//!
//! A snapshot shares all parts with its successors but those that changed since. So what a kept one and all after it hold
//! beside the newest is at most what was copied since it was the newest: that is known without looking at any of them.

use super::registry::Published;
use crate::ids::TenantId;
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a snapshot is kept. Longer: memory; shorter: slow readers have to start again.
pub(super) const KEEP: Duration = Duration::from_mins(5);
/// Bytes that kept snapshots of a tenant may hold beside the newest one, about. More: memory; fewer: cursors expire earlier
/// while many creators change.
pub(super) const HELD: u64 = 512 << 20;

/// A snapshot and when it was kept last.
struct Entry {
    tenant: TenantId,
    published: Arc<Published>,
    at: Instant,
}

/// Kept snapshots by their names.
#[derive(Default)]
pub(super) struct Kept(HashMap<String, Entry>);

impl Kept {
    /// Keeps the newest snapshot of a tenant from now on. An older one is not: it is kept already, or gone.
    pub(super) fn keep(&mut self, tenant: TenantId, newest: &Arc<Published>, at: Instant) {
        match self.0.get_mut(&newest.id) {
            Some(entry) => entry.at = at,
            None => {
                self.0.insert(newest.id.clone(), Entry { tenant, published: newest.clone(), at });
            }
        }
    }

    /// A kept snapshot of a tenant.
    pub(super) fn named(&self, tenant: TenantId, id: &str) -> Option<Arc<Published>> {
        let entry = self.0.get(id).filter(|entry| entry.tenant == tenant);
        entry.map(|entry| entry.published.clone())
    }

    /// Takes out those that were kept for too long or hold too much, now that so many bytes were copied for a tenant. They are
    /// given back because it takes a while to free them.
    #[must_use]
    pub(super) fn expire(&mut self, now: Instant, copied: impl Fn(TenantId) -> u64) -> Vec<Arc<Published>> {
        let is_over = |entry: &Entry| {
            let held = copied(entry.tenant).saturating_sub(entry.published.tenant.copied);
            now.duration_since(entry.at) >= KEEP || held > HELD
        };
        self.0.extract_if(|_, entry| is_over(entry)).map(|(_, entry)| entry.published).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{niches::Taxonomy, snapshot::TenantBuilder};
    use jiff::Timestamp;

    const ANA: TenantId = TenantId(1);

    /// A snapshot before which so many bytes were copied.
    fn published(id: &str, copied: u64) -> Arc<Published> {
        let mut tenant = TenantBuilder::new(ANA, Arc::new(Taxonomy::built_in())).snapshot();
        tenant.copied = copied;
        Arc::new(Published { id: id.to_owned(), as_of: Timestamp::UNIX_EPOCH, tenant })
    }

    fn is_there(kept: &Kept, id: &str) -> bool {
        kept.named(ANA, id).is_some()
    }

    #[test]
    fn a_snapshot_is_kept_for_its_time_and_for_its_tenant() {
        let (mut kept, start) = (Kept::default(), Instant::now());
        kept.keep(ANA, &published("a", 0), start);
        kept.keep(ANA, &published("b", 0), start + Duration::from_secs(1));
        assert!(kept.named(TenantId(2), "a").is_none());
        assert_eq!(kept.expire(start + KEEP / 2, |_| 0).len(), 0);
        assert_eq!(kept.expire(start + KEEP, |_| 0).len(), 1);
        assert_eq!([is_there(&kept, "a"), is_there(&kept, "b")], [false, true]);
    }

    #[test]
    fn a_snapshot_is_kept_from_its_last_cursor_on() {
        let (mut kept, start) = (Kept::default(), Instant::now());
        kept.keep(ANA, &published("a", 0), start);
        kept.keep(ANA, &published("a", 0), start + KEEP / 2);
        assert_eq!(kept.expire(start + KEEP, |_| 0).len(), 0);
        assert_eq!(kept.expire(start + KEEP + KEEP / 2, |_| 0).len(), 1);
    }

    #[test]
    fn those_go_since_which_much_was_copied_for_their_tenant() {
        let (mut kept, now) = (Kept::default(), Instant::now());
        kept.keep(ANA, &published("a", 0), now);
        kept.keep(ANA, &published("b", HELD / 2), now);
        let copied = |bytes: u64| move |tenant| if tenant == ANA { bytes } else { u64::MAX };
        assert_eq!(kept.expire(now, copied(HELD)).len(), 0);
        assert_eq!(kept.expire(now, copied(HELD + 1)).len(), 1);
        assert_eq!([is_there(&kept, "a"), is_there(&kept, "b")], [false, true]);
    }
}
