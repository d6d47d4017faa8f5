//! Briefs in words: what they are understood as, by which words, and what is said when they are not.

use crate::support::{App, community, eventually, violations};
use serde_json::{Value, json};

/// The niches that a text is read as: id, matched words.
async fn read(app: &App, text: &str) -> Vec<(String, Value)> {
    let reading = app.post("/v1/briefs/read", &json!({"text": text})).await.expect(200);
    niches(&reading)
}

fn niches(brief: &Value) -> Vec<(String, Value)> {
    let niches = brief["niches"].as_array().unwrap().iter();
    niches.map(|niche| (niche["id"].as_str().unwrap().to_owned(), niche["matched_words"].clone())).collect()
}

fn ids(niches: &[(String, Value)]) -> Vec<&str> {
    niches.iter().map(|(id, _)| id.as_str()).collect()
}

#[tokio::test]
async fn a_text_in_either_language_is_read_by_the_words_that_matched() {
    let app = App::start().await;
    for (text, first) in [
        ("Haine ECO pentru copii", json!(["Haine", "ECO"])),
        ("eco-friendly clothes for kids", json!(["eco", "friendly", "clothes"])),
    ] {
        let found = read(&app, text).await;
        assert_eq!(ids(&found), ["sustainable-fashion", "kids-fashion", "conscious-parenting"], "{text}");
        assert_eq!(found[0].1, first);
    }
    let reading =
        app.post("/v1/briefs/read", &json!({"text": "haine eco pentru copii blorp"})).await.expect(200);
    let first = &reading["niches"][0];
    assert_eq!(
        (&first["matched_terms"], &first["names"]["ro"]),
        (&json!(["haine eco"]), &json!("Modă sustenabilă"))
    );
    assert_eq!(reading["ignored_words"], json!(["blorp"]));
    let shares: f64 =
        reading["niches"].as_array().unwrap().iter().map(|niche| niche["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{reading}");
}

#[tokio::test]
async fn a_brief_in_words_is_answered_with_creators_and_its_interpretation() {
    let app = App::start().await;
    app.put_creator("ana", json!({"niches": ["sustainable-fashion"]})).await;
    app.put_creator("bea", json!({"niches": ["conscious-parenting"]})).await;
    app.put_creator("cia", json!({"niches": ["gaming"]})).await;
    app.send(&community("ana", 8, &[1, 9, 33])).await;
    app.settle().await;
    let request = json!({"brief": {"text": "haine eco pentru copii"}});
    let page = app.post("/v1/recommendations", &request).await.expect(200);
    let items: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|item| item["creator_id"].as_str().unwrap()).collect();
    assert_eq!(items, ["ana", "bea"]);
    let found = niches(&page["brief"]);
    assert_eq!(ids(&found), ["sustainable-fashion", "kids-fashion", "conscious-parenting"]);
    assert_eq!((&found[0].1, &page["brief"]["ignored_words"]), (&json!(["haine", "eco"]), &json!([])));
    let reasons = page["items"][0]["reasons"].to_string();
    assert!(reasons.contains("Sustainable fashion, 1 of the 3 niches of the brief"), "{reasons}");
    let line = app.get("/v1/recommendations?text=haine%20eco%20pentru%20copii").await.expect(200);
    assert_eq!((&line["items"], &line["brief"]), (&page["items"], &page["brief"]));
    let named = app.get("/v1/recommendations?niche=gaming").await.expect(200);
    assert!(named["brief"].get("ignored_words").is_none());
    assert!(named["brief"]["niches"][0].get("matched_words").is_none());
}

