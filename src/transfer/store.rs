//! SQL of exports.

use crate::{
    db::{Client, DbError},
    ids::CreatorKey,
    posts::model::{COUNT_NAMES, Counts},
};
use jiff::{Timestamp, civil::Date};
use tokio_postgres::Row;
use uuid::Uuid;

/// Up to where something of a creator was read: those of lower keys, and of this key up to this day or time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<K, T> {
    creator: CreatorKey,
    key: K,
    time: T,
}

impl Place<Uuid, Date> {
    /// Before a creator's first event.
    pub(super) fn before_events(creator: CreatorKey) -> Self {
        Self { creator, key: Uuid::nil(), time: Date::constant(1, 1, 1) }
    }
}

impl Place<i64, Timestamp> {
    /// Before a creator's first post.
    pub(super) fn before_posts(creator: CreatorKey) -> Self {
        // The first second of the common era.
        Self { creator, key: i64::MIN, time: Timestamp::constant(-62_135_596_800, 0) }
    }
}

/// An event as it is stored.
pub(super) struct StoredEvent {
    pub(super) place: Place<Uuid, Date>,
    pub(super) event: Uuid,
    pub(super) kind: i16,
    pub(super) platform: Option<i16>,
    pub(super) substance: Option<i16>,
    pub(super) verified: bool,
    pub(super) currency: Option<String>,
    pub(super) occurred_at: Timestamp,
    pub(super) received_at: Timestamp,
    pub(super) engager: i64,
    pub(super) post: Option<i64>,
    pub(super) reference: Option<Uuid>,
    pub(super) amount: Option<i64>,
}

/// A post with its counts as of a time.
pub(super) struct StoredPost {
    pub(super) place: Place<i64, Timestamp>,
    pub(super) post_id: String,
    pub(super) published_at: Timestamp,
    pub(super) platform: i16,
    pub(super) topics: Vec<String>,
    pub(super) sponsored: bool,
    pub(super) brand: Option<String>,
    pub(super) as_of: Option<Timestamp>,
    pub(super) counts: Counts,
}

/// The next events after each of these places, at most `of_each` after each, with the index of the place.
pub(super) async fn next_events(
    client: &Client,
    places: &[Place<Uuid, Date>],
    of_each: usize,
) -> Result<Vec<(usize, StoredEvent)>, DbError> {
    let sql = "/* transfer::next_events */
        select place, creator_key, event_key, occurred_on, kind, platform, substance, verified, currency, occurred_at,
               received_at, engager_key, post_key, reference_key, amount
        from unnest($1::uuid[], $2::uuid[], $3::date[]) with ordinality as after (creator, key, day, place)
        cross join lateral (
            select * from events e where e.creator_key = creator and (e.event_key, e.occurred_on) > (key, day)
            order by e.event_key, e.occurred_on limit $4
        ) next
        order by place, event_key, occurred_on";
    read(client, sql, places, of_each, event).await
}

/// The next posts after each of these places, each once for every time from which there are counts, or once without.
pub(super) async fn next_posts(
    client: &Client,
    places: &[Place<i64, Timestamp>],
    of_each: usize,
) -> Result<Vec<(usize, StoredPost)>, DbError> {
    let sql = "/* transfer::next_posts */
        select place, next.*
        from unnest($1::uuid[], $2::int8[], $3::timestamptz[]) with ordinality as after (creator, key, time, place)
        cross join lateral (
            select p.creator_key, p.post_key, p.post_id, p.published_at, p.platform, p.topics, p.sponsored, p.brand, m.as_of,
                   m.views, m.reach, m.reach_non_followers, m.likes, m.comments, m.saves, m.shares
            from posts p left join post_metrics m
                 on m.creator_key = creator and m.post_key = p.post_key and m.post_key >= key
            where p.creator_key = creator and p.post_key >= key
              and (p.post_key > key or m.as_of > time)
            order by p.post_key, m.as_of limit $4
        ) next
        order by place, post_key, as_of";
    read(client, sql, places, of_each, post).await
}

async fn read<K: Copy, T: Copy, I>(
    client: &Client,
    sql: &str,
    places: &[Place<K, T>],
    of_each: usize,
    item: fn(&Row) -> I,
) -> Result<Vec<(usize, I)>, DbError>
where
    Vec<K>: tokio_postgres::types::ToSql + Sync,
    Vec<T>: tokio_postgres::types::ToSql + Sync,
{
    let creators: Vec<Uuid> = places.iter().map(|place| place.creator.0).collect();
    let keys: Vec<K> = places.iter().map(|place| place.key).collect();
    let times: Vec<T> = places.iter().map(|place| place.time).collect();
    let limit = i64::try_from(of_each).unwrap_or(i64::MAX);
    let rows = client.query(sql, &[&creators, &keys, &times, &limit]).await?;
    let indexed = |row: &Row| {
        // Counted from 1 by the statement.
        let index = usize::try_from(row.get::<_, i64>(0) - 1);
        let index = index.map_err(|_| DbError::Damaged("a place has no index".into()))?;
        Ok((index, item(row)))
    };
    rows.iter().map(indexed).collect()
}

fn event(row: &Row) -> StoredEvent {
    StoredEvent {
        place: Place { creator: CreatorKey(row.get(1)), key: row.get(2), time: row.get(3) },
        event: row.get(2),
        kind: row.get(4),
        platform: row.get(5),
        substance: row.get(6),
        verified: row.get(7),
        currency: row.get(8),
        occurred_at: row.get(9),
        received_at: row.get(10),
        engager: row.get(11),
        post: row.get(12),
        reference: row.get(13),
        amount: row.get(14),
    }
}

fn post(row: &Row) -> StoredPost {
    let creator = CreatorKey(row.get("creator_key"));
    let as_of: Option<Timestamp> = row.get("as_of");
    // A post without counts has one line, and none comes after it.
    let time = as_of.unwrap_or(Timestamp::MAX);
    StoredPost {
        place: Place { creator, key: row.get("post_key"), time },
        post_id: row.get("post_id"),
        published_at: row.get("published_at"),
        platform: row.get("platform"),
        topics: row.get("topics"),
        sponsored: row.get("sponsored"),
        brand: row.get("brand"),
        as_of,
        counts: Counts::from_values(COUNT_NAMES.map(|name| row.get(name))),
    }
}
