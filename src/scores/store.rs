//! SQL of statistics and models.

use super::{CreatorStatistics, ScoringModel, statistics::wider};
use crate::{
    creators::Account,
    db::{Client, DbError, Pool, Tx},
    ids::{CreatorKey, EngagerKey, TenantId},
    posts::{
        Exposure,
        store::exposure::{self, EXPOSURE_COLUMNS, Exposed, feed_windows},
    },
    relationships::{
        Relationship,
        days::{Day, date_of, day_of},
        fold::{Changes, load_mended},
        queue::store::try_lane,
        store::load_creator,
    },
};
use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, HashMap, hash_map::Entry};
use tokio_postgres::{Row, types::Json};
use uuid::Uuid;

/// Creators whose statistics are computed in one transaction.
const BATCH: i64 = 100;

/// Creators in a sample. More: better fits; fewer: less work.
const SAMPLE_CREATORS: i64 = 2_000;
/// Relationships in a sample, at which it ends early.
const SAMPLE_RELATIONSHIPS: usize = 150_000;
/// Columns of statistics, in the order of [`statistics`]; every column of the table is prefixed with `s.`.
pub const STATISTICS_COLUMNS: &str = "s.model_version, s.events, s.anonymous_events, s.engagers, s.mature_engagers, \
    s.loyal_engagers, s.talking_engagers, s.expected_back, s.expected_back_variance, s.first_day, s.last_day, \
    s.first_event";

/// Asks for the statistics of these creators to be computed anew.
pub async fn enqueue(tx: &Tx, creators: &[CreatorKey]) -> Result<(), DbError> {
    if creators.is_empty() {
        return Ok(());
    }
    let keys: Vec<Uuid> = creators.iter().map(|creator| creator.0).collect();
    let lanes: Vec<i16> = creators.iter().map(|creator| creator.lane()).collect();
    tx.execute(
        "/* scores::enqueue */
         insert into score_queue (lane, creator_key) select * from unnest($1::int2[], $2::uuid[])",
        &[&lanes, &keys],
    )
    .await?;
    Ok(())
}

/// Brings the statistics of creators up to date with what folding changed, in the same transaction and under the same
/// lane. Creators for whom that is not possible wait for all of their relationships to be summed up anew; how many do.
pub async fn follow(tx: &Tx, changes: &Changes) -> Result<usize, DbError> {
    let mut by_creator: BTreeMap<CreatorKey, Vec<_>> = BTreeMap::new();
    for ((creator, engager), (before, after)) in &changes.folded {
        by_creator.entry(*creator).or_default().push((*engager, before.as_ref(), after));
    }
    let mut known = known_statistics(tx, by_creator.keys()).await?;
    let mut models = Models::default();
    let (mut followed, mut anew) = (Vec::new(), changes.refolded.clone());
    for (key, changed) in by_creator {
        // A creator that is gone is being erased.
        let Some((creator, sums)) = known.remove(&key) else { continue };
        let model = models.of(tx, creator.tenant).await?;
        let sums = sums.filter(|_| !anew.contains(&key)).and_then(|sums| {
            sums.followed(changed.into_iter(), &creator.own, &model.return_model, model.version)
        });
        match sums {
            Some(sums) => followed.push((creator, sums)),
            None => drop(anew.insert(key)),
        }
    }
    write(tx, include_str!("replace.sql"), &followed).await?;
    enqueue(tx, &anew.iter().copied().collect::<Vec<_>>()).await?;
    Ok(anew.len())
}

async fn known_statistics(
    tx: &Tx,
    creators: impl Iterator<Item = &CreatorKey>,
) -> Result<HashMap<CreatorKey, (Waiting, Option<CreatorStatistics>)>, DbError> {
    let keys: Vec<Uuid> = creators.map(|creator| creator.0).collect();
    let sql = format!(
        "/* scores::known_statistics */ select c.creator_key, c.tenant_id, c.accounts, {STATISTICS_COLUMNS}
         from unnest((select $1::uuid[])) as wanted (creator_key) join creators c using (creator_key)
         left join creator_statistics s using (creator_key)"
    );
    let rows = tx.query(&sql, &[&keys]).await?;
    Ok(rows.iter().map(|row| (CreatorKey(row.get(0)), (waiting(row), statistics(row)))).collect())
}

/// Models in force, each read once in a transaction.
#[derive(Default)]
struct Models(HashMap<TenantId, ScoringModel>);

impl Models {
    async fn of(&mut self, tx: &Tx, tenant: TenantId) -> Result<&ScoringModel, DbError> {
        Ok(match self.0.entry(tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(model_in(tx, tenant).await?),
        })
    }
}

