//! Two tenants that use the same ids for everything: neither sees, changes or learns anything of the other.

use crate::support::{App, Client, at_noon, community, event, eventually, post, profile};
use serde_json::{Value, json};

const OWN_NICHE: &str = "/v1/niches/upcycled-denim";

/// The default tenant with Ana, an own niche and events, and another tenant without anything.
async fn one_with_data_and_one_without() -> (App, Client) {
    let app = App::start().await;
    let other = app.tenant("other").await;
    app.put(OWN_NICHE, &denim("Ours")).await.expect(201);
    app.put_creator("ana", json!({"display_name": "Our Ana", "niches": ["gaming", "upcycled-denim"]})).await;
    app.send(&community("ana", 6, &[1, 10, 40])).await;
    app.settle().await;
    (app, other)
}

fn denim(name: &str) -> Value {
    json!({"parent": "fashion", "names": {"en": name, "ro": name}})
}

#[tokio::test]
async fn creators_of_another_tenant_do_not_exist() {
    let (app, other) = one_with_data_and_one_without().await;
    other.get("/v1/creators/ana").await.problem(404, "creator_not_found");
    other.get("/v1/creators/ana/scores").await.problem(404, "creator_not_found");
    other.get("/v1/creators/ana/similar").await.problem(404, "creator_not_found");
    other.patch("/v1/creators/ana", &json!({"bio": "theirs"})).await.problem(404, "creator_not_found");
    other.delete("/v1/creators/ana").await.problem(404, "creator_not_found");
    assert_eq!(other.get("/v1/creators").await.ok(), json!({"items": []}));
    app.get("/v1/creators/ana/events/ana-0-1").await.expect(200);
    other.get("/v1/creators/ana/events/ana-0-1").await.problem(404, "event_not_found");
    let theirs = event("e1", "ana", json!({"engager_id": "fan-0-of-ana"}));
    let refused = other.post("/v1/events", &theirs).await.violations();
    assert_eq!(refused, [("/creator_id".to_owned(), "unknown_creator".to_owned())]);
    let receipt = other.post("/v1/events/batch", &json!({"events": [theirs]})).await.expect(207);
    assert_eq!(receipt["invalid"], 1);
    assert_eq!(app.get("/v1/creators/ana").await.ok()["display_name"], "Our Ana");
    assert_eq!(app.count("events").await, 18);
}

#[tokio::test]
async fn niches_of_another_tenant_do_not_exist() {
    let (app, other) = one_with_data_and_one_without().await;
    other.get(OWN_NICHE).await.problem(404, "niche_not_found");
    let listed = crate::niches::all_niches(&other).await;
    assert!(listed.iter().all(|niche| niche["id"] != "upcycled-denim"));
    let unknown = |pointer: &str| vec![(pointer.to_owned(), "unknown_niche".to_owned())];
    let ana = profile("ana", json!({"niches": ["upcycled-denim"]}));
    assert_eq!(other.put("/v1/creators/ana", &ana).await.violations(), unknown("/niches/0"));
    let brief = json!({"brief": {"niches": [{"id": "upcycled-denim"}]}});
    let refused = other.post("/v1/recommendations", &brief).await.violations();
    assert_eq!(refused, unknown("/brief/niches/0/id"));
    let filtered =
        json!({"brief": {"niches": [{"id": "gaming"}]}, "filters": {"niches": ["upcycled-denim"]}});
    let refused = other.post("/v1/recommendations", &filtered).await.violations();
    assert_eq!(refused, unknown("/filters/niches/0"));
    let child = json!({"parent": "upcycled-denim", "names": {"en": "x", "ro": "x"}});
    assert_eq!(other.put("/v1/niches/child", &child).await.violations(), unknown("/parent"));
    other.put(OWN_NICHE, &denim("Theirs")).await.expect(201);
    assert_eq!(app.get(OWN_NICHE).await.ok()["names"]["en"], "Ours");
    assert_eq!(other.get(OWN_NICHE).await.ok()["names"]["en"], "Theirs");
}

#[tokio::test]
async fn the_same_ids_are_other_creators_events_and_people_in_another_tenant() {
    let (app, other) = one_with_data_and_one_without().await;
    let theirs = profile("ana", json!({"display_name": "Their Ana"}));
    other.put("/v1/creators/ana", &theirs).await.expect(201);
    let before = app.get("/v1/creators/ana/scores").await.ok();
    let same = community("ana", 6, &[1, 10, 40]);
    let receipt = other.post("/v1/events/batch", &json!({"events": same})).await.expect(207);
    assert_eq!(receipt["stored"], 18, "{receipt}");
    app.settle().await;
    assert_eq!(app.get("/v1/creators/ana/scores").await.ok(), before);
    assert_eq!(other.get("/v1/creators/ana/scores").await.ok()["statistics"]["events"], 18);
    assert_eq!(app.count("events").await, 36);
    // Nobody can tell that the same person engages with creators of two tenants.
    let people = app.sql("select count(distinct engager_key) from events").await;
    assert_eq!(people[0][0].as_deref(), Some("12"));
    let hashes = app.sql("select count(distinct content_hash) from events").await;
    assert_eq!(hashes[0][0].as_deref(), Some("36"));
}

