//! SQL of samples, to which models are fitted.

use super::{
    super::discounts::{Discounts, store::found_of},
    waiting,
};
use crate::{
    annotations::store::accepted,
    db::{DbError, Tx},
    ids::{CreatorKey, EngagerKey, TenantId},
    posts::store::exposure::feed_windows,
    relationships::{Relationship, days::Day, store::load_creator},
};

/// Creators in a sample. More: better fits; fewer: less work.
const SAMPLE_CREATORS: i64 = 20_000;
/// Relationships in a sample, at which it ends early.
const SAMPLE_RELATIONSHIPS: usize = 150_000;

/// A creator of a sample.
pub struct SampledCreator {
    /// Declared niches.
    pub niches: Vec<String>,
    /// Pseudonyms of its own accounts.
    pub own: Vec<EngagerKey>,
    /// First and last day with a sign of life in its posts.
    pub feed: Option<(Day, Day)>,
    /// What discounts its relationships.
    pub discounts: Discounts,
    /// Its relationships, but for those that discounts dismiss: nothing is to be learnt from them.
    pub relationships: Vec<(EngagerKey, Relationship)>,
}

/// A fair sample of a tenant's creators with their relationships.
pub async fn sample(tx: &Tx, tenant: TenantId) -> Result<Vec<SampledCreator>, DbError> {
    let sql = "/* scores::sample */
               select c.creator_key, c.tenant_id, c.accounts, c.niches
               from creator_statistics s join creators c using (creator_key)
               where s.tenant_id = $1 order by s.creator_key limit $2";
    let rows = tx.query(sql, &[&tenant.0, &SAMPLE_CREATORS]).await?;
    let keys: Vec<CreatorKey> = rows.iter().map(|row| CreatorKey(row.get(0))).collect();
    let (feeds, mut found) = (feed_windows(tx, &keys).await?, found_of(tx, &keys).await?);
    let mut accepted = accepted(tx, &keys).await?;
    let mut sampled = Vec::new();
    let mut relationships = 0;
    for row in rows {
        let creator = waiting(&row);
        // A row that cannot be read is no part of a sample; whoever sums its creator up mends it.
        let loaded = load_creator(tx, creator.key).await?.relationships;
        let mut loaded: Vec<_> =
            loaded.into_iter().map(|(pair, relationship)| (pair.1, relationship)).collect();
        let people = loaded.iter().map(|(engager, relationship)| (*engager, relationship));
        let people = people.filter(|(engager, _)| engager.is_somebody_but(&creator.own));
        let found = found.remove(&creator.key).unwrap_or_default();
        let accepted = accepted.remove(&creator.key).unwrap_or_default();
        let discounts = Discounts::of(people, found, &accepted);
        loaded.retain(|(engager, relationship)| !discounts.dismisses(*engager, relationship));
        relationships += loaded.len();
        let feed = feeds.get(&creator.key).copied();
        let niches = row.get("niches");
        sampled.push(SampledCreator { niches, own: creator.own, feed, discounts, relationships: loaded });
        if relationships >= SAMPLE_RELATIONSHIPS {
            break;
        }
    }
    Ok(sampled)
}
