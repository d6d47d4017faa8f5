//! Who may do what.

use crate::support::{App, Client, eventually, profile};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use voci::{
    ids::TenantId,
    keys::{
        ApiKey, KeyRing, Scope,
        ring::Belief,
        store::{new_key, store_key},
    },
};

/// Every endpoint that needs a key, the scope it needs, and what it answers to a good request.
fn endpoints() -> Vec<(Method, &'static str, Scope)> {
    vec![
        (Method::GET, "/v1/creators", Scope::Read),
        (Method::GET, "/v1/creators/ana", Scope::Read),
        (Method::PUT, "/v1/creators/ana", Scope::CreatorsWrite),
        (Method::PATCH, "/v1/creators/ana", Scope::CreatorsWrite),
        (Method::POST, "/v1/creators/bulk", Scope::CreatorsWrite),
        (Method::GET, "/v1/creators/ana/scores", Scope::Read),
        (Method::GET, "/v1/creators/ana/scores/history", Scope::Read),
        (Method::GET, "/v1/creators/ana/posts", Scope::Read),
        (Method::PUT, "/v1/creators/ana/posts/p1", Scope::EventsWrite),
        (Method::GET, "/v1/creators/ana/posts/p1", Scope::Read),
        (Method::GET, "/v1/creators/ana/posts/p1/metrics", Scope::Read),
        (Method::DELETE, "/v1/creators/ana/posts/p1", Scope::EventsWrite),
        (Method::POST, "/v1/posts/bulk", Scope::EventsWrite),
        (Method::GET, "/v1/creators/ana/events/e1", Scope::Read),
        (Method::POST, "/v1/events", Scope::EventsWrite),
        (Method::POST, "/v1/events/batch", Scope::EventsWrite),
        (Method::POST, "/v1/events/stream", Scope::EventsWrite),
        (Method::POST, "/v1/creators/ana/annotations", Scope::CreatorsWrite),
        (Method::GET, "/v1/creators/ana/annotations", Scope::Read),
        (Method::PATCH, "/v1/creators/ana/annotations/a1", Scope::Admin),
        (Method::GET, "/v1/trust", Scope::Read),
        (Method::PUT, "/v1/trust/seeds/s1", Scope::Admin),
        (Method::DELETE, "/v1/trust/seeds/s1", Scope::Admin),
        (Method::GET, "/v1/model", Scope::Read),
        (Method::GET, "/v1/model/weights", Scope::Read),
        (Method::PUT, "/v1/model/weights", Scope::Admin),
        (Method::DELETE, "/v1/model/weights", Scope::Admin),
        (Method::GET, "/v1/niches", Scope::Read),
        (Method::GET, "/v1/niches/gaming", Scope::Read),
        (Method::PUT, "/v1/niches/own", Scope::CreatorsWrite),
        (Method::GET, "/v1/quality", Scope::Read),
        (Method::GET, "/v1/recommendations?niche=gaming", Scope::Read),
        (Method::POST, "/v1/recommendations", Scope::Read),
        (Method::POST, "/v1/briefs/read", Scope::Read),
        (Method::POST, "/v1/recommendations/why-not", Scope::Read),
        (Method::GET, "/v1/creators/ana/similar", Scope::Read),
        (Method::DELETE, "/v1/creators/ana", Scope::CreatorsWrite),
    ]
}

async fn ask(client: &Client, method: &Method, path: &str) -> crate::support::Answer {
    let body = match path {
        "/v1/creators/ana" if *method == Method::PUT => profile("ana", json!({})),
        "/v1/creators/ana" => json!({"bio": "x"}),
        "/v1/niches/own" => json!({"names": {"en": "Own", "ro": "Own"}}),
        _ => json!({}),
    };
    client.request(method.clone(), path).json(&body).send().await
}

#[tokio::test]
async fn the_table_of_endpoints_is_complete() {
    let document = serde_json::to_value(voci::app::document()).unwrap();
    let mut documented = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().map(|method| method.to_uppercase());
        documented
            .extend(methods.filter(|_| path.starts_with("/v1/")).map(|method| format!("{method} {path}")));
    }
    let template = |path: &str| {
        path.split('?')
            .next()
            .unwrap()
            .replace("/ana", "/{creator_id}")
            .replace("/p1", "/{post_id}")
            .replace("/e1", "/{event_id}")
            .replace("/gaming", "/{niche_id}")
            .replace("/own", "/{niche_id}")
            .replace("/a1", "/{annotation_id}")
            .replace("/s1", "/{engager_id}")
    };
    let mut tested: Vec<String> =
        endpoints().iter().map(|(method, path, _)| format!("{method} {}", template(path))).collect();
    documented.sort();
    tested.sort();
    assert_eq!(documented, tested);
}

