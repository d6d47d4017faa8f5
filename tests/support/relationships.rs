//! Relationships of the database, and what they must be.

use super::Sent;
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Client;
use uuid::Uuid;
use voci::{
    events::Kind,
    ids::{CreatorKey, EngagerKey, TenantId},
    keys::{master::MasterKey, model::TenantSecrets},
    relationships::codec::Stored,
};

/// Counts by kind and active days.
pub(crate) type Counted = (BTreeMap<&'static str, u32>, BTreeSet<i32>);

/// What each pair of creator and engager has.
pub(crate) type Recount = BTreeMap<(Uuid, i64), Counted>;

/// Kinds that make no day active.
const PASSIVE: [&str; 5] = ["view", "creator_reply", "unfollow", "mention", "retract"];

/// What the relationships must be, worked out from what was sent.
pub(crate) fn recount(story: impl Iterator<Item = Sent> + Clone, secrets: &TenantSecrets) -> Recount {
    let retracted: BTreeSet<(String, String)> =
        story.clone().filter_map(|sent| Some((sent.creator, sent.takes_back?))).collect();
    let mut pairs = Recount::new();
    for sent in story {
        if sent.kind == "retract" || retracted.contains(&(sent.creator.clone(), sent.id.clone())) {
            continue;
        }
        let creator = CreatorKey::derive(TenantId(1), &sent.creator).0;
        let engager = sent.engager.as_ref().map_or(0, |id| EngagerKey::derive(&secrets.engagers, id).0);
        let (counts, days) = pairs.entry((creator, engager)).or_default();
        *counts.entry(sent.kind).or_default() += 1;
        if !PASSIVE.contains(&sent.kind) {
            days.insert(i32::try_from(sent.second.div_euclid(86_400)).unwrap());
        }
    }
    pairs
}

/// The relationships of the database.
pub(crate) async fn relationships(client: &Client) -> Recount {
    let rows = client
        .query(
            "select creator_key, engager_key, strength, first_seen - date '1970-01-01', last_seen - date '1970-01-01',
                    counts, active_days, posts from relationships",
            &[],
        )
        .await
        .unwrap();
    let decoded = rows.iter().map(|row| {
        let stored = Stored {
            strength: row.get(2),
            seen: (row.get(3), row.get(4)),
            counts: row.get(5),
            active_days: row.get(6),
            posts: row.get(7),
        };
        let relationship = stored.decode().unwrap();
        let counts = Kind::ALL.iter().map(|kind| (kind.name(), relationship.count_of(*kind)));
        let counts = counts.filter(|(_, count)| *count > 0).collect();
        ((row.get(0), row.get(1)), (counts, relationship.active_days().as_slice().iter().copied().collect()))
    });
    decoded.collect()
}

/// The secrets of the default tenant, under the master key made from this secret.
pub(crate) async fn secrets(client: &Client, secret: &str) -> TenantSecrets {
    let row =
        client.query_one("select name, wrapped_secret from tenants where tenant_id = 1", &[]).await.unwrap();
    let master = MasterKey::from_secret(&secret.to_owned().into()).unwrap();
    TenantSecrets::derive(&master.unwrap(row.get(0), row.get(1)).unwrap())
}
