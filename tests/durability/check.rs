//! What is stored in the end, against what was acknowledged and what was sent.

use crate::{
    ledger::Ledger,
    route::{Item, Route, Story},
    supervisor::SECRET,
    supply::Supply,
    support::{number, recount, relationships, secrets, until},
};
use futures_util::TryStreamExt;
use std::{
    collections::{BTreeMap, HashMap},
    pin::pin,
    time::Duration,
};
use tokio_postgres::Client;
use uuid::Uuid;
use voci::ids::{CreatorKey, EventKey, TenantId};

/// Longest time for folding what is left.
const PATIENCE: Duration = Duration::from_mins(3);

/// What the checks found. Nothing is wrong when only the first four are not empty.
pub(crate) struct Findings {
    pub(crate) acknowledged_events: usize,
    pub(crate) acknowledged_creators: usize,
    pub(crate) stored: usize,
    pub(crate) relationships: usize,
    /// Acknowledged and not stored.
    pub(crate) lost: Vec<Item>,
    /// Stored more than once.
    pub(crate) duplicated: Vec<Item>,
    /// Rows of what was never sent.
    pub(crate) never_sent: usize,
    /// Relationships that are not what the stored events make.
    pub(crate) wrong_relationships: usize,
}

impl Findings {
    pub(crate) fn lost_on(&self, events: bool) -> usize {
        self.lost.iter().filter(|item| item.route.is_of_events() == events).count()
    }

    pub(crate) fn is_all_well(&self) -> bool {
        self.lost.is_empty()
            && self.duplicated.is_empty()
            && self.never_sent == 0
            && self.wrong_relationships == 0
    }
}

/// Checks a database that nobody writes to any more and in which all is folded.
pub(crate) async fn check(client: &Client, story: Story, ledger: &Ledger, supplies: &[Supply]) -> Findings {
    let sent = Sent::of(story, supplies);
    let (stored, never_sent) = stored(client, &sent).await;
    let acknowledged = ledger.read();
    let (wrong_relationships, relationships) = compare(client, story, &stored).await;
    let of_events = |item: &&Item| item.route.is_of_events();
    Findings {
        acknowledged_events: acknowledged.iter().filter(of_events).count(),
        acknowledged_creators: acknowledged.iter().filter(|item| !of_events(item)).count(),
        stored: stored.len(),
        relationships,
        lost: acknowledged.into_iter().filter(|item| !stored.contains_key(item)).collect(),
        duplicated: stored.iter().filter(|(_, times)| **times > 1).map(|(item, _)| *item).collect(),
        never_sent,
        wrong_relationships,
    }
}

/// Completes when the service has folded everything.
pub(crate) async fn folded(client: &Client) {
    until("all is folded", PATIENCE, async || number(client, "select count(*) from fold_queue").await == 0)
        .await;
}

/// Everything that was sent, by its key.
struct Sent {
    events: HashMap<(Uuid, Uuid), Item>,
    creators: HashMap<Uuid, Item>,
}

impl Sent {
    fn of(story: Story, supplies: &[Supply]) -> Self {
        let (mut events, mut creators) = (HashMap::new(), HashMap::new());
        for supply in supplies {
            for number in 0..supply.given_out() {
                let item = Item { route: supply.route, number };
                if item.route == Route::Creator {
                    creators.insert(CreatorKey::derive(TenantId(1), &item.to_string()).0, item);
                } else {
                    let creator = CreatorKey::derive(TenantId(1), &story.event(item).creator);
                    events.insert((creator.0, EventKey::derive(creator, &item.to_string()).0), item);
                }
            }
        }
        Self { events, creators }
    }
}

/// How often each item is stored, and how many rows are of nothing that was sent.
async fn stored(client: &Client, sent: &Sent) -> (BTreeMap<Item, usize>, usize) {
    let (mut stored, mut never_sent) = (BTreeMap::new(), 0);
    let mut take_down = |item: Option<&Item>| match item {
        Some(item) => *stored.entry(*item).or_default() += 1,
        None => never_sent += 1,
    };
    let none: [i32; 0] = [];
    let mut events = pin!(client.query_raw("select creator_key, event_key from events", none).await.unwrap());
    while let Some(row) = events.try_next().await.unwrap() {
        take_down(sent.events.get(&(row.get(0), row.get(1))));
    }
    let known: Vec<Uuid> = Story::creators().map(|id| CreatorKey::derive(TenantId(1), &id).0).collect();
    let creators = "select creator_key from creators where creator_key <> all ($1)";
    for row in client.query(creators, &[&known]).await.unwrap() {
        take_down(sent.creators.get(&row.get(0)));
    }
    (stored, never_sent)
}

/// How many relationships differ from a recount of the stored events, and how many there are.
async fn compare(client: &Client, story: Story, stored: &BTreeMap<Item, usize>) -> (usize, usize) {
    let events = stored.keys().filter(|item| item.route.is_of_events()).map(|item| story.event(*item));
    let expected = recount(events, &secrets(client, SECRET).await);
    let found = relationships(client).await;
    let missing = expected.keys().filter(|pair| !found.contains_key(pair)).count();
    let wrong = found.iter().filter(|(pair, counted)| expected.get(pair) != Some(counted)).count();
    (missing + wrong, found.len())
}
