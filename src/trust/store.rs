//! SQL of trust.

use super::model::TrustSums;
use crate::{
    db::{Client, Columns, DbError, Pool, Tx, patiently},
    ids::{CreatorKey, EngagerKey, TenantId},
    relationships::{
        Relationship,
        store::{Found, load_creators},
    },
    scores::{
        CreatorStatistics, ScoringModel,
        discounts::{Discounts, Found as FoundDiscounts, store::found_of},
        liveness::{Liveness, engaged_days},
        store::{Known, known, listed_after},
    },
};
use jiff::Timestamp;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use uuid::Uuid;

/// Creators whose relationships are read at once, at most, and people of theirs, about. While one page is looked at, the next one is
/// in memory, too.
const PAGE: usize = 100;
const PAGE_PEOPLE: i64 = 100_000;
/// Creators listed at once. More: memory; fewer: more round trips.
const LISTED: i64 = 10_000;
/// How long a page is tried that cannot be read at once, and time between trials.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(200);
/// Sums written with one statement.
const WRITTEN: usize = 10_000;

/// People whom the tenant names.
pub(super) async fn named(client: &Client, tenant: TenantId) -> Result<HashSet<EngagerKey>, DbError> {
    let sql = "/* trust::named */ select engager_key from trust_seeds where tenant_id = $1";
    Ok(client.query(sql, &[&tenant.0]).await?.iter().map(|row| EngagerKey(row.get(0))).collect())
}

/// Names somebody; false: it was done before.
pub(super) async fn name(pool: Pool, tenant: TenantId, engager: EngagerKey) -> Result<bool, DbError> {
    let sql = "/* trust::name */
               insert into trust_seeds (tenant_id, engager_key) values ($1, $2) on conflict do nothing";
    Ok(pool.get().await?.execute(sql, &[&tenant.0, &engager.0]).await? == 1)
}

/// Takes that back; false: nobody of this name was named.
pub(super) async fn unname(pool: Pool, tenant: TenantId, engager: EngagerKey) -> Result<bool, DbError> {
    let sql = "/* trust::unname */ delete from trust_seeds where tenant_id = $1 and engager_key = $2";
    Ok(pool.get().await?.execute(sql, &[&tenant.0, &engager.0]).await? == 1)
}

/// The generation in force: number, when it was published, seeds, trusted people.
pub(super) async fn generation(
    client: &Client,
    tenant: TenantId,
) -> Result<Option<(i32, Timestamp, i32, i32)>, DbError> {
    let sql = "/* trust::generation */
               select generation, computed_at, seeds, trusted from trust_generations
               where tenant_id = $1 and computed_at is not null";
    let row = client.query_opt(sql, &[&tenant.0]).await?;
    Ok(row.map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))))
}

/// Which relationships are read.
#[derive(Clone)]
pub(super) enum Wanted {
    /// Those that may have answers or verified purchases, and some others.
    Answered,
    /// Those of these people.
    Of(Arc<dyn Fn(EngagerKey) -> bool + Send + Sync>),
}

/// Creators with relationships, and what is known of them.
pub(super) struct Page {
    creators: HashMap<CreatorKey, (Known, Discounts)>,
    found: Found,
}

/// Creators of a tenant after one, with how many people each has; none when there are no more.
pub(super) async fn listed(
    pool: &Pool,
    tenant: TenantId,
    after: Option<CreatorKey>,
) -> Result<Vec<(CreatorKey, i32)>, DbError> {
    patiently(PATIENCE, PAUSE, || async { listed_after(&pool.get().await?, tenant, after, LISTED).await })
        .await
}

/// These creators in pages, none of which has too many people; a creator who alone has too many is a page by itself.
pub(super) fn pages(listed: &[(CreatorKey, i32)]) -> Vec<Vec<CreatorKey>> {
    let (mut pages, mut people) = (Vec::<Vec<CreatorKey>>::new(), 0);
    for (creator, own) in listed {
        people += i64::from(*own);
        if let Some(page) = pages.last_mut().filter(|page| page.len() < PAGE && people <= PAGE_PEOPLE) {
            page.push(*creator);
        } else {
            pages.push(vec![*creator]);
            people = i64::from(*own);
        }
    }
    pages
}

