//! Registering, reading, changing and erasing a creator, under conditions.

use crate::support::{Answer, App, profile};
use reqwest::Method;
use serde_json::{Value, json};

const ANA: &str = "/v1/creators/ana";

async fn with_condition(app: &App, method: Method, condition: (&str, &str), body: Option<Value>) -> Answer {
    let request = app.request(method, ANA).header(condition.0, condition.1);
    match body {
        Some(body) => request.json(&body).send().await,
        None => request.send().await,
    }
}

#[tokio::test]
async fn a_creator_is_registered_once_and_then_replaced() {
    let app = App::start().await;
    let registered = app.put(ANA, &profile("ana", json!({"city": "Cluj-Napoca"}))).await;
    let first_tag = registered.header("etag").to_owned();
    let created = registered.expect(201);
    assert_eq!((&created["creator_id"], &created["tier"]), (&json!("ana"), &json!("micro")));
    assert_eq!(created["created_at"], created["updated_at"]);
    let replaced = app.put(ANA, &profile("ana", json!({"bio": "new"}))).await;
    assert_ne!(replaced.header("etag"), first_tag);
    let replaced = replaced.expect(200);
    assert_eq!((&replaced["bio"], &replaced["created_at"]), (&json!("new"), &created["created_at"]));
    assert!(replaced.get("city").is_none(), "PUT replaces the whole profile: {replaced}");
    let read = app.get(ANA).await;
    assert_eq!(read.header("etag"), "\"v2\"");
    assert_eq!(read.expect(200), replaced);
}

#[tokio::test]
async fn sending_the_same_profile_again_changes_nothing() {
    let app = App::start().await;
    let same = profile("ana", json!({"accounts": [{"platform": "x", "handle": "a", "engager_id": "u1"}]}));
    let first = app.put(ANA, &same).await;
    let tag = first.header("etag").to_owned();
    let body = first.expect(201);
    let again = app.put(ANA, &same).await;
    assert_eq!(again.header("etag"), tag);
    assert_eq!(again.expect(200), body);
}

#[tokio::test]
async fn put_goes_ahead_only_under_its_conditions() {
    let app = App::start().await;
    let put = async |condition, bio: &str| {
        with_condition(&app, Method::PUT, condition, Some(profile("ana", json!({"bio": bio})))).await
    };
    put(("if-match", "\"v1\""), "a").await.problem(412, "precondition_failed");
    put(("if-match", "*"), "a").await.problem(412, "precondition_failed");
    put(("if-none-match", "*"), "a").await.expect(201);
    put(("if-none-match", "*"), "b").await.problem(412, "precondition_failed");
    put(("if-match", "\"v2\""), "b").await.problem(412, "precondition_failed");
    put(("if-match", "W/\"v1\""), "b").await.problem(412, "precondition_failed");
    put(("if-match", "\"v1\""), "b").await.expect(200);
    put(("if-match", "\"v1\", \"v2\""), "c").await.expect(200);
    put(("if-match", "*"), "d").await.expect(200);
    assert_eq!(app.get(ANA).await.expect(200)["bio"], "d");
}

#[tokio::test]
async fn get_answers_304_to_a_caller_who_has_the_version() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let get = async |tags| with_condition(&app, Method::GET, ("if-none-match", tags), None).await;
    let fresh = get("\"v1\"").await;
    assert_eq!((fresh.status, fresh.header("etag"), fresh.body.len()), (304, "\"v1\"", 0));
    get("\"v7\", \"v1\"").await.expect(304);
    get("*").await.expect(304);
    get("W/\"v1\"").await.expect(304);
    assert_eq!(get("\"v2\"").await.expect(200)["creator_id"], "ana");
}

