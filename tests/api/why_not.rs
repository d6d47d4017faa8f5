//! Why a creator is not in a list: what removes it, where it stands, and that the changes told of bring it in.

use crate::support::{App, community, profile};
use serde_json::{Value, json};

const WHY_NOT: &str = "/v1/recommendations/why-not";

/// A brief for gaming with more in the request.
fn brief(more: &Value) -> Value {
    let mut request = json!({"brief": {"niches": [{"id": "gaming"}]}});
    merge(&mut request, more);
    request
}

/// A merge patch (RFC 7396), as a caller applies it.
fn merge(document: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *document = patch.clone();
        return;
    };
    if !document.is_object() {
        *document = json!({});
    }
    for (name, value) in fields {
        let present = document.as_object_mut().unwrap();
        if value.is_null() {
            present.remove(name);
        } else {
            merge(present.entry(name).or_insert(Value::Null), value);
        }
    }
}

async fn why_not(app: &App, id: &str, request: &Value) -> Value {
    let mut request = request.clone();
    request["creator_id"] = json!(id);
    app.post(WHY_NOT, &request).await.expect(200)
}

async fn listed(app: &App, request: &Value) -> Vec<String> {
    let page = app.post("/v1/recommendations", request).await.expect(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["creator_id"].as_str().unwrap().to_owned()).collect()
}

fn texts<'a>(answer: &'a Value, list: &str, field: &str) -> Vec<&'a str> {
    answer[list].as_array().unwrap().iter().map(|one| one[field].as_str().unwrap()).collect()
}

/// Asks again with every patch that changes the request alone: the creator is on the place that was told.
async fn changes_bring_in(app: &App, id: &str, request: &Value) {
    let answer = why_not(app, id, request).await;
    let changes = answer["changes"].as_array().unwrap();
    let of_request: Vec<&Value> = changes.iter().filter(|change| !change["rank"].is_null()).collect();
    assert!(!of_request.is_empty(), "{answer}");
    for change in of_request {
        let mut again = request.clone();
        merge(&mut again, &change["request_patch"]);
        let place = listed(app, &again).await.iter().position(|listed| listed == id);
        assert_eq!(json!(place.map(|place| place + 1)), change["rank"], "{change}");
        assert_eq!(why_not(app, id, &again).await["is_listed"], true);
    }
}

#[tokio::test]
async fn every_filter_that_removes_a_creator_is_told_and_what_would_let_it_pass() {
    let app = App::start().await;
    let accounts = json!([{"platform": "tiktok", "handle": "h", "followers": 52_300}]);
    app.put_creator("ana", json!({"country": "DE", "languages": ["de", "tr"], "accounts": accounts})).await;
    app.put_creator("no-number", json!({"accounts": [{"platform": "tiktok", "handle": "h"}]})).await;
    app.put_creator("no-account", json!({"accounts": []})).await;
    app.put_creators(&["bea", "cia"], json!({})).await;
    app.settle().await;
    let one = async |id: &str, more: Value, code: &str, pointer: &str, detail: &str, summary: &str| {
        let request = brief(&more);
        let answer = why_not(&app, id, &request).await;
        assert_eq!((&answer["is_listed"], answer.get("rank")), (&json!(false), None), "{answer}");
        assert_eq!(texts(&answer, "removed_by", "code"), [code], "{answer}");
        assert_eq!(texts(&answer, "removed_by", "pointer"), [pointer]);
        assert_eq!(texts(&answer, "removed_by", "detail"), [detail]);
        assert_eq!(texts(&answer, "changes", "summary"), [summary]);
        assert_eq!(texts(&answer, "changes", "kind"), ["filters"]);
        assert_eq!(answer["rank_without_filters"], answer["changes"][0]["rank"]);
        changes_bring_in(&app, id, &request).await;
    };
    let band = "/filters/followers";
    let too_many = "Asked are 1,000 to 50,000 followers; it has 52,300";
    one("ana", json!({}), "followers", band, too_many, "Ask for 1,000 to 52,300 followers").await;
    let few = json!({"filters": {"followers": {"min": 60_000}}});
    let too_few = "Asked are 60,000 followers or more; it has 52,300";
    one("ana", few, "followers", band, too_few, "Ask for 52,300 followers or more").await;
    let unknown = "Asked are 1,000 to 50,000 followers; it has a number that is not known";
    one("no-number", json!({}), "followers", band, unknown, "Ask for any number of followers").await;
    let any = |filter: &str, asked: Value| json!({"filters": {"followers": {}, filter: asked}});
    let countries = "Asked are creators of RO, FR or MD; it is of DE";
    let asked = any("countries", json!(["RO", "FR", "MD"]));
    one("ana", asked, "countries", "/filters/countries", countries, "Add the country DE").await;
    let languages = "Asked are creators who speak ro; it speaks de, tr";
    let asked = any("languages", json!(["ro"]));
    one("ana", asked, "languages", "/filters/languages", languages, "Add the language de").await;
    let platforms = "Asked is an account on instagram or youtube; its accounts are on tiktok";
    let asked = any("platforms", json!(["instagram", "youtube"]));
    one("ana", asked.clone(), "platforms", "/filters/platforms", platforms, "Add the platform tiktok").await;
    let nowhere = "Asked is an account on instagram or youtube; its accounts are on none that is known";
    one("no-account", asked, "platforms", "/filters/platforms", nowhere, "Ask for any platform").await;
    let excluded = json!({"filters": {"followers": {}}, "exclude_creators": ["bea", "ana"]});
    let left_out = "It is left out by name";
    let taken_out = "Take it out of exclude_creators";
    one("ana", excluded, "exclude_creators", "/exclude_creators", left_out, taken_out).await;
}

