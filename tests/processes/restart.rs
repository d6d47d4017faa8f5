//! Crashes of the service and of its PostgreSQL: nothing acknowledged is lost, nothing is stored twice, and what was
//! interrupted is finished.

use crate::{
    fold::hold_lane,
    support::{
        Answer, Api, Dice, PATIENCE, Place, Service, days_ago, like, number, profile, runs, signal_all, until,
    },
};
use serde_json::Value;
use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;

/// Events that are sent in a fixed order until all are acknowledged.
struct Stream {
    name: &'static str,
    /// When they all occurred: a resent event must be the same event.
    occurred_at: String,
    next: usize,
    acknowledged: Vec<usize>,
}

impl Stream {
    /// Sends batches until the service does not answer or the time is over.
    async fn send(&mut self, api: &Api, over: &AtomicBool) {
        while !over.load(Ordering::Relaxed) {
            let numbers: Vec<usize> = (self.next..self.next + 20).collect();
            let events: Vec<Value> = numbers.iter().map(|number| self.event(*number)).collect();
            // Whoever gets no answer, or is told to try again, sends the same again.
            let Ok(answer) = api.batch(&events).await else { return };
            if answer.status == 503 {
                assert_eq!(answer.retry_after.as_deref(), Some("1"), "{answer:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            check(&answer);
            self.acknowledged.extend(numbers);
            self.next += 20;
        }
    }

    fn event(&self, number: usize) -> Value {
        let (name, creator) = (self.name, format!("creator-{}", number % 3));
        let mut event = like(&format!("{name}-{number}"), &creator, &format!("p{}", number % 50), 2);
        event["occurred_at"] = self.occurred_at.clone().into();
        event
    }
}

/// Every event of an answered batch is stored, now or before.
fn check(answer: &Answer) {
    assert_eq!(answer.status, 207, "{answer:?}");
    let results = answer.body["results"].as_array().unwrap();
    assert_eq!(results.len(), 20);
    assert!(
        results.iter().all(|result| result["status"] == "stored" || result["status"] == "duplicate"),
        "{answer:?}"
    );
}

fn streams() -> Vec<Stream> {
    let stream = |name| Stream { name, occurred_at: days_ago(2), next: 0, acknowledged: Vec::new() };
    ["a", "b", "c"].map(stream).into()
}

/// Sends all streams at once while `during` happens, and then a little longer.
async fn send_all(streams: Vec<Stream>, api: &Api, during: impl Future<Output = ()>) -> Vec<Stream> {
    let over = Arc::new(AtomicBool::new(false));
    let mut senders = JoinSet::new();
    for mut stream in streams {
        let (api, over) = (api.clone(), over.clone());
        senders.spawn(async move {
            stream.send(&api, &over).await;
            stream
        });
    }
    during.await;
    over.store(true, Ordering::Relaxed);
    senders.join_all().await
}

/// Every acknowledged event is there, and every event there is, is there once, in the relationships, too.
async fn check_stored(place: &Place, streams: &[Stream]) {
    let client = place.connect().await;
    let acknowledged: usize = streams.iter().map(|stream| stream.acknowledged.len()).sum();
    let stored = number(&client, "select count(*) from events").await;
    let sent: usize = streams.iter().map(|stream| stream.next + 20).sum();
    assert!(stored >= i64::try_from(acknowledged).unwrap(), "{stored} of {acknowledged}");
    assert!(stored <= i64::try_from(sent).unwrap(), "{stored} of {sent}");
    until("all is folded and scored", PATIENCE, async || {
        number(&client, "select (select count(*) from fold_queue) + (select count(*) from score_queue)").await
            == 0
    })
    .await;
    assert_eq!(number(&client, "select sum(events)::int8 from creator_statistics").await, stored);
}

/// Sends everything that was ever acknowledged again: all of it must be known.
async fn check_known(api: &Api, streams: &[Stream]) {
    for stream in streams {
        for numbers in stream.acknowledged.chunks(20) {
            let events: Vec<Value> = numbers.iter().map(|number| stream.event(*number)).collect();
            let answer = api.batch(&events).await.unwrap();
            assert_eq!(answer.body["duplicate"], 20, "{answer:?}");
        }
    }
}

async fn register(service: &Service) {
    for number in 0..3 {
        service.api.put_creator(&format!("creator-{number}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_service_loses_nothing_it_acknowledged_and_its_postgresql_is_adopted() {
    let place = Place::new();
    let mut dice = Dice::new(7);
    let mut service = place.serve(&[]);
    register(&service).await;
    let postgres = place.postgres().unwrap();
    let mut streams = streams();
    for _ in 0..5 {
        let pause = Duration::from_millis(200 + u64::try_from(dice.below(500)).unwrap());
        let api = service.api.clone();
        let process = service.process;
        streams = send_all(streams, &api, async {
            tokio::time::sleep(pause).await;
            process.kill();
        })
        .await;
        service = place.serve(&[]);
        assert_eq!(place.postgres(), Some(postgres), "the same PostgreSQL runs on");
        assert!(service.process.stderr().contains(r#""adopted":true"#));
    }
    let api = service.api.clone();
    let streams = send_all(streams, &api, tokio::time::sleep(Duration::from_millis(300))).await;
    check_known(&service.api, &streams).await;
    check_stored(&place, &streams).await;
    assert_eq!(service.stop().status.code(), Some(0));
    assert!(place.is_silent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_postgresql_is_started_again_and_has_everything_that_was_acknowledged() {
    let place = Place::new();
    let service = place.serve(&[]);
    let worker = place.start(place.voci(&["work"]));
    register(&service).await;
    service.api.ready().await;
    let refused = Mutex::new(0);
    let mut streams = streams();
    for _ in 0..2 {
        streams = send_all(streams, &service.api, async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let before = place.postgres().unwrap();
            place.kill_postgres();
            until("the service says that it has no database", Duration::from_secs(5), async || {
                let answer = service.api.get("/readyz").await;
                *refused.lock().unwrap() += u32::from(answer.retry_after.is_some());
                answer.status == 503
            })
            .await;
            let took = until("PostgreSQL runs again", Duration::from_secs(20), async || {
                place.postgres().is_some_and(|pid| pid != before)
                    && service.api.get("/readyz").await.status == 200
            })
            .await;
            assert!(took < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(300)).await;
        })
        .await;
    }
    assert!(*refused.lock().unwrap() > 0, "told to come again");
    check_known(&service.api, &streams).await;
    check_stored(&place, &streams).await;
    assert_eq!(place.run(&["rebuild", "--verify"], &[]).status.code(), Some(0));

    // Both processes have their share in the new server.
    assert_eq!(service.stop().status.code(), Some(0));
    assert!(place.postgres().is_some(), "the worker still uses it");
    worker.signal("-TERM");
    assert_eq!(worker.finish().status.code(), Some(0));
    assert!(place.is_silent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_right_after_a_crash_of_postgresql_reaches_the_snapshot() {
    let place = Place::new();
    let service = place.serve(&[("VOCI_WORKERS", "0")]);
    service.api.put_creator("ana").await;
    until("ana is recommended", PATIENCE, async || service.api.recommended().await == ["ana"]).await;

    // Transactions that end without a trace on disk: after a crash, PostgreSQL gives their numbers out again.
    let client = place.connect().await;
    client.batch_execute("alter system set wal_writer_delay = '10s'").await.unwrap();
    client.batch_execute("select pg_reload_conf()").await.unwrap();
    until("the setting is in force", PATIENCE, async || {
        number(
            &client,
            "select count(*) from pg_settings where name = 'wal_writer_delay' and setting = '10000'",
        )
        .await
            == 1
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    for _ in 0..500 {
        client.batch_execute("begin; select pg_current_xact_id(); rollback").await.unwrap();
    }
    let before = service.api.get("/v1/recommendations?niche=gaming").await.body["as_of"].clone();
    until("the service has looked since", PATIENCE, async || {
        service.api.get("/v1/recommendations?niche=gaming").await.body["as_of"] != before
    })
    .await;
    place.kill_postgres();
    until("the service notices", PATIENCE, async || service.api.get("/readyz").await.status == 503).await;
    service.api.ready().await;

    service.api.put_creator("bea").await;
    until("bea is recommended, too", Duration::from_secs(2), async || {
        service.api.recommended().await.len() == 2
    })
    .await;
    assert_eq!(service.api.send("DELETE", "/v1/creators/ana", None).await.unwrap().status, 204);
    until("ana is gone", Duration::from_secs(2), async || service.api.recommended().await == ["bea"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_goes_away_is_not_replaced_by_an_empty_one() {
    let place = Place::new();
    let service = place.serve(&[("VOCI_WORKERS", "0")]);
    service.api.put_creator("ana").await;
    let (cluster, away) = (place.data_dir().join("postgres"), place.data_dir().join("away"));
    let processes = place.postgres_processes();
    fs::rename(&cluster, &away).unwrap();
    signal_all("-KILL", &processes);
    until("the service complains", PATIENCE, async || {
        service.process.logged("the cluster of the embedded PostgreSQL is gone").is_some()
    })
    .await;
    assert!(!cluster.exists());
    fs::rename(&away, &cluster).unwrap();
    service.api.ready().await;
    assert_eq!(service.api.get("/v1/creators/ana").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_cut_off_by_a_kill_is_finished_by_the_next_service() {
    let place = Place::new();
    let service = place.serve(&[]);
    service.api.put_creator("ana").await;
    service.api.put_creator("bea").await;
    service.api.batch(&[like("a", "ana", "p1", 2), like("a", "bea", "p1", 2)]).await.unwrap();
    let client = place.connect().await;
    until("both are scored", PATIENCE, async || {
        number(&client, "select count(*) from creator_statistics where events = 1").await == 2
    })
    .await;

    let holder = hold_lane(&place, "ana").await;
    let api = service.api.clone();
    let erasing = tokio::spawn(async move { api.send("DELETE", "/v1/creators/ana", None).await });
    until("the tombstone is there", PATIENCE, async || {
        number(&client, "select count(*) from erasures where swept_at is null").await == 1
    })
    .await;
    service.kill();
    assert!(erasing.await.unwrap().is_err(), "the answer never came");
    drop(holder);
    assert_eq!(number(&client, "select count(*) from relationships").await, 2, "nothing is swept yet");

    let service = place.serve(&[]);
    until("the erasure is finished", Duration::from_secs(10), async || {
        number(&client, "select count(*) from erasures where swept_at is null").await == 0
    })
    .await;
    for table in ["events", "relationships", "creator_statistics", "creators"] {
        assert_eq!(number(&client, &format!("select count(*) from {table}")).await, 1, "{table}");
    }
    until("only the other one is recommended", Duration::from_secs(5), async || {
        service.api.recommended().await == ["bea"]
    })
    .await;
    service.api.put_creator("ana").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_outlasts_a_worker_that_has_the_lane() {
    let place = Place::new();
    let service = place.serve(&[("VOCI_WORKERS", "0")]);
    service.api.put_creator("ana").await;
    service.api.batch(&[like("a", "ana", "p1", 2)]).await.unwrap();
    let holder = hold_lane(&place, "ana").await;
    let api = service.api.clone();
    let erasing = tokio::spawn(async move { api.send("DELETE", "/v1/creators/ana", None).await });
    // Longer than the database lets anyone wait for a lock.
    tokio::time::sleep(Duration::from_secs(3)).await;
    drop(holder);
    assert_eq!(erasing.await.unwrap().unwrap().status, 204);
    let client = place.connect().await;
    assert_eq!(number(&client, "select count(*) from events").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_see_what_was_registered_and_erased_through_the_other_within_two_seconds() {
    let place = Place::new();
    let first = place.serve(&[]);
    let second = place.serve(&[]);
    let both = [&first, &second];
    let shown = async |expected: &[&str]| {
        for service in both {
            until("a replica shows it", Duration::from_secs(2), async || {
                let mut shown = service.api.recommended().await;
                shown.sort();
                shown == expected
            })
            .await;
        }
    };
    shown(&[]).await;
    first.api.put_creator("ana").await;
    shown(&["ana"]).await;
    second.api.put_creator("bea").await;
    shown(&["ana", "bea"]).await;
    second.api.send("DELETE", "/v1/creators/ana", None).await.unwrap();
    shown(&["bea"]).await;
    assert_eq!(first.api.get("/v1/creators/ana").await.status, 404);
    first.api.put_creator("ana").await;
    shown(&["ana", "bea"]).await;

    assert_eq!(first.stop().status.code(), Some(0));
    assert!(runs(place.postgres().unwrap()), "the second one still uses it");
    assert_eq!(second.api.get("/readyz").await.status, 200);
    assert_eq!(second.stop().status.code(), Some(0));
    assert!(place.is_silent());
}

/// Erasing while others write: nothing of an erased creator is left, whatever was under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_creators_erased_while_events_for_them_come_in() {
    let place = Place::new();
    let service = place.serve(&[]);
    let other = place.serve(&[]);
    let client = place.connect().await;
    let day = days_ago(2);
    for round in 0..6 {
        service.api.put_creator("ana").await;
        let over = Arc::new(AtomicBool::new(false));
        let mut senders = JoinSet::new();
        for sender in 0..4 {
            let (api, over) = (if sender % 2 == 0 { &service } else { &other }.api.clone(), over.clone());
            let day = day.clone();
            senders.spawn(async move {
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let mut event =
                        like(&format!("{round}-{sender}-{number}"), "ana", &format!("p{number}"), 2);
                    event["occurred_at"] = day.clone().into();
                    let status = api.batch(&[event]).await.unwrap().status;
                    assert!(matches!(status, 207 | 503), "{status}");
                }
            });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let erased = other.api.send("DELETE", "/v1/creators/ana", None).await.unwrap();
        over.store(true, Ordering::Relaxed);
        assert_eq!(erased.status, 204, "{erased:?}");
        senders.join_all().await;
        for table in
            ["events", "fold_queue", "relationships", "creator_statistics", "creators", "retractions"]
        {
            assert_eq!(number(&client, &format!("select count(*) from {table}")).await, 0, "{table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_agree_with_the_database_after_many_changes_at_once() {
    let place = Place::new();
    let (first, second) = (place.serve(&[]), place.serve(&[("VOCI_WORKERS", "0")]));
    let over = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for seed in 0..4 {
        let (api, over) = (if seed % 2 == 0 { &first } else { &second }.api.clone(), over.clone());
        writers.spawn(async move {
            let mut dice = Dice::new(seed);
            while !over.load(Ordering::Relaxed) {
                let id = format!("creator-{}", dice.below(12));
                let path = format!("/v1/creators/{id}");
                let answer = match dice.below(4) {
                    0 => api.send("DELETE", &path, None).await,
                    1 => api.batch(&[like(&format!("{seed}-{}", dice.below(1 << 30)), &id, "p1", 1)]).await,
                    _ => api.send("PUT", &path, Some(&profile(&id))).await,
                };
                let status = answer.unwrap().status;
                assert!(matches!(status, 200 | 201 | 204 | 207 | 404 | 409 | 503), "{status}");
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    over.store(true, Ordering::Relaxed);
    writers.join_all().await;

    let client = place.connect().await;
    let rows = client.query("select creator_id from creators order by creator_id", &[]).await.unwrap();
    let registered: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    for service in [&first, &second] {
        until("a replica agrees", Duration::from_secs(2), async || {
            let mut shown = service.api.recommended().await;
            shown.sort();
            shown == registered
        })
        .await;
    }
    for table in ["events", "relationships", "creator_statistics"] {
        let orphans = format!(
            "select count(*) from {table} t where not exists (select from creators c where c.creator_key = t.creator_key)"
        );
        assert_eq!(number(&client, &orphans).await, 0, "{table} of nobody");
    }
    let report = tokio::task::block_in_place(|| place.run(&["rebuild", "--verify"], &[])).output();
    assert!(report.ends_with(" 0 differences found\n"), "{report}");
}
