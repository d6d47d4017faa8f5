//! SQL of annotations.

use super::model::{Annotation, Decision, MAX_ANNOTATIONS, Period};
use crate::{
    db::{Client, DbError, Pool, Tx},
    ids::CreatorKey,
    relationships::days::{Day, day_of},
    scores::store::enqueue,
};
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// Why an annotation is not stored.
#[derive(Debug)]
pub enum AnnotateError {
    /// The database.
    Database(DbError),
    /// The creator is not registered.
    UnknownCreator,
    /// It has as many as it may.
    TooMany,
    /// It has none of this id.
    NotFound,
}

impl From<DbError> for AnnotateError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

const COLUMNS: &str = "annotation_id, from_day, to_day, reason, status, created_at, decided_at";

/// Makes an annotation, open.
pub(super) async fn add(
    pool: Pool,
    creator: CreatorKey,
    period: Period,
) -> Result<Annotation, AnnotateError> {
    let tx = Tx::begin(&pool).await?;
    hold(&tx, creator).await?;
    let count = "/* annotations::add */ select count(*) from annotations where creator_key = $1";
    if tx.query(count, &[&creator.0]).await?[0].get::<_, i64>(0) >= MAX_ANNOTATIONS {
        tx.rollback().await?;
        return Err(AnnotateError::TooMany);
    }
    let sql = format!(
        "/* annotations::add */ insert into annotations (creator_key, from_day, to_day, reason)
         values ($1, $2, $3, $4) returning {COLUMNS}"
    );
    let rows = tx.query(&sql, &[&creator.0, &period.days.0, &period.days.1, &period.reason]).await?;
    let annotation = annotation(&rows[0])?;
    tx.commit().await?;
    Ok(annotation)
}

/// Decides on an annotation, and asks for its creator to be summed up anew.
pub(super) async fn decide(
    pool: Pool,
    creator: CreatorKey,
    id: Uuid,
    decision: Decision,
) -> Result<Annotation, AnnotateError> {
    let tx = Tx::begin(&pool).await?;
    hold(&tx, creator).await?;
    let sql = format!(
        "/* annotations::decide */ update annotations set status = $3, decided_at = case when $3::int2 <> 0 then now() end
         where creator_key = $1 and annotation_id = $2 returning {COLUMNS}"
    );
    let Some(row) = tx.query_opt(&sql, &[&creator.0, &id, &(decision as i16)]).await? else {
        tx.rollback().await?;
        return Err(AnnotateError::NotFound);
    };
    let annotation = annotation(&row)?;
    enqueue(&tx, &[creator]).await?;
    tx.commit().await?;
    Ok(annotation)
}

/// Holds the creator's row, so that it cannot be erased meanwhile.
async fn hold(tx: &Tx, creator: CreatorKey) -> Result<(), AnnotateError> {
    let sql = "/* annotations::hold */ select 1 from creators where creator_key = $1 for share";
    tx.query_opt(sql, &[&creator.0]).await?.map(drop).ok_or(AnnotateError::UnknownCreator)
}

/// The annotations of a creator, newest period first; `None`: it is not registered.
pub async fn of_creator(client: &Client, creator: CreatorKey) -> Result<Option<Vec<Annotation>>, DbError> {
    let known = "/* annotations::of_creator */ select 1 from creators where creator_key = $1";
    if client.query_opt(known, &[&creator.0]).await?.is_none() {
        return Ok(None);
    }
    let sql = format!(
        "/* annotations::of_creator */ select {COLUMNS} from annotations
         where creator_key = $1 order by from_day desc, annotation_id"
    );
    client.query(&sql, &[&creator.0]).await?.iter().map(annotation).collect::<Result<_, _>>().map(Some)
}

/// The accepted periods of creators, as far as there are any: first and last day of each.
pub async fn accepted(
    tx: &Tx,
    creators: &[CreatorKey],
) -> Result<HashMap<CreatorKey, Vec<(Day, Day)>>, DbError> {
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let sql = "/* annotations::accepted */
               select creator_key, from_day, to_day from annotations where creator_key = any ($1) and status = 1";
    let mut accepted: HashMap<CreatorKey, Vec<(Day, Day)>> = HashMap::new();
    for row in tx.query(sql, &[&keys]).await? {
        let days = (day_of(row.get(1)), day_of(row.get(2)));
        accepted.entry(CreatorKey(row.get(0))).or_default().push(days);
    }
    Ok(accepted)
}

fn annotation(row: &Row) -> Result<Annotation, DbError> {
    let code: i16 = row.get("status");
    let status = Decision::from_code(code)
        .ok_or_else(|| DbError::Damaged(format!("an annotation has no status {code}")))?;
    Ok(Annotation {
        id: row.get("annotation_id"),
        period: Period { days: (row.get("from_day"), row.get("to_day")), reason: row.get("reason") },
        status,
        created_at: row.get("created_at"),
        decided_at: row.get("decided_at"),
    })
}
