//! Creators in bulk: registered and replaced as one by one, and each line answered.

use crate::support::{App, Upload, eventually, lines, profile, violations};
use reqwest::Method;
use serde_json::{Value, json};
use voci::keys::Scope;

const PATH: &str = "/v1/creators/bulk";

/// A line for a creator: the sample profile with changes.
fn creator(id: &str, change: Value) -> Value {
    let mut line = profile(id, change);
    line["creator_id"] = json!(id);
    line
}

/// Sends a whole stream; the lines of the answer.
async fn bulk(app: &App, body: impl Into<Vec<u8>>) -> Vec<Value> {
    let mut upload = Upload::open(app, PATH).await;
    upload.send(body).await;
    upload.end();
    upload.rest().await
}

fn summary(counts: [usize; 5]) -> Value {
    let [created, replaced, unchanged, conflict, invalid] = counts;
    let lines: usize = counts.iter().sum();
    json!({"summary": {
        "lines": lines, "created": created, "replaced": replaced, "unchanged": unchanged,
        "conflict": conflict, "invalid": invalid
    }})
}

#[tokio::test]
async fn creators_are_registered_replaced_and_left_alone() {
    let app = App::start().await;
    app.put_creator("same", json!({})).await;
    app.put_creator("other", json!({})).await;
    let sent = [
        creator("new", json!({"bio": "first"})),
        creator("same", json!({})),
        creator("other", json!({"bio": "changed", "city": "Cluj"})),
        creator("new", json!({"bio": "second", "values": ["repair"], "region": "Cluj"})),
    ];
    let answer = bulk(&app, lines(&sent)).await;
    let told = [("new", "created"), ("same", "unchanged"), ("other", "replaced"), ("new", "replaced")];
    for (index, (id, status)) in told.into_iter().enumerate() {
        assert_eq!(answer[index], json!({"line": index + 1, "creator_id": id, "status": status}));
    }
    assert_eq!(answer[4..], [summary([1, 2, 1, 0, 0])]);
    let new = app.get("/v1/creators/new").await;
    assert_eq!(new.header("etag"), "\"v1\"", "the later one wins, and nothing was there before");
    let new = new.json();
    assert_eq!(
        (&new["bio"], &new["values"], &new["region"]),
        (&json!("second"), &json!(["repair"]), &json!("Cluj"))
    );
    let other = app.get("/v1/creators/other").await;
    assert_eq!((other.header("etag"), &other.json()["city"]), ("\"v2\"", &json!("Cluj")));
    assert_eq!(app.get("/v1/creators/same").await.header("etag"), "\"v1\"");
}

#[tokio::test]
async fn what_is_put_in_bulk_is_what_is_put_alone() {
    let app = App::start().await;
    let full = json!({
        "bio": "\"quoted\" \\ {braces} , é 漢 \u{1F9F5}", "region": "Cluj", "city": "Cluj-Napoca",
        "languages": ["ro", "en"], "values": ["a,b", "\"", "{}", "NULL", " "], "niches": ["gaming", "minimalism"],
        "accounts": [
            {"platform": "instagram", "handle": "a\"b", "followers": 2_000_000_000, "engager_id": "u1"},
            {"platform": "blog", "handle": "b"}
        ]
    });
    app.put_creator("alone", full.clone()).await;
    let answer = bulk(&app, lines(&[creator("bulk", full.clone())])).await;
    assert_eq!(answer[0]["status"], "created", "{}", answer[0]);
    let rows = app
        .sql("select bio, region, city, languages, creator_values, niches, accounts, version from creators order by 1")
        .await;
    assert_eq!(rows[0], rows[1]);
    // And an id that is also the name of an operation is an id like any other.
    assert_eq!(app.get("/v1/creators/bulk").await.json()["region"], "Cluj");
    let answer = bulk(&app, lines(&[creator("alone", full.clone()), creator("bulk", full)])).await;
    assert_eq!(answer[2..], [summary([0, 0, 2, 0, 0])]);
}

#[tokio::test]
async fn creators_put_in_bulk_are_recommended() {
    let app = App::start().await;
    bulk(&app, lines(&[creator("ana", json!({})), creator("bea", json!({}))])).await;
    app.settle().await;
    let page = app.get("/v1/recommendations?niche=gaming&limit=5").await.ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 2, "{page}");
}

