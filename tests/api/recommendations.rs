//! Recommendations: who is in the list, and in which order.

use crate::support::{App, at_noon, community, event};
use serde_json::{Value, json};

/// A brief for gaming with more in the request.
fn brief(more: &Value) -> Value {
    let mut request = json!({"brief": {"niches": [{"id": "gaming"}]}});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

/// Ids in the list, best first.
fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["creator_id"].as_str().unwrap()).collect()
}

async fn found(app: &App, more: Value) -> Value {
    app.post("/v1/recommendations", &brief(&more)).await.expect(200)
}

/// Accounts with these followers.
fn accounts(of: &[(&str, Option<u32>)]) -> Value {
    let account = |(platform, followers): &(&str, Option<u32>)| match followers {
        Some(followers) => json!({"platform": platform, "handle": "h", "followers": followers}),
        None => json!({"platform": platform, "handle": "h"}),
    };
    json!({"accounts": of.iter().map(account).collect::<Vec<_>>()})
}

#[tokio::test]
async fn the_list_is_in_the_order_of_the_lower_bound_and_ties_are_in_the_order_of_ids() {
    let app = App::start().await;
    app.put_creators(&["dan", "bea", "ana", "eva", "cia"], json!({})).await;
    app.send(&community("cia", 12, &[1, 10, 20, 40])).await;
    app.send(&community("eva", 12, &[30])).await;
    app.settle().await;
    let page = found(&app, json!({})).await;
    let items = page["items"].as_array().unwrap();
    assert!(items.is_sorted_by(|a, b| a["low"].as_f64().unwrap() >= b["low"].as_f64().unwrap()), "{page}");
    let ranks: Vec<_> = items.iter().map(|item| item["rank"].as_u64().unwrap()).collect();
    assert_eq!(ranks, [1, 2, 3, 4, 5]);
    let ids = ids(&page);
    assert_eq!(ids[0], "cia");
    let ties: Vec<_> = ids.iter().filter(|id| matches!(**id, "ana" | "bea" | "dan")).collect();
    assert_eq!(ties, [&"ana", &"bea", &"dan"]);
}

#[tokio::test]
async fn the_default_band_is_1000_to_50000_followers_inclusive() {
    let app = App::start().await;
    let sizes = [
        ("a999", Some(999)),
        ("b1000", Some(1_000)),
        ("c50000", Some(50_000)),
        ("d50001", Some(50_001)),
        ("e", None),
    ];
    for (id, followers) in sizes {
        app.put_creator(id, accounts(&[("instagram", followers)])).await;
    }
    app.put_creator("f-no-account", json!({"accounts": []})).await;
    app.settle().await;
    let band = async |followers: Value| {
        let page = found(&app, json!({"filters": {"followers": followers}})).await;
        ids(&page).join(" ")
    };
    assert_eq!(ids(&found(&app, json!({})).await), ["b1000", "c50000"]);
    assert_eq!(ids(&found(&app, json!({"filters": {}})).await), ["b1000", "c50000"]);
    assert_eq!(band(json!({})).await, "a999 b1000 c50000 d50001 e f-no-account");
    assert_eq!(band(json!({"min": 1_000})).await, "b1000 c50000 d50001");
    assert_eq!(band(json!({"max": 1_000})).await, "a999 b1000");
    assert_eq!(band(json!({"min": 999, "max": 999})).await, "a999");
    let all = found(&app, json!({"filters": {"followers": {}}})).await;
    let tiers: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|item| item["tier"].as_str().unwrap()).collect();
    assert_eq!(tiers, ["nano", "micro", "micro", "mid", "unknown", "unknown"]);
}