/// A page of these creators.
pub(super) async fn page(pool: &Pool, keys: &[CreatorKey], wanted: &Wanted) -> Result<Page, DbError> {
    patiently(PATIENCE, PAUSE, || read_page(pool, keys, wanted)).await
}

async fn read_page(pool: &Pool, keys: &[CreatorKey], wanted: &Wanted) -> Result<Page, DbError> {
    let tx = Tx::begin_snapshot(pool).await?;
    let known = known(&tx, keys).await?;
    let mut discounts = found_of(&tx, keys).await?;
    let found = match wanted {
        Wanted::Answered => load_creators(&tx, keys, true, |_| true).await?,
        Wanted::Of(people) => load_creators(&tx, keys, false, &**people).await?,
    };
    tx.rollback().await?;
    let with_discounts = known.into_iter().map(|creator| {
        let found = discounts.remove(&creator.key).unwrap_or_default();
        let discounts = discounts_of(creator.statistics.as_ref(), found);
        (creator.key, (creator, discounts))
    });
    Ok(Page { creators: with_discounts.collect(), found })
}

fn discounts_of(statistics: Option<&CreatorStatistics>, found: FoundDiscounts) -> Discounts {
    // Anybody can send a crowd, or drift: it must not take the trust of others away.
    statistics.map_or_else(Discounts::default, |sums| sums.discounts(found).of_rings())
}

impl Page {
    /// Relationships with people, by creator.
    pub(super) fn people(&self) -> impl Iterator<Item = (CreatorKey, EngagerKey, &Relationship)> {
        let is_person = |creator: &CreatorKey, engager: &EngagerKey| {
            self.creators.get(creator).is_some_and(|(known, _)| engager.is_somebody_but(&known.own))
        };
        let all = self.found.relationships.iter();
        all.filter(move |((creator, engager), _)| is_person(creator, engager))
            .map(|((creator, engager), relationship)| (*creator, *engager, relationship))
    }

    /// What discounts the relationships of a creator.
    pub(super) fn discounts(&self, creator: CreatorKey) -> Option<&Discounts> {
        self.creators.get(&creator).map(|(_, discounts)| discounts)
    }

    /// The sums over the trusted people of a creator, for a feed as alive as their days say; `None` before it was scored.
    pub(super) fn sums(
        &self,
        creator: CreatorKey,
        people: &[Trusted<'_>],
        model: &ScoringModel,
    ) -> Option<TrustSums> {
        let (known, discounts) = self.creators.get(&creator)?;
        let sums = known.statistics.as_ref()?;
        let until = sums.until?;
        let days = engaged_days(people.iter().map(|(engager, known, _)| (*engager, *known)), discounts);
        let alive = CreatorStatistics { liveness: Liveness::at(until, days.as_slice()), ..sums.clone() };
        let mut trusted = TrustSums::default();
        for (engager, relationship, trust) in people {
            if let Some(prospect) = alive.prospect(*engager, relationship, discounts, model) {
                trusted.add(trust * prospect.weight, prospect.is_mature, prospect.chance);
            }
        }
        Some(trusted)
    }
}

/// Somebody trusted, and by how much.
pub(super) type Trusted<'a> = (EngagerKey, &'a Relationship, f64);

