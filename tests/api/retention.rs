//! Raw events go when their retention is over, and nothing else changes.

use crate::support::{App, Client, at_noon, community, event, eventually, profile};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use voci::{
    db::{Pool, Pools, connect::ConnectSettings},
    ids::LANES,
    keys::store::set_retention,
    relationships::{
        fold::fold_lanes,
        rebuild::{Comparison, Report, rebuild, rebuild_in_parts},
    },
    retention::{Look, look},
    scores::store::{Turn, score_lane},
};

/// Everything that is made of raw events.
const MADE: [&str; 2] = [
    "select r::text from relationships r order by creator_key, engager_key",
    "select s::text from creator_statistics s order by creator_key",
];

/// What the background work of a process has.
fn background(app: &App) -> Pool {
    Pools::open(&ConnectSettings::from_url(&app.database().url()).unwrap(), 1, 3).background
}

async fn made(app: &App) -> Vec<Vec<Vec<Option<String>>>> {
    let mut made = Vec::new();
    for sql in MADE {
        made.push(app.sql(sql).await);
    }
    made
}

async fn months(app: &App) -> Vec<String> {
    let sql =
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'events'::regclass order by 1";
    app.sql(sql).await.into_iter().map(|mut row| row.remove(0).unwrap()).collect()
}

async fn verified(app: &App) -> Report {
    let report = rebuild(&background(app), false, |_| {}).await.unwrap();
    assert_eq!(report.differences(), 0, "{report:?}");
    report
}

/// Looks until nothing is left to do.
async fn retain(app: &App) {
    let pool = background(app);
    eventually("retention is through", async || {
        (look(&pool, Timestamp::now()).await.unwrap() == Look::Finished).then_some(())
    })
    .await;
}

/// A tenant without retention that has a community of years, on this creator.
async fn archive(app: &App, name: &str, creator: &str) -> Client {
    let archive = app.tenant_with(name, None).await;
    archive.put(&format!("/v1/creators/{creator}"), &profile(creator, json!({}))).await.expect(201);
    send(&archive, &community(creator, 7, &[2, 9, 300, 420, 421, 700, 733])).await;
    app.settle().await;
    archive
}

async fn send(client: &Client, events: &[Value]) {
    let receipt = client.post("/v1/events/batch", &json!({"events": events})).await.expect(207);
    assert_eq!(receipt["stored"], events.len(), "{receipt}");
}

#[tokio::test]
async fn raw_events_go_and_nothing_that_was_made_of_them_changes() {
    let app = App::start().await;
    let archive = archive(&app, "archive", "ana").await;
    let (before, months_before) = (made(&app).await, months(&app).await);
    let scores = archive.get("/v1/creators/ana/scores").await.ok();
    let report = verified(&app).await;
    assert_eq!(report.relationships.compared, 7);

    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    retain(&app).await;
    assert_eq!(app.count("events").await, 14);
    assert_eq!(app.count("relationship_base").await, 7);
    assert!(months(&app).await.len() < months_before.len(), "{months_before:?}");
    assert_eq!(made(&app).await, before);
    assert_eq!(archive.get("/v1/creators/ana/scores").await.ok(), scores);
    assert_eq!(verified(&app).await, report);

    // What comes later is added to the whole.
    let again = |id: &str, days: i64| {
        event(
            id,
            "ana",
            json!({"engager_id": "fan-0-of-ana", "kind": "comment", "occurred_at": at_noon(days)}),
        )
    };
    send(&archive, &[again("new-1", 1), again("new-2", 3)]).await;
    app.settle().await;
    assert_eq!(archive.get("/v1/creators/ana/scores").await.ok()["statistics"]["events"], 51);
    verified(&app).await;
}

#[tokio::test]
async fn what_is_folded_anew_is_folded_from_base_and_raw_events() {
    let app = App::start().await;
    let archive = archive(&app, "archive", "ana").await;
    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    retain(&app).await;
    let before = made(&app).await;
    let retract = |of: &str| event(&format!("r-{of}"), "ana", json!({"kind": "retract", "in_reply_to": of}));
    let events = async || archive.get("/v1/creators/ana/scores").await.ok()["statistics"]["events"].clone();

    // An event in the base cannot be taken back.
    send(&archive, &[retract("ana-0-700")]).await;
    app.settle().await;
    assert_eq!(made(&app).await[0], before[0]);
    assert_eq!((events().await, verified(&app).await.differences()), (json!(49), 0));
    // A raw one can.
    send(&archive, &[retract("ana-1-2")]).await;
    app.settle().await;
    assert_eq!((events().await, verified(&app).await.differences()), (json!(48), 0));

    app.sql("update relationships set counts = '\\xffff'").await;
    let found = rebuild(&background(&app), true, |_| {}).await.unwrap();
    assert_eq!(found.relationships, Comparison { compared: 7, differences: 7 });
    assert_eq!((events().await, verified(&app).await.differences()), (json!(48), 0));

    archive.delete("/v1/creators/ana").await.expect(204);
    assert_eq!((app.count("relationship_base").await, app.count("creator_bases").await), (0, 0));
}