#[tokio::test]
async fn the_audience_is_the_largest_account_on_the_platforms_asked_for() {
    let app = App::start().await;
    app.put_creator(
        "ana",
        accounts(&[("instagram", Some(60_000)), ("youtube", Some(2_000)), ("tiktok", None)]),
    )
    .await;
    app.settle().await;
    let on = async |platforms: Value| found(&app, json!({"filters": {"platforms": platforms}})).await;
    assert!(ids(&on(json!([])).await).is_empty());
    assert!(ids(&on(json!(["instagram"])).await).is_empty());
    assert!(ids(&on(json!(["instagram", "youtube"])).await).is_empty());
    assert!(ids(&on(json!(["tiktok"])).await).is_empty());
    assert!(ids(&on(json!(["twitch"])).await).is_empty());
    let youtube = on(json!(["youtube", "tiktok"])).await;
    assert_eq!((ids(&youtube), &youtube["items"][0]["tier"]), (vec!["ana"], &json!("micro")));
    let any = found(&app, json!({"filters": {"platforms": ["tiktok"], "followers": {}}})).await;
    assert_eq!((ids(&any), &any["items"][0]["tier"]), (vec!["ana"], &json!("unknown")));
}

#[tokio::test]
async fn every_filter_narrows_the_list() {
    let app = App::start().await;
    app.put_creator("ro", json!({"country": "RO", "languages": ["ro", "hu"]})).await;
    app.put_creator("de", json!({"country": "DE", "languages": ["de"]})).await;
    app.put_creator("md", json!({"country": "MD", "languages": ["ro", "ru"]})).await;
    app.put_creator("tt", accounts(&[("tiktok", Some(5_000))])).await;
    app.settle().await;
    let with = async |filters: Value| ids(&found(&app, json!({"filters": filters})).await).join(" ");
    assert_eq!(with(json!({})).await, "de md ro tt");
    assert_eq!(with(json!({"countries": ["DE"]})).await, "de");
    assert_eq!(with(json!({"countries": ["DE", "MD"]})).await, "de md");
    assert_eq!(with(json!({"languages": ["hu"]})).await, "ro");
    assert_eq!(with(json!({"languages": ["de", "ru"]})).await, "de md");
    assert_eq!(with(json!({"platforms": ["tiktok"]})).await, "tt");
    assert_eq!(
        with(json!({"countries": ["RO"], "languages": ["ro"], "platforms": ["instagram"]})).await,
        "ro"
    );
    assert_eq!(with(json!({"countries": ["FR"]})).await, "");
    let without = json!({"exclude_creators": ["ro", "tt", "never-registered"]});
    assert_eq!(ids(&found(&app, without).await), ["de", "md"]);
}

#[tokio::test]
async fn creators_of_other_niches_are_left_out_and_weights_of_niches_decide_the_fit() {
    let app = App::start().await;
    app.put_creator("gamer", json!({"niches": ["gaming"]})).await;
    app.put_creator("cook", json!({"niches": ["healthy-cooking"]})).await;
    app.put_creator("both", json!({"niches": ["gaming", "healthy-cooking"]})).await;
    app.put_creator("none", json!({"niches": []})).await;
    app.settle().await;
    assert_eq!(ids(&found(&app, json!({})).await), ["gamer", "both"]);
    let weighted = async |gaming: f64, cooking: f64| {
        let niches =
            json!([{"id": "gaming", "weight": gaming}, {"id": "healthy-cooking", "weight": cooking}]);
        let page = app.post("/v1/recommendations", &json!({"brief": {"niches": niches}})).await.expect(200);
        ids(&page).join(" ")
    };
    assert_eq!(weighted(1.0, 1.0).await.split(' ').next(), Some("both"));
    assert_eq!(weighted(9.0, 1.0).await.split(' ').next(), Some("gamer"));
    assert_eq!(weighted(1.0, 9.0).await.split(' ').next(), Some("cook"));
}

