//! Authentication: from the key in a request to the tenant it acts for.

use super::{
    ApiKey, Principal,
    master::MasterKey,
    store::{self, KeyStoreError},
};
use crate::db::Pool;
use moka::sync::Cache;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use subtle::ConstantTimeEq;

/// How long a key is believed.
#[derive(Clone, Copy, Debug)]
pub struct Belief {
    /// Longest without the word of the database: a revoked key works at most this long. Longer: revoked keys live longer; shorter:
    /// a database that is away is noticed sooner by callers whose keys are known.
    pub most: Duration,
    /// When the database is asked anew, beside a request that is answered meanwhile: else all callers would wait for it at once,
    /// again and again. Longer: whoever asks seldom waits more often; shorter: more look-ups.
    pub anew: Duration,
}

impl Default for Belief {
    fn default() -> Self {
        Self { most: Duration::from_secs(30), anew: Duration::from_secs(15) }
    }
}

/// How long the database is not asked anew after it gave no answer. Longer: callers wait for it when a key is believed no more;
/// shorter: one that is away is asked again by every other request.
const PAUSE: Duration = Duration::from_secs(1);

/// Keys remembered at once. More: memory; fewer: more look-ups.
const CAPACITY: u64 = 10_000;

/// Knows which keys are good. Cheap to clone: its parts are shared.
#[derive(Clone)]
pub struct KeyRing {
    pool: Pool,
    master: Arc<MasterKey>,
    belief: Belief,
    known: Cache<[u8; 32], Arc<Known>>,
}

/// A good key.
struct Known {
    principal: Principal,
    /// When the database was asked: it may have been revoked before the answer came.
    since: Instant,
    is_asked_anew: AtomicBool,
}

impl KeyRing {
    /// A key ring over the keys of a database.
    #[must_use]
    pub fn new(pool: Pool, master: Arc<MasterKey>, belief: Belief) -> Self {
        let known = Cache::builder().max_capacity(CAPACITY).time_to_live(belief.most).build();
        Self { pool, master, belief, known }
    }

    /// Who the holder of this key is; `None` for keys that are wrong or revoked.
    pub async fn authenticate(&self, key: &ApiKey) -> Result<Option<Principal>, KeyStoreError> {
        let known = self.known.get(&key.hash());
        let believed = known.filter(|known| known.since.elapsed() < self.belief.most);
        let Some(known) = believed else { return self.ask(key).await };
        let is_due = known.since.elapsed() >= self.belief.anew;
        if is_due && !known.is_asked_anew.swap(true, Ordering::Relaxed) {
            tokio::spawn(self.clone().ask_anew(key.clone(), known.clone()));
        }
        Ok(Some(known.principal.clone()))
    }

    /// What the database knows of a key now. One that is good is remembered, and any other is forgotten.
    async fn ask(&self, key: &ApiKey) -> Result<Option<Principal>, KeyStoreError> {
        let (hash, since) = (key.hash(), Instant::now());
        let live = store::find_live_key(&self.pool, &self.master, key.id()).await?;
        let Some(live) = live.filter(|live| live.secret_hash.ct_eq(&hash).into()) else {
            self.known.invalidate(&hash);
            return Ok(None);
        };
        let principal = Principal { tenant: Arc::new(live.tenant), scopes: live.scopes.into() };
        let known = Known { principal: principal.clone(), since, is_asked_anew: AtomicBool::new(false) };
        self.known.insert(hash, Arc::new(known));
        Ok(Some(principal))
    }

    async fn ask_anew(self, key: ApiKey, known: Arc<Known>) {
        if let Err(error) = self.ask(&key).await {
            tracing::warn!(%error, "a key is believed without the word of the database");
            tokio::time::sleep(PAUSE).await;
            known.is_asked_anew.store(false, Ordering::Relaxed);
        }
    }
}
