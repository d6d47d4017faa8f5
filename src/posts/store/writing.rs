//! SQL of the ledger: reading what is there for what was sent, and writing what became of it.

use super::{
    super::{
        ledger::{Counted, Ledger, Present},
        model::{Counts, PostRef, Submission},
    },
    counts, post,
};
use crate::{
    db::{DbError, Tx},
    ids::{CreatorKey, PostKey},
};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio_postgres::Row;
use uuid::Uuid;

/// What is there of the creators, posts and counts that are named. The creators stay locked until the transaction ends.
pub(super) async fn open(tx: &Tx, sent: &[Submission]) -> Result<Ledger, DbError> {
    let named: BTreeSet<PostRef> = sent.iter().map(|sent| sent.post_ref).collect();
    let creators: BTreeSet<CreatorKey> = named.iter().map(|post_ref| post_ref.0).collect();
    let creators: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let times: BTreeSet<(PostRef, Timestamp)> =
        sent.iter().filter_map(|sent| sent.metrics.map(|metrics| (sent.post_ref, metrics.as_of))).collect();
    let creators = lock_creators(tx, &creators).await?;
    Ok(Ledger::new(creators, present(tx, &named).await?, present_counts(tx, &times).await?))
}

/// Locks the creators among these, in the order of their keys, against other writes of posts and against erasure.
pub(super) async fn lock_creators(tx: &Tx, creators: &[Uuid]) -> Result<HashSet<CreatorKey>, DbError> {
    let sql = "/* posts::lock_creators */
               select creator_key from creators where creator_key = any($1) order by creator_key for no key update";
    Ok(tx.query(sql, &[&creators]).await?.iter().map(|row| CreatorKey(row.get(0))).collect())
}

async fn present(tx: &Tx, named: &BTreeSet<PostRef>) -> Result<HashMap<PostRef, Present>, DbError> {
    let (creators, posts) = keys(named.iter());
    let rows = tx
        .query(
            "/* posts::present */
             select p.creator_key, p.post_key, p.published_at, p.platform, p.sponsored, p.brand, p.topics, p.version,
                    (select min(as_of) from post_metrics m
                     where m.creator_key = p.creator_key and m.post_key = p.post_key) as first_at, p.metrics_at,
                    p.snapshots
             from unnest((select $1::uuid[]), (select $2::int8[])) as wanted (creator_key, post_key)
             join posts p on p.creator_key = wanted.creator_key and p.post_key = wanted.post_key",
            &[&creators, &posts],
        )
        .await?;
    rows.iter().map(|row| Ok((post_ref(row), present_post(row)?))).collect()
}

fn present_post(row: &Row) -> Result<Present, DbError> {
    let (first, newest): (Option<Timestamp>, Option<Timestamp>) =
        (row.get("first_at"), row.get("metrics_at"));
    let counted = first.zip(newest);
    let counted = counted.map(|(first, newest)| Counted { first, newest, snapshots: row.get("snapshots") });
    Ok(Present { post: post(row)?, version: Some(row.get("version")), counted })
}

async fn present_counts(
    tx: &Tx,
    times: &BTreeSet<(PostRef, Timestamp)>,
) -> Result<HashMap<(PostRef, Timestamp), Counts>, DbError> {
    if times.is_empty() {
        return Ok(HashMap::new());
    }
    let (creators, posts) = keys(times.iter().map(|key| &key.0));
    let as_of: Vec<Timestamp> = times.iter().map(|key| key.1).collect();
    let rows = tx
        .query(
            "/* posts::present_counts */
             select creator_key, post_key, as_of, views, reach, reach_non_followers, likes, comments, saves, shares
             from unnest((select $1::uuid[]), (select $2::int8[]), (select $3::timestamptz[]))
                 as wanted (creator_key, post_key, as_of)
             join post_metrics using (creator_key, post_key, as_of)",
            &[&creators, &posts, &as_of],
        )
        .await?;
    Ok(rows.iter().map(|row| ((post_ref(row), row.get("as_of")), counts(row))).collect())
}

fn keys<'a>(named: impl Iterator<Item = &'a PostRef>) -> (Vec<Uuid>, Vec<i64>) {
    named.map(|(creator, post)| (creator.0, post.0)).unzip()
}

fn post_ref(row: &Row) -> PostRef {
    (CreatorKey(row.get("creator_key")), PostKey(row.get("post_key")))
}

