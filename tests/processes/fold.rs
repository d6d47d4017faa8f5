//! Folding under kills, beside rebuilds, and by workers of their own.

use crate::support::{
    Api, Dice, KINDS, PATIENCE, Place, Process, Recount, Sent, days_ago, like, number, recount,
    relationships, secrets, until,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio_postgres::Client;
use voci::ids::{CreatorKey, TenantId};

const SECRET: (&str, &str) = ("VOCI_SECRET_KEY", "a secret that only tests use");

/// A made-up story: half of the events are on one creator, some have no engager, some take others back, be it before
/// or after those are sent.
fn story(dice: &mut Dice, events: usize) -> Vec<Sent> {
    let start = jiff::Timestamp::now().as_second() - 60 * 86_400;
    (0..events)
        .map(|index| {
            let creator = if dice.below(2) == 0 { 0 } else { dice.below(CREATORS) };
            let engager = (dice.below(10) > 0).then(|| format!("person-{}", dice.below(200)));
            let mut sent = Sent {
                id: format!("e{index}"),
                creator: creator_id(creator),
                engager,
                kind: KINDS[dice.below(KINDS.len())],
                second: start + i64::try_from(dice.below(59 * 86_400)).unwrap(),
                takes_back: None,
            };
            if dice.below(25) == 0 {
                sent.kind = "retract";
                sent.takes_back = Some(format!("e{}", (index + dice.below(2_000)).saturating_sub(1_500)));
            }
            sent
        })
        .collect()
}

const CREATORS: usize = 40;

fn creator_id(number: usize) -> String {
    format!("creator-{number}")
}

/// A retract names an event of its own creator, so half-random references would seldom hit: point them right.
fn aim(story: &mut [Sent]) {
    let creators: BTreeMap<String, String> =
        story.iter().map(|sent| (sent.id.clone(), sent.creator.clone())).collect();
    for sent in story.iter_mut() {
        if let Some(creator) = sent.takes_back.as_ref().and_then(|target| creators.get(target)) {
            sent.creator = creator.clone();
        }
    }
}

/// Sends events; each must be told what it is.
async fn send(api: &Api, events: &[Sent], status: &str) {
    for batch in events.chunks(400) {
        let batch: Vec<Value> = batch.iter().map(Sent::json).collect();
        let answer = api.batch(&batch).await.unwrap();
        assert_eq!(answer.status, 207, "{answer:?}");
        for result in answer.body["results"].as_array().unwrap() {
            assert_eq!(result["status"], status, "{result}");
        }
    }
}

fn worker(place: &Place) -> Process {
    let mut command = place.voci(&["work"]);
    command.envs([SECRET, ("VOCI_WORKERS", "1"), ("VOCI_FOLD_BATCH", "150"), ("VOCI_MODEL_SECONDS", "3600")]);
    place.start(command)
}

async fn folded(client: &Client) {
    until("the queues are empty", PATIENCE, async || {
        number(client, "select (select count(*) from fold_queue) + (select count(*) from score_queue)").await
            == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_folded_exactly_once_however_often_workers_are_killed() {
    const ROUNDS: usize = 25;
    let place = Place::new();
    let service = place.serve(&[SECRET, ("VOCI_WORKERS", "0")]);
    let client = place.connect().await;
    for creator in 0..CREATORS {
        service.api.put_creator(&creator_id(creator)).await;
    }
    let mut dice = Dice::new(42);
    let mut story = story(&mut dice, 20_000);
    aim(&mut story);

    let mut workers: Vec<Process> = (0..4).map(|_| worker(&place)).collect();
    for (round, events) in story.chunks(story.len() / ROUNDS).enumerate() {
        let again = &story[..round * events.len()];
        let repeated = &again[again.len().saturating_sub(dice.below(600))..];
        let fresh = async {
            send(&service.api, events, "stored").await;
            send(&service.api, repeated, "duplicate").await;
        };
        let kill = async {
            tokio::time::sleep(Duration::from_millis(u64::try_from(dice.below(400)).unwrap())).await;
            workers.swap_remove(dice.below(workers.len())).kill();
            workers.push(worker(&place));
        };
        tokio::join!(fresh, kill);
        if round == ROUNDS / 2 {
            // In the middle of it all nothing is wrong either: what waits in the queue is not missing.
            let report =
                tokio::task::block_in_place(|| place.run(&["rebuild", "--verify"], &[SECRET])).output();
            assert!(report.ends_with(" 0 differences found\n"), "{report}");
        }
    }
    folded(&client).await;

    assert_eq!(number(&client, "select count(*) from events").await, 20_000);
    let expected = recount(story.iter().cloned(), &secrets(&client, SECRET.1).await);
    let found = relationships(&client).await;
    assert_eq!(found.len(), expected.len());
    for (pair, relationship) in &expected {
        assert_eq!(found.get(pair), Some(relationship), "{pair:?}");
    }
    check_statistics(&client, &expected).await;
    check_rebuild(&place, &client, &expected).await;
}

async fn check_statistics(client: &Client, expected: &Recount) {
    let total = |anonymous: bool| -> i64 {
        let pairs = expected.iter().filter(|((_, engager), _)| (*engager == 0) == anonymous);
        pairs.flat_map(|(_, (counts, _))| counts.values()).map(|count| i64::from(*count)).sum()
    };
    let sums = "select sum(events)::int8, sum(anonymous_events)::int8 from creator_statistics";
    let row = client.query_one(sums, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), (Some(total(false)), Some(total(true))));
}

/// Rebuilding finds nothing wrong, then everything that is put wrong, and mends it.
async fn check_rebuild(place: &Place, client: &Client, expected: &Recount) {
    let rebuild = |arguments: &[&str]| {
        let arguments = [&["rebuild"], arguments].concat();
        tokio::task::block_in_place(|| place.run(&arguments, &[SECRET]))
    };
    let rows = expected.len();
    let clean = format!(
        "{CREATORS} creators, {rows} relationships compared, 0 differences found; \
         {CREATORS} statistics compared, 0 differences found\n"
    );
    assert_eq!(rebuild(&["--verify"]).output(), clean);

    client
        .batch_execute(
            "create temp table victims as
                 select creator_key, engager_key, row_number() over (order by creator_key, engager_key) as n
                 from relationships;
             update relationships r set active_days = '\\x01' from victims v
             where v.n = 1 and (r.creator_key, r.engager_key) = (v.creator_key, v.engager_key);
             update relationships r set counts = '\\xffff' from victims v
             where v.n = 2 and (r.creator_key, r.engager_key) = (v.creator_key, v.engager_key);
             update relationships r set strength = 'NaN' from victims v
             where v.n = 3 and (r.creator_key, r.engager_key) = (v.creator_key, v.engager_key);
             delete from relationships r using victims v
             where v.n = 4 and (r.creator_key, r.engager_key) = (v.creator_key, v.engager_key);
             insert into relationships
             select creator_key, 4711, strength, first_seen, last_seen, counts, active_days, posts
             from relationships r join victims v using (creator_key, engager_key) where v.n = 5;
             create temp table scored as
                 select creator_key, row_number() over (order by creator_key) as n from creator_statistics;
             update creator_statistics s set engagers = engagers + 1 from scored v
             where v.n = 1 and s.creator_key = v.creator_key;
             update creator_statistics s set expected_back = expected_back + 0.0001 from scored v
             where v.n = 2 and s.creator_key = v.creator_key;
             delete from creator_statistics s using scored v where v.n = 3 and s.creator_key = v.creator_key;
             update creator_statistics s set live_recent = live_recent + 0.0001 from scored v
             where v.n = 4 and s.creator_key = v.creator_key;
             update creator_statistics s set engaged_days = '' from scored v
             where v.n = 5 and s.creator_key = v.creator_key",
        )
        .await
        .unwrap();
    let tampered = rebuild(&["--verify"]);
    let differences =
        |done: &str| format!(" 5 differences {done}; {CREATORS} statistics compared, 5 differences {done}\n");
    let found = &differences("found");
    assert!(tampered.stdout.ends_with(found), "{} {}", tampered.stdout, tampered.stderr);
    assert_eq!(tampered.status.code(), Some(1));
    assert!(tampered.complaint().contains("`voci rebuild` mends them"));
    assert!(rebuild(&[]).output().ends_with(&differences("mended")));
    assert_eq!(rebuild(&["--verify"]).output(), clean);
    assert_eq!(&relationships(client).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_alone_folds_what_a_service_took_in_and_the_service_shows_it_within_two_seconds() {
    let place = Place::new();
    let service = place.serve(&[SECRET, ("VOCI_WORKERS", "0")]);
    let client = place.connect().await;
    service.api.put_creator("ana").await;
    service.api.put_creator("bea").await;
    let comments: Vec<Value> = (0..300)
        .map(|index| {
            json!({
                "event_id": format!("c{index}"), "creator_id": "bea", "engager_id": format!("p{}", index % 30),
                "kind": "comment", "occurred_at": days_ago(index / 30 + 1),
                "text": "where did you find this wonderful linen fabric?",
            })
        })
        .collect();
    assert_eq!(service.api.batch(&comments).await.unwrap().body["stored"], 300);
    until("both creators are recommended", PATIENCE, async || service.api.recommended().await.len() == 2)
        .await;
    assert_eq!(number(&client, "select sum(events)::int8 from fold_queue").await, 300, "nobody folds yet");

    let worker = worker(&place);
    folded(&client).await;
    until("the service shows the work of the worker", Duration::from_secs(2), async || {
        let page = service.api.get("/v1/recommendations?niche=gaming").await.body;
        let first = &page["items"][0];
        first["creator_id"] == "bea" && first["components"].to_string().contains("\"engagers\":30")
    })
    .await;
    worker.signal("-TERM");
    assert!(worker.finish().status.success());
    assert_eq!(service.stop().status.code(), Some(0));
    assert!(place.is_silent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_no_difference_and_only_mending_waits_for_a_lane() {
    let place = Place::new();
    let service = place.serve(&[SECRET, ("VOCI_WORKERS", "0")]);
    let client = place.connect().await;
    service.api.put_creator("ana").await;
    service.api.batch(&[like("a", "ana", "p1", 3), like("b", "ana", "p2", 3)]).await.unwrap();
    let worker = worker(&place);
    folded(&client).await;
    worker.kill();

    // The like is taken back, and nobody has folded that yet.
    let mut retract = like("r", "ana", "p1", 2);
    retract["kind"] = json!("retract");
    retract["in_reply_to"] = json!("a");
    service.api.batch(&[retract]).await.unwrap();
    let holder = hold_lane(&place, "ana").await;
    let verify = || tokio::task::block_in_place(|| place.run(&["rebuild", "--verify"], &[SECRET]));
    let report = verify().output();
    assert!(report.contains("2 relationships compared, 0 differences found; 1 statistics"), "{report}");
    assert!(report.ends_with(" 0 differences found\n"), "{report}");

    client.execute("delete from relationships", &[]).await.unwrap();
    let found = verify().stdout;
    assert!(found.contains("1 differences found; 1 statistics"), "the other one waits: {found}");
    let mut mend = place.voci(&["rebuild"]);
    mend.envs([SECRET]);
    let mend = place.start(mend);
    let mut attempts = BTreeSet::new();
    until("it has asked for the lane more than once", PATIENCE, async || {
        let asks = "select waitstart::text from pg_locks where locktype = 'advisory' and not granted";
        let asks = client.query(asks, &[]).await.unwrap();
        attempts.extend(asks.iter().filter_map(|row| row.get::<_, Option<String>>(0)));
        attempts.len() > 1
    })
    .await;
    drop(holder);
    let report = tokio::task::block_in_place(|| mend.finish()).output();
    assert!(report.contains(" 1 differences mended"), "{report}");
    assert_eq!(number(&client, "select count(*) from relationships").await, 1);
    let report = verify().output();
    assert!(report.ends_with(" 0 differences found\n"), "{report}");
}

/// Keeps all workers from a creator until it is dropped, as a long transaction of one of them does.
pub(crate) async fn hold_lane(place: &Place, creator: &str) -> Client {
    let client = place.connect().await;
    let lane = CreatorKey::derive(TenantId(1), creator).lane();
    let held: i64 = 0x766f_6369_0000_1000 + i64::from(lane);
    client.execute("select pg_advisory_lock($1)", &[&held]).await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_relationship_is_folded_anew_from_its_events() {
    let place = Place::new();
    let service = place.serve(&[SECRET, ("VOCI_WORKERS", "1")]);
    let client = place.connect().await;
    let creators: Vec<String> = (0..20).map(creator_id).collect();
    for creator in &creators {
        service.api.put_creator(creator).await;
    }
    service.api.batch(&[like("a", &creators[0], "p1", 3), like("a", &creators[1], "p1", 3)]).await.unwrap();
    folded(&client).await;
    client.execute("update relationships set counts = '\\xffff'", &[]).await.unwrap();

    // One is met when an event of it is folded, the other when its creator is summed up anew.
    let events: Vec<Value> = creators
        .iter()
        .map(|creator| like("b", creator, if *creator == creators[1] { "p2" } else { "p1" }, 2))
        .collect();
    service.api.batch(&events).await.unwrap();
    folded(&client).await;
    assert_eq!(number(&client, "select sum(events)::int8 from creator_statistics").await, 22);
    let report = tokio::task::block_in_place(|| place.run(&["rebuild", "--verify"], &[SECRET])).output();
    assert!(report.ends_with(" 0 differences found\n"), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_cannot_be_read_hold_up_neither_scores_of_their_lane_nor_other_lanes() {
    let place = Place::new();
    let service = place.serve(&[SECRET, ("VOCI_WORKERS", "1")]);
    let client = place.connect().await;
    let creators: Vec<String> = (0..20).map(creator_id).collect();
    for creator in &creators {
        service.api.put_creator(creator).await;
    }
    folded(&client).await;
    let stuck = CreatorKey::derive(TenantId(1), &creators[0]);
    let damaged = "insert into fold_queue (lane, events, facts) values ($1, 1, '\\x00')";
    client.execute(damaged, &[&stuck.lane()]).await.unwrap();
    let waits = "insert into score_queue (lane, creator_key) values ($1, $2)";
    client.execute(waits, &[&stuck.lane(), &stuck.0]).await.unwrap();
    let others =
        creators.iter().filter(|other| CreatorKey::derive(TenantId(1), other).lane() != stuck.lane());
    let events: Vec<Value> = others.map(|creator| like("a", creator, "p1", 2)).collect();
    assert!(!events.is_empty());
    service.api.batch(&events).await.unwrap();

    until("only the damaged row is left", PATIENCE, async || {
        // In this order: what is folded between two looks is still to be scored.
        number(&client, "select count(*) from fold_queue").await == 1
            && number(&client, "select count(*) from score_queue").await == 0
    })
    .await;
    assert_eq!(
        number(&client, "select sum(events)::int8 from creator_statistics").await,
        i64::try_from(events.len()).unwrap()
    );
}