#[tokio::test]
async fn a_bad_line_is_named_and_hurts_no_other() {
    let app = App::start().await;
    let cases: [(Value, &[(&str, &str)]); 8] = [
        (creator("a b", json!({})), &[("/creator_id", "invalid_id")]),
        (
            creator("a/b", json!({"country": "zz"})),
            &[("/creator_id", "invalid_id"), ("/country", "unknown_value")],
        ),
        (creator("bad", json!({"display_name": "a\u{0}b"})), &[("/display_name", "nul_character")]),
        (creator("bad", json!({"niches": ["gaming", "no-such-niche"]})), &[("/niches/1", "unknown_niche")]),
        (creator("bad", json!({"bio": "x".repeat(5_001)})), &[("/bio", "too_long")]),
        (creator("bad", json!({"note": "x"})), &[("/note", "unknown_field")]),
        (creator("bad", json!({"accounts": null})), &[("/accounts", "required")]),
        (profile("bad", json!({})), &[("/creator_id", "required")]),
    ];
    let mut sent = Vec::new();
    for (index, (line, _)) in cases.iter().enumerate() {
        sent.extend([line.clone(), creator(&format!("good-{index}"), json!({}))]);
    }
    let answer = bulk(&app, lines(&sent)).await;
    for (index, (_, wrong)) in cases.iter().enumerate() {
        let wrong: Vec<_> = wrong.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
        assert_eq!(answer[2 * index]["status"], "invalid");
        assert_eq!(violations(&answer[2 * index]["problem"]), wrong);
        assert_eq!(answer[2 * index + 1]["status"], "created");
    }
    assert_eq!(answer[16..], [summary([8, 0, 0, 0, 8])]);
    assert_eq!(app.count("creators").await, 8);
}

#[tokio::test]
async fn a_refused_line_does_not_undo_an_earlier_one() {
    let app = App::start().await;
    let unknown = json!({"niches": ["no-such-niche"]});
    let sent = [creator("ana", json!({"bio": "good"})), creator("ana", unknown)];
    let answer = bulk(&app, lines(&sent)).await;
    assert_eq!((&answer[0]["status"], &answer[1]["status"]), (&json!("created"), &json!("invalid")));
    assert_eq!(app.get("/v1/creators/ana").await.json()["bio"], "good");
}

#[tokio::test]
async fn niches_of_the_tenant_may_be_declared() {
    let app = App::start().await;
    let own = json!({"names": {"en": "Upcycled denim", "ro": "Denim reciclat"}});
    app.put("/v1/niches/upcycled-denim", &own).await.ok();
    let sent = [creator("ana", json!({"niches": ["upcycled-denim"]}))];
    assert_eq!(bulk(&app, lines(&sent)).await[0]["status"], "created");
    let other = app.tenant("other").await;
    let mut upload = Upload::open(&other, PATH).await;
    upload.send_lines(&sent).await;
    upload.end();
    let refused = upload.rest().await;
    assert_eq!(violations(&refused[0]["problem"]), [("/niches/0".to_owned(), "unknown_niche".to_owned())]);
    assert_eq!(app.count("creators").await, 1);
}

#[tokio::test]
async fn an_id_that_is_being_erased_is_refused_and_an_erased_one_goes_on_from_its_version() {
    let app = App::start().await;
    for id in ["going", "gone"] {
        app.put_creator(id, json!({})).await;
    }
    app.put_creator("gone", json!({"bio": "second"})).await;
    app.delete("/v1/creators/gone").await.expect(204);
    // As a process leaves it that dies between the two steps of an erasure.
    app.sql(
        "with gone as (delete from creators where creator_id = 'going' returning creator_key, tenant_id, version)
         insert into erasures (creator_key, tenant_id, version, requested_at) select *, now() + interval '1 day' from gone",
    )
    .await;
    let sent = [creator("going", json!({})), creator("gone", json!({})), creator("new", json!({}))];
    let answer = bulk(&app, lines(&sent)).await;
    if answer[0]["status"] == "conflict" {
        assert_eq!(answer[0]["problem"]["code"], "creator_being_erased");
    } else {
        assert_eq!(answer[0]["status"], "created", "a worker has finished the erasure meanwhile");
    }
    assert_eq!((&answer[1]["status"], &answer[2]["status"]), (&json!("created"), &json!("created")));
    assert_eq!(app.get("/v1/creators/gone").await.header("etag"), "\"v3\"");
}