#[tokio::test]
async fn posts_of_another_tenant_do_not_exist_and_the_same_ids_are_other_posts() {
    let (app, other) = one_with_data_and_one_without().await;
    let path = "/v1/creators/ana/posts/p1";
    let counted = |likes| post(json!({"metrics": {"as_of": at_noon(1), "reach": 100, "likes": likes}}));
    let ours = app.put(path, &counted(10)).await;
    let tag = ours.header("etag").to_owned();
    let ours = ours.expect(201);
    for list in [path, "/v1/creators/ana/posts"] {
        other.get(list).await.problem(404, "creator_not_found");
    }
    other.put(path, &counted(10)).await.problem(404, "creator_not_found");
    other.delete(path).await.problem(404, "creator_not_found");
    other.put("/v1/creators/ana", &profile("ana", json!({}))).await.expect(201);
    other.get(path).await.problem(404, "post_not_found");
    other.delete(path).await.problem(404, "post_not_found");
    assert_eq!(other.get("/v1/creators/ana/posts").await.ok(), json!({"items": []}));
    // Neither a conflict nor a repeat: counts of another post.
    other.put(path, &counted(20)).await.expect(201);
    app.settle().await;
    let rate = async |client: &Client| {
        let receipt = client.get("/v1/creators/ana/scores").await.ok();
        receipt["exposure"]["engagement_rate"]["median"].as_f64()
    };
    assert_eq!((rate(&app).await, rate(&other).await), (Some(0.1), Some(0.2)));
    other.delete(path).await.expect(204);
    let read = app.get(path).await;
    assert_eq!(read.header("etag"), tag);
    assert_eq!(read.expect(200), ours);
}

#[tokio::test]
async fn recommendations_are_made_from_the_tenants_own_creators() {
    let (app, other) = one_with_data_and_one_without().await;
    assert_eq!(other.get("/v1/recommendations?niche=gaming").await.ok()["items"], json!([]));
    other.put("/v1/creators/ana", &profile("ana", json!({"display_name": "Their Ana"}))).await.expect(201);
    let found = eventually("their Ana is in the list", async || {
        let page = other.get("/v1/recommendations?niche=gaming").await.ok();
        (page["items"].as_array()?.len() == 1).then_some(page)
    })
    .await;
    assert_eq!(found["items"][0]["display_name"], "Their Ana");
    assert_eq!(found["items"][0]["components"][1]["evidence"]["events"], 0);
    let ours = app.get("/v1/recommendations?niche=gaming").await.ok();
    assert_eq!(
        (ours["items"].as_array().unwrap().len(), &ours["items"][0]["display_name"]),
        (1, &json!("Our Ana"))
    );
}

#[tokio::test]
async fn erasing_a_creator_leaves_the_same_id_of_another_tenant_alone() {
    let (app, other) = one_with_data_and_one_without().await;
    other.put("/v1/creators/ana", &profile("ana", json!({}))).await.expect(201);
    other.delete("/v1/creators/ana").await.expect(204);
    app.settle().await;
    assert_eq!(app.get("/v1/creators/ana/scores").await.ok()["statistics"]["events"], 18);
    assert_eq!(app.get("/v1/recommendations?niche=gaming").await.ok()["items"][0]["creator_id"], "ana");
    assert_eq!((app.count("events").await, app.count("relationships").await), (18, 6));
}

#[tokio::test]
async fn a_cursor_of_another_tenant_opens_nothing() {
    let app = App::start().await;
    let other = app.tenant("other").await;
    app.put_creators(&["ana", "bea"], json!({})).await;
    for id in ["ana", "bea"] {
        other.put(&format!("/v1/creators/{id}"), &profile(id, json!({}))).await.expect(201);
    }
    for client in [&*app, &other] {
        for id in ["p1", "p2"] {
            client.put(&format!("/v1/creators/ana/posts/{id}"), &post(json!({}))).await.expect(201);
        }
    }
    app.settle().await;
    for list in [
        "/v1/creators?limit=1",
        "/v1/creators/ana/posts?limit=1",
        "/v1/niches?limit=1",
        "/v1/recommendations?niche=gaming&limit=1",
    ] {
        let page = app.get(list).await.ok();
        let next = format!("{list}&cursor={}", page["next_cursor"].as_str().unwrap());
        app.get(&next).await.expect(200);
        other.get(&next).await.problem(400, "invalid_cursor");
    }
}

#[tokio::test]
async fn the_model_of_another_tenant_changes_nothing() {
    let (app, other) = one_with_data_and_one_without().await;
    let before = app.get("/v1/model").await.ok();
    let mut model = serde_json::to_value(voci::scores::ScoringModel::published_default()).unwrap();
    model["rates"]["loyalty"] = json!(0.5);
    let insert = "insert into models (tenant_id, version, body) select tenant_id, 7, ";
    app.sql(&format!("{insert} '{model}' from tenants where name = 'other'")).await;
    assert_eq!(other.get("/v1/model").await.ok()["version"], 7);
    assert_eq!(app.get("/v1/model").await.ok(), before);
    app.settle().await;
    assert_eq!(app.get("/v1/creators/ana/scores").await.ok()["model_version"], 0);
}

#[tokio::test]
async fn the_edge_weights_of_another_tenant_change_nothing() {
    let (app, other) = one_with_data_and_one_without().await;
    let weights = json!({"weights": {"like": 50}});
    let theirs = other.put("/v1/model/weights", &weights).await.expect(200);
    assert_eq!((&theirs["version"], &theirs["weights"]["like"]), (&json!(2), &json!(50.0)));
    let ours = app.get("/v1/model/weights").await.ok();
    assert_eq!((&ours["version"], &ours["weights"]["like"]), (&json!(1), &json!(1.0)));
    assert_eq!(app.get("/v1/model").await.ok()["edge_weights_version"], 1);
    assert_eq!(app.get("/v1/creators/ana/scores").await.ok()["edge_weights"], ours);
    let ours = app.put("/v1/model/weights", &weights).await.expect(200);
    other.delete("/v1/model/weights").await.expect(204);
    assert_eq!(app.get("/v1/model/weights").await.ok(), ours);
}