/// Computes the statistics of creators that wait in a lane; how many.
///
/// The lane is the one of folding, so a creator's relationships stand still while they are summed up.
pub async fn score_lane(pool: &Pool, lane: i16) -> Result<usize, DbError> {
    let tx = Tx::begin_with(pool, Tx::REPEATABLE).await?;
    if !try_lane(&tx, lane).await? {
        tx.rollback().await?;
        return Ok(0);
    }
    let waiting = claim(&tx, lane).await?;
    let count = waiting.len();
    score(&tx, waiting).await?;
    tx.commit().await?;
    Ok(count)
}

/// Computes the statistics and the exposure of creators now. Needs their lanes.
async fn score(tx: &Tx, waiting: Vec<Waiting>) -> Result<(), DbError> {
    let feeds = feed_windows(tx, &waiting.iter().map(|creator| creator.key).collect::<Vec<_>>()).await?;
    let (mut models, mut computed) = (Models::default(), Vec::with_capacity(waiting.len()));
    for creator in waiting {
        let model = models.of(tx, creator.tenant).await?;
        let sums = compute(tx, &creator, feeds.get(&creator.key).copied(), model).await?;
        computed.push((creator, sums));
    }
    write(tx, include_str!("write.sql"), &computed).await?;
    let exposed = computed.iter().map(|(creator, sums)| Exposed {
        creator: creator.key,
        tenant: creator.tenant,
        accounts: &creator.accounts,
        end: feeds.get(&creator.key).and(sums.window).map(|window| window.1),
    });
    exposure::renew(tx, &exposed.collect::<Vec<_>>()).await
}

struct Waiting {
    key: CreatorKey,
    tenant: TenantId,
    accounts: Vec<Account>,
    own: Vec<EngagerKey>,
}

async fn claim(tx: &Tx, lane: i16) -> Result<Vec<Waiting>, DbError> {
    let rows = tx
        .query(
            "/* scores::claim */
             with chosen as (
                 select creator_key from score_queue where lane = $1
                 group by creator_key order by min(enqueued_at) limit $2
             ), claimed as (
                 delete from score_queue q using chosen
                 where q.lane = $1 and q.creator_key = chosen.creator_key
             )
             select c.creator_key, c.tenant_id, c.accounts from chosen join creators c using (creator_key)",
            &[&lane, &BATCH],
        )
        .await?;
    Ok(rows.iter().map(waiting).collect())
}

fn waiting(row: &Row) -> Waiting {
    let accounts: Json<Vec<Account>> = row.get(2);
    let own = accounts.0.iter().filter_map(|account| account.engager_key).map(EngagerKey).collect();
    Waiting { key: CreatorKey(row.get(0)), tenant: TenantId(row.get(1)), accounts: accounts.0, own }
}

async fn compute(
    tx: &Tx,
    creator: &Waiting,
    feed: Option<(Day, Day)>,
    model: &ScoringModel,
) -> Result<CreatorStatistics, DbError> {
    let relationships = load_mended(tx, creator.key).await?;
    let pairs = relationships.iter().map(|(pair, relationship)| (pair.1, relationship));
    Ok(CreatorStatistics::of(pairs, &creator.own, feed, &model.return_model, model.version))
}

/// What a creator's statistics are to be compared with.
pub struct Audit {
    creator: Waiting,
    model: ScoringModel,
    stored: Option<CreatorStatistics>,
    is_waiting: bool,
    sums: CreatorStatistics,
    feed: Option<(Day, Day)>,
    events: Option<(Day, Day)>,
}

/// Begins to compare the statistics of a creator with its relationships; `None`: it is not registered.
pub async fn audit(tx: &Tx, creator: CreatorKey) -> Result<Option<Audit>, DbError> {
    let Some((creator, stored)) = known_statistics(tx, [creator].iter()).await?.remove(&creator) else {
        return Ok(None);
    };
    let feed = feed_windows(tx, &[creator.key]).await?.remove(&creator.key);
    let model = model_in(tx, creator.tenant).await?;
    let sql = "/* scores::audit */ select 1 from score_queue where lane = $1 and creator_key = $2 limit 1";
    let is_waiting = tx.query_opt(sql, &[&creator.key.lane(), &creator.key.0]).await?.is_some();
    let window = stored.as_ref().and_then(|stored| stored.window);
    let sums = CreatorStatistics { model_version: model.version, window, ..CreatorStatistics::default() };
    Ok(Some(Audit { creator, model, stored, is_waiting, sums, feed, events: None }))
}

impl Audit {
    /// Takes in some of the creator's relationships.
    pub fn take_in<'a>(
        &mut self,
        relationships: impl Iterator<Item = (EngagerKey, &'a Relationship)> + Clone,
    ) {
        let windows = relationships.clone().filter_map(|(_, relationship)| relationship.seen());
        self.events = self.events.into_iter().chain(windows).reduce(wider);
        self.sums.take_in(relationships, &self.creator.own, &self.model.return_model);
    }

