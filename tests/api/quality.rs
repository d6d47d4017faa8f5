//! The report on the quality of data: that it adds up, whom it names, and that it is nobody else's.

use crate::support::{App, Client, at_noon, event, eventually, profile};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use voci::keys::Scope;

const BATCH: &str = "/v1/events/batch";

/// The report as soon as so many events are in it.
async fn report(client: &Client, received: u64) -> Value {
    eventually(&format!("{received} events are counted"), async || {
        let report = client.get("/v1/quality").await.expect(200);
        let counted = report["total"]["received"].as_u64().unwrap();
        assert!(counted <= received, "{counted} counted of {received}");
        (counted == received).then_some(report)
    })
    .await
}

/// A time so many seconds ago.
fn ago(seconds: i64) -> String {
    (Timestamp::now() - SignedDuration::from_secs(seconds)).to_string()
}

/// Numbers of the report by name.
fn numbers<const N: usize>(counts: &Value, names: [&str; N]) -> [u64; N] {
    names.map(|name| counts[name].as_u64().unwrap_or_else(|| panic!("{name} in {counts}")))
}

fn outcomes(counts: &Value) -> [u64; 5] {
    numbers(counts, ["received", "stored", "duplicate", "conflict", "invalid"])
}

#[tokio::test]
async fn what_became_of_events_is_counted_exactly_however_they_came() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let first = event("e1", "ana", json!({"engager_id": "u1"}));
    app.post("/v1/events", &first).await.expect(201);
    app.post("/v1/events", &first).await.expect(200);
    app.post("/v1/events", &event("e1", "ana", json!({}))).await.expect(409);
    app.post("/v1/events", &event("e1", "nobody", json!({}))).await.expect(422);
    app.post("/v1/events", &event("e1", "ana", json!({"kind": "retract", "post_id": ""}))).await.expect(422);
    app.post("/v1/events", &json!({"event_id": "e1"})).await.expect(422);
    app.post_raw("/v1/events", "{").await.expect(400);
    let batch = json!({"events": [first, event("e2", "ana", json!({})), event("e2", "ana", json!({})),
        event("e3", "nobody", json!({})), event("e4", "ana", json!({"occurred_at": ago(-600)})), 7]});
    app.post(BATCH, &batch).await.expect(207);
    let lines = [event("e5", "ana", json!({})), first.clone(), event("e6", "nobody", json!({}))];
    let lines = lines.map(|line| line.to_string()).join("\n") + "\n{";
    let stream = app.request(Method::POST, "/v1/events/stream").body("application/x-ndjson", lines);
    assert_eq!(stream.send().await.status, 200);
    // None of these is an event that was answered for.
    app.post(&format!("{BATCH}?dry_run=true"), &batch).await.expect(207);
    app.post("/v1/events?dry_run=true", &first).await.expect(200);
    app.post(BATCH, &json!({"events": []})).await.expect(422);
    app.post_raw(BATCH, "{").await.expect(400);
    app.with_key(None).post("/v1/events", &first).await.expect(401);

    let report = report(&app, 17).await;
    let total = &report["total"];
    assert_eq!(outcomes(total), [17, 3, 4, 1, 9]);
    assert_eq!(numbers(total, ["unknown_creator", "refused_future", "anonymous"]), [3, 1, 2]);
    let reasons: Vec<(&str, u64)> = total["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| (reason["code"].as_str().unwrap(), reason["events"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("unknown_creator", 3),
        ("invalid_json", 2),
        ("invalid_id", 1),
        ("required", 1),
        ("time_in_future", 1),
        ("wrong_type", 1),
    ];
    assert_eq!(reasons, expected);
    assert!((total["anonymous_share"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    let daily = report["daily"].as_array().unwrap();
    assert_eq!((daily.len(), &daily[6]["day"]), (7, &report["to"]));
    assert_eq!(&daily[0]["day"], &report["from"]);
    let sums = daily
        .iter()
        .map(|day| outcomes(&day["counts"]))
        .reduce(|a, b| std::array::from_fn(|at| a[at] + b[at]));
    assert_eq!(sums, Some(outcomes(total)));
}

#[tokio::test]
async fn delays_and_clocks_that_are_ahead_are_told() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let quiet = report(&app, 0).await;
    for name in ["anonymous_share", "ahead_most_seconds", "median_delay_up_to_seconds"] {
        assert!(quiet["total"][name].is_null(), "{name}");
    }
    let times = [ago(-100), ago(-20), ago(40), ago(2 * 3_600), ago(2 * 86_400), ago(40 * 86_400)];
    let events: Vec<Value> = (0..)
        .zip(&times)
        .map(|(n, time): (u32, _)| event(&format!("e{n}"), "ana", json!({"occurred_at": time})))
        .collect();
    app.send(&events).await;
    let total = &report(&app, 6).await["total"];
    let delays: Vec<(Option<u64>, u64)> = total["delays"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| (bucket["up_to_seconds"].as_u64(), bucket["events"].as_u64().unwrap()))
        .collect();
    let expected = [
        (Some(1), 2),
        (Some(10), 0),
        (Some(60), 1),
        (Some(600), 0),
        (Some(3_600), 0),
        (Some(21_600), 1),
        (Some(86_400), 0),
        (Some(604_800), 1),
        (Some(2_592_000), 0),
        (None, 1),
    ];
    assert_eq!(delays, expected);
    assert_eq!(numbers(total, ["ahead", "late", "median_delay_up_to_seconds"]), [2, 2, 60]);
    assert!(total["p99_delay_up_to_seconds"].is_null(), "{total}");
    let most = total["ahead_most_seconds"].as_f64().unwrap();
    assert!((60.0..=100.0).contains(&most), "{most}");
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_it() {
    let app = App::start().await;
    let other = app.tenant("other").await;
    app.put_creator("ana", json!({})).await;
    app.send(&[event("e1", "ana", json!({}))]).await;
    app.post("/v1/events", &event("e1", "nobody", json!({}))).await.expect(422);
    other.post("/v1/events", &event("e1", "theirs", json!({}))).await.expect(422);
    assert_eq!(outcomes(&report(&app, 2).await["total"]), [2, 1, 0, 0, 1]);
    let theirs = report(&other, 1).await;
    assert_eq!(outcomes(&theirs["total"]), [1, 0, 0, 0, 1]);
    assert_eq!(unknown(&theirs), [("theirs".to_owned(), 1)]);
    assert_eq!(unknown(&report(&app, 2).await), [("nobody".to_owned(), 1)]);
    assert_eq!((&theirs["silent"], &theirs["silent_feeds"]), (&json!(0), &json!([])));
}

/// Ids of unknown creators and their events.
fn unknown(report: &Value) -> Vec<(String, u64)> {
    let unknown = report["unknown_creators"].as_array().unwrap();
    let pair =
        |seen: &Value| (seen["creator_id"].as_str().unwrap().to_owned(), seen["events"].as_u64().unwrap());
    unknown.iter().map(pair).collect()
}

#[tokio::test]
async fn ids_that_nobody_registered_are_named_until_somebody_does() {
    let app = App::start().await;
    let before = Timestamp::now();
    let of = |creator: &str| event("e1", creator, json!({}));
    app.post(BATCH, &json!({"events": [of("bea"), of("bea"), of("eva")]})).await.expect(207);
    report(&app, 3).await;
    app.post("/v1/events", &of("bea")).await.expect(422);
    let told = report(&app, 4).await;
    assert_eq!(unknown(&told), [("bea".to_owned(), 3), ("eva".to_owned(), 1)]);
    let seen =
        |name: &str| -> Timestamp { told["unknown_creators"][0][name].as_str().unwrap().parse().unwrap() };
    assert!(before <= seen("first_seen") && seen("first_seen") < seen("last_seen"));
    app.put_creator("bea", json!({})).await;
    assert_eq!(unknown(&report(&app, 4).await), [("eva".to_owned(), 1)]);
}

#[tokio::test]
async fn of_many_unknown_ids_a_hundred_are_named_and_all_are_counted() {
    let app = App::start().await;
    for batch in 0..3 {
        let events: Vec<Value> =
            (0..1_000).map(|number| event("e1", &format!("c{batch}-{number}"), json!({}))).collect();
        assert_eq!(app.post(BATCH, &json!({"events": events})).await.expect(207)["invalid"], 1_000);
    }
    let told = report(&app, 3_000).await;
    assert_eq!(told["total"]["unknown_creator"], 3_000);
    assert_eq!(unknown(&told).len(), 100);
    // The next start drops what no report tells any more.
    app.sql(
        "update unknown_creators set last_seen = last_seen - interval '31 days' where creator_id like '%1'",
    )
    .await;
    app.sql(
        "insert into unknown_creators select gen_random_uuid(), tenant_id, 'x' || n, 1, now(), now()
             from tenants, generate_series(1, 500) n",
    )
    .await;
    app.sql("insert into quality_counts select tenant_id, current_date - n, 'stored', 1 from tenants, generate_series(300, 500) n")
        .await;
    let _next = app.another().await;
    eventually("old counts and ids are dropped", async || {
        let old = app.count("quality_counts where day < current_date - 401").await
            + app.count("unknown_creators where last_seen < now() - interval '30 days'").await;
        (old == 0).then_some(())
    })
    .await;
    eventually("the latest ids are kept", async || {
        (app.count("unknown_creators").await == 100).then_some(())
    })
    .await;
    assert!(app.count("quality_counts where day < current_date - 290").await >= 100);
}

#[tokio::test]
async fn the_id_of_an_erased_creator_is_kept_nowhere() {
    let app = App::start().await;
    let of_xylia = |id: &str| event(id, "xylia", json!({}));
    app.post("/v1/events", &of_xylia("early")).await.expect(422);
    report(&app, 1).await;
    assert!(app.dump().await.contains("xylia"));
    app.put("/v1/creators/xylia", &profile("someone", json!({}))).await.expect(201);
    app.delete("/v1/creators/xylia").await.expect(204);
    assert!(!app.dump().await.contains("xylia"));
    app.post("/v1/events", &of_xylia("late")).await.expect(422);
    assert_eq!(unknown(&report(&app, 2).await), []);
    assert!(!app.dump().await.contains("xylia"));
}

#[tokio::test]
async fn feeds_that_fell_silent_are_told_from_those_that_are_slow_or_new() {
    let app = App::start().await;
    let feeds: [(&str, Vec<i64>); 7] = [
        ("long-silent", (40..60).collect()),
        ("just-silent", (15..40).collect()),
        ("not-quite-silent", (14..40).collect()),
        ("lively", (1..30).collect()),
        ("slow", (0..10).map(|n| 30 + 10 * n).collect()),
        ("slow-and-silent", (0..10).map(|n| 51 + 10 * n).collect()),
        ("never-regular", vec![60, 70, 90]),
    ];
    for (creator, days) in &feeds {
        app.put_creator(creator, json!({})).await;
        let events: Vec<Value> = days
            .iter()
            .map(|day| event(&format!("e{day}"), creator, json!({"occurred_at": at_noon(*day)})))
            .collect();
        app.send(&events).await;
    }
    app.settle().await;
    let told = app.get("/v1/quality?days=1").await.expect(200);
    let silent: Vec<&str> = told["silent_feeds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feed| feed["creator_id"].as_str().unwrap())
        .collect();
    assert_eq!(silent, ["just-silent", "long-silent", "slow-and-silent"]);
    assert_eq!(told["silent"], 3);
    let slow = &told["silent_feeds"][2];
    assert_eq!((&slow["usual_gap_days"], slow["last_day"].as_str()), (&json!(10.0), at_noon(51).get(..10)));
}

#[tokio::test]
async fn a_report_has_1_to_90_days() {
    let app = App::start().await;
    for (days, length) in [("", 7), ("?days=1", 1), ("?days=90", 90)] {
        let told = app.get(&format!("/v1/quality{days}")).await.expect(200);
        assert_eq!(told["daily"].as_array().unwrap().len(), length);
    }
    for days in ["0", "91", "-1", "x", "99999999999"] {
        app.get(&format!("/v1/quality?days={days}")).await.problem(400, "invalid_query");
    }
    let writer = app.client_with("default", &[Scope::EventsWrite]).await;
    writer.get("/v1/quality").await.problem(403, "missing_scope");
    // Yesterday's counts are in the week and not in today.
    app.sql("insert into quality_counts select tenant_id, (now() at time zone 'utc')::date - 1, 'stored', 5 from tenants").await;
    assert_eq!(app.get("/v1/quality").await.expect(200)["total"]["stored"], 5);
    assert_eq!(app.get("/v1/quality?days=1").await.expect(200)["total"]["stored"], 0);
}

#[tokio::test]
async fn a_stop_loses_no_counts_and_replicas_count_together() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let replica = app.another().await;
    for number in 0..5 {
        app.send(&[event(&format!("a{number}"), "ana", json!({}))]).await;
        replica.send(&[event(&format!("b{number}"), "ana", json!({}))]).await;
        replica.post("/v1/events", &event("e1", "nobody", json!({}))).await.expect(422);
    }
    app.stopped().await;
    let told = report(&replica, 15).await;
    assert_eq!(outcomes(&told["total"]), [15, 10, 0, 0, 5]);
    assert_eq!(unknown(&told), [("nobody".to_owned(), 5)]);
}

#[tokio::test]
async fn counts_that_cannot_be_written_wait() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let lock = app.database().connect().await;
    lock.batch_execute("begin; lock table quality_counts in access exclusive mode").await.unwrap();
    app.send(&[event("e1", "ana", json!({}))]).await;
    let waiting = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
                   and query like '%quality::add%'";
    let refused = async || {
        for wanted in [1, 0] {
            eventually("a write waits, and is given up", async || {
                (app.count(waiting).await == wanted).then_some(())
            })
            .await;
        }
    };
    refused().await;
    app.send(&[event("e2", "ana", json!({}))]).await;
    refused().await;
    lock.batch_execute("rollback").await.unwrap();
    assert_eq!(outcomes(&report(&app, 2).await["total"]), [2, 2, 0, 0, 0]);
}
