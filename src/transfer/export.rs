//! Writing what is stored as NDJSON, page by page, so that the size of a tenant costs time and no memory.

use super::{
    lines::{CreatorLine, EventLine, PostLine},
    store::{self, Place, StoredEvent, StoredPost},
};
use crate::{
    creators::store::{self as creators, StoredCreator},
    db::{Client, DbError, Pool},
    ids::{CreatorKey, TenantId},
};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use std::{collections::VecDeque, io::Write};
use uuid::Uuid;

/// Creators on a page. More: memory; fewer: more round trips.
const CREATORS: i64 = 500;
/// Creators whose events or posts are read at once, and how many of each. More: memory; fewer: more round trips.
const READ_AT_ONCE: usize = 100;
const OF_EACH: usize = 200;

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The output.
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
    /// A line cannot be made.
    #[error("cannot write: {0}")]
    Line(#[from] serde_json::Error),
}

/// Writes a tenant's creators; how many lines.
pub async fn write_creators(pool: &Pool, tenant: TenantId, out: &mut impl Write) -> Result<u64, ExportError> {
    let (mut pages, mut count) = (Pages::new(pool, tenant), 0);
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            out.flush()?;
            return Ok(count);
        }
        for creator in page {
            write_line(out, &CreatorLine::from(creator))?;
            count += 1;
        }
    }
}

/// Writes the events of a tenant's creators; how many lines.
pub async fn write_events(pool: &Pool, tenant: TenantId, out: &mut impl Write) -> Result<u64, ExportError> {
    write_each::<StoredEvent>(pool, tenant, out).await
}

/// Writes the posts of a tenant's creators, a line for each time from which there are counts; how many lines.
pub async fn write_posts(pool: &Pool, tenant: TenantId, out: &mut impl Write) -> Result<u64, ExportError> {
    write_each::<StoredPost>(pool, tenant, out).await
}

/// What a creator has many of.
trait Item: Sized {
    /// Where one is among those of its creator.
    type Place: Copy;

    /// Before the first one.
    fn first(creator: CreatorKey) -> Self::Place;

    /// Where this one is.
    fn place(&self) -> Self::Place;

    /// Writes its line, with the id of its creator.
    fn write(&self, creator_id: &str, out: &mut impl Write) -> Result<(), ExportError>;

    /// Those next after each of these places, at most so many after each, with the index of the place.
    async fn next(
        client: &Client,
        places: &[Self::Place],
        of_each: usize,
    ) -> Result<Vec<(usize, Self)>, DbError>;
}

macro_rules! item {
    ($item:ty, $line:ident, $key:ty, $time:ty, $first:ident, $next:ident) => {
        impl Item for $item {
            type Place = Place<$key, $time>;

            fn first(creator: CreatorKey) -> Self::Place {
                Place::$first(creator)
            }

            fn place(&self) -> Self::Place {
                self.place
            }

            fn write(&self, creator_id: &str, out: &mut impl Write) -> Result<(), ExportError> {
                write_line(out, &$line::new(creator_id, self))
            }

            async fn next(
                client: &Client,
                places: &[Self::Place],
                of_each: usize,
            ) -> Result<Vec<(usize, Self)>, DbError> {
                store::$next(client, places, of_each).await
            }
        }
    };
}

item!(StoredEvent, EventLine, Uuid, Date, before_events, next_events);
item!(StoredPost, PostLine, i64, Timestamp, before_posts, next_posts);

/// A creator whose items are being written.
struct Reading<P> {
    creator_id: String,
    after: P,
}

async fn write_each<T: Item>(
    pool: &Pool,
    tenant: TenantId,
    out: &mut impl Write,
) -> Result<u64, ExportError> {
    let (mut pages, mut count) = (Pages::new(pool, tenant), 0);
    let mut waiting: VecDeque<Reading<T::Place>> = VecDeque::new();
    loop {
        if waiting.len() < READ_AT_ONCE {
            waiting.extend(pages.next().await?.into_iter().map(|StoredCreator { creator_id, .. }| {
                let after = T::first(CreatorKey::derive(tenant, &creator_id));
                Reading { creator_id, after }
            }));
        }
        if waiting.is_empty() {
            out.flush()?;
            return Ok(count);
        }
        let readings = waiting.drain(..waiting.len().min(READ_AT_ONCE)).collect();
        let (written, more) = write_next::<T>(pool, readings, out).await?;
        count += written;
        waiting.extend(more);
    }
}

/// Writes the next items of these creators: how many, and the creators who may have more.
async fn write_next<T: Item>(
    pool: &Pool,
    mut readings: Vec<Reading<T::Place>>,
    out: &mut impl Write,
) -> Result<(u64, impl Iterator<Item = Reading<T::Place>>), ExportError> {
    let places: Vec<T::Place> = readings.iter().map(|reading| reading.after).collect();
    let items = T::next(&pool.get().await?, &places, OF_EACH).await?;
    let written = items.len() as u64;
    let mut read = vec![0; readings.len()];
    for (index, item) in items {
        item.write(&readings[index].creator_id, out)?;
        readings[index].after = item.place();
        read[index] += 1;
    }
    let more = readings.into_iter().zip(read).filter(|(_, read)| *read == OF_EACH);
    Ok((written, more.map(|(reading, _)| reading)))
}

/// Pages of a tenant's creators, in the order of their ids.
struct Pages<'a> {
    pool: &'a Pool,
    tenant: TenantId,
    after: Option<String>,
}

impl<'a> Pages<'a> {
    fn new(pool: &'a Pool, tenant: TenantId) -> Self {
        Self { pool, tenant, after: Some(String::new()) }
    }

    /// The next page; empty after the last one.
    async fn next(&mut self) -> Result<Vec<StoredCreator>, DbError> {
        let Some(after) = &self.after else { return Ok(Vec::new()) };
        let page = creators::list(&self.pool.get().await?, self.tenant, after, CREATORS).await?;
        self.after = page.last().map(|last| last.creator_id.clone());
        Ok(page)
    }
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> Result<(), ExportError> {
    serde_json::to_writer(&mut *out, line)?;
    Ok(out.write_all(b"\n")?)
}