    /// Whether the statistics agree with all that was taken in; `None`: they wait to be computed anew.
    #[must_use]
    pub fn agrees(self) -> Option<bool> {
        // Summed up as of the end of the stored window: another one makes a difference, whatever the sums are.
        let window = self.events.into_iter().chain(self.feed).reduce(wider);
        let right =
            CreatorStatistics { window, first_event: self.events.map(|(first, _)| first), ..self.sums };
        (!self.is_waiting).then(|| self.stored.is_some_and(|stored| stored.agrees_with(&right)))
    }
}

/// Computes what is known of a creator from its relationships and posts now, so that it waits no longer. Needs the lane.
pub async fn score_creator(tx: &Tx, creator: CreatorKey) -> Result<(), DbError> {
    let Some((creator, _)) = known_statistics(tx, [creator].iter()).await?.remove(&creator) else {
        return Ok(());
    };
    let sql = "/* scores::score_creator */ delete from score_queue where lane = $1 and creator_key = $2";
    tx.execute(sql, &[&creator.key.lane(), &creator.key.0]).await?;
    score(tx, vec![creator]).await
}

fn column<T>(computed: &[(Waiting, CreatorStatistics)], pick: fn(&CreatorStatistics) -> T) -> Vec<T> {
    computed.iter().map(|(_, sums)| pick(sums)).collect()
}

/// Writes statistics with one of two statements, which take the same parameters: `write.sql` takes those that are new as
/// well, `replace.sql` costs less.
async fn write(tx: &Tx, sql: &str, computed: &[(Waiting, CreatorStatistics)]) -> Result<(), DbError> {
    if computed.is_empty() {
        return Ok(());
    }
    let day = |pick: fn((Day, Day)) -> Day| -> Vec<Option<Date>> {
        computed.iter().map(|(_, sums)| sums.window.map(|window| date_of(pick(window)))).collect()
    };
    tx.execute(
        sql,
        &[
            &computed.iter().map(|(creator, _)| creator.key.0).collect::<Vec<Uuid>>(),
            &computed.iter().map(|(creator, _)| creator.tenant.0).collect::<Vec<i32>>(),
            &column(computed, |sums| sums.model_version),
            &column(computed, |sums| sums.events),
            &column(computed, |sums| sums.anonymous_events),
            &column(computed, |sums| sums.engagers),
            &column(computed, |sums| sums.mature_engagers),
            &column(computed, |sums| sums.loyal_engagers),
            &column(computed, |sums| sums.talking_engagers),
            &column(computed, |sums| sums.expected_back),
            &column(computed, |sums| sums.expected_back_variance),
            &day(|window| window.0),
            &day(|window| window.1),
            &column(computed, |sums| sums.first_event.map(date_of)),
        ],
    )
    .await?;
    Ok(())
}

/// Statistics from the columns of [`STATISTICS_COLUMNS`]; `None` when the outer join found none.
#[must_use]
pub fn statistics(row: &Row) -> Option<CreatorStatistics> {
    let model_version: Option<i32> = row.get("model_version");
    let window: (Option<Date>, Option<Date>) = (row.get("first_day"), row.get("last_day"));
    Some(CreatorStatistics {
        model_version: model_version?,
        events: row.get("events"),
        anonymous_events: row.get("anonymous_events"),
        engagers: row.get("engagers"),
        mature_engagers: row.get("mature_engagers"),
        loyal_engagers: row.get("loyal_engagers"),
        talking_engagers: row.get("talking_engagers"),
        expected_back: row.get("expected_back"),
        expected_back_variance: row.get("expected_back_variance"),
        window: window.0.map(day_of).zip(window.1.map(day_of)),
        first_event: row.get::<_, Option<Date>>("first_event").map(day_of),
    })
}

/// When the statistics of a creator were computed, with its niches.
pub struct Scored {
    /// The statistics, once there are any.
    pub statistics: Option<CreatorStatistics>,
    /// What the counts of its posts amount to, once there are posts.
    pub exposure: Option<Exposure>,
    /// When they were computed.
    pub computed_at: Option<Timestamp>,
    /// Declared niches.
    pub niches: Vec<String>,
}

/// The statistics of a creator; `None`: it is not registered.
pub async fn scored(client: &Client, creator: CreatorKey) -> Result<Option<Scored>, DbError> {
    let sql = format!(
        "/* scores::scored */ select {STATISTICS_COLUMNS}, {EXPOSURE_COLUMNS}, s.computed_at, c.niches
         from creators c left join creator_statistics s using (creator_key)
         left join creator_exposure x using (creator_key) where c.creator_key = $1"
    );
    let row = client.query_opt(&sql, &[&creator.0]).await?;
    Ok(row.map(|row| Scored {
        statistics: statistics(&row),
        exposure: exposure::stored(&row),
        computed_at: row.get("computed_at"),
        niches: row.get("niches"),
    }))
}

