//! SQL of the snapshot: everything at start, and then what changed.
//!
//! Every row carries the transaction that wrote it last. A look reads all rows whose transaction is not older than the
//! oldest one that was open at the look before, so what was being committed then is read now. Rows may be read more
//! than once; applying them again is harmless.

use super::source::{SourceRow, SourceStatistics};
use crate::{
    creators::store::{PROFILE_COLUMNS, profile},
    db::{Client, Columns, DbError, InOrder, Tx},
    ids::{CreatorKey, TenantId},
    niches::{Niche, store::niche},
    scores::{
        communities::{COMMUNITY_COLUMNS, community},
        history::store::REACH_BEFORE_COLUMN,
        store::{STATISTICS_COLUMNS, statistics},
    },
    sponsorship::store::{RETURNS_COLUMNS, SHARE_COLUMN, returns},
    topics::store::{TOPIC_COLUMNS, topics},
    trust::store::{TRUST_COLUMNS, trust_sums},
};
use tokio_postgres::Row;
use uuid::Uuid;

/// Rows read at once at start. More: memory that is needed then only; fewer: more round trips.
const PAGE: usize = 1_000;

/// From which transaction on the next look has to read; for use by that look.
pub async fn watermark(tx: &Tx) -> Result<i64, DbError> {
    let sql = "/* snapshot::watermark */ select pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    Ok(tx.query(sql, &[]).await?[0].get(0))
}

/// What joins a creator `c` to its statistics and its community, as far as there are any.
fn with_scores() -> String {
    let joined = |table: &str, name: &str, columns: &str| {
        format!("left join (select {columns} from {table} {name}) {name} using (creator_key)")
    };
    // Its niches have the name of those that profiles declare.
    let community = format!("creator_key, {COMMUNITY_COLUMNS}, {TOPIC_COLUMNS}, changed_xid");
    [
        joined("creator_statistics", "s", "*"),
        joined("creator_communities", "m", &community),
        joined("creator_trust", "t", "*"),
        joined("creator_sponsorship", "p", "*"),
        joined("creator_growth", "g", "*"),
    ]
    .join(" ")
}

/// The columns that [`source`] reads, in its order.
fn columns() -> String {
    format!(
        "c.tenant_id as tenant, c.creator_key, c.creator_id, {PROFILE_COLUMNS}, {STATISTICS_COLUMNS},
                community_people, community_niches, community_shares, community_sample, topic_posts, topic_niches,
                topic_shares, {TRUST_COLUMNS}, {RETURNS_COLUMNS}, {SHARE_COLUMN},
                {REACH_BEFORE_COLUMN}, c.changed_xid as profile_xid, s.changed_xid as statistics_xid,
                m.changed_xid as community_xid, t.changed_xid as trust_xid, p.changed_xid as sponsorship_xid,
                g.changed_xid as growth_xid"
    )
}

/// How many creators each tenant has.
pub async fn counts(tx: &Tx) -> Result<Vec<(TenantId, usize)>, DbError> {
    let sql = "/* snapshot::counts */ select tenant_id, count(*) from creators group by tenant_id";
    let count = |row: &Row| (TenantId(row.get(0)), usize::try_from(row.get::<_, i64>(1)).unwrap_or(0));
    Ok(tx.query(sql, &[]).await?.iter().map(count).collect())
}

/// Lets a transaction read everything. Between two pages its connection may wait for those that are taken in, and after the last one
/// for the lists. PostgreSQL takes twice the memory for each of the five tables that are joined to creators, as far as they need it:
/// with less than they need, all creators are written to disk and read again for each of them.
pub async fn take_time(tx: &Tx) -> Result<(), DbError> {
    tx.batch(
        "set local statement_timeout = '30min';
         set local idle_in_transaction_session_timeout = '30min';
         set local cursor_tuple_fraction = 1;
         set local work_mem = '64MB'",
    )
    .await
}

/// Opens a cursor for [`page`] on all creators. In no order: to read all tables through and join them takes a third of the time
/// that following their keys does, once PostgreSQL knows that all of it is wanted. The first page waits for the joins, which takes as
/// long as there are creators.
pub async fn open(tx: &Tx) -> Result<(), DbError> {
    let sql = format!(
        "/* snapshot::open */ declare all_creators no scroll cursor for select {} from creators c {}",
        columns(),
        with_scores()
    );
    tx.execute(&sql, &[]).await.map(drop)
}

/// The next creators of the cursor, to be understood by [`source`].
pub async fn page(tx: &Tx) -> Result<Vec<Row>, DbError> {
    tx.query(&format!("/* snapshot::page */ fetch forward {PAGE} from all_creators"), &[]).await
}

/// Those of whom something is asked. PostgreSQL takes them for few and follows the key of each through every table, however large
/// tables were when it took a plan; of an array of thousands it would read every table through.
const ASKED: &str = "unnest((select $1::uuid[])) as asked (creator_key)";

