//! Authentication: from the key in a request to the tenant it acts for.

use super::{
    ApiKey, Principal,
    master::MasterKey,
    store::{self, KeyStoreError},
};
use crate::db::Pool;
use moka::sync::Cache;
use std::{sync::Arc, time::Duration};
use subtle::ConstantTimeEq;

/// How long a key is believed without asking the database: a revoked key works at most this long. Longer: revoked
/// keys live longer; shorter: more look-ups.
const TRUST: Duration = Duration::from_secs(30);

/// Keys remembered at once. More: memory; fewer: more look-ups.
const CAPACITY: u64 = 10_000;

/// Knows which keys are good.
pub struct KeyRing {
    pool: Pool,
    master: Arc<MasterKey>,
    known: Cache<[u8; 32], Principal>,
}

impl KeyRing {
    /// A key ring over the keys of a database.
    #[must_use]
    pub fn new(pool: Pool, master: Arc<MasterKey>) -> Self {
        Self { pool, master, known: Cache::builder().max_capacity(CAPACITY).time_to_live(TRUST).build() }
    }

    /// Who the holder of this key is; `None` for keys that are wrong or revoked.
    pub async fn authenticate(&self, key: &ApiKey) -> Result<Option<Principal>, KeyStoreError> {
        let hash = key.hash();
        if let Some(principal) = self.known.get(&hash) {
            return Ok(Some(principal));
        }
        let Some(live) = store::find_live_key(&self.pool, &self.master, key.id()).await? else {
            return Ok(None);
        };
        let genuine: bool = live.secret_hash.ct_eq(&hash).into();
        if !genuine {
            return Ok(None);
        }
        let principal = Principal { tenant: Arc::new(live.tenant), scopes: live.scopes.into() };
        self.known.insert(hash, principal.clone());
        Ok(Some(principal))
    }
}