#[tokio::test]
async fn nothing_is_answered_without_a_good_key() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let unknown = "voci_test_unknown_0123456789abcdefghij0123456789";
    let wrong_secret = format!("{}x", crate::support::KEY);
    for key in
        [None, Some(""), Some("secret"), Some("voci_test_first"), Some(unknown), Some(wrong_secret.as_str())]
    {
        let stranger = app.with_key(key);
        for (method, path, _) in endpoints() {
            let answer = ask(&stranger, &method, path).await;
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"voci\"");
            answer.problem(401, "unauthorized");
        }
    }
    let other_scheme =
        app.with_key(None).request(Method::GET, "/v1/creators").header("authorization", "Basic YTpi");
    other_scheme.send().await.problem(401, "unauthorized");
    let lower_case = format!("bearer {}", crate::support::KEY);
    app.with_key(None)
        .request(Method::GET, "/v1/creators")
        .header("authorization", &lower_case)
        .send()
        .await
        .expect(200);
    assert_eq!(app.count("creators").await, 1);
}

#[tokio::test]
async fn a_stranger_is_told_nothing_about_the_rest_of_the_request() {
    let app = App::start().await;
    for key in [None, Some("voci_test_unknown_0123456789abcdefghij0123456789")] {
        let stranger = app.with_key(key);
        stranger.get("/v1/creators/not%20an%20id").await.problem(401, "unauthorized");
        stranger.get("/v1/creators?limit=0&foo=bar").await.problem(401, "unauthorized");
        stranger.get("/v1/niches?foo=bar").await.problem(401, "unauthorized");
        stranger.post_raw("/v1/events", "{").await.problem(401, "unauthorized");
        stranger.post_raw("/v1/recommendations", vec![b' '; 3 << 20]).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_key_without_the_scope_of_an_endpoint_is_refused_there_and_nowhere_else() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    for scope in Scope::ALL {
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|other| *other != scope).collect();
        let without = app.client_with("default", &others).await;
        let only = app.client_with("default", &[scope]).await;
        for (method, path, needed) in endpoints() {
            if needed == scope {
                let problem = ask(&without, &method, path).await.problem(403, "missing_scope");
                assert!(problem["detail"].as_str().unwrap().contains(scope.name()), "{problem}");
                let answer = ask(&only, &method, path).await;
                assert!(!matches!(answer.status, 401 | 403), "{answer:?}");
            } else {
                ask(&only, &method, path).await.problem(403, "missing_scope");
            }
        }
        app.put_creator("ana", json!({})).await;
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_the_latest_by_the_next_start() {
    let app = App::start().await;
    let client = app.client_with("default", &Scope::ALL).await;
    client.get("/v1/creators").await.expect(200);
    app.sql("update api_keys set revoked_at = now() where label = 'test'").await;
    let next = app.another().await;
    let keys = app.sql("select key_id from api_keys where revoked_at is not null").await;
    assert_eq!(keys.len(), 1);
    client.at(&next).get("/v1/creators").await.problem(401, "unauthorized");
    next.get("/v1/creators").await.expect(200);
}

#[tokio::test]
async fn the_database_is_asked_anew_about_a_key_while_its_holder_is_answered() {
    let app = App::start().await;
    let foundation = app.foundation().await;
    let key = new_key("test").unwrap();
    store_key(&foundation.pools.background, TenantId(1), &key, "test", &Scope::ALL).await.unwrap();
    let belief = Belief { most: Duration::from_mins(10), anew: Duration::ZERO };
    let ring = KeyRing::new(foundation.pools.reads.clone(), foundation.master.clone(), belief);
    assert!(ring.authenticate(&key).await.unwrap().is_some());

    let lock = app.database().connect().await;
    lock.batch_execute("begin; lock table api_keys in access exclusive mode").await.unwrap();
    assert!(ring.authenticate(&key).await.unwrap().is_some(), "it does not wait for the database");
    lock.batch_execute("update api_keys set revoked_at = now() where label = 'test'; commit").await.unwrap();
    eventually("a revoked key is forgotten", async || {
        ring.authenticate(&key).await.unwrap().is_none().then_some(())
    })
    .await;
    foundation.close().await.unwrap();
}

#[tokio::test]
async fn two_keys_of_a_tenant_work_side_by_side() {
    let app = App::start().await;
    let second = app.client_with("default", &Scope::ALL).await;
    second.put("/v1/creators/ana", &profile("ana", json!({}))).await.expect(201);
    app.get("/v1/creators/ana").await.expect(200);
}

#[tokio::test]
async fn only_a_key_that_may_verify_purchases_stores_verified_ones() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let shop = app.client_with("default", &[Scope::EventsWrite, Scope::PurchasesVerify]).await;
    let feed = app.client_with("default", &[Scope::EventsWrite]).await;
    let purchase =
        |id| crate::support::event(id, "ana", json!({"kind": "purchase", "value": 100, "currency": "RON"}));
    shop.post("/v1/events", &purchase("a")).await.expect(201);
    feed.post("/v1/events", &purchase("b")).await.expect(201);
    assert_eq!((app.count("events where verified").await, app.count("events").await), (1, 2));
}

#[tokio::test]
async fn secrets_of_keys_and_tenants_are_not_stored() {
    let app = App::start().await;
    let key = ApiKey::parse(crate::support::KEY).unwrap();
    let secret = key.expose().rsplit('_').next().unwrap();
    let dump = app.dump().await;
    assert!(dump.contains(key.id()) && !dump.contains(secret), "{dump}");
    assert!(!dump.contains("the master key of all tests"));
}
