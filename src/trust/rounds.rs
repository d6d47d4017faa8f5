//! Rounds: once in an hour, trust flows anew through all that a tenant has, and a new generation of creators' sums is
//! published.
//!
//! Three looks at the relationships, creators by creators. The first finds whom trust can reach: seeds, and those whom some
//! creator answers. Only their relationships are understood and kept of the second, so memory grows with them and not with all. The third
//! sums up whom it did reach: whether a feed is alive is judged by the days of trusted people alone, so that nobody else
//! moves anything.

use super::{
    model::{Engagement, TrustSums, trust},
    store::{self, Page, Trusted, Wanted},
};
use crate::{
    db::{DbError, Pool, claim_hourly},
    edge_weights::EdgeWeights,
    events::Kind,
    ids::{CreatorKey, EngagerKey, TenantId},
    relationships::Relationship,
    scores::{ScoringModel, discounts::Discounts, store::models::in_force},
};
use futures_util::{StreamExt, stream};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};
use tokio_util::task::AbortOnDropHandle;

/// Pages that are read at once. More: memory and connections; fewer: either PostgreSQL or this process waits for the other.
const AHEAD: usize = 2;

/// What a round of a tenant found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generation {
    /// Its number, from 1.
    pub number: i32,
    /// People with whom trust starts.
    pub seeds: usize,
    /// People with any trust.
    pub trusted: usize,
    /// Creators with whom any of them engages.
    pub creators: usize,
}

/// Renews the trust of all tenants whose time has come.
pub async fn renew_all(pool: &Pool) -> Result<(), DbError> {
    loop {
        let Some(tenant) = claim_hourly(&pool.get().await?, "trust_generations").await? else {
            return Ok(());
        };
        // One tenant's trouble must not keep the trust of the others back.
        match renew(pool, tenant).await {
            Ok(Generation { number, seeds, trusted, creators }) => {
                tracing::info!(tenant = tenant.0, number, seeds, trusted, creators, "trust renewed");
            }
            Err(error) => tracing::warn!(%error, tenant = tenant.0, "trust not renewed"),
        }
    }
}

/// Renews the trust of a tenant.
pub async fn renew(pool: &Pool, tenant: TenantId) -> Result<Generation, DbError> {
    let model = in_force(&pool.get().await?, tenant).await?.model;
    let reach = Arc::new(reach(pool, tenant).await?);
    let flows = flows(pool, tenant, &reach, &model.edge_weights).await?;
    // Seconds of arithmetic at most, but for them no other task of this thread gets a turn.
    let flowed = tokio::task::spawn_blocking(move || flows.trusted()).await;
    let trusted =
        Arc::new(flowed.map_err(|error| DbError::Damaged(format!("trust does not flow: {error}")))?);
    let sums = sums(pool, tenant, &trusted, &model).await?;
    let (seeds, trusted) = (reach.seeds.len(), trusted.len());
    let number = store::publish(pool, tenant, (seeds, trusted), &sums).await?;
    Ok(Generation { number, seeds, trusted, creators: sums.len() })
}

/// Whom trust can reach.
#[derive(Default)]
struct Reach {
    seeds: HashSet<EngagerKey>,
    answered: HashSet<EngagerKey>,
}

impl Reach {
    fn has(&self, engager: EngagerKey) -> bool {
        self.seeds.contains(&engager) || self.answered.contains(&engager)
    }
}

async fn reach(pool: &Pool, tenant: TenantId) -> Result<Reach, DbError> {
    let mut reach = Reach { seeds: store::named(&pool.get().await?, tenant).await?, ..Reach::default() };
    for_each_page(pool, tenant, Wanted::Answered, |page| {
        for (creator, engager, relationship) in page.people() {
            if relationship.verified_purchases() > 0 {
                reach.seeds.insert(engager);
            }
            if is_answered(page.discounts(creator), engager, relationship) {
                reach.answered.insert(engager);
            }
        }
    })
    .await?;
    Ok(reach)
}