#[tokio::test]
async fn several_filters_are_all_told_and_relaxed_together() {
    let app = App::start().await;
    app.put_creators(&["bea", "cia"], json!({})).await;
    let accounts = json!([{"platform": "tiktok", "handle": "h", "followers": 900}]);
    app.put_creator("ana", json!({"country": "DE", "accounts": accounts})).await;
    app.settle().await;
    let request = brief(&json!({
        "filters": {"countries": ["RO"], "platforms": ["instagram"]}, "exclude_creators": ["ana"], "limit": 3
    }));
    let answer = why_not(&app, "ana", &request).await;
    let codes = ["platforms", "countries", "followers", "exclude_creators"];
    assert_eq!(texts(&answer, "removed_by", "code"), codes);
    assert_eq!(
        texts(&answer, "changes", "summary"),
        [
            "Add the platform tiktok. Add the country DE. Ask for 900 to 50,000 followers. Take it out of exclude_creators"
        ]
    );
    assert_eq!(
        answer["changes"][0]["request_patch"]["filters"]["followers"],
        json!({"min": 900, "max": 50_000})
    );
    changes_bring_in(&app, "ana", &request).await;
    // When that is not enough, a longer list is asked for, too.
    let short = brief(&json!({"filters": {"countries": ["RO"]}, "limit": 1}));
    app.put_creator("zoe", json!({"country": "DE"})).await;
    app.settle().await;
    let answer = why_not(&app, "zoe", &short).await;
    assert_eq!(
        (&answer["changes"][0]["kind"], &answer["rank_without_filters"]),
        (&json!("limit"), &json!(3))
    );
    assert_eq!(
        answer["changes"][0]["request_patch"],
        json!({"filters": {"countries": ["RO", "DE"]}, "limit": 3})
    );
    changes_bring_in(&app, "zoe", &short).await;
}

#[tokio::test]
async fn whose_niches_are_too_far_is_told_how_far_and_which_niche_would_do() {
    let app = App::start().await;
    app.put_creators(&["bea"], json!({})).await;
    app.put_creator("cook", json!({"niches": ["healthy-cooking"]})).await;
    app.put_creator("blank", json!({"niches": []})).await;
    app.settle().await;
    let answer = why_not(&app, "cook", &brief(&json!({}))).await;
    assert_eq!(texts(&answer, "removed_by", "code"), ["nearness"]);
    assert_eq!(answer["removed_by"][0]["pointer"], "/brief/niches");
    assert_eq!(answer["removed_by"][0]["detail"], "Asked is a nearness of 0.25 to the brief; it has 0.00");
    assert_eq!(texts(&answer, "changes", "summary"), ["Add the niche healthy-cooking to the brief"]);
    changes_bring_in(&app, "cook", &brief(&json!({}))).await;
    let blank = why_not(&app, "blank", &brief(&json!({}))).await;
    assert_eq!((texts(&blank, "removed_by", "code"), &blank["changes"]), (vec!["nearness"], &json!([])));
}

/// Creators with communities of different worth, the best first.
async fn with_ranked_creators() -> App {
    let app = App::start().await;
    app.put_creators(&["best", "good", "fair", "poor", "new"], json!({})).await;
    app.send(&community("best", 60, &[1, 8, 15, 22, 30, 44])).await;
    app.send(&community("good", 40, &[2, 20, 40])).await;
    app.send(&community("fair", 25, &[30, 50])).await;
    app.send(&community("poor", 12, &[40])).await;
    app.settle().await;
    app
}