#[tokio::test]
async fn what_is_in_a_base_is_not_known_by_itself_any_more() {
    let app = App::start().await;
    let archive = archive(&app, "archive", "ana").await;
    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    retain(&app).await;
    archive.get("/v1/creators/ana/events/ana-0-700").await.problem(404, "event_not_found");
    archive.get("/v1/creators/ana/events/ana-0-9").await.expect(200);
    // Its row may outlast it a little.
    app.sql("update creator_bases set through = current_date").await;
    archive.get("/v1/creators/ana/events/ana-0-9").await.problem(404, "event_not_found");
}

#[tokio::test]
async fn a_base_that_cannot_be_read_is_told_and_never_written_over() {
    let app = App::start().await;
    archive(&app, "archive", "ana").await;
    set_retention(&background(&app), "archive", Some(600)).await.unwrap();
    retain(&app).await;
    let before = made(&app).await;
    app.sql("update relationship_base set counts = '\\xffff' where engager_key = (select min(engager_key) from relationship_base)")
        .await;
    for write in [false, true, false] {
        let report = rebuild(&background(&app), write, |_| {}).await.unwrap();
        assert_eq!(report.relationships, Comparison { compared: 7, differences: 1 });
        assert_eq!(report.statistics.differences, 0);
    }
    assert_eq!(made(&app).await[0], before[0]);
    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    assert_eq!(look(&background(&app), Timestamp::now()).await.unwrap(), Look::Unfinished);
    assert_eq!(app.count("events where occurred_on < current_date - 400").await, 14, "they are still needed");
}

#[tokio::test]
async fn a_tenant_with_longer_retention_keeps_its_events_in_months_that_others_are_through_with() {
    let app = App::start().await;
    archive(&app, "short", "ana").await;
    archive(&app, "long", "bea").await;
    let (before, months_before) = (made(&app).await, months(&app).await);
    set_retention(&background(&app), "short", Some(60)).await.unwrap();
    retain(&app).await;
    assert_eq!(months(&app).await, months_before);
    let of = |tenant: &str| {
        format!(
            "events join creators using (creator_key) join tenants using (tenant_id) where name = '{tenant}'"
        )
    };
    assert_eq!((app.count(&of("short")).await, app.count(&of("long")).await), (14, 49));
    let settled = app.sql("select * from settled_months order by month").await;
    assert!(!settled.is_empty());
    retain(&app).await;
    assert_eq!(app.sql("select * from settled_months order by month").await, settled, "they are left alone");

    set_retention(&background(&app), "long", Some(360)).await.unwrap();
    retain(&app).await;
    assert_eq!((app.count(&of("short")).await, app.count(&of("long")).await), (14, 21));
    assert!(months(&app).await.len() < months_before.len());
    assert_eq!(made(&app).await, before);
    verified(&app).await;
}

#[tokio::test]
async fn ingest_goes_on_while_a_month_is_detached() {
    let app = App::start().await;
    archive(&app, "archive", "ana").await;
    app.put_creator("bea", json!({})).await;
    let keeper = app.tenant_with("keeper", None).await;
    keeper.put("/v1/creators/eva", &profile("eva", json!({}))).await.expect(201);
    // A report, say, that reads all events and takes its time.
    let reader = app.database().connect().await;
    reader.batch_execute("begin isolation level repeatable read; select count(*) from events").await.unwrap();
    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    let pool = background(&app);
    let looking = tokio::spawn(async move { look(&pool, Timestamp::now()).await });
    let leaving = "select to_char(to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM'), 'YYYY-MM-DD')
                   from pg_inherits where inhparent = 'events'::regclass and inhdetachpending";
    let month = eventually("a month is being detached", async || app.sql(leaving).await.pop()).await;
    for number in 0..20 {
        app.post("/v1/events", &event(&format!("e{number}"), "bea", json!({}))).await.expect(201);
        // A month that this process has not seen yet.
        let at = json!({"occurred_at": format!("20{:02}-01-01T00:00:00Z", 1 + number)});
        keeper.post("/v1/events", &event(&format!("e{number}"), "eva", at)).await.expect(201);
    }
    let at = json!({"occurred_at": format!("{}T00:00:00Z", month[0].as_ref().unwrap())});
    let late = event("late", "eva", at);
    let refused = keeper.post("/v1/events", &late).await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(503, "overloaded");

    reader.batch_execute("rollback").await.unwrap();
    looking.await.unwrap().unwrap();
    retain(&app).await;
    assert!(app.sql(leaving).await.is_empty());
    keeper.post("/v1/events", &late).await.expect(201);
    app.settle().await;
    verified(&app).await;
}