#[tokio::test]
async fn the_niches_of_a_text_count_beside_named_ones() {
    let app = App::start().await;
    let ask =
        async |brief: Value| app.post("/v1/recommendations", &json!({"brief": brief})).await.expect(200);
    let page = ask(json!({"text": "pisici", "niches": [{"id": "gaming", "weight": 3.0}]})).await;
    let told = niches(&page["brief"]);
    assert_eq!(told[..2], [("gaming".to_owned(), Value::Null), ("cats".to_owned(), json!(["pisici"]))]);
    // Those that go along with cats are told by the same word, and share the quarter that the text counts.
    assert!(told[2..].iter().all(|(_, words)| words == &json!(["pisici"])), "{told:?}");
    let shares: Vec<f64> = page["brief"]["niches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|niche| niche["share"].as_f64().unwrap())
        .collect();
    assert!((shares[0] - 0.75).abs() < 1e-9 && shares[1] > 0.15, "{shares:?}");
    let page = ask(json!({"text": "blorp", "niches": [{"id": "gaming"}]})).await;
    assert_eq!(
        (ids(&niches(&page["brief"])), &page["brief"]["ignored_words"]),
        (vec!["gaming"], &json!(["blorp"]))
    );
}

#[tokio::test]
async fn a_text_that_names_no_niche_is_refused_with_suggestions() {
    let app = App::start().await;
    let text = "gardenistics secretword";
    let told = |problem: &Value, pointer: &str| {
        assert_eq!(violations(problem), [(pointer.to_owned(), "not_understood".to_owned())]);
        let suggestions = problem["suggestions"].as_array().unwrap();
        assert!(suggestions.len() <= 5 && suggestions.contains(&json!("gardening")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("Gardening"), "{problem}");
        assert!(!problem.to_string().contains("secretword"), "{problem}");
    };
    let read = app.post("/v1/briefs/read", &json!({"text": text})).await;
    told(&read.problem(422, "brief_not_understood"), "/text");
    let asked = app.post("/v1/recommendations", &json!({"brief": {"text": text}})).await;
    told(&asked.problem(422, "brief_not_understood"), "/brief/text");
    let line = app.get("/v1/recommendations?text=gardenistics%20secretword").await;
    told(&line.problem(422, "brief_not_understood"), "?text");
    let nothing = app.post("/v1/briefs/read", &json!({"text": "xqzw"})).await;
    assert!(nothing.problem(422, "brief_not_understood").get("suggestions").is_none());
}

#[tokio::test]
async fn every_rule_of_a_text_names_its_field() {
    let app = App::start().await;
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    let longest = format!("pisici {}", "ă".repeat(1_993));
    let read = async |text: &str| app.post("/v1/briefs/read", &json!({"text": text})).await;
    read(&longest).await.expect(200);
    assert_eq!(read(&format!("{longest}ă")).await.violations(), one("/text", "too_long"));
    assert_eq!(read("").await.violations(), one("/text", "too_short"));
    assert_eq!(read("a\u{0}").await.violations(), one("/text", "nul_character"));
    assert_eq!(app.post("/v1/briefs/read", &json!({})).await.violations(), one("/text", "required"));
    let asked =
        async |brief: Value| app.post("/v1/recommendations", &json!({"brief": brief})).await.violations();
    assert_eq!(asked(json!({"text": format!("{longest}ă")})).await, one("/brief/text", "too_long"));
    assert_eq!(asked(json!({"text": null})).await, one("/brief/text", "wrong_type"));
    assert_eq!(asked(json!({})).await, one("/brief/niches", "required"));
    let line = async |query: &str| {
        let problem = app.get(&format!("/v1/recommendations?{query}")).await.problem(400, "invalid_query");
        violations(&problem)
    };
    assert_eq!(line("limit=3").await, one("?niche", "required"));
    assert_eq!(line("niche=cats&text=pisici").await, one("?text", "not_allowed"));
    let long = app.get(&format!("/v1/recommendations?text={}", "a".repeat(2_001))).await;
    assert_eq!(long.violations(), one("?text", "too_long"));
}

#[tokio::test]
async fn a_tenants_own_niche_is_understood_at_once_and_by_nobody_else() {
    let app = App::start().await;
    let other = app.tenant("other").await;
    let text = json!({"text": "blugi reciclati"});
    let first = |reading: &Value| reading["niches"][0]["id"].as_str().map(str::to_owned);
    let own = Some("upcycled-denim".to_owned());
    let before = app.post("/v1/briefs/read", &text).await;
    assert_ne!(first(&before.json()), own);
    let niche = json!({"parent": "fashion", "names": {"en": "Upcycled denim", "ro": "Denim reciclat"},
        "aliases": {"en": ["reworked jeans"], "ro": ["blugi reciclați"]}});
    app.put("/v1/niches/upcycled-denim", &niche).await.expect(201);
    app.put_creator("ana", json!({"niches": ["upcycled-denim"]})).await;
    eventually("the niche is understood", async || {
        let answer = app.post("/v1/briefs/read", &text).await;
        (first(&answer.json()) == own).then_some(())
    })
    .await;
    app.settle().await;
    let page = app.post("/v1/recommendations", &json!({"brief": text})).await.expect(200);
    assert_eq!(page["items"][0]["creator_id"], "ana");
    assert_ne!(first(&other.post("/v1/briefs/read", &text).await.json()), own);
}

#[tokio::test]
async fn pages_of_a_brief_in_words_read_it_as_the_first_page_did() {
    let app = App::start().await;
    let creators: Vec<String> = (0..6).map(|number| format!("c{number}")).collect();
    for id in &creators {
        app.put_creator(id, json!({"niches": ["cats"]})).await;
    }
    app.settle().await;
    let ask = async |cursor: Option<&str>| {
        let mut request = json!({"brief": {"text": "pisici birmaneze"}, "limit": 4});
        if let Some(cursor) = cursor {
            request["cursor"] = json!(cursor);
        }
        app.post("/v1/recommendations", &request).await.expect(200)
    };
    let first = ask(None).await;
    let niche =
        json!({"names": {"en": "Birmans", "ro": "Birmaneze"}, "aliases": {"ro": ["pisici birmaneze"]}});
    app.put("/v1/niches/birmans", &niche).await.expect(201);
    eventually("the new niche is understood", async || {
        let found = read(&app, "pisici birmaneze").await;
        (ids(&found)[0] == "birmans").then_some(())
    })
    .await;
    let second = ask(first["next_cursor"].as_str()).await;
    assert_eq!((&second["brief"], &second["snapshot"]), (&first["brief"], &first["snapshot"]));
    assert_eq!(second["items"].as_array().unwrap().len(), 2);
    assert_eq!(ids(&niches(&ask(None).await["brief"]))[0], "birmans");
}