#[tokio::test]
async fn the_rank_is_the_place_in_the_paged_list() {
    let app = with_ranked_creators().await;
    let request = brief(&json!({"limit": 2}));
    let (mut places, mut lows, mut cursor) = (Vec::new(), Vec::new(), None);
    loop {
        let mut page = request.clone();
        if let Some(cursor) = cursor {
            page["cursor"] = cursor;
        }
        let page = app.post("/v1/recommendations", &page).await.expect(200);
        for item in page["items"].as_array().unwrap() {
            places.push(item["creator_id"].as_str().unwrap().to_owned());
            lows.push(item.clone());
        }
        cursor = page.get("next_cursor").cloned();
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(places.len(), 5);
    for (place, (id, item)) in places.iter().zip(&lows).enumerate() {
        let answer = why_not(&app, id, &request).await;
        assert_eq!((&answer["rank"], &answer["is_listed"]), (&json!(place + 1), &json!(place < 2)));
        assert_eq!((&answer["last_listed"], &answer["limit"]), (&lows[1]["low"], &json!(2)));
        assert_eq!(answer["removed_by"], json!([]));
        for field in ["score", "low", "high", "uncertainty", "components"] {
            assert_eq!(answer[field], item[field], "{field}");
        }
        if place < 2 {
            assert_eq!((&answer["changes"], &answer["not_enough"]), (&json!([]), &json!([])));
        } else {
            changes_bring_in(&app, id, &request).await;
        }
    }
}

#[tokio::test]
async fn what_a_component_would_have_to_be_is_just_enough() {
    let app = with_ranked_creators().await;
    let request = brief(&json!({"limit": 2}));
    let last = listed(&app, &brief(&json!({}))).await.pop().unwrap();
    let answer = why_not(&app, &last, &request).await;
    let number = |value: &Value| value.as_f64().unwrap();
    let (low, bar) = (number(&answer["low"]), number(&answer["last_listed"]));
    let components = answer["components"].as_array().unwrap();
    let changes = answer["changes"].as_array().unwrap();
    let mut told: Vec<&str> =
        answer["not_enough"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for component in components {
        let (name, weight, mapped) =
            (component["name"].as_str().unwrap(), number(&component["weight"]), number(&component["mapped"]));
        // The interval moves along, so `low` moves by the weight times the way.
        let needed = mapped + (bar - low) / weight;
        if let Some(change) = changes.iter().find(|change| change["component"] == name) {
            let value = number(&change["mapped"]);
            assert!(value >= needed - 1e-9 && value - 2e-5 <= needed + 1e-9, "{change} {needed}");
            assert!(change["value"].is_number() && change.get("rank").is_none());
        } else {
            assert!(needed > 1.0 - 1e-9, "{name} {needed}");
            assert!(told.contains(&name), "{answer}");
            told.retain(|other| *other != name);
        }
    }
    let is_certain = number(&answer["score"]) > bar;
    assert_eq!(texts(&answer, "changes", "kind").contains(&"certainty"), is_certain, "{answer}");
    assert_eq!(told, if is_certain { vec![] } else { vec!["certainty"] });
}

#[tokio::test]
async fn a_creator_who_is_not_there_or_of_another_tenant_is_not_found() {
    let app = App::start().await;
    let other = app.tenant("other").await;
    app.put_creator("ana", json!({})).await;
    app.settle().await;
    let ask = |id: &str| {
        let mut request = brief(&json!({}));
        request["creator_id"] = json!(id);
        request
    };
    app.post(WHY_NOT, &ask("nobody")).await.problem(404, "creator_not_found");
    other.post(WHY_NOT, &ask("ana")).await.problem(404, "creator_not_found");
    other.put("/v1/creators/ana", &profile("ana", json!({"niches": ["travel"]}))).await.expect(201);
    app.settle().await;
    let theirs = other.post(WHY_NOT, &ask("ana")).await.expect(200);
    assert_eq!((texts(&theirs, "removed_by", "code"), theirs.get("last_listed")), (vec!["nearness"], None));
    assert_eq!(why_not(&app, "ana", &brief(&json!({}))).await["rank"], 1);
}

#[tokio::test]
async fn every_rule_of_the_question_names_its_field() {
    let app = App::start().await;
    let refused = async |more: Value| {
        let mut request = brief(&json!({"creator_id": "ana"}));
        merge(&mut request, &more);
        app.post(WHY_NOT, &request).await.violations()
    };
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(refused(json!({"creator_id": null})).await, one("/creator_id", "required"));
    assert_eq!(refused(json!({"creator_id": "a b"})).await, one("/creator_id", "invalid_id"));
    assert_eq!(refused(json!({"limit": 201})).await, one("/limit", "out_of_range"));
    assert_eq!(refused(json!({"cursor": "AAAA"})).await, one("/cursor", "unknown_field"));
    let unknown = json!({"brief": {"niches": [{"id": "unheard-of"}]}});
    assert_eq!(refused(unknown).await, one("/brief/niches/0/id", "unknown_niche"));
    let filters = json!({"filters": {"shoe_size": 43}});
    assert_eq!(refused(filters).await, one("/filters/shoe_size", "unknown_field"));
}
