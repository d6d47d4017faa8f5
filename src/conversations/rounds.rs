//! Rounds: the conversations of creators of whom somebody talked since the last look are counted anew, each at most once in
//! an hour.

use super::{
    Threads,
    store::{self, Due},
};
use crate::db::{DbError, Pool};

/// Creators whose conversations are written with one statement.
const WRITTEN: usize = 100;

/// Counts the conversations of all creators whose time has come.
///
/// Finding them costs one pass over the statistics, however few there are: a second and a half for a million. Each of them
/// costs a walk down the index of raw events through all of its acts of 90 days, likes and views included (a millisecond for a
/// hundred, a third of a second for a million), and memory for its comments, replies and answers. Raw events of others are
/// not touched.
pub async fn count_all(pool: &Pool) -> Result<(), DbError> {
    loop {
        let due = store::claim(&pool.get().await?).await?;
        if due.is_empty() {
            return Ok(());
        }
        for some in due.chunks(WRITTEN) {
            let counted = count(pool, some).await?;
            store::write(&pool.get().await?, &counted).await?;
        }
        tracing::info!(creators = due.len(), "conversations counted");
    }
}

async fn count<'a>(pool: &Pool, due: &'a [Due]) -> Result<Vec<(&'a Due, Threads)>, DbError> {
    let mut counted = Vec::new();
    for creator in due {
        // One creator's trouble must not keep the others back; it is claimed, and tried again in an hour.
        match store::acts(&pool.get().await?, creator).await {
            Ok(acts) => counted.push((creator, Threads::of(&acts))),
            Err(error) => tracing::warn!(%error, creator = %creator.key.0, "conversations not counted"),
        }
    }
    Ok(counted)
}