/// Hands all creators of a tenant over, page by page. Meanwhile the next ones are read: PostgreSQL reads one while another is understood.
async fn for_each_page(
    pool: &Pool,
    tenant: TenantId,
    wanted: Wanted,
    mut take: impl FnMut(&Page),
) -> Result<(), DbError> {
    let mut after = None;
    loop {
        let listed = store::listed(pool, tenant, after).await?;
        let Some((last, _)) = listed.last() else { return Ok(()) };
        let read = |keys: Vec<CreatorKey>| {
            let (pool, wanted) = (pool.clone(), wanted.clone());
            AbortOnDropHandle::new(tokio::spawn(async move { store::page(&pool, &keys, &wanted).await }))
        };
        let mut pages = stream::iter(store::pages(&listed).into_iter().map(read)).buffered(AHEAD);
        while let Some(page) = pages.next().await {
            take(&page.map_err(|error| DbError::Damaged(format!("a page is not read: {error}")))??);
        }
        after = Some(*last);
    }
}

/// Whether a creator answers somebody. A dismissed relationship is no way for trust.
fn is_answered(discounts: Option<&Discounts>, engager: EngagerKey, relationship: &Relationship) -> bool {
    let answered = relationship.count_of(Kind::CreatorReply) > 0 || relationship.verified_purchases() > 0;
    answered && !discounts.is_some_and(|discounts| discounts.dismisses(engager, relationship))
}

/// Everything that trust flows through.
#[derive(Default)]
struct Flows {
    people: HashMap<EngagerKey, u32>,
    creators: HashMap<CreatorKey, u32>,
    seeds: Vec<u32>,
    engagements: Vec<Engagement>,
}

async fn flows(
    pool: &Pool,
    tenant: TenantId,
    reach: &Arc<Reach>,
    edge_weights: &EdgeWeights,
) -> Result<Flows, DbError> {
    let mut flows = Flows::default();
    if reach.seeds.is_empty() {
        return Ok(flows);
    }
    let wanted = reach.clone();
    let wanted = Wanted::Of(Arc::new(move |engager| wanted.has(engager)));
    for_each_page(pool, tenant, wanted, |page| flows.take_in(page, reach, edge_weights)).await?;
    Ok(flows)
}

impl Flows {
    fn take_in(&mut self, page: &Page, reach: &Reach, edge_weights: &EdgeWeights) {
        for (creator, engager, relationship) in page.people() {
            let is_seed = reach.seeds.contains(&engager);
            let next = u32::try_from(self.people.len()).unwrap_or(u32::MAX);
            let person = *self.people.entry(engager).or_insert(next);
            if is_seed && person == next {
                self.seeds.push(person);
            }
            let discounts = page.discounts(creator);
            let weight = discounts.map_or(1.0, |discounts| discounts.weight(engager, relationship));
            let next = u32::try_from(self.creators.len()).unwrap_or(u32::MAX);
            self.engagements.push(Engagement {
                person,
                creator: *self.creators.entry(creator).or_insert(next),
                strength: weight * edge_weights.strength(relationship),
                answered: is_answered(discounts, engager, relationship),
            });
        }
    }

    /// The trust of those who have any.
    fn trusted(&self) -> HashMap<EngagerKey, f64> {
        let trust = trust(self.people.len(), self.creators.len(), &self.seeds, &self.engagements);
        let all = self.people.iter().map(|(engager, person)| (*engager, trust[*person as usize]));
        all.filter(|(_, trust)| *trust > 0.0).collect()
    }
}

/// The sums of each creator with whom somebody trusted engages.
async fn sums(
    pool: &Pool,
    tenant: TenantId,
    trusted: &Arc<HashMap<EngagerKey, f64>>,
    model: &ScoringModel,
) -> Result<Vec<(CreatorKey, TrustSums)>, DbError> {
    let mut sums = Vec::new();
    if trusted.is_empty() {
        return Ok(sums);
    }
    let wanted = trusted.clone();
    let wanted = Wanted::Of(Arc::new(move |engager| wanted.contains_key(&engager)));
    for_each_page(pool, tenant, wanted, |page| {
        let known = page.people().filter_map(|(creator, engager, relationship)| {
            Some((creator, (engager, relationship, *trusted.get(&engager)?)))
        });
        let mut by_creator: BTreeMap<CreatorKey, Vec<Trusted<'_>>> = BTreeMap::new();
        known.for_each(|(creator, person)| by_creator.entry(creator).or_default().push(person));
        let of = |(creator, people): (CreatorKey, Vec<Trusted<'_>>)| {
            Some((creator, page.sums(creator, &people, model)?))
        };
        sums.extend(by_creator.into_iter().filter_map(of).filter(|(_, sums)| sums.people > 0));
    })
    .await?;
    Ok(sums)
}