#[tokio::test]
async fn the_callers_weights_decide_what_counts() {
    let app = App::start().await;
    app.put_creator("loyal", json!({"niches": ["gaming", "minimalism"]})).await;
    app.put_creator("chatty", json!({})).await;
    let silent = |mut event: Value| {
        event["kind"] = json!("like");
        event
    };
    app.send(&community("loyal", 20, &[1, 10, 20, 40, 60]).into_iter().map(silent).collect::<Vec<_>>()).await;
    app.send(&community("chatty", 20, &[50])).await;
    app.send(&[event("late", "chatty", json!({"occurred_at": at_noon(1)}))]).await;
    app.settle().await;
    let first = async |weights: Value| {
        let page = found(&app, json!({"weights": weights})).await;
        let sum: f64 = page["items"][0]["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|component| component["weight"].as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 1e-9, "weights are scaled to a sum of 1");
        ids(&page)[0].to_owned()
    };
    let only = |name: &str| {
        let mut weights = json!({"fit": 0, "loyalty": 0, "trust": 0, "authenticity": 0, "conversation": 0});
        weights[name] = json!(7);
        weights
    };
    assert_eq!(first(only("loyalty")).await, "loyal");
    assert_eq!(first(only("conversation")).await, "chatty");
    assert_eq!(first(only("fit")).await, "chatty");
}

#[tokio::test]
async fn the_one_line_query_is_the_brief_with_everything_else_as_by_default() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "cia"], json!({})).await;
    app.send(&community("bea", 8, &[1, 9, 33])).await;
    app.settle().await;
    let get = app.get("/v1/recommendations?niche=gaming&limit=2").await.expect(200);
    let post = found(&app, json!({"limit": 2})).await;
    assert_eq!((&get["items"], &get["snapshot"]), (&post["items"], &post["snapshot"]));
    assert_eq!(get["items"].as_array().unwrap().len(), 2);
    assert!(get["next_cursor"].is_string() && get["as_of"].is_string());
}

#[tokio::test]
async fn every_rule_of_a_brief_names_its_field() {
    let app = App::start().await;
    let refused = async |request: Value| app.post("/v1/recommendations", &request).await.violations();
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    let niches = |niches: Value| json!({"brief": {"niches": niches}});
    let filters = |filters: Value| brief(&json!({"filters": filters}));
    let many: Vec<Value> = (0..21).map(|_| json!({"id": "gaming"})).collect();
    assert_eq!(refused(niches(json!([]))).await, one("/brief/niches", "required"));
    assert_eq!(refused(niches(json!(many))).await[0], one("/brief/niches", "too_many")[0]);
    assert_eq!(
        refused(niches(json!([{"id": "unheard-of"}]))).await,
        one("/brief/niches/0/id", "unknown_niche")
    );
    let twice = niches(json!([{"id": "gaming"}, {"id": "gaming"}]));
    assert_eq!(refused(twice).await, one("/brief/niches/1/id", "duplicate"));
    let weight = niches(json!([{"id": "gaming", "weight": 0}]));
    assert_eq!(refused(weight).await, one("/brief/niches/0/weight", "out_of_range"));
    assert_eq!(
        refused(filters(json!({"countries": ["ro"]}))).await,
        one("/filters/countries/0", "unknown_value")
    );
    assert_eq!(
        refused(filters(json!({"languages": ["ro", "xx"]}))).await,
        one("/filters/languages/1", "unknown_value")
    );
    assert_eq!(
        refused(filters(json!({"platforms": ["myspace"]}))).await,
        one("/filters/platforms/0", "unknown_value")
    );
    let band = json!({"followers": {"min": 2, "max": 1}});
    assert_eq!(refused(filters(band)).await, one("/filters/followers", "out_of_range"));
    let negative = json!({"followers": {"min": -1}});
    assert_eq!(refused(filters(negative)).await, one("/filters/followers/min", "wrong_type"));
    assert_eq!(refused(brief(&json!({"weights": {"fit": -1}}))).await, one("/weights", "out_of_range"));
    let nothing = json!({"fit": 0, "loyalty": 0, "trust": 0, "authenticity": 0, "conversation": 0});
    assert_eq!(refused(brief(&json!({"weights": nothing}))).await, one("/weights", "out_of_range"));
    assert_eq!(
        refused(brief(&json!({"exclude_creators": ["a b"]}))).await,
        one("/exclude_creators/0", "invalid_id")
    );
    let too_many = vec!["x"; 10_001];
    assert_eq!(
        refused(brief(&json!({"exclude_creators": too_many}))).await,
        one("/exclude_creators", "too_many")
    );
    assert_eq!(refused(brief(&json!({"limit": 0}))).await, one("/limit", "out_of_range"));
    assert_eq!(refused(brief(&json!({"limit": 201}))).await, one("/limit", "out_of_range"));
    assert_eq!(refused(brief(&json!({"sort": "followers"}))).await, one("/sort", "unknown_field"));
    let query = app.get("/v1/recommendations?niche=unheard-of").await.violations();
    assert_eq!(query, one("?niche", "unknown_niche"));
}