#[tokio::test]
async fn an_invalid_line_leaves_the_tombstone_of_its_id() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.delete("/v1/creators/ana").await.expect(204);
    let unknown = creator("ana", json!({"niches": ["no-such-niche"]}));
    assert_eq!(bulk(&app, lines(&[unknown])).await[0]["status"], "invalid");
    assert_eq!(app.count("erasures").await, 1);
    assert_eq!(bulk(&app, lines(&[creator("ana", json!({}))])).await[0]["status"], "created");
    assert_eq!(app.get("/v1/creators/ana").await.header("etag"), "\"v2\"");
}

#[tokio::test]
async fn many_chunks_at_once_from_several_callers_end_in_one_state() {
    let app = App::start().await;
    let ids: Vec<String> = (0..1_000).map(|n| format!("c{n}")).collect();
    let stream_of = |bio: &'static str, reversed: bool| {
        let mut sent: Vec<Value> = ids.iter().map(|id| creator(id, json!({"bio": bio}))).collect();
        if reversed {
            sent.reverse();
        }
        lines(&sent)
    };
    let answers = futures_util::future::join_all([
        bulk(&app, stream_of("one", false)),
        bulk(&app, stream_of("two", true)),
        bulk(&app, stream_of("three", false)),
    ])
    .await;
    let mut created = 0;
    for answer in &answers {
        let summary = &answer.last().unwrap()["summary"];
        assert_eq!((&summary["lines"], &summary["invalid"]), (&json!(1_000), &json!(0)), "{summary}");
        created += summary["created"].as_u64().unwrap();
    }
    assert_eq!(created, 1_000);
    assert_eq!(app.count("creators where version = 3").await, 1_000, "no change was lost");
}

#[tokio::test]
async fn a_stream_needs_the_scope_and_reaches_no_other_tenant() {
    let app = App::start().await;
    let body = lines(&[creator("ana", json!({}))]);
    let sender = app.client_with("default", &[Scope::Read, Scope::EventsWrite]).await;
    let refused = sender.request(Method::POST, PATH).body("application/x-ndjson", body.clone()).send().await;
    refused.problem(403, "missing_scope");
    let refused = app.request(Method::POST, PATH).body("application/json", body.clone()).send().await;
    refused.problem(415, "unsupported_media_type");
    let other = app.tenant("other").await;
    let put = other.request(Method::POST, PATH).body("application/octet-stream", body).send().await;
    assert_eq!(put.status, 200);
    other.get("/v1/creators/ana").await.expect(200);
    app.get("/v1/creators/ana").await.problem(404, "creator_not_found");
}

#[tokio::test]
async fn a_stream_whose_database_goes_away_has_no_summary_and_may_be_sent_again() {
    let app = App::start().await;
    let sent: Vec<Value> = (0..10).map(|n| creator(&format!("c{n}"), json!({}))).collect();
    let mut upload = Upload::open(&app, PATH).await;
    upload.send_lines(&sent[..5]).await;
    for _ in 0..5 {
        assert_eq!(upload.line().await.unwrap()["status"], "created");
    }
    app.database().take_away().await;
    upload.send_lines(&sent[5..]).await;
    let last = upload.line().await.unwrap();
    assert!(last["line"].is_null() && last["problem"].is_object(), "{last}");
    assert_eq!(upload.line().await, None);
    app.database().give_back().await;
    let answer = eventually("the stream is taken", async || {
        let answer = bulk(&app, lines(&sent)).await;
        answer.last().is_some_and(|last| last["summary"].is_object()).then_some(answer)
    })
    .await;
    assert!(answer[..5].iter().all(|line| line["status"] == "unchanged"), "{answer:?}");
    assert_eq!(app.count("creators").await, 10);
}