/// These creators.
pub async fn creators(tx: &Tx, keys: &[CreatorKey]) -> Result<Vec<(TenantId, SourceRow)>, DbError> {
    let sql = format!(
        "/* snapshot::creators */ select {} from {ASKED} join creators c using (creator_key) {}",
        columns(),
        with_scores()
    );
    Ok(tx.query(&sql, &[&keys_of(keys)]).await?.iter().map(source).collect())
}

fn keys_of(creators: &[CreatorKey]) -> Vec<Uuid> {
    creators.iter().map(|creator| creator.0).collect()
}

/// Creators whose profile, community, trust, sponsorship or growth changed. Most looks find none: to read only who they are costs far
/// less than to begin joining everything to them.
pub async fn changed_creators(tx: &Tx, since: i64) -> Result<Vec<CreatorKey>, DbError> {
    let sql = "/* snapshot::changed_creators */
               select creator_key from creators where changed_xid >= $1
               union select creator_key from creator_communities where changed_xid >= $1
               union select creator_key from creator_trust where changed_xid >= $1
               union select creator_key from creator_sponsorship where changed_xid >= $1
               union select creator_key from creator_growth where changed_xid >= $1";
    Ok(tx.query(sql, &[&since]).await?.iter().map(|row| CreatorKey(row.get(0))).collect())
}

/// Statistics of these creators, with the transactions that wrote them.
pub async fn statistics_of(
    tx: &Tx,
    keys: &[CreatorKey],
) -> Result<Vec<(TenantId, SourceStatistics)>, DbError> {
    let sql = format!(
        "/* snapshot::statistics_of */
         select s.tenant_id as tenant, s.creator_key, {STATISTICS_COLUMNS}, s.changed_xid
         from {ASKED} join creator_statistics s using (creator_key)"
    );
    let rows = tx.query(&sql, &[&keys_of(keys)]).await?;
    Ok(rows.iter().filter_map(source_statistics).collect())
}

fn source_statistics(row: &Row) -> Option<(TenantId, SourceStatistics)> {
    let row = &InOrder::new(row);
    let (tenant, key) = (TenantId(row.get("tenant")), CreatorKey(row.get("creator_key")));
    Some((tenant, SourceStatistics { key, statistics: statistics(row)?, stamp: row.get("changed_xid") }))
}

/// Creators whose statistics changed: of most of them nothing else does, so it would be a waste to read their profiles again with
/// every event. Joined to the statistics in one statement, they made PostgreSQL read the statistics of all creators for every look,
/// even for one that found nothing.
pub async fn changed_statistics(tx: &Tx, since: i64) -> Result<Vec<CreatorKey>, DbError> {
    let sql = "/* snapshot::changed_statistics */
               select distinct unnest(creator_keys) from statistics_changes where changed_xid >= $1";
    Ok(tx.query(sql, &[&since]).await?.iter().map(|row| CreatorKey(row.get(0))).collect())
}

/// Forgets which statistics changed before this many minutes.
pub async fn forget_changes(client: &Client, minutes: i32) -> Result<(), DbError> {
    let sql = "/* snapshot::forget_changes */
               delete from statistics_changes where changed_at < now() - make_interval(mins => $1)";
    client.execute(sql, &[&minutes]).await.map(drop)
}

/// Creators that were erased.
pub async fn erased(tx: &Tx, since: i64) -> Result<Vec<(TenantId, CreatorKey)>, DbError> {
    let sql = "/* snapshot::erased */ select tenant_id, creator_key from erasures where changed_xid >= $1";
    Ok(tx
        .query(sql, &[&since])
        .await?
        .iter()
        .map(|row| (TenantId(row.get(0)), CreatorKey(row.get(1))))
        .collect())
}

/// Niches that tenants made or changed.
pub async fn changed_niches(tx: &Tx, since: i64) -> Result<Vec<(TenantId, Niche)>, DbError> {
    let sql = "/* snapshot::changed_niches */
               select tenant_id, niche_id, parent_id, name_en, name_ro, aliases_en, aliases_ro
               from niches where changed_xid >= $1 order by parent_id nulls first, niche_id";
    Ok(tx
        .query(sql, &[&since])
        .await?
        .iter()
        .map(|row| (TenantId(row.get("tenant_id")), niche(row)))
        .collect())
}

/// A creator of a page, with whose it is.
#[must_use]
pub fn source(row: &Row) -> (TenantId, SourceRow) {
    let row = &InOrder::new(row);
    let tenant = TenantId(row.get("tenant"));
    let source = SourceRow {
        key: CreatorKey(row.get("creator_key")),
        creator_id: row.get("creator_id"),
        profile: profile(row),
        statistics: statistics(row),
        community: community(row),
        topics: topics(row),
        trust: trust_sums(row),
        sponsorship: returns(row),
        sponsored_share: row.get("sponsored_share"),
        reach_before: row.get("reach_before"),
        stamp: (
            row.get("profile_xid"),
            row.get("statistics_xid"),
            row.get("community_xid"),
            row.get("trust_xid"),
            row.get("sponsorship_xid"),
            row.get("growth_xid"),
        ),
    };
    (tenant, source)
}
