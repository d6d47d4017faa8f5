//! How each kind of problem is provoked by a real request. A new kind does not compile until it has its way.

use crate::support::{Answer, App, at_noon, event, eventually, post, profile};
use reqwest::Method;
use serde_json::json;
use voci::http::problem::Kind;

const ANA: &str = "/v1/creators/ana";

/// The answer to a request that fails in this way.
pub(crate) async fn provoke(kind: Kind) -> Answer {
    match kind {
        Kind::NotReady => not_ready().await,
        Kind::DatabaseUnavailable => without_database().await,
        Kind::SnapshotExpired => expired_snapshot().await,
        Kind::Overloaded => locked_out().await,
        Kind::OutcomeUnknown => erasure_held_up().await.0,
        Kind::CreatorBeingErased => erasure_held_up().await.1,
        Kind::Internal => damaged_model().await,
        Kind::FoldingBehind => folded_by_nobody().await,
        kind => {
            let app = App::start().await;
            app.put_creator("ana", json!({})).await;
            simple(&app, kind).await
        }
    }
}

async fn simple(app: &App, kind: Kind) -> Answer {
    match kind {
        Kind::InvalidRequest => {
            let request = app.request(Method::POST, "/v1/events").header("content-encoding", "gzip");
            request.body("application/json", "not gzip").send().await
        }
        Kind::InvalidJson => app.post_raw("/v1/events", "{").await,
        Kind::InvalidQuery => app.get("/v1/creators?foo=bar").await,
        Kind::InvalidCursor => app.get("/v1/creators?cursor=AAAA").await,
        Kind::Unauthorized => app.with_key(None).get("/v1/creators").await,
        Kind::MissingScope => app.client_with("default", &[]).await.get("/v1/creators").await,
        Kind::NotFound => app.get("/v1/nothing").await,
        Kind::CreatorNotFound => app.get("/v1/creators/bea").await,
        Kind::PostNotFound => app.get("/v1/creators/ana/posts/nothing").await,
        Kind::EventNotFound => app.get("/v1/creators/ana/events/nothing").await,
        Kind::AnnotationNotFound => {
            app.patch("/v1/creators/ana/annotations/nothing", &json!({"status": "accepted"})).await
        }
        Kind::NoScoreThen => app.get("/v1/creators/ana/scores?as_of=2026-11-01").await,
        Kind::TrustSeedNotFound => app.delete("/v1/trust/seeds/nobody").await,
        Kind::NicheNotFound => app.get("/v1/niches/nothing").await,
        Kind::MethodNotAllowed => app.delete("/v1/events").await,
        Kind::EventConflict => {
            app.send(&[event("e1", "ana", json!({}))]).await;
            app.post("/v1/events", &event("e1", "ana", json!({"kind": "save"}))).await
        }
        Kind::MetricsConflict => {
            let as_of = at_noon(1);
            let counted = |likes| post(json!({"metrics": {"as_of": as_of, "likes": likes}}));
            app.put("/v1/creators/ana/posts/p1", &counted(1)).await.expect(201);
            app.put("/v1/creators/ana/posts/p1", &counted(2)).await
        }
        Kind::BuiltInNiche => {
            app.put("/v1/niches/gaming", &json!({"names": {"en": "Gaming", "ro": "Jocuri"}})).await
        }
        Kind::PreconditionFailed => {
            app.request(Method::DELETE, ANA).header("if-match", "\"v9\"").send().await
        }
        Kind::PayloadTooLarge => app.post_raw("/v1/recommendations", vec![b' '; (2 << 20) + 1]).await,
        Kind::UnsupportedMediaType => {
            app.request(Method::POST, "/v1/events").body("text/plain", "{}").send().await
        }
        Kind::BriefNotUnderstood => app.post("/v1/briefs/read", &json!({"text": "xqzw"})).await,
        Kind::ValidationFailed => app.post("/v1/events", &json!({})).await,
        other => panic!("no request provokes {}", other.code()),
    }
}

/// A service that cannot read the database at its start, but can reach it.
async fn not_ready() -> Answer {
    let app = App::start().await;
    let lock = app.database().connect().await;
    lock.batch_execute("begin; lock table niches in access exclusive mode").await.unwrap();
    let starting = app.starting().await;
    let answer = starting.get("/readyz").await;
    lock.batch_execute("rollback").await.unwrap();
    eventually("it gets ready", async || (starting.get("/readyz").await.status == 200).then_some(())).await;
    answer
}

async fn without_database() -> Answer {
    let app = App::start().await;
    app.get("/v1/creators").await.expect(200);
    app.database().take_away().await;
    eventually("the loss is noticed", async || {
        let answer = app.get("/v1/creators").await;
        (answer.json()["code"] == "database_unavailable").then_some(answer)
    })
    .await
}

async fn expired_snapshot() -> Answer {
    let app = App::start().await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    app.settle().await;
    let page = app.get("/v1/recommendations?niche=gaming&limit=1").await.ok();
    let next =
        format!("/v1/recommendations?niche=gaming&limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    let another = app.another().await;
    app.stopped().await;
    another.get(&next).await
}

/// Nobody folds, and that is noticed.
async fn folded_by_nobody() -> Answer {
    let app = App::start_with(|_, serve| {
        serve.work.workers = 0;
        serve.fold_lag_seconds = 1;
    })
    .await;
    app.put_creator("ana", json!({})).await;
    let mut number = 0;
    eventually("the caller is slowed down", async || {
        number += 1;
        let answer = app.post("/v1/events", &event(&format!("e{number}"), "ana", json!({}))).await;
        (answer.status != 201).then_some(answer)
    })
    .await
}

/// Somebody else has the row for longer than requests wait.
async fn locked_out() -> Answer {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let lock = app.database().connect().await;
    lock.batch_execute("begin; select from creators for update").await.unwrap();
    app.patch(ANA, &json!({"bio": "new"})).await
}

/// An erasure waits for an insert that does not end, and is given up; the id stays closed meanwhile.
async fn erasure_held_up() -> (Answer, Answer) {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let insert = app.database().connect_as("voci ingest").await;
    insert.batch_execute("begin; lock table events in row exclusive mode").await.unwrap();
    let given_up = app.delete(ANA).await;
    let closed = app.put(ANA, &profile("ana", json!({}))).await;
    insert.batch_execute("rollback").await.unwrap();
    (given_up, closed)
}

async fn damaged_model() -> Answer {
    let app = App::start().await;
    app.sql("insert into models (tenant_id, version, body) select tenant_id, 1, '{}' from tenants").await;
    app.get("/v1/model").await
}
