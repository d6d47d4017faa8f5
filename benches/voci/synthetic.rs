//! Made-up creators and events, the same in every run.

use crate::{
    drawn::{creator_id, number},
    harness::{
        Failure,
        batch::{Sent, bodies},
    },
};
use jiff::{Timestamp, ToSpan};
use std::ops::Range;
use uuid::Uuid;
use voci::{
    db::Pool,
    events::Kind,
    ids::{CreatorKey, TenantId},
};

/// Events of a repetition.
pub(crate) const REPETITION: usize = 200_000;
/// Creators that get events; low numbers get more.
pub(crate) const BUSY_CREATORS: u64 = 10_000;
/// People of each creator; low numbers come back more often.
pub(crate) const PEOPLE: u64 = 1_000;
/// Kinds as often as they occur on platforms: mostly likes.
const KINDS: [Kind; 8] =
    [Kind::Like, Kind::Like, Kind::Like, Kind::Like, Kind::View, Kind::View, Kind::Comment, Kind::Share];

/// A number below `bound`; low numbers are likelier, as communities are of very different size.
pub(crate) fn skewed(seed: u64, purpose: u64, bound: u64) -> u64 {
    let share = number(seed, purpose, 1 << 20);
    (share * share * bound) >> 40
}

/// One event.
pub(crate) struct Act {
    /// Number of the event, different for all.
    pub(crate) number: u64,
    /// Number of the creator.
    pub(crate) creator: u64,
    /// Number of the person.
    pub(crate) person: u64,
    /// What was done.
    pub(crate) kind: Kind,
    /// When.
    pub(crate) occurred_at: Timestamp,
}

/// Events of the last 20 days, one after the other and no two the same.
pub(crate) struct Acts {
    next: u64,
    people: u64,
    start: Timestamp,
}

impl Acts {
    /// From the first one on.
    pub(crate) fn new() -> Self {
        Self::from(0)
    }

    /// From another number on.
    pub(crate) fn from(next: u64) -> Self {
        Self { next, people: PEOPLE, start: Timestamp::now() - (20 * 24).hours() }
    }

    /// From now on so many people of each creator act.
    pub(crate) fn widen(&mut self, people: u64) {
        self.people = people;
    }

    /// The next ones.
    pub(crate) fn take(&mut self, count: usize) -> Vec<Act> {
        let first = self.next;
        self.next += count as u64;
        (first..self.next).map(|seed| self.act(seed)).collect()
    }

    fn act(&self, seed: u64) -> Act {
        Act {
            number: seed,
            creator: skewed(seed, 5, BUSY_CREATORS),
            person: skewed(seed, 6, self.people),
            kind: KINDS[usize::try_from(number(seed, 7, 8)).unwrap_or_default()],
            occurred_at: self.start
                + i64::try_from(number(seed, 8, 19 * 86_400)).unwrap_or_default().seconds(),
        }
    }
}

/// Id of a person of a creator.
pub(crate) fn person_id(creator: u64, person: u64) -> String {
    format!("person-{person}-of-{creator}")
}

fn sent(act: &Act) -> Sent {
    Sent {
        event_id: format!("event-{}", act.number),
        creator_id: creator_id(act.creator),
        engager_id: person_id(act.creator, act.person),
        kind: act.kind,
        occurred_at: act.occurred_at,
        post_id: format!("post-{}", act.number % 50),
    }
}

/// Bodies of batches of events.
pub(crate) fn batches(acts: &[Act]) -> Vec<String> {
    bodies(&acts.iter().map(sent).collect::<Vec<_>>())
}

/// Bodies of single events.
pub(crate) fn singles(acts: &[Act]) -> Vec<String> {
    let body = |act: &Act| serde_json::to_string(&sent(act)).expect("an event is plain JSON");
    acts.iter().map(body).collect()
}

/// The body of a stream of events.
pub(crate) fn lines(acts: &[Act]) -> Vec<u8> {
    singles(acts).join("\n").into_bytes()
}

/// Says of all tenants that what is looked at once in an hour or a day was looked at just now: it is no part of what is
/// measured over some seconds or minutes.
pub(crate) async fn claim_looks(pool: &Pool) -> Result<(), Failure> {
    let claimed = "insert into discount_looks (tenant_id) select tenant_id from tenants;
                   insert into trust_generations (tenant_id) select tenant_id from tenants;
                   insert into sponsorship_rounds (tenant_id) select tenant_id from tenants;
                   insert into insight_rounds (tenant_id) select tenant_id from tenants;
                   insert into score_history_rounds (tenant_id, day, finished)
                   select tenant_id, (now() at time zone 'utc')::date, true from tenants";
    Ok(pool.get().await?.batch(claimed).await?)
}

/// Asks for all creators to be summed up anew.
pub(crate) async fn ask_for_all(pool: &Pool) -> Result<(), Failure> {
    let sql = "insert into score_queue (lane, creator_key)
               select (get_byte(uuid_send(creator_key), 15) % 64)::int2, creator_key from creators";
    Ok(pool.get().await?.batch(sql).await?)
}

/// Registers creators of these numbers, straight into the database, each in one of these niches.
pub(crate) async fn register(
    pool: &Pool,
    tenant: TenantId,
    numbers: Range<u64>,
    niches: &[String],
) -> Result<(), Failure> {
    let ids: Vec<String> = numbers.clone().map(creator_id).collect();
    let niches: Vec<&str> = numbers.zip(niches.iter().cycle()).map(|(_, niche)| niche.as_str()).collect();
    let keys: Vec<Uuid> = ids.iter().map(|id| CreatorKey::derive(tenant, id).0).collect();
    let sql = "insert into creators (creator_key, tenant_id, creator_id, display_name, bio, country, languages, creator_values,
                                     niches, accounts, version)
               select key, $1, id, id, '', 'RO', '{ro}', '{}', array[niche], '[]', 1
               from unnest($2::uuid[], $3::text[], $4::text[]) as t (key, id, niche)";
    pool.get().await?.execute(sql, &[&tenant.0, &keys, &ids, &niches]).await?;
    Ok(())
}
