//! SQL of topics.

use super::model::{POSTS, Topics};
use crate::{
    db::{Client, Columns, DbError, Tx},
    ids::{CreatorKey, TenantId},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Creators whose topics are read in one transaction, at most. More: it is open longer; fewer: more transactions.
const BATCH: i64 = 50;
/// Advisory locks of reading: this number plus the tenant's.
const READ_LOCKS: i64 = 0x766f_7470_0000_0000;

/// Columns of what posts are about; the table, that of communities, is prefixed with `m.`.
pub const TOPIC_COLUMNS: &str = "m.topic_posts, m.topic_niches, m.topic_shares";

/// What the posts of a creator are about, from the columns of [`TOPIC_COLUMNS`].
#[must_use]
pub fn topics(row: &impl Columns) -> Topics {
    // The outer join may have found nothing.
    let posts: Option<i32> = row.get("topic_posts");
    let (niches, shares): (Option<Vec<String>>, Option<Vec<f64>>) =
        (row.get("topic_niches"), row.get("topic_shares"));
    Topics {
        posts: posts.unwrap_or_default().unsigned_abs(),
        shares: niches.unwrap_or_default().into_iter().zip(shares.unwrap_or_default()).collect(),
    }
}

/// Asks for the topics of these creators to be read anew.
pub async fn enqueue(tx: &Tx, creators: &[CreatorKey]) -> Result<(), DbError> {
    if creators.is_empty() {
        return Ok(());
    }
    let sql = "/* topics::enqueue */
               insert into topic_queue (tenant_id, creator_key)
               select tenant_id, creator_key
               from unnest((select $1::uuid[])) as asked (creator_key) join creators using (creator_key)";
    tx.execute(sql, &[&uuids(creators)]).await.map(drop)
}

/// Asks for the topics of all creators of a tenant to be read anew, unless they were read with these words; how many those are.
/// Who has no posts costs a step then.
pub(super) async fn enqueue_all_unless_read_with(
    tx: &Tx,
    tenant: TenantId,
    words: &str,
) -> Result<u64, DbError> {
    let sql = "/* topics::enqueue_all_unless_read_with */
               update topic_rounds set words = $2 where tenant_id = $1 and words <> $2";
    if tx.execute(sql, &[&tenant.0, &words]).await? == 0 {
        return Ok(0);
    }
    let sql = "/* topics::enqueue_all_unless_read_with */
               insert into topic_queue (tenant_id, creator_key)
               select tenant_id, creator_key from creators where tenant_id = $1";
    tx.execute(sql, &[&tenant.0]).await
}

/// Tells versions of a tenant's own niches apart.
pub(super) async fn version_of_niches(client: &Client, tenant: TenantId) -> Result<String, DbError> {
    let sql = format!("/* topics::version_of_niches */ select {VERSION}");
    Ok(client.query_opt(&sql, &[&tenant.0]).await?.map_or_else(String::new, |row| row.get(0)))
}

const VERSION: &str = "(select concat(count(*), '-', sum(changed_xid)) from niches where tenant_id = $1)";

/// Whether the topics of a tenant are read with these built-in words, and with this version of its niches. Asked after a claim, it
/// holds for all that was claimed: words change before what they put into the queue, or together with it.
pub(super) async fn are_in_force(
    tx: &Tx,
    tenant: TenantId,
    (built_in, version): (&str, &str),
) -> Result<bool, DbError> {
    let sql = format!(
        "/* topics::are_in_force */
         select starts_with(words, $2) and {VERSION} = $3 from topic_rounds where tenant_id = $1"
    );
    Ok(tx.query_opt(&sql, &[&tenant.0, &built_in, &version]).await?.is_some_and(|row| row.get(0)))
}

/// Tenants some of whose creators wait.
pub(super) async fn waiting(client: &Client) -> Result<Vec<TenantId>, DbError> {
    let sql = "/* topics::waiting */
               select tenant_id from tenants t
               where exists (select from topic_queue q where q.tenant_id = t.tenant_id) order by tenant_id";
    Ok(client.query(sql, &[]).await?.iter().map(|row| TenantId(row.get(0))).collect())
}

/// Creators of a tenant who wait, after one of them, in the order of their keys; no more than are read at once.
pub(super) async fn waiting_after(
    client: &Client,
    tenant: TenantId,
    after: Option<CreatorKey>,
) -> Result<Vec<CreatorKey>, DbError> {
    let sql = "/* topics::waiting_after */
               select creator_key from topic_queue where tenant_id = $1 and creator_key > $2
               order by creator_key limit $3";
    let rows = client.query(sql, &[&tenant.0, &CreatorKey::page_start(after), &BATCH]).await?;
    let mut waiting: Vec<CreatorKey> = rows.iter().map(|row| CreatorKey(row.get(0))).collect();
    // Of the last one more rows may follow: all of a creator are taken together.
    waiting.dedup();
    Ok(waiting)
}

/// Takes these creators of a tenant out of the queue: they are in our hands until the transaction ends. False: others of the tenant are
/// in the hands of another process.
pub(super) async fn claim(tx: &Tx, tenant: TenantId, creators: &[CreatorKey]) -> Result<bool, DbError> {
    let sql = "/* topics::claim */ select pg_try_advisory_xact_lock($1)";
    if !tx.query(sql, &[&(READ_LOCKS + i64::from(tenant.0))]).await?[0].get::<_, bool>(0) {
        return Ok(false);
    }
    let sql = "/* topics::claim */
               delete from topic_queue q using unnest((select $2::uuid[])) as taken (creator_key)
               where q.tenant_id = $1 and q.creator_key = taken.creator_key";
    tx.execute(sql, &[&tenant.0, &uuids(creators)]).await?;
    Ok(true)
}

fn uuids(creators: &[CreatorKey]) -> Vec<Uuid> {
    creators.iter().map(|creator| creator.0).collect()
}

/// The topics of the newest posts of these creators, the newest first. What a brand pays for is what the brand is about.
pub(super) async fn posts(
    client: &Client,
    creators: &[CreatorKey],
) -> Result<BTreeMap<CreatorKey, Vec<Vec<String>>>, DbError> {
    let sql = "/* topics::posts */
               select k.creator_key, p.topics
               from unnest((select $1::uuid[])) as k (creator_key) cross join lateral (
                   select topics, published_at, post_key from posts
                   where posts.creator_key = k.creator_key and topics <> '{}' and not sponsored
                   order by published_at desc, post_key desc limit $2
               ) p
               order by k.creator_key, p.published_at desc, p.post_key desc";
    let mut posts: BTreeMap<CreatorKey, Vec<Vec<String>>> =
        creators.iter().map(|creator| (*creator, Vec::new())).collect();
    for row in client.query(sql, &[&uuids(creators), &POSTS]).await? {
        posts.entry(CreatorKey(row.get(0))).or_default().push(row.get(1));
    }
    Ok(posts)
}

/// Puts what posts are about in the place of what was read before.
pub(super) async fn write(tx: &Tx, read: &BTreeMap<CreatorKey, Topics>) -> Result<(), DbError> {
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let keys: Vec<CreatorKey> = read.keys().copied().collect();
    let posts: Vec<i32> = read.values().map(|topics| count(topics.posts as usize)).collect();
    // Arrays of arrays would be flattened: so many niches of each creator, one after the other.
    let counts: Vec<i32> = read.values().map(|topics| count(topics.shares.len())).collect();
    let (niches, shares): (Vec<&str>, Vec<f64>) = read
        .values()
        .flat_map(|topics| &topics.shares)
        .map(|(niche, share)| (niche.as_str(), *share))
        .unzip();
    let sql = include_str!("store/write.sql");
    tx.execute(sql, &[&uuids(&keys), &posts, &counts, &niches, &shares]).await.map(drop)
}
