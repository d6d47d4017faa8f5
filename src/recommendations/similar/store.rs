//! SQL of similar creators.

use super::people::{MOST, People};
use crate::{
    db::{Client, DbError},
    ids::CreatorKey,
};
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// The people of these creators with keys below a bound each, a stretch of the primary key: no more is read than is taken,
/// however many people a creator has.
pub(super) async fn people(
    client: &Client,
    creators: &[(CreatorKey, Option<i64>)],
) -> Result<HashMap<CreatorKey, People>, DbError> {
    let sql = "/* similar::people */
        select below, creator_key,
               array(select r.engager_key from relationships r
                     where r.creator_key = wanted.creator_key and r.engager_key < coalesce(below, 9223372036854775807)
                       and r.engager_key <> 0 and r.active_days <> '' order by r.engager_key limit $3) as people,
               array(select (account ->> 'engager_key')::bigint
                     from creators c cross join jsonb_array_elements(c.accounts) as account
                     where c.creator_key = wanted.creator_key and account ? 'engager_key') as own
        from unnest($1::uuid[], $2::int8[]) as wanted (creator_key, below)";
    let (keys, bounds): (Vec<Uuid>, Vec<Option<i64>>) =
        creators.iter().map(|(creator, bound)| (creator.0, *bound)).unzip();
    let rows = client.query(sql, &[&keys, &bounds, &i64::from(MOST)]).await?;
    let people = |row: &Row| {
        let (people, own): (Vec<i64>, Vec<i64>) = (row.get("people"), row.get("own"));
        (CreatorKey(row.get("creator_key")), People::of(people, &own, row.get("below")))
    };
    Ok(rows.iter().map(people).collect())
}
