//! SQL of statistics.

pub mod audit;
mod columns;
pub mod models;
pub mod sample;
mod writing;

pub use self::columns::{STATISTICS_COLUMNS, statistics};

use self::{
    models::{InForce, Models},
    writing::{replace, write},
};

use super::{
    CreatorStatistics,
    communities::{COMMUNITY_COLUMNS, Community, community},
    discounts::{
        Found as FoundDiscounts,
        store::{found_among, found_of},
    },
    statistics::{Followed, Setting},
};
use crate::{
    annotations::store::accepted,
    conversations::{
        Threads,
        store::{CONVERSATION_COLUMNS, counted},
    },
    creators::Account,
    db::{Client, DbError, Pool, Tx},
    ids::{CreatorKey, EngagerKey, TenantId},
    posts::{
        Exposure,
        store::exposure::{self, EXPOSURE_COLUMNS, Exposed, feed_windows},
    },
    relationships::{
        Relationship,
        codec::{decode_days, encode_days},
        days::DaySet,
        fold::{Changes, load_mended},
        model::Pair,
        queue::store::try_lanes,
        store::{Found, load_creators},
    },
    sponsorship::{Sponsorship, store as sponsorship},
    topics::{
        Topics,
        store::{TOPIC_COLUMNS, topics},
    },
    trust::{
        TrustSums,
        store::{TRUST_COLUMNS, trust_sums},
    },
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio_postgres::{Row, types::Json};
use uuid::Uuid;

/// Creators whose statistics are computed in one transaction.
const BATCH: i64 = 100;
/// Rows of the queue that a turn looks at. More: turns are slower while a backlog waits; fewer: a creator that many folds
/// enqueued is scored more often than it changed.
const LOOKED_AT: i64 = 2_000;
/// The same while events may wait to be folded: nobody whose events they are should wait for the others.
const BESIDE_FOLDING: i64 = 10;

/// A creator and what its sums are.
pub struct Known {
    /// The creator.
    pub key: CreatorKey,
    /// Pseudonyms of its own accounts.
    pub own: Vec<EngagerKey>,
    /// Its sums, once there are any.
    pub statistics: Option<CreatorStatistics>,
}

/// Up to `limit` creators of a tenant after one, in the order of their keys, with how many people each has.
pub async fn listed_after(
    client: &Client,
    tenant: TenantId,
    after: Option<CreatorKey>,
    limit: i64,
) -> Result<Vec<(CreatorKey, i32)>, DbError> {
    let sql = "/* scores::listed_after */ select c.creator_key, coalesce(s.engagers, 0)
               from creators c
               left join creator_statistics s on s.tenant_id = $1 and s.creator_key = c.creator_key and s.creator_key > $2
               where c.tenant_id = $1 and c.creator_key > $2 order by c.creator_key limit $3";
    let rows = client.query(sql, &[&tenant.0, &CreatorKey::page_start(after), &limit]).await?;
    Ok(rows.iter().map(|row| (CreatorKey(row.get(0)), row.get(1))).collect())
}

/// Those of these creators who are registered, and what their sums are.
pub async fn known(tx: &Tx, creators: &[CreatorKey]) -> Result<Vec<Known>, DbError> {
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let sql = format!(
        "/* scores::known */ select c.creator_key, c.tenant_id, c.accounts, {STATISTICS_COLUMNS}
         from unnest((select $1::uuid[])) as wanted (creator_key) join creators c using (creator_key)
         left join creator_statistics s using (creator_key)"
    );
    let known = |row: &Row| {
        let Waiting { key, own, .. } = waiting(row);
        Known { key, own, statistics: statistics(row) }
    };
    Ok(tx.query(&sql, &[&keys]).await?.iter().map(known).collect())
}

/// Asks for the statistics of these creators to be computed anew.
pub async fn enqueue(tx: &Tx, creators: &[CreatorKey]) -> Result<(), DbError> {
    enqueue_after(tx, creators, 0).await
}

/// The same within an hour: before that, only while nothing else is to be done.
pub(super) async fn enqueue_later(tx: &Tx, creators: &[CreatorKey]) -> Result<(), DbError> {
    enqueue_after(tx, creators, 3_600).await
}

async fn enqueue_after(tx: &Tx, creators: &[CreatorKey], seconds: i32) -> Result<(), DbError> {
    if creators.is_empty() {
        return Ok(());
    }
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let lanes: Vec<i16> = creators.iter().map(|creator| creator.lane()).collect();
    tx.execute(
        "/* scores::enqueue */
         insert into score_queue (lane, creator_key, enqueued_at)
         select lane, creator_key, now() + $3::int4 * interval '1 second'
         from unnest($1::int2[], $2::uuid[]) as asked (lane, creator_key)",
        &[&lanes, &keys, &seconds],
    )
    .await?;
    Ok(())
}

/// Brings the statistics of creators up to date with what folding changed, in the same transaction and under the same
/// lanes. Creators for whom that is not possible wait for all of their relationships to be summed up anew: these.
pub async fn follow(tx: &Tx, changes: &Changes) -> Result<BTreeSet<CreatorKey>, DbError> {
    let mut by_creator: BTreeMap<CreatorKey, Vec<_>> = BTreeMap::new();
    for ((creator, engager), (before, after)) in &changes.folded {
        by_creator.entry(*creator).or_default().push((*engager, before.as_ref(), after));
    }
    let mut known = known_statistics(tx, by_creator.keys()).await?;
    let mut found = found_for(tx, &by_creator, &known).await?;
    let mut models = Models::default();
    let (mut followed, mut all_days, mut anew) = (Vec::new(), Vec::new(), changes.refolded.clone());
    let mut behind = Vec::new();
    for (key, changed) in by_creator {
        // A creator that is gone is being erased.
        let Some((creator, sums)) = known.remove(&key) else { continue };
        let InForce { model, .. } = models.of(tx, creator.tenant).await?;
        let found = found.remove(&key).unwrap_or_default();
        let known = sums.filter(|_| !anew.contains(&key)).and_then(|(sums, days)| {
            Some((sums.followed(changed.into_iter(), &creator.own, (&days, found), model)?, days))
        });
        let Some((Followed { sums, new_days, is_behind }, mut days)) = known else {
            anew.insert(key);
            continue;
        };
        days.merge(&new_days);
        if is_behind {
            behind.push(key);
        }
        followed.push((creator, sums));
        all_days.push((!new_days.is_empty()).then(|| encode_days(&days)));
    }
    replace(tx, &followed, &all_days).await?;
    enqueue_later(tx, &behind).await?;
    enqueue(tx, &anew.iter().copied().collect::<Vec<_>>()).await?;
    Ok(anew)
}

/// What was found across creators of those of these people whose creators are discounted at all: few are, so that the
/// others need not be looked up.
async fn found_for<T>(
    tx: &Tx,
    changed: &BTreeMap<CreatorKey, Vec<(EngagerKey, T, &Relationship)>>,
    known: &HashMap<CreatorKey, (Waiting, Option<Kept>)>,
) -> Result<HashMap<CreatorKey, FoundDiscounts>, DbError> {
    let is_discounted = |creator: &CreatorKey| {
        let kept = known.get(creator).and_then(|(_, kept)| kept.as_ref());
        kept.is_some_and(|(sums, _)| sums.discounted.is_some())
    };
    let discounted = changed.iter().filter(|(creator, _)| is_discounted(creator));
    let pairs =
        discounted.flat_map(|(creator, people)| people.iter().map(|(engager, ..)| (*creator, *engager)));
    found_among(tx, &pairs.collect::<Vec<_>>()).await
}

/// Statistics with the days on which anybody engaged.
type Kept = (CreatorStatistics, DaySet);

async fn known_statistics(
    tx: &Tx,
    creators: impl Iterator<Item = &CreatorKey>,
) -> Result<HashMap<CreatorKey, (Waiting, Option<Kept>)>, DbError> {
    let keys: Vec<Uuid> = creators.map(|creator| creator.0).collect();
    let sql = format!(
        "/* scores::known_statistics */ select c.creator_key, c.tenant_id, c.accounts, {STATISTICS_COLUMNS}, s.engaged_days
         from unnest((select $1::uuid[])) as wanted (creator_key) join creators c using (creator_key)
         left join creator_statistics s using (creator_key)"
    );
    let rows = tx.query(&sql, &[&keys]).await?;
    Ok(rows.iter().map(|row| (CreatorKey(row.get(0)), (waiting(row), kept(row)))).collect())
}

/// Statistics whose days cannot be read count as none: they are summed up anew.
fn kept(row: &Row) -> Option<Kept> {
    let sums = statistics(row)?;
    Some((sums, decode_days(row.get("engaged_days")).ok()?))
}

/// Creators whose turn it is to be scored.
#[derive(Clone, Copy, Debug)]
pub enum Turn {
    /// All that wait, as many as go into one transaction.
    All,
    /// Those that are due, beside events that wait to be folded: these, and a few others.
    Due(usize),
}

/// Computes the statistics of creators that wait in a lane; how many.
///
/// The lane is the one of folding, so a creator's relationships stand still while they are summed up.
pub async fn score_lane(pool: &Pool, lane: i16, turn: Turn) -> Result<usize, DbError> {
    let tx = Tx::begin_with(pool, Tx::REPEATABLE).await?;
    if try_lanes(&tx, &[lane]).await?.is_empty() {
        tx.rollback().await?;
        return Ok(0);
    }
    let waiting = claim(&tx, lane, turn).await?;
    let count = waiting.len();
    score(&tx, waiting).await?;
    tx.commit().await?;
    Ok(count)
}

/// Computes the statistics and the exposure of creators now. Needs their lanes.
async fn score(tx: &Tx, waiting: Vec<Waiting>) -> Result<(), DbError> {
    let keys: Vec<CreatorKey> = waiting.iter().map(|creator| creator.key).collect();
    let (feeds, mut found) = (feed_windows(tx, &keys).await?, found_of(tx, &keys).await?);
    let (mut accepted, mut loaded) = (accepted(tx, &keys).await?, load_small(tx, &keys).await?);
    let (mut models, mut computed, mut all_days) = (Models::default(), Vec::new(), Vec::new());
    for creator in waiting {
        let InForce { model, clock, .. } = models.of(tx, creator.tenant).await?;
        let feed = feeds.get(&creator.key).copied();
        let found = found.remove(&creator.key).unwrap_or_default();
        let accepted = accepted.remove(&creator.key).unwrap_or_default();
        let setting = Setting { own: &creator.own, feed, clock: *clock, found, accepted };
        let relationships = match loaded.remove(&creator.key) {
            Some(relationships) => relationships,
            None => load_mended(tx, creator.key).await?,
        };
        let pairs = relationships.iter().map(|(pair, relationship)| (pair.1, relationship));
        let (sums, days) = CreatorStatistics::of(pairs, setting, model);
        computed.push((creator, sums));
        all_days.push(encode_days(&days));
    }
    write(tx, &computed, &all_days).await?;
    let exposed = computed.iter().map(|(creator, sums)| Exposed {
        creator: creator.key,
        tenant: creator.tenant,
        accounts: &creator.accounts,
        end: feeds.get(&creator.key).and(sums.window).map(|window| window.1),
    });
    exposure::renew(tx, &exposed.collect::<Vec<_>>()).await
}

struct Waiting {
    key: CreatorKey,
    tenant: TenantId,
    accounts: Vec<Account>,
    own: Vec<EngagerKey>,
}

async fn claim(tx: &Tx, lane: i16, turn: Turn) -> Result<Vec<Waiting>, DbError> {
    let (due_only, limit) = match turn {
        Turn::All => (false, BATCH),
        Turn::Due(these) => {
            let these = i64::try_from(these).unwrap_or(BATCH);
            (true, these.saturating_add(BESIDE_FOLDING).min(BATCH))
        }
    };
    let rows = tx
        .query(
            "/* scores::claim */
             -- The newest first: what was folded just now does not wait for a backlog, which has some of every turn. However
             -- long that is, only so many rows of it are looked at: a creator that is further back once more is scored once more.
             with newest as materialized (
                 select ctid as place, creator_key, enqueued_at from score_queue
                 where lane = $1 and enqueued_at <= case when $3 then now() else 'infinity' end
                 order by enqueued_at desc limit $4
             ), chosen as (
                 select creator_key from newest group by creator_key order by max(enqueued_at) desc limit $2
             ), claimed as (
                 delete from score_queue
                 where ctid = any (array(select place from newest join chosen using (creator_key)))
             )
             select c.creator_key, c.tenant_id, c.accounts from chosen join creators c using (creator_key)",
            &[&lane, &limit, &due_only, &LOOKED_AT],
        )
        .await?;
    Ok(rows.iter().map(waiting).collect())
}

fn waiting(row: &Row) -> Waiting {
    let accounts: Json<Vec<Account>> = row.get(2);
    let own = accounts.0.iter().filter_map(|account| account.engager_key).map(EngagerKey).collect();
    Waiting { key: CreatorKey(row.get(0)), tenant: TenantId(row.get(1)), accounts: accounts.0, own }
}

/// Creators with more people than this are read one by one: what is read together is in memory together.
const FEW_PEOPLE: i64 = 200;

/// The relationships of those of some creators who have few people, read with one statement: for most creators that costs
/// more than their relationships do. Those with rows that cannot be read are left out.
async fn load_small(
    tx: &Tx,
    creators: &[CreatorKey],
) -> Result<HashMap<CreatorKey, BTreeMap<Pair, Relationship>>, DbError> {
    let sql = "/* scores::load_small */ select creator_key from unnest((select $1::uuid[])) as asked (creator_key)
               where (select count(*) from (select from relationships r where r.creator_key = asked.creator_key
                                            limit $2::int8 + 1) few) <= $2::int8";
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let rows = tx.query(sql, &[&keys, &FEW_PEOPLE]).await?;
    let small: Vec<CreatorKey> = rows.iter().map(|row| CreatorKey(row.get(0))).collect();
    let Found { relationships, damaged } = load_creators(tx, &small, false, |_| true).await?;
    let mut loaded: HashMap<CreatorKey, BTreeMap<Pair, Relationship>> =
        small.into_iter().map(|creator| (creator, BTreeMap::new())).collect();
    for (pair, relationship) in relationships {
        loaded.entry(pair.0).or_default().insert(pair, relationship);
    }
    for pair in damaged {
        loaded.remove(&pair.0);
    }
    Ok(loaded)
}

/// Computes what is known of a creator from its relationships and posts now, so that it waits no longer. Needs the lane.
pub async fn score_creator(tx: &Tx, creator: CreatorKey) -> Result<(), DbError> {
    let Some((creator, _)) = known_statistics(tx, [creator].iter()).await?.remove(&creator) else {
        return Ok(());
    };
    let sql = "/* scores::score_creator */ delete from score_queue where lane = $1 and creator_key = $2";
    tx.execute(sql, &[&creator.key.lane(), &creator.key.0]).await?;
    score(tx, vec![creator]).await
}

/// When the statistics of a creator were computed, with its niches.
pub struct Scored {
    /// The statistics, once there are any.
    pub statistics: Option<CreatorStatistics>,
    /// What the counts of its posts amount to, once there are posts.
    pub exposure: Option<Exposure>,
    /// Its trusted people, once trust was looked at.
    pub trust: Option<TrustSums>,
    /// What its threads amount to, and when they were counted.
    pub threads: Option<(Threads, Timestamp)>,
    /// What its people engage with elsewhere, once that was counted.
    pub community: Option<Community>,
    /// What its posts are about.
    pub topics: Topics,
    /// Its sponsored posts, once they were looked at.
    pub sponsorship: Option<Sponsorship>,
    /// When they were computed.
    pub computed_at: Option<Timestamp>,
    /// Declared niches.
    pub niches: Vec<String>,
}

/// The statistics of a creator; `None`: it is not registered.
pub async fn scored(client: &Client, creator: CreatorKey) -> Result<Option<Scored>, DbError> {
    let sql = format!(
        "/* scores::scored */ select {STATISTICS_COLUMNS}, {EXPOSURE_COLUMNS}, {TRUST_COLUMNS}, {CONVERSATION_COLUMNS},
                {COMMUNITY_COLUMNS}, {TOPIC_COLUMNS}, s.computed_at, c.niches
         from creators c left join creator_statistics s using (creator_key)
         left join creator_exposure x using (creator_key) left join creator_trust t using (creator_key)
         left join creator_conversations v using (creator_key)
         left join creator_communities m using (creator_key)
         where c.creator_key = $1"
    );
    let row = client.query_opt(&sql, &[&creator.0]).await?;
    let sponsorship = sponsorship::of_creator(client, creator).await?;
    Ok(row.map(|row| Scored {
        statistics: statistics(&row),
        exposure: exposure::stored(&row),
        trust: trust_sums(&row),
        threads: counted(&row),
        community: community(&row),
        topics: topics(&row),
        sponsorship,
        computed_at: row.get("computed_at"),
        niches: row.get("niches"),
    }))
}