/// Writes what changed, and asks for the statistics of the creators to be computed anew.
pub(super) async fn write(tx: &Tx, ledger: &Ledger) -> Result<(), DbError> {
    let touched: Vec<CreatorKey> = ledger.touched().into_iter().collect();
    if touched.is_empty() {
        return Ok(());
    }
    write_posts(tx, ledger).await?;
    write_counts(tx, ledger).await?;
    thin(tx, ledger).await?;
    let retold: Vec<CreatorKey> = ledger.retold().iter().copied().collect();
    crate::topics::store::enqueue(tx, &retold).await?;
    crate::scores::store::enqueue(tx, &touched).await
}

async fn write_posts(tx: &Tx, ledger: &Ledger) -> Result<(), DbError> {
    let (refs, rest): (Vec<PostRef>, Vec<(&str, &Present)>) =
        ledger.changed().map(|(post_ref, id, present)| (post_ref, (id, present))).unzip();
    let (creators, posts) = keys(refs.iter());
    let ids: Vec<&str> = rest.iter().map(|row| row.0).collect();
    let kept: Vec<&Present> = rest.iter().map(|row| row.1).collect();
    tx.execute(
        include_str!("write_posts.sql"),
        &[
            &creators,
            &posts,
            &ids,
            &kept.iter().map(|row| row.post.published_at).collect::<Vec<_>>(),
            &kept.iter().map(|row| row.post.platform.code()).collect::<Vec<_>>(),
            &kept.iter().map(|row| row.post.sponsored).collect::<Vec<_>>(),
            &kept.iter().map(|row| row.post.brand.as_deref()).collect::<Vec<_>>(),
            // An array of arrays would be flattened; topics hold no line breaks.
            &kept.iter().map(|row| row.post.topics.join("\n")).collect::<Vec<_>>(),
            &kept.iter().map(|row| row.counted.map(|counted| counted.newest)).collect::<Vec<_>>(),
            &kept.iter().map(|row| row.counted.map_or(0, |counted| counted.snapshots)).collect::<Vec<_>>(),
        ],
    )
    .await?;
    Ok(())
}

async fn write_counts(tx: &Tx, ledger: &Ledger) -> Result<(), DbError> {
    let added: Vec<(PostRef, Timestamp, &Counts)> = ledger.added().collect();
    if added.is_empty() {
        return Ok(());
    }
    let (creators, posts) = keys(added.iter().map(|row| &row.0));
    let times: Vec<Timestamp> = added.iter().map(|row| row.1).collect();
    let column =
        |place: usize| -> Vec<Option<i64>> { added.iter().map(|row| row.2.values()[place]).collect() };
    let [views, reach, reach_non_followers, likes, comments, saves, shares] =
        [0, 1, 2, 3, 4, 5, 6].map(column);
    tx.execute(
        "/* posts::write_counts */
         insert into post_metrics (creator_key, post_key, as_of, views, reach, reach_non_followers, likes, comments,
                                   saves, shares)
         select * from unnest($1::uuid[], $2::int8[], $3::timestamptz[], $4::int8[], $5::int8[], $6::int8[], $7::int8[],
                              $8::int8[], $9::int8[], $10::int8[])",
        &[&creators, &posts, &times, &views, &reach, &reach_non_followers, &likes, &comments, &saves, &shares],
    )
    .await?;
    Ok(())
}

/// Most snapshots of a post; one more, and those that are not among the newest [`INTACT`] are thinned out to about
/// [`SPARSE`], evenly and with the first of all, so that the past of a post gets coarser and never ends. Higher: tables
/// grow with callers who ask platforms often; lower: the course of a post is told less finely.
const MOST_SNAPSHOTS: i32 = 500;
const INTACT: i64 = 250;
const SPARSE: i64 = 126;

async fn thin(tx: &Tx, ledger: &Ledger) -> Result<(), DbError> {
    let crowded =
        |present: &Present| present.counted.is_some_and(|counted| counted.snapshots > MOST_SNAPSHOTS);
    let crowded = ledger.changed().filter(|(_, _, present)| crowded(present)).map(|(post_ref, ..)| post_ref);
    let crowded: Vec<PostRef> = crowded.collect();
    if crowded.is_empty() {
        return Ok(());
    }
    let (creators, posts) = keys(crowded.iter());
    tx.execute(include_str!("thin.sql"), &[&creators, &posts, &INTACT, &SPARSE]).await?;
    Ok(())
}
