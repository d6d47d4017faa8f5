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
            let counted = count(pool, some).await;
            let written = store::write(&pool.get().await?, &counted).await?;
            if written < counted.len() as u64 {
                tracing::info!(
                    counted = counted.len(),
                    written,
                    "creators were claimed anew or erased meanwhile"
                );
            }
        }
        tracing::info!(creators = due.len(), "conversations counted");
    }
}

/// Counts the conversations of these creators, of those of whom it can be done. One creator's trouble, or one connection that
/// does not become free, must not keep the others back; it is claimed, and tried again in an hour. When nothing can be done
/// any more, writing says so.
async fn count<'a>(pool: &Pool, due: &'a [Due]) -> Vec<(&'a Due, Threads)> {
    let mut counted = Vec::new();
    for creator in due {
        match count_one(pool, creator).await {
            Ok(threads) => counted.push((creator, threads)),
            Err(error) => tracing::warn!(%error, creator = %creator.key.0, "conversations not counted"),
        }
    }
    counted
}

async fn count_one(pool: &Pool, creator: &Due) -> Result<Threads, DbError> {
    let acts = store::acts(&pool.get().await?, creator).await?;
    Ok(Threads::of(&acts))
}
