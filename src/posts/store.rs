//! SQL of posts: what requests and scores ask for.
//!
//! Every write first locks the rows of the creators it names, in the order of their keys. So writes to one creator take
//! turns, and what they read stays true until they commit; none of them deadlocks; and an erasure, which takes the same
//! lock before it removes the creator, finds everything that was written before it and lets nothing in after it.

pub mod exposure;
mod writing;

use super::{
    ledger::Ledger,
    model::{COUNT_NAMES, Counts, Outcome, Post, PostRef, Snapshot, Submission},
};
use crate::{
    creators::Platform,
    db::{Client, DbError, Pool, Tx},
    ids::{CreatorKey, PostKey},
};
use jiff::Timestamp;
use std::sync::Arc;
use tokio_postgres::Row;

/// A post that is there.
#[derive(Clone, Debug)]
pub struct StoredPost {
    /// The caller's id.
    pub post_id: String,
    /// Its key.
    pub key: PostKey,
    /// The post.
    pub post: Post,
    /// Its newest counts.
    pub metrics: Option<Snapshot>,
    /// Counts up with every change of the post or its counts.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it or its counts were changed last.
    pub updated_at: Timestamp,
}

/// Why there is no post, or none was changed.
#[derive(Debug)]
pub enum PostError<E> {
    /// The database.
    Database(DbError),
    /// The creator is not registered.
    NoCreator,
    /// The creator has no post of this id.
    NoPost,
    /// Other counts are stored as of the same time.
    MetricsConflict,
    /// Counts are stored from before the time of publication.
    CountedBeforePublication,
    /// The version that is there was refused.
    Refused(E),
}

impl<E> From<DbError> for PostError<E> {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// Where a page of posts begins: after the post of this time and key, newest first.
pub type Place = (Timestamp, PostKey);

const COLUMNS: &str = "p.post_key, p.post_id, p.published_at, p.platform, p.sponsored, p.brand, p.topics, p.version, \
    p.created_at, p.updated_at, m.as_of, m.views, m.reach, m.reach_non_followers, m.likes, m.comments, m.saves, m.shares";

/// What joins a post `p` to its newest counts. `offset 0` has them looked up by their whole key, post by post; joined
/// plainly, PostgreSQL may read all counts of the creator for every post.
const WITH_METRICS: &str = "left join lateral (
             select as_of, views, reach, reach_non_followers, likes, comments, saves, shares from post_metrics m
             where m.creator_key = p.creator_key and m.post_key = p.post_key and m.as_of = p.metrics_at offset 0
         ) m on true";

fn get_sql() -> String {
    format!(
        "/* posts::get */ select {COLUMNS}
         from creators c left join posts p on p.creator_key = c.creator_key and p.post_key = $2 {WITH_METRICS}
         where c.creator_key = $1"
    )
}

/// A post of a creator.
pub async fn get<E>(client: &Client, post_ref: PostRef) -> Result<StoredPost, PostError<E>> {
    found(client.query_opt(&get_sql(), &[&post_ref.0.0, &post_ref.1.0]).await?)
}

fn found<E>(row: Option<Row>) -> Result<StoredPost, PostError<E>> {
    let row = row.ok_or(PostError::NoCreator)?;
    if row.get::<_, Option<&str>>("post_id").is_none() {
        return Err(PostError::NoPost);
    }
    Ok(stored(&row)?)
}

/// Up to `limit` posts of a creator after a place, newest first; `None`: the creator is not registered.
pub async fn list(
    client: &Client,
    creator: CreatorKey,
    after: Option<Place>,
    limit: i64,
) -> Result<Option<Vec<StoredPost>>, DbError> {
    // Nothing is published that late.
    let (time, key) = after.unwrap_or((Timestamp::MAX, PostKey(i64::MAX)));
    let sql = format!(
        "/* posts::list */ select {COLUMNS}
         from posts p join creators c using (creator_key) {WITH_METRICS}
         where p.creator_key = $1 and (p.published_at, p.post_key) < ($2, $3)
         order by p.published_at desc, p.post_key desc limit $4"
    );
    let rows = client.query(&sql, &[&creator.0, &time, &key.0, &limit]).await?;
    if rows.is_empty() {
        let registered = "/* posts::list */ select 1 from creators where creator_key = $1";
        return Ok(client.query_opt(registered, &[&creator.0]).await?.map(|_| Vec::new()));
    }
    rows.iter().map(stored).collect::<Result<_, _>>().map(Some)
}

/// Up to `limit` snapshots of the counts of a post from before a time, newest first.
pub async fn history<E>(
    client: &Client,
    (creator, post): PostRef,
    before: Option<Timestamp>,
    limit: i64,
) -> Result<Vec<Snapshot>, PostError<E>> {
    let sql = "/* posts::history */
               select m.as_of, m.views, m.reach, m.reach_non_followers, m.likes, m.comments, m.saves, m.shares
               from creators c join post_metrics m using (creator_key)
               where m.creator_key = $1 and m.post_key = $2 and m.as_of < $3 order by m.as_of desc limit $4";
    let before = before.unwrap_or(Timestamp::MAX);
    let rows = client.query(sql, &[&creator.0, &post.0, &before, &limit]).await?;
    if rows.is_empty() {
        // Without counts, or not there at all.
        get(client, (creator, post)).await?;
    }
    Ok(rows.iter().filter_map(metrics).collect())
}

