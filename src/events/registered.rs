//! The creators that this process knows to be registered, so that they are not looked up again with every event.
//!
//! What is known holds as long as nobody has left the tenant since: a creator found while so many had left is there in
//! every view of the database in which as many have. So one row of a tenant answers for all of its creators. That is true
//! of one history of the database: a server that was started anew, or another one in its place, may have lost the end of it.

use crate::ids::{CreatorKey, TenantId};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Most creators remembered, at some 60 bytes each; above it everything is forgotten and found anew. More: memory; fewer: the
/// creators of busy services are looked up again and again.
const MOST: usize = 400_000;

/// Where a creator was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Whose creator it is.
    pub tenant: TenantId,
    /// How many creators had left the tenant by then.
    pub departures: i64,
    /// When the server was started that said so.
    pub server_since: Timestamp,
}

/// Registrations by creator.
#[derive(Default)]
pub struct Registered {
    known: Mutex<HashMap<CreatorKey, Registration>>,
}

impl Registered {
    /// What is known of each of these creators, in order.
    pub fn of(&self, creators: impl Iterator<Item = CreatorKey>) -> Vec<Option<Registration>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        creators.map(|creator| known.get(&creator).copied()).collect()
    }

    /// Remembers where creators were found.
    pub fn remember(&self, found: impl Iterator<Item = (CreatorKey, Registration)>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(found);
        if known.len() > MOST {
            known.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let registered = Registered::default();
        let registration =
            Registration { tenant: TenantId(1), departures: 0, server_since: Timestamp::UNIX_EPOCH };
        let key = |number: usize| CreatorKey(uuid::Uuid::from_u128(number as u128));
        for number in 0..=MOST {
            assert!(registered.known.lock().unwrap().len() <= MOST);
            registered.remember([(key(number), registration)].into_iter());
        }
        assert_eq!(registered.of([key(0)].into_iter()), [None]);
        registered.remember([(key(1), registration)].into_iter());
        assert_eq!(registered.of([key(0), key(1)].into_iter()), [None, Some(registration)]);
    }
}