#[tokio::test]
async fn what_was_left_half_done_is_finished_by_the_next_look() {
    let app = App::start().await;
    archive(&app, "archive", "ana").await;
    let before = made(&app).await;
    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    let refuse = async |month: &str| {
        app.sql(&format!(
            "create trigger refuse_leaving_month before insert on {month} for each row execute function refuse_leaving_month()"
        ))
        .await
    };
    // Killed right after a month refused events, before it was looked through once more.
    let first = months(&app).await.remove(0);
    refuse(&first).await;
    // Killed after detaching, before dropping.
    app.sql("create table events_2001_02 (like events)").await;
    refuse("events_2001_02").await;
    // Of another origin, whatever its name.
    app.sql("create table events_2001_03 (like events)").await;
    assert_eq!(look(&background(&app), Timestamp::now()).await.unwrap(), Look::Unfinished);
    assert_eq!(app.count("pg_trigger where tgname = 'refuse_leaving_month'").await, 0, "it is open again");
    retain(&app).await;
    for (table, left) in [(first.as_str(), 0), ("events_2001_02", 0), ("events_2001_03", 1)] {
        assert_eq!(app.count(&format!("pg_class where relname = '{table}'")).await, left, "{table}");
    }
    assert_eq!(made(&app).await, before);
    verified(&app).await;
}

#[tokio::test]
async fn a_month_that_was_dropped_is_made_again_for_whoever_takes_its_events() {
    let app = App::start().await;
    archive(&app, "archive", "ana").await;
    let keeper = app.tenant_with("keeper", None).await;
    keeper.put("/v1/creators/eva", &profile("eva", json!({}))).await.expect(201);
    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    retain(&app).await;
    // This process has seen the month before.
    let late = event("late", "eva", json!({"occurred_at": at_noon(700)}));
    keeper.post("/v1/events", &late).await.expect(201);
    keeper.post("/v1/events", &late).await.expect(200);
    retain(&app).await;
    assert_eq!(app.count("events where occurred_on < current_date - 600").await, 1);
}

#[tokio::test]
async fn a_service_that_does_not_know_of_a_shorter_retention_yet_stores_nothing_that_is_closed() {
    let app = App::start().await;
    let archive = archive(&app, "archive", "ana").await;
    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    retain(&app).await;
    let (before, events) = (months(&app).await, app.count("events").await);
    let old = event("late", "ana", json!({"occurred_at": at_noon(700)}));
    let too_old = ("/occurred_at".to_owned(), "time_too_old".to_owned());
    assert_eq!(archive.post("/v1/events", &old).await.violations(), std::slice::from_ref(&too_old));
    let foreseen = archive.post("/v1/events?dry_run=true", &old).await.expect(200);
    assert_eq!(foreseen["problem"]["errors"][0]["code"], "time_too_old");
    let receipt = archive
        .post("/v1/events/batch", &json!({"events": [old, event("e", "ana", json!({}))]}))
        .await
        .expect(207);
    assert_eq!((&receipt["stored"], &receipt["invalid"]), (&json!(1), &json!(1)));
    assert_eq!(receipt["results"][0]["problem"]["errors"][0]["pointer"], "/events/0/occurred_at");
    assert_eq!(receipt["results"][0]["problem"]["errors"][0]["code"], "time_too_old");
    assert_eq!((months(&app).await, app.count("events").await), (before, events + 1));
    // Not even when all is kept again: what came before cannot be told from what is in the base.
    set_retention(&background(&app), "archive", None).await.unwrap();
    retain(&app).await;
    assert_eq!(archive.post("/v1/events", &old).await.violations(), [too_old]);
}