/// Makes or replaces a post, if `check` lets its present version go (`None`: it is new). What is there after that, and
/// whether it is new.
pub async fn put<E: Send>(
    pool: Pool,
    sent: Submission,
    check: impl FnOnce(Option<i64>) -> Result<(), E> + Send,
) -> Result<(StoredPost, bool), PostError<E>> {
    let tx = Tx::begin(&pool).await?;
    let done = put_in(&tx, &sent, check).await;
    ended(tx, done).await
}

async fn put_in<E>(
    tx: &Tx,
    sent: &Submission,
    check: impl FnOnce(Option<i64>) -> Result<(), E>,
) -> Result<(StoredPost, bool), PostError<E>> {
    let mut ledger = writing::open(tx, std::slice::from_ref(sent)).await?;
    if ledger.knows(sent.post_ref.0) {
        check(ledger.version(sent.post_ref)).map_err(PostError::Refused)?;
    }
    let created = match ledger.apply(sent) {
        Outcome::Created => true,
        Outcome::Replaced | Outcome::Unchanged => false,
        Outcome::MetricsConflict => return Err(PostError::MetricsConflict),
        Outcome::CountedBeforePublication => return Err(PostError::CountedBeforePublication),
        Outcome::UnknownCreator => return Err(PostError::NoCreator),
    };
    writing::write(tx, &ledger).await?;
    let post = found(tx.query_opt(&get_sql(), &[&sent.post_ref.0.0, &sent.post_ref.1.0]).await?)?;
    Ok((post, created))
}

/// Stores posts of any creators in one transaction of at most ten statements, each applied to what the one before left.
/// What became of each, in order; everything told is committed.
pub async fn store_all(pool: Pool, sent: Arc<Vec<Submission>>) -> Result<Vec<Outcome>, DbError> {
    if sent.is_empty() {
        return Ok(Vec::new());
    }
    let tx = Tx::begin(&pool).await?;
    let mut ledger: Ledger = writing::open(&tx, &sent).await?;
    let outcomes = sent.iter().map(|sent| ledger.apply(sent)).collect();
    writing::write(&tx, &ledger).await?;
    tx.commit().await?;
    Ok(outcomes)
}

/// Removes a post with its counts, if `check` lets its version go.
pub async fn delete<E: Send>(
    pool: Pool,
    post_ref: PostRef,
    check: impl FnOnce(i64) -> Result<(), E> + Send,
) -> Result<(), PostError<E>> {
    let tx = Tx::begin(&pool).await?;
    let done = delete_in(&tx, post_ref, check).await;
    ended(tx, done).await
}

async fn delete_in<E>(
    tx: &Tx,
    (creator, post): PostRef,
    check: impl FnOnce(i64) -> Result<(), E>,
) -> Result<(), PostError<E>> {
    if writing::lock_creators(tx, &[creator.0]).await?.is_empty() {
        return Err(PostError::NoCreator);
    }
    let present = "/* posts::delete */ select version, topics <> '{}' and not sponsored as tells from posts where creator_key = $1 and post_key = $2";
    let row = tx.query_opt(present, &[&creator.0, &post.0]).await?.ok_or(PostError::NoPost)?;
    check(row.get(0)).map_err(PostError::Refused)?;
    for table in ["post_metrics", "posts"] {
        let sql = format!("/* posts::delete */ delete from {table} where creator_key = $1 and post_key = $2");
        tx.execute(&sql, &[&creator.0, &post.0]).await?;
    }
    crate::sponsorship::store::mark(tx, creator).await?;
    if row.get("tells") {
        crate::topics::store::enqueue(tx, &[creator]).await?;
    }
    Ok(crate::scores::store::enqueue(tx, &[creator]).await?)
}

/// Commits what was done, or gives up what was refused.
async fn ended<T, E>(tx: Tx, done: Result<T, PostError<E>>) -> Result<T, PostError<E>> {
    match done {
        Ok(done) => {
            tx.commit().await?;
            Ok(done)
        }
        Err(PostError::Database(error)) => Err(error.into()),
        Err(refused) => {
            tx.rollback().await?;
            Err(refused)
        }
    }
}

fn stored(row: &Row) -> Result<StoredPost, DbError> {
    Ok(StoredPost {
        post_id: row.get("post_id"),
        key: PostKey(row.get("post_key")),
        post: post(row)?,
        metrics: metrics(row),
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

fn post(row: &Row) -> Result<Post, DbError> {
    Ok(Post {
        published_at: row.get("published_at"),
        platform: platform(row)?,
        topics: row.get("topics"),
        sponsored: row.get("sponsored"),
        brand: row.get("brand"),
    })
}

fn platform(row: &Row) -> Result<Platform, DbError> {
    let code: i16 = row.get("platform");
    Platform::from_code(code).ok_or_else(|| DbError::Damaged(format!("a post on platform {code}")))
}

fn metrics(row: &Row) -> Option<Snapshot> {
    let as_of: Option<Timestamp> = row.get("as_of");
    as_of.map(|as_of| Snapshot { as_of, counts: counts(row) })
}

fn counts(row: &Row) -> Counts {
    Counts::from_values(COUNT_NAMES.map(|name| row.get(name)))
}