#[tokio::test]
async fn patch_and_delete_go_ahead_only_under_their_conditions() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let patch = async |tag, bio: &str| {
        with_condition(&app, Method::PATCH, ("if-match", tag), Some(json!({"bio": bio}))).await
    };
    patch("\"v2\"", "a").await.problem(412, "precondition_failed");
    let changed = patch("\"v1\"", "b").await;
    assert_eq!(changed.header("etag"), "\"v2\"");
    let delete = async |tag| with_condition(&app, Method::DELETE, ("if-match", tag), None).await;
    delete("\"v1\"").await.problem(412, "precondition_failed");
    assert_eq!(app.get(ANA).await.expect(200)["bio"], "b");
    delete("\"v2\"").await.expect(204);
    app.get(ANA).await.problem(404, "creator_not_found");
}

#[tokio::test]
async fn of_two_changes_to_one_version_exactly_one_goes_ahead() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let change = |number: usize| {
        let app = &app;
        async move {
            let bio = json!({"bio": format!("change {number}")});
            with_condition(app, Method::PATCH, ("if-match", "\"v1\""), Some(bio)).await.status
        }
    };
    let mut statuses = futures_util::future::join_all((0..3).map(change)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412]);
}

#[tokio::test]
async fn a_merge_patch_replaces_what_is_sent_and_null_removes() {
    let app = App::start().await;
    let before = app.put_creator("ana", json!({"city": "Cluj", "bio": "old", "values": ["repair"]})).await;
    let patch = json!({"city": null, "bio": "new", "languages": ["en"]});
    let patched = app.patch(ANA, &patch).await.expect(200);
    assert_eq!((&patched["bio"], &patched["languages"]), (&json!("new"), &json!(["en"])));
    assert!(patched.get("city").is_none());
    for kept in ["display_name", "country", "values", "niches", "accounts", "created_at"] {
        assert_eq!(patched[kept], before[kept], "{kept}");
    }
    let typed =
        app.request(Method::PATCH, ANA).body("application/merge-patch+json", r#"{"bio":null}"#).send().await;
    assert_eq!(typed.expect(200)["bio"], "");
    let nothing = app.patch(ANA, &json!({})).await;
    assert_eq!(nothing.header("etag"), "\"v3\"");
}

#[tokio::test]
async fn a_merge_patch_that_breaks_a_rule_changes_nothing() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let refused = async |patch: Value| app.patch(ANA, &patch).await.violations();
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(refused(json!({"display_name": null})).await, one("/display_name", "required"));
    assert_eq!(refused(json!({"country": "zz", "bio": "x"})).await, one("/country", "unknown_value"));
    assert_eq!(refused(json!({"niches": "gaming"})).await, one("/niches", "wrong_type"));
    assert_eq!(refused(json!({"tier": "mega"})).await, one("/tier", "unknown_field"));
    assert_eq!(refused(json!({"niches": ["unheard-of"]})).await, one("/niches/0", "unknown_niche"));
    assert_eq!(refused(json!([])).await, one("", "wrong_type"));
    app.patch("/v1/creators/nobody", &json!({})).await.problem(404, "creator_not_found");
    assert_eq!(app.get(ANA).await.header("etag"), "\"v1\"");
}

#[tokio::test]
async fn every_character_of_ids_works_in_a_path_plain_or_encoded() {
    let app = App::start().await;
    let id = "Az09.a_b:c@d+e=f~g-h";
    app.put(&format!("/v1/creators/{id}"), &profile("x", json!({}))).await.expect(201);
    let encoded = id.bytes().fold(String::new(), |path, byte| path + &format!("%{byte:02X}"));
    let by_browser = "Az09.a_b%3Ac%40d%2Be%3Df~g-h";
    for path in [id, &encoded, by_browser] {
        let read = app.get(&format!("/v1/creators/{path}")).await.expect(200);
        assert_eq!(read["creator_id"], id);
    }
    let longest = "x".repeat(128);
    app.put(&format!("/v1/creators/{longest}"), &profile("x", json!({}))).await.expect(201);
    for impossible in
        [&"x".repeat(129), "a%20b", "a%00b", "%FF", "%F0%9F%A6%8A", "a%2Fb", "a%25b", "%2B%252B"]
    {
        app.put(&format!("/v1/creators/{impossible}"), &profile("x", json!({})))
            .await
            .problem(404, "not_found");
    }
    assert_eq!(app.count("creators").await, 2);
}