const LATEST_MODEL: &str = "/* scores::model */ select version, body, fitted_at from models where tenant_id = $1 order by version desc limit 1";

/// The model of a tenant in force, as of a transaction.
pub async fn model_in(tx: &Tx, tenant: TenantId) -> Result<ScoringModel, DbError> {
    Ok(model_of(&tx.query(LATEST_MODEL, &[&tenant.0]).await?)?.0)
}

/// The model of a tenant in force, and when it was fitted; the published default before there is one.
pub async fn model(client: &Client, tenant: TenantId) -> Result<(ScoringModel, Option<Timestamp>), DbError> {
    model_of(&client.query(LATEST_MODEL, &[&tenant.0]).await?)
}

fn model_of(rows: &[Row]) -> Result<(ScoringModel, Option<Timestamp>), DbError> {
    let Some(row) = rows.first() else { return Ok((ScoringModel::published_default(), None)) };
    let model: ScoringModel = serde_json::from_value(row.get(1))
        .map_err(|error| DbError::Damaged(format!("a stored model: {error}")))?;
    Ok((ScoringModel { version: row.get(0), ..model }, Some(row.get(2))))
}

/// Publishes a model and asks for all statistics of the tenant to be computed with it. False: another process
/// published this version first.
pub async fn publish(pool: &Pool, tenant: TenantId, model: &ScoringModel) -> Result<bool, DbError> {
    let tx = Tx::begin(pool).await?;
    let published = tx
        .execute(
            "/* scores::publish */
             insert into models (tenant_id, version, body) values ($1, $2, $3) on conflict do nothing",
            &[&tenant.0, &model.version, &Json(model)],
        )
        .await?;
    if published == 1 {
        tx.execute(
            "/* scores::publish */
             insert into score_queue (lane, creator_key)
             select (get_byte(uuid_send(creator_key), 15) % $2)::int2, creator_key from creators where tenant_id = $1",
            &[&tenant.0, &i32::from(crate::ids::LANES)],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(published == 1)
}

/// Versions of the models in force, by tenant.
pub async fn model_versions(tx: &Tx) -> Result<Vec<(TenantId, i32)>, DbError> {
    let sql = "/* scores::model_versions */ select tenant_id, max(version) from models group by tenant_id";
    Ok(tx.query(sql, &[]).await?.iter().map(|row| (TenantId(row.get(0)), row.get(1))).collect())
}

/// Engaged people of each tenant, over all its creators.
pub async fn engagers_by_tenant(client: &Client) -> Result<Vec<(TenantId, i64)>, DbError> {
    let sql = "/* scores::engagers_by_tenant */
               select tenant_id, sum(engagers)::int8 from creator_statistics group by tenant_id order by tenant_id";
    Ok(client.query(sql, &[]).await?.iter().map(|row| (TenantId(row.get(0)), row.get(1))).collect())
}

/// A creator of a sample.
pub struct SampledCreator {
    /// Declared niches.
    pub niches: Vec<String>,
    /// Pseudonyms of its own accounts.
    pub own: Vec<EngagerKey>,
    /// First and last day with a sign of life in its posts.
    pub feed: Option<(Day, Day)>,
    /// Its relationships.
    pub relationships: Vec<(EngagerKey, Relationship)>,
}

/// A fair sample of a tenant's creators with their relationships.
pub async fn sample(tx: &Tx, tenant: TenantId) -> Result<Vec<SampledCreator>, DbError> {
    let sql = "/* scores::sample */
               select c.creator_key, c.tenant_id, c.accounts, c.niches
               from creator_statistics s join creators c using (creator_key)
               where s.tenant_id = $1 order by s.creator_key limit $2";
    let rows = tx.query(sql, &[&tenant.0, &SAMPLE_CREATORS]).await?;
    let feeds = feed_windows(tx, &rows.iter().map(|row| CreatorKey(row.get(0))).collect::<Vec<_>>()).await?;
    let mut sampled = Vec::new();
    let mut relationships = 0;
    for row in rows {
        let creator = waiting(&row);
        // A row that cannot be read is no part of a sample; whoever sums its creator up mends it.
        let loaded = load_creator(tx, creator.key).await?.relationships;
        relationships += loaded.len();
        let loaded = loaded.into_iter().map(|(pair, relationship)| (pair.1, relationship)).collect();
        let feed = feeds.get(&creator.key).copied();
        let niches = row.get("niches");
        sampled.push(SampledCreator { niches, own: creator.own, feed, relationships: loaded });
        if relationships >= SAMPLE_RELATIONSHIPS {
            break;
        }
    }
    Ok(sampled)
}