#[tokio::test]
async fn old_events_that_stream_in_while_their_days_close_are_counted_once_or_refused() {
    let app = App::start().await;
    let archive = app.tenant_with("archive", None).await;
    for creator in ["ana", "bea", "eva"] {
        archive.put(&format!("/v1/creators/{creator}"), &profile(creator, json!({}))).await.expect(201);
    }
    let closed = AtomicBool::new(false);
    let close = async {
        eventually("events are stored", async || (app.count("events").await >= 300).then_some(())).await;
        set_retention(&background(&app), "archive", Some(60)).await.unwrap();
        retain(&app).await;
        closed.store(true, Ordering::Relaxed);
    };
    let streams = ["ana", "bea", "eva"].map(|creator| stream_old_events(&archive, creator, &closed));
    let (stored, ()) = futures_util::future::join(futures_util::future::join_all(streams), close).await;
    app.settle().await;
    retain(&app).await;
    assert_eq!(app.count("events").await, 0);
    let folded = app.sql("select sum(events + anonymous_events) from creator_statistics").await;
    assert_eq!(folded[0][0], Some(stored.iter().sum::<u64>().to_string()));
    verified(&app).await;
}

/// Sends batches of events of last year's months until some time after they are refused; how many were stored.
async fn stream_old_events(client: &Client, creator: &str, closed: &AtomicBool) -> u64 {
    let (mut stored, mut after) = (0, 0);
    for batch in 0.. {
        let events: Vec<_> = (0..20)
            .map(|number| {
                let at =
                    json!({"engager_id": format!("u{number}"), "occurred_at": at_noon(300 + 7 * number)});
                event(&format!("{batch}-{number}"), creator, at)
            })
            .collect();
        let answer = client.post("/v1/events/batch", &json!({"events": events})).await;
        if answer.status == 207 {
            stored += answer.json()["stored"].as_u64().unwrap();
        } else {
            assert_eq!(answer.status, 503, "{answer:?}");
        }
        after += usize::from(closed.load(Ordering::Relaxed));
        if after == 3 {
            break;
        }
    }
    stored
}

#[tokio::test]
async fn events_that_wait_to_be_folded_or_taken_back_are_waited_for() {
    let app = App::start_with(|_, serve| serve.work.workers = 0).await;
    let archive = app.tenant_with("archive", None).await;
    archive.put("/v1/creators/ana", &profile("ana", json!({}))).await.expect(201);
    send(&archive, &community("ana", 5, &[2, 300, 700])).await;
    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    let pool = background(&app);
    let held = async || {
        assert_eq!(look(&pool, Timestamp::now()).await.unwrap(), Look::Unfinished);
        assert_eq!(
            (app.count("events where kind <> 13").await, app.count("relationship_base").await),
            (15, 0)
        );
    };
    held().await;
    fold(&pool).await;
    let retract =
        event("r", "ana", json!({"kind": "retract", "in_reply_to": "ana-0-700", "occurred_at": at_noon(1)}));
    send(&archive, &[retract]).await;
    held().await;
    assert_eq!(verified(&app).await.relationships.compared, 5);
    fold(&pool).await;
    retain(&app).await;
    let events = archive.get("/v1/creators/ana/scores").await.ok()["statistics"]["events"].clone();
    assert_eq!((events, app.count("relationship_base").await), (json!(14), 5));
    verified(&app).await;
}

/// Does what workers do, but for retention.
async fn fold(pool: &Pool) {
    for lane in 0..LANES {
        fold_lanes(pool, &[lane], 1_000).await.unwrap();
        score_lane(pool, lane, Turn::All).await.unwrap();
    }
}

#[tokio::test]
async fn the_months_to_come_have_their_partitions_before_their_events() {
    let app = App::start().await;
    eventually("three months are there", async || (months(&app).await.len() == 3).then_some(())).await;
    let settings =
        "pg_class where relname ~ '^events_2' and array_to_string(reloptions, ' ') ~ 'freeze_min_age=0'";
    assert_eq!(app.count(settings).await, 3);
}

#[tokio::test]
async fn a_creator_is_rebuilt_in_parts_when_it_is_large() {
    let app = App::start().await;
    archive(&app, "archive", "ana").await;
    app.put_creator("bea", json!({})).await;
    app.send(&community("bea", 50, &[1, 10, 40])).await;
    app.send(&[event("nobody", "bea", json!({}))]).await;
    app.settle().await;
    set_retention(&background(&app), "archive", Some(60)).await.unwrap();
    retain(&app).await;
    let whole = verified(&app).await;
    assert_eq!((whole.creators, whole.relationships.compared, whole.statistics.compared), (2, 58, 2));
    let parts = async |write| rebuild_in_parts(&background(&app), write, 3, |_| {}).await.unwrap();
    assert_eq!(parts(false).await, whole);
    app.sql("update relationships set counts = '\\xffff'; update creator_statistics set expected_back = expected_back + 1").await;
    for write in [false, true] {
        let report = parts(write).await;
        assert_eq!((report.relationships.differences, report.statistics.differences), (58, 2));
    }
    // What waits to be summed up anew is not compared.
    app.settle().await;
    assert_eq!(parts(false).await, whole);
}
