//! Niches: the built-in ones, and the tenant's own beside them.

use crate::support::{App, Client};
use serde_json::{Value, json};

/// All niches a tenant sees, read page by page.
pub(crate) async fn all_niches(client: &Client) -> Vec<Value> {
    let mut niches = Vec::new();
    let mut path = "/v1/niches?limit=200".to_owned();
    loop {
        let page = client.get(&path).await.ok();
        niches.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { return niches };
        path = format!("/v1/niches?limit=200&cursor={cursor}");
    }
}

/// A niche as it was made, without what is seen in it.
async fn as_made(client: &Client, path: &str) -> Value {
    let mut niche = client.get(path).await.ok();
    niche.as_object_mut().unwrap().remove("insight");
    niche
}

fn niche(parent: Option<&str>) -> Value {
    let mut niche =
        json!({"names": {"en": "Board games", "ro": "Jocuri de societate"}, "aliases": {"en": ["tabletop"]}});
    if let Some(parent) = parent {
        niche["parent"] = json!(parent);
    }
    niche
}

#[tokio::test]
async fn the_built_in_niches_are_listed_with_names_in_two_languages() {
    let app = App::start().await;
    let niches = all_niches(&app).await;
    let parents = niches.iter().filter(|niche| niche["parent"].is_null()).count();
    assert!(parents >= 20 && niches.len() >= 250);
    assert!(niches.iter().all(|niche| niche["built_in"] == true));
    assert!(niches.iter().all(|niche| niche["names"]["en"].is_string() && niche["names"]["ro"].is_string()));
    let fashion = app.get("/v1/niches/sustainable-fashion").await.ok();
    assert_eq!((&fashion["parent"], &fashion["built_in"]), (&json!("fashion"), &json!(true)));
}

#[tokio::test]
async fn a_tenant_makes_and_replaces_niches_of_its_own() {
    let app = App::start().await;
    let made = app.put("/v1/niches/club-games", &niche(Some("gaming"))).await.expect(201);
    assert_eq!((&made["built_in"], &made["parent"]), (&json!(false), &json!("gaming")));
    assert_eq!(as_made(&app, "/v1/niches/club-games").await, made);
    let replaced = app.put("/v1/niches/club-games", &niche(None)).await.expect(200);
    assert!(replaced["parent"].is_null());
    assert_eq!(as_made(&app, "/v1/niches/club-games").await, replaced);
    assert!(all_niches(&app).await.contains(&replaced));
    app.get("/v1/niches/nothing-like-it").await.problem(404, "niche_not_found");
}

#[tokio::test]
async fn a_built_in_niche_cannot_be_replaced() {
    let app = App::start().await;
    app.put("/v1/niches/gaming", &niche(None)).await.problem(409, "built_in_niche");
    assert_eq!(app.get("/v1/niches/gaming").await.ok()["built_in"], true);
}

#[tokio::test]
async fn niches_have_two_levels() {
    let app = App::start().await;
    app.put("/v1/niches/top", &niche(None)).await.expect(201);
    app.put("/v1/niches/child", &niche(Some("top"))).await.expect(201);
    let not_allowed = [("/parent".to_owned(), "not_allowed".to_owned())];
    let grandchild = app.put("/v1/niches/grandchild", &niche(Some("child"))).await;
    assert_eq!(grandchild.violations(), not_allowed);
    let of_built_in_child = app.put("/v1/niches/other", &niche(Some("sustainable-fashion"))).await;
    assert_eq!(of_built_in_child.violations(), not_allowed);
    let with_child = app.put("/v1/niches/top", &niche(Some("gaming"))).await;
    assert_eq!(with_child.violations(), not_allowed);
    let of_itself = app.put("/v1/niches/self", &niche(Some("self"))).await;
    assert_eq!(of_itself.violations(), not_allowed);
}

#[tokio::test]
async fn every_rule_of_niches_names_its_field() {
    let app = App::start().await;
    let refused = async |change: Value| {
        let mut niche = niche(None);
        niche.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        app.put("/v1/niches/own", &niche).await.violations()
    };
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(refused(json!({"parent": "nothing"})).await, one("/parent", "unknown_niche"));
    assert_eq!(refused(json!({"names": {"en": "", "ro": "x"}})).await, one("/names/en", "too_short"));
    assert_eq!(
        refused(json!({"names": {"en": "x".repeat(101), "ro": "x"}})).await,
        one("/names/en", "too_long")
    );
    assert_eq!(refused(json!({"names": {"en": "x"}})).await, one("/names/ro", "required"));
    assert_eq!(refused(json!({"aliases": {"en": ["a\u{0}"]}})).await, one("/aliases/en/0", "nul_character"));
    assert_eq!(refused(json!({"aliases": {"ro": vec!["x"; 51]}})).await, one("/aliases/ro", "too_many"));
    assert_eq!(refused(json!({"aliases": {"fr": ["x"]}})).await, one("/aliases/fr", "unknown_field"));
    assert_eq!(refused(json!({"built_in": true})).await, one("/built_in", "unknown_field"));
    let upper = app.put("/v1/niches/Own", &niche(None)).await.violations();
    assert_eq!(upper, one("{niche_id}", "invalid_id"));
    assert_eq!(app.count("niches").await, 0);
}

#[tokio::test]
async fn pages_of_niches_neither_skip_nor_repeat() {
    let app = App::start().await;
    app.put("/v1/niches/aaa-first", &niche(None)).await.expect(201);
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(&format!("/v1/niches?limit=7{cursor}")).await.ok();
        let items = page["items"].as_array().unwrap();
        ids.extend(items.iter().map(|niche| niche["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        assert_eq!(items.len(), 7);
        cursor = format!("&cursor={next}");
        if ids.len() == 7 {
            // What comes before the page that was read moves nothing after it.
            app.put("/v1/niches/aaa-second", &niche(None)).await.expect(201);
        }
    }
    assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
    let mut all: Vec<String> =
        all_niches(&app).await.iter().map(|niche| niche["id"].as_str().unwrap().to_owned()).collect();
    all.retain(|id| id != "aaa-second");
    assert_eq!(ids, all);
}

#[tokio::test]
async fn a_niche_that_was_just_made_can_be_declared_and_asked_for() {
    let app = App::start().await;
    app.put("/v1/niches/club-games", &niche(Some("gaming"))).await.expect(201);
    app.put_creator("ana", json!({"niches": ["club-games"]})).await;
    app.settle().await;
    let page = app.get("/v1/recommendations?niche=club-games").await.ok();
    assert_eq!(page["items"][0]["creator_id"], "ana");
    let declared = |page: &Value| {
        let part = &page["items"][0]["components"][0]["parts"][0];
        assert_eq!(part["name"], "declared");
        part["value"].as_f64().unwrap()
    };
    assert!((declared(&page) - 1.0).abs() < 1e-12);
    // The parent is near, other children of it are not near enough.
    let near = app.get("/v1/recommendations?niche=gaming").await.ok();
    assert!((declared(&near) - 0.2_f64.sqrt()).abs() < 1e-6, "{near}");
}