/// Publishes a generation; its number.
pub(super) async fn publish(
    pool: &Pool,
    tenant: TenantId,
    (seeds, trusted): (usize, usize),
    sums: &[(CreatorKey, TrustSums)],
) -> Result<i32, DbError> {
    let tx = Tx::begin(pool).await?;
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let next = "/* trust::publish */
                insert into trust_generations as g (tenant_id, generation, computed_at, seeds, trusted)
                values ($1, 1, now(), $2, $3)
                on conflict (tenant_id) do update
                set generation = g.generation + 1, computed_at = now(), seeds = $2, trusted = $3
                returning generation";
    let row = tx.query(next, &[&tenant.0, &count(seeds), &count(trusted)]).await?;
    let generation: i32 = row[0].get(0);
    for some in sums.chunks(WRITTEN) {
        write(&tx, tenant, some).await?;
    }
    let keys: Vec<Uuid> = sums.iter().map(|(creator, _)| creator.0).collect();
    // Of rows that were just written PostgreSQL knows nothing: in nested loops it would compare each with each. Until the commit.
    tx.batch("set local enable_nestloop = off").await?;
    tx.execute(
        "/* trust::publish: who has no trusted people any more */
         update creator_trust set people = 0, mass = 0, back = 0, variance = 0,
             changed_xid = pg_current_xact_id()::text::bigint
         where tenant_id = $1 and people > 0
           and not exists (select from unnest($2::uuid[]) as now (creator_key) where now.creator_key = creator_trust.creator_key)",
        &[&tenant.0, &keys],
    )
    .await?;
    tx.commit().await?;
    Ok(generation)
}

async fn write(tx: &Tx, tenant: TenantId, sums: &[(CreatorKey, TrustSums)]) -> Result<(), DbError> {
    let column = |pick: fn(&TrustSums) -> f64| sums.iter().map(|(_, sums)| pick(sums)).collect::<Vec<f64>>();
    tx.execute(
        "/* trust::write */
         insert into creator_trust as t (creator_key, tenant_id, people, mass, back, variance)
         select creator_key, $1, people, mass, back, variance
         from unnest($2::uuid[], $3::int4[], $4::float8[], $5::float8[], $6::float8[])
             as n (creator_key, people, mass, back, variance)
         join creators using (creator_key)
         on conflict (creator_key) do update
         set people = excluded.people, mass = excluded.mass, back = excluded.back, variance = excluded.variance,
             changed_xid = pg_current_xact_id()::text::bigint
         where t.people <> excluded.people
            or abs(t.mass - excluded.mass) + abs(t.back - excluded.back) + abs(t.variance - excluded.variance)
               > 1e-6 * (excluded.mass + excluded.back)",
        &[
            &tenant.0,
            &sums.iter().map(|(creator, _)| creator.0).collect::<Vec<Uuid>>(),
            &sums.iter().map(|(_, sums)| sums.people).collect::<Vec<i32>>(),
            &column(|sums| sums.mass),
            &column(|sums| sums.back),
            &column(|sums| sums.variance),
        ],
    )
    .await?;
    Ok(())
}

/// Columns of [`trust_sums`]; every column of the table is prefixed with `t.`.
pub const TRUST_COLUMNS: &str = "t.people as trusted_people, t.mass, t.back, t.variance as trust_variance";

/// The sums in the columns of [`TRUST_COLUMNS`]; `None` when the outer join found none.
#[must_use]
pub fn trust_sums(row: &impl Columns) -> Option<TrustSums> {
    Some(TrustSums {
        people: row.get::<Option<i32>>("trusted_people")?,
        mass: row.get("mass"),
        back: row.get("back"),
        variance: row.get("trust_variance"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_few_creators_and_people_and_everybody_once() {
        let key = |number: u128| CreatorKey(Uuid::from_u128(number));
        let of = |people: &[i32]| {
            let listed: Vec<_> = (1..).map(key).zip(people.iter().copied()).collect();
            let pages = pages(&listed);
            assert_eq!(pages.concat(), listed.iter().map(|(creator, _)| *creator).collect::<Vec<_>>());
            pages.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(of(&[]), [0; 0]);
        assert_eq!(of(&[7; 250]), [100, 100, 50]);
        assert_eq!(of(&[60_000, 40_000, 1, 99_999, 250_000, 0, 3]), [2, 2, 1, 2]);
    }
}