/// A part of the fit of an item: its share and value.
fn part(item: &Value, name: &str) -> (f64, f64) {
    let parts = item["components"][0]["parts"].as_array().unwrap();
    let part = parts.iter().find(|part| part["name"] == name).unwrap_or(&Value::Null);
    (part["share"].as_f64().unwrap_or_default(), part["value"].as_f64().unwrap_or_default())
}

fn item<'a>(page: &'a Value, id: &str) -> &'a Value {
    page["items"].as_array().unwrap().iter().find(|item| item["creator_id"] == id).unwrap()
}

#[tokio::test]
async fn who_names_the_values_of_the_brief_fits_better_however_they_are_written() {
    let app = App::start().await;
    app.put_creator("ana", json!({"values": ["other"]})).await;
    app.put_creator("bea", json!({"values": ["TRANSPARENȚĂ", "repair"]})).await;
    app.settle().await;
    assert_eq!(ids(&found(&app, json!({})).await), ["ana", "bea"]);
    let values = json!({"niches": [{"id": "gaming"}], "values": ["transparenta", "Repair", "nobody's"]});
    let page = found(&app, json!({"brief": values})).await;
    assert_eq!(ids(&page), ["bea", "ana"]);
    assert_eq!(part(item(&page, "ana"), "values"), (0.15, 0.0));
    let (share, shared) = part(item(&page, "bea"), "values");
    assert!((share - 0.15).abs() < 1e-12 && (shared - 2.0 / 6.0_f64.sqrt()).abs() < 1e-12, "{page}");
    let parts = item(&page, "bea")["components"][0]["parts"].as_array().unwrap();
    let all: f64 = parts.iter().map(|part| part["share"].as_f64().unwrap()).sum();
    assert!((all - 1.0).abs() < 1e-12);
    let reasons = item(&page, "bea")["reasons"].to_string();
    assert!(reasons.contains("Shares values of the brief (82 %)"), "{reasons}");
    let wrong = json!({"niches": [{"id": "gaming"}], "values": ["Repair", "repair ", ""]});
    let refused = app.post("/v1/recommendations", &json!({"brief": wrong})).await.violations();
    let pointers: Vec<_> = refused.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/brief/values/1", "/brief/values/2"]);
}

#[tokio::test]
async fn authority_is_the_loyal_reach_beside_what_is_usual_in_the_niche() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "new"], json!({})).await;
    app.send(&community("ana", 12, &[1, 10, 20, 40])).await;
    app.send(&community("bea", 12, &[1, 30])).await;
    app.settle().await;
    let page = found(&app, json!({})).await;
    let (mut reaches, asked) = (Vec::new(), &page["brief"]["niches"][0]);
    for id in ["ana", "bea"] {
        let receipt = app.get(&format!("/v1/creators/{id}/scores")).await.expect(200);
        reaches.push(receipt["statistics"]["loyal_reach"].as_f64().unwrap());
    }
    let usual = ((1.0 + reaches[0]) * (1.0 + reaches[1])).sqrt();
    assert_eq!(
        (&asked["id"], &asked["share"], &asked["measured_creators"]),
        (&json!("gaming"), &json!(1.0), &json!(2))
    );
    assert!((asked["usual_reach"].as_f64().unwrap() - (usual - 1.0)).abs() < 1e-5, "{page}");
    let own = item(&page, "ana")["reach_per_niche"].as_f64().unwrap();
    assert!((own - reaches[0]).abs() < 1e-6, "{page}");
    let (share, authority) = part(item(&page, "ana"), "authority");
    assert!(
        (share - 0.1).abs() < 1e-12 && (authority - (1.0 + own) / (1.0 + own + usual)).abs() < 1e-5,
        "{page}"
    );
    assert_eq!(part(item(&page, "new"), "authority"), (0.1, 0.5), "not measured is as usual");
    assert!(item(&page, "new").get("reach_per_niche").is_none());
}
