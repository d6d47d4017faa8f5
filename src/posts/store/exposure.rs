//! SQL of exposure, and of the signs of life that posts are.

use super::{
    super::exposure::{EXPOSURE_DAYS, EXPOSURE_POSTS, Exposure, Median, RecentPost},
    COLUMNS, WITH_METRICS, metrics, platform,
};
use crate::{
    creators::{Account, model::audience},
    db::{DbError, Tx},
    ids::{CreatorKey, TenantId},
    relationships::days::{Day, date_of, day_of},
};
use jiff::civil::Date;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// Columns of exposure, as [`stored`] reads them; every column of the table is prefixed with `x.`.
pub const EXPOSURE_COLUMNS: &str = "x.posts, x.sponsored_posts, x.engagement_rate, x.engagement_rate_posts, \
    x.reach_per_follower, x.reach_per_follower_posts, x.non_follower_share, x.non_follower_share_posts";

/// First and last day with a sign of life in the posts of these creators, as far as they have any. Counts are never
/// older than their post.
pub async fn feed_windows(
    tx: &Tx,
    creators: &[CreatorKey],
) -> Result<HashMap<CreatorKey, (Day, Day)>, DbError> {
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let sql = "/* posts::feed_windows */
               select creator_key, (min(published_at) at time zone 'UTC')::date,
                      (max(greatest(published_at, metrics_at)) at time zone 'UTC')::date
               from unnest((select $1::uuid[])) as wanted (creator_key) join posts using (creator_key)
               group by creator_key";
    let day = |row: &Row, place: usize| day_of(row.get::<_, Date>(place));
    let rows = tx.query(sql, &[&keys]).await?;
    Ok(rows.iter().map(|row| (CreatorKey(row.get(0)), (day(row, 1), day(row, 2)))).collect())
}

/// A creator whose exposure is computed.
pub struct Exposed<'a> {
    /// Who.
    pub creator: CreatorKey,
    /// Whose.
    pub tenant: TenantId,
    /// Where its followers are.
    pub accounts: &'a [Account],
    /// Last day of its observed window; `None`: it has no posts.
    pub end: Option<Day>,
}

/// Computes the exposure of creators anew and stores what changed.
pub async fn renew(tx: &Tx, all: &[Exposed<'_>]) -> Result<(), DbError> {
    let mut computed = Vec::new();
    for exposed in all {
        if let Some(end) = exposed.end {
            let recent = recent(tx, exposed.creator, end).await?;
            let followers = |platform| audience(exposed.accounts, |own| own == platform);
            computed.push((exposed, Exposure::of(&recent, followers)));
        }
    }
    let without = all.iter().filter(|exposed| exposed.end.is_none());
    remove(tx, without.map(|exposed| exposed.creator.0).collect()).await?;
    write(tx, &computed).await
}

async fn recent(tx: &Tx, creator: CreatorKey, end: Day) -> Result<Vec<RecentPost>, DbError> {
    let sql = format!(
        "/* posts::recent */ select {COLUMNS} from posts p {WITH_METRICS}
         where p.creator_key = $1 and p.published_at >= $2::date::timestamp at time zone 'UTC'
         order by p.published_at desc, p.post_key desc limit $3"
    );
    let first = date_of(end.saturating_sub(EXPOSURE_DAYS - 1));
    let rows = tx.query(&sql, &[&creator.0, &first, &EXPOSURE_POSTS]).await?;
    let recent = |row: &Row| {
        let counts = metrics(row).map(|metrics| metrics.counts);
        Ok(RecentPost { platform: platform(row)?, sponsored: row.get("sponsored"), counts })
    };
    rows.iter().map(recent).collect()
}

async fn remove(tx: &Tx, creators: Vec<Uuid>) -> Result<(), DbError> {
    let sql = "/* posts::remove_exposure */ delete from creator_exposure where creator_key = any($1)";
    if !creators.is_empty() {
        tx.execute(sql, &[&creators]).await?;
    }
    Ok(())
}

type Computed<'a> = (&'a Exposed<'a>, Exposure);

fn column<T>(computed: &[Computed<'_>], pick: impl Fn(&Exposure) -> T) -> Vec<T> {
    computed.iter().map(|(_, exposure)| pick(exposure)).collect()
}

async fn write(tx: &Tx, computed: &[Computed<'_>]) -> Result<(), DbError> {
    if computed.is_empty() {
        return Ok(());
    }
    let value =
        |pick: fn(&Exposure) -> Option<Median>| column(computed, |row| pick(row).map(|median| median.value));
    let posts = |pick: fn(&Exposure) -> Option<Median>| {
        column(computed, |row| pick(row).map_or(0, |median| median.posts))
    };
    tx.execute(
        include_str!("write_exposure.sql"),
        &[
            &computed.iter().map(|(exposed, _)| exposed.creator.0).collect::<Vec<Uuid>>(),
            &computed.iter().map(|(exposed, _)| exposed.tenant.0).collect::<Vec<i32>>(),
            &column(computed, |row| row.posts),
            &column(computed, |row| row.sponsored_posts),
            &value(|row| row.engagement_rate),
            &posts(|row| row.engagement_rate),
            &value(|row| row.reach_per_follower),
            &posts(|row| row.reach_per_follower),
            &value(|row| row.non_follower_share),
            &posts(|row| row.non_follower_share),
        ],
    )
    .await?;
    Ok(())
}

/// Exposure from the columns of [`EXPOSURE_COLUMNS`]; `None` when the outer join found none.
#[must_use]
pub fn stored(row: &Row) -> Option<Exposure> {
    let posts: Option<i32> = row.get("posts");
    let median = |value: &str, posts: &str| {
        let value: Option<f64> = row.get(value);
        value.map(|value| Median { value, posts: row.get(posts) })
    };
    Some(Exposure {
        posts: posts?,
        sponsored_posts: row.get("sponsored_posts"),
        engagement_rate: median("engagement_rate", "engagement_rate_posts"),
        reach_per_follower: median("reach_per_follower", "reach_per_follower_posts"),
        non_follower_share: median("non_follower_share", "non_follower_share_posts"),
    })
}
