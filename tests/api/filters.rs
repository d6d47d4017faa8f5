//! Filters of recommendations: who passes each, together and alone, and what says so when nobody does.

use crate::{
    score_history::{record_day, with_creators},
    sponsorship::{first_round, look},
    support::{App, at_noon, community, post},
};
use serde_json::{Value, json};

/// A brief for gaming and these filters; any number of followers, unless they say otherwise.
fn request(filters: &Value) -> Value {
    let mut all = json!({"followers": {}});
    all.as_object_mut().unwrap().extend(filters.as_object().unwrap().clone());
    json!({"brief": {"niches": [{"id": "gaming"}]}, "filters": all})
}

async fn page(app: &App, filters: &Value) -> Value {
    app.post("/v1/recommendations", &request(filters)).await.expect(200)
}

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    let mut ids: Vec<&str> = items.map(|item| item["creator_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids
}

async fn passing(app: &App, filters: Value) -> String {
    ids(&page(app, &filters).await).join(" ")
}

/// Asserts of each filter that it lets the first creator through and not the second.
async fn assert_each(app: &App, table: impl IntoIterator<Item = (Value, &str, &str)>) {
    for (filters, passes, fails) in table {
        let page = page(app, &filters).await;
        let ids = ids(&page);
        assert!(ids.contains(&passes), "{filters} removes {passes}");
        assert!(!ids.contains(&fails), "{filters} lets {fails} through");
        assert!(page.get("nothing_matches").is_none(), "{page}");
    }
}

fn with_followers(followers: u32) -> Value {
    json!({"accounts": [{"platform": "instagram", "handle": "h", "followers": followers},
                        {"platform": "tiktok", "handle": "h", "followers": 900}]})
}

#[tokio::test]
async fn each_filter_of_the_profile_lets_through_who_passes_and_nobody_else() {
    let app = App::start().await;
    app.put_creator("plain", json!({})).await;
    app.put_creator("cluj", json!({"region": "Cluj", "city": "Cluj-Napoca", "values": ["Reparații"]})).await;
    app.put_creator("munich", json!({"region": "Bayern", "city": "München", "country": "DE"})).await;
    app.put_creator("big", with_followers(600_000)).await;
    app.put_creator("unknown", json!({"accounts": []})).await;
    app.put_creator("both", json!({"niches": ["gaming", "minimalism"]})).await;
    app.put_creator("retro", json!({"niches": ["retro-gaming"]})).await;
    app.settle().await;
    let table = [
        (json!({"followers": {"min": 50_001}}), "big", "plain"),
        (json!({"countries": ["DE"]}), "munich", "plain"),
        (json!({"platforms": ["tiktok"]}), "big", "plain"),
        (json!({"tiers": ["macro"]}), "big", "plain"),
        (json!({"tiers": ["nano", "micro", "mid", "macro", "mega"]}), "plain", "unknown"),
        (json!({"regions": ["Atlantis", "cluj"]}), "cluj", "munich"),
        (json!({"regions": ["CLUJ"]}), "cluj", "plain"),
        (json!({"cities": ["munchen"]}), "munich", "cluj"),
        (json!({"cities": [" MÜNCHEN "]}), "munich", "plain"),
        (json!({"niches": ["minimalism"]}), "both", "plain"),
        (json!({"niches": ["retro-gaming", "minimalism"]}), "retro", "plain"),
        (json!({"niches": ["gaming"], "exclude_niches": ["minimalism"]}), "retro", "both"),
        (json!({"exclude_niches": ["retro-gaming"]}), "plain", "retro"),
        (json!({"exclude_niches": ["lifestyle", "minimalism"]}), "plain", "both"),
        (json!({"values": ["nobody's", "REPARATII"]}), "cluj", "plain"),
    ];
    assert_each(&app, table).await;
}

#[tokio::test]
async fn a_part_of_a_niche_is_in_it_and_a_niche_is_not_in_its_part() {
    let app = App::start().await;
    app.put_creator("whole", json!({"niches": ["gaming"]})).await;
    app.put_creator("part", json!({"niches": ["retro-gaming"]})).await;
    app.settle().await;
    assert_eq!(passing(&app, json!({"niches": ["gaming"]})).await, "part whole");
    assert_eq!(passing(&app, json!({"niches": ["retro-gaming"]})).await, "part");
    assert_eq!(passing(&app, json!({"exclude_niches": ["gaming"]})).await, "");
}

#[tokio::test]
async fn tiers_take_the_place_of_the_default_band_and_are_those_of_the_platforms_asked_for() {
    let app = App::start().await;
    app.put_creator("nano", with_followers(999)).await;
    app.put_creator("micro", with_followers(50_000)).await;
    app.put_creator("mega", with_followers(1_000_000)).await;
    app.settle().await;
    let of = async |filters: Value| {
        let request = json!({"brief": {"niches": [{"id": "gaming"}]}, "filters": filters});
        ids(&app.post("/v1/recommendations", &request).await.expect(200)).join(" ")
    };
    assert_eq!(of(json!({})).await, "micro");
    assert_eq!(of(json!({"tiers": []})).await, "micro");
    assert_eq!(of(json!({"tiers": ["nano", "mega"]})).await, "mega nano");
    assert_eq!(of(json!({"tiers": ["nano", "mega"], "followers": {"min": 998}})).await, "mega nano");
    assert_eq!(of(json!({"tiers": ["micro", "mega"], "followers": {"max": 60_000}})).await, "micro");
    assert_eq!(of(json!({"tiers": ["nano"], "platforms": ["tiktok"]})).await, "mega micro nano");
}

/// Whom people come back to, whom they passed by long ago, and who was never seen.
async fn with_people() -> App {
    let app = App::start().await;
    app.put_creators(&["loved", "passed", "unseen"], json!({})).await;
    app.send(&community("loved", 40, &[1, 10, 20, 40])).await;
    let like = |mut event: Value| {
        event["kind"] = json!("like");
        event
    };
    app.send(&community("passed", 30, &[50]).into_iter().map(like).collect::<Vec<_>>()).await;
    app.settle().await;
    app
}

/// A component of a creator in a list.
fn component<'a>(page: &'a Value, creator: &str, name: &str) -> &'a Value {
    let items = page["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["creator_id"] == creator).unwrap();
    let components = item["components"].as_array().unwrap();
    components.iter().find(|component| component["name"] == name).unwrap()
}

#[tokio::test]
async fn each_component_can_be_asked_for_as_it_is_shown() {
    let app = with_people().await;
    app.put_creator("passed", json!({"niches": ["gaming", "minimalism"]})).await;
    app.sql(
        "insert into creator_trust select creator_key, tenant_id, 30, 20, back, 1
         from creators join (values ('loved', 15), ('passed', 0)) as known (creator_id, back) using (creator_id)",
    )
    .await;
    app.settle().await;
    let all = page(&app, &json!({})).await;
    for name in ["fit", "loyalty", "trust", "conversation"] {
        let mapped = |creator: &str| component(&all, creator, name)["mapped"].as_f64().unwrap();
        assert!(mapped("loved") > mapped("passed"), "{name}: {all}");
        assert_each(&app, [(json!({"min_scores": {name: mapped("loved")}}), "loved", "passed")]).await;
    }
    let authentic = |creator: &str| component(&all, creator, "authenticity")["mapped"].as_f64().unwrap();
    assert_each(&app, [(json!({"min_scores": {"authenticity": authentic("loved")}}), "loved", "unseen")])
        .await;
    // Without evidence a component stands at its mean.
    let loyalty = component(&all, "unseen", "loyalty");
    assert_eq!(loyalty["status"], "insufficient");
    assert!(passing(&app, json!({"min_scores": {"loyalty": loyalty["mapped"]}})).await.contains("unseen"));
}

#[tokio::test]
async fn evidence_reach_and_activity_can_be_asked_for() {
    let app = with_people().await;
    let receipt = app.get("/v1/creators/loved/scores").await.ok();
    let reach = receipt["statistics"]["loyal_reach"].as_f64().unwrap();
    let evidence = component(&page(&app, &json!({})).await, "loved", "loyalty")["evidence"].clone();
    assert_eq!((&evidence["events"], &evidence["engagers"]), (&json!(160), &json!(40)));
    let day = |days: i64| at_noon(days)[..10].to_owned();
    let days = evidence["days"].as_i64().unwrap();
    let table = [
        (json!({"min_evidence": {"events": 160}}), "loved", "passed"),
        (json!({"min_evidence": {"engagers": 40}}), "loved", "passed"),
        (json!({"min_evidence": {"engagers": 30}}), "passed", "unseen"),
        (json!({"min_evidence": {"days": days}}), "loved", "unseen"),
        (json!({"min_evidence": {"events": 30, "engagers": 31}}), "loved", "passed"),
        (json!({"min_loyal_reach": reach}), "loved", "passed"),
        (json!({"active_since": day(1)}), "loved", "passed"),
        (json!({"active_since": day(50)}), "passed", "unseen"),
    ];
    assert_each(&app, table).await;
    assert_eq!(passing(&app, json!({"active_since": day(49)})).await, "loved");
    assert!(!passing(&app, json!({"min_evidence": {"days": days + 1}})).await.contains("loved"));
    assert_eq!(passing(&app, json!({"min_loyal_reach": reach * 1.001})).await, "");
    assert_eq!(passing(&app, json!({"min_loyal_reach": 0, "min_evidence": {}})).await, "loved passed unseen");
}

#[tokio::test]
async fn a_share_of_sponsored_posts_can_be_the_most() {
    let app = App::start().await;
    first_round(&app).await;
    app.put_creators(&["paid", "free", "silent"], json!({})).await;
    for (path, sponsored) in
        [("paid/posts/a", true), ("paid/posts/b", false), ("paid/posts/c", false), ("free/posts/a", false)]
    {
        let described = post(json!({"sponsored": sponsored}));
        app.put(&format!("/v1/creators/{path}"), &described).await.expect(201);
    }
    assert_eq!(look(&app).await, 1);
    let most = async |share: f64| passing(&app, json!({"max_sponsored_share": share})).await;
    assert_eq!(most(0.0).await, "free silent");
    assert_eq!(most(0.3332).await, "free silent");
    assert_eq!(most(0.3333).await, "free paid silent");
    // A post that nobody paid for changes the share alone, and the snapshot has to learn of it.
    app.put("/v1/creators/paid/posts/d", &post(json!({}))).await.expect(201);
    assert_eq!(look(&app).await, 1);
    assert_eq!(most(0.25).await, "free paid silent");
}

#[tokio::test]
async fn growth_is_loyal_reach_against_what_was_published_30_days_ago() {
    let app = with_creators(&["grown", "same", "from-nobody"]).await;
    for creator in ["grown", "same"] {
        app.send(&community(creator, 10, &[45, 50, 55, 60])).await;
    }
    assert_eq!(record_day(&app, 40).await, 3);
    app.put_creator("new", json!({})).await;
    for creator in ["grown", "from-nobody", "new"] {
        let later = community(&format!("{creator}-later"), 25, &[1, 10, 20, 30]);
        let of_creator = later.into_iter().map(|mut event| {
            event["creator_id"] = json!(creator);
            event
        });
        app.send(&of_creator.collect::<Vec<_>>()).await;
    }
    record_day(&app, 1).await;
    app.settle().await;
    let reach = |receipt: &Value| receipt["statistics"]["loyal_reach"].as_f64().unwrap();
    let now = reach(&app.get("/v1/creators/grown/scores").await.ok());
    let day = &at_noon(31)[..10];
    let then = app.get(&format!("/v1/creators/grown/scores?as_of={day}")).await.ok();
    let growth = now / then["loyal_reach"].as_f64().unwrap() - 1.0;
    assert!(growth > 0.1, "{growth}");
    let least = async |min: f64| passing(&app, json!({"growth": {"min": min}})).await;
    assert_eq!(
        least(-1.0).await,
        "from-nobody grown same",
        "nobody knows how many there were of the new one"
    );
    assert_eq!(least(0.1).await, "from-nobody grown");
    assert_eq!(least(growth - 1e-4).await, "from-nobody grown");
    assert_eq!(least(growth + 1e-4).await, "from-nobody");
    // What was published since then moves it no more, and it moves on with the days.
    assert_eq!(record_day(&app, 1).await, 0);
    assert_eq!(app.count("creator_growth").await, 3);
}

#[tokio::test]
async fn filters_narrow_together() {
    let app = App::start().await;
    let there = json!({"region": "Cluj", "city": "Cluj-Napoca", "values": ["repair"]});
    app.put_creators(&["a", "b", "c", "d", "e"], there.clone()).await;
    let other = |name: &str, value: Value| {
        let mut profile = there.clone();
        profile[name] = value;
        profile
    };
    app.put_creator("b", other("city", json!("Turda"))).await;
    app.put_creator("c", other("values", json!(["speed"]))).await;
    app.put_creator("d", other("niches", json!(["gaming", "minimalism"]))).await;
    app.send(&community("a", 12, &[1, 20])).await;
    app.send(&community("e", 3, &[2])).await;
    app.settle().await;
    let mut filters = json!({});
    for (name, value, left) in [
        ("regions", json!(["cluj"]), "a b c d e"),
        ("cities", json!(["cluj-napoca"]), "a c d e"),
        ("values", json!(["repair"]), "a d e"),
        ("exclude_niches", json!(["minimalism"]), "a e"),
        ("tiers", json!(["micro"]), "a e"),
        ("max_sponsored_share", json!(0.1), "a e"),
        ("min_evidence", json!({"engagers": 3}), "a e"),
        ("active_since", json!(&at_noon(1)[..10]), "a"),
        ("min_scores", json!({"fit": 0.3}), "a"),
    ] {
        filters[name] = value;
        assert_eq!(passing(&app, filters.clone()).await, left, "{filters}");
    }
    let without =
        json!({"filters": filters, "exclude_creators": ["a"], "brief": {"niches": [{"id": "gaming"}]}});
    assert!(ids(&app.post("/v1/recommendations", &without).await.expect(200)).is_empty());
}

#[tokio::test]
async fn every_rule_of_a_filter_names_its_field_and_so_does_every_contradiction() {
    let app = App::start().await;
    let table = [
        (json!({"tiers": ["micro", "tiny"]}), "/filters/tiers/1 unknown_value"),
        (json!({"tiers": ["unknown"]}), "/filters/tiers/0 unknown_value"),
        (json!({"tiers": ["macro", "mega"], "followers": {"max": 9_999}}), "/filters/tiers contradiction"),
        (json!({"tiers": ["nano"], "followers": {"min": 1_000}}), "/filters/tiers contradiction"),
        (json!({"regions": [""]}), "/filters/regions/0 too_short"),
        (json!({"cities": ["ok", "x".repeat(101)]}), "/filters/cities/1 too_long"),
        (json!({"cities": vec!["x"; 51]}), "/filters/cities too_many"),
        (json!({"values": [" "]}), "/filters/values/0 too_short"),
        (json!({"values": ["x\0"]}), "/filters/values/0 nul_character"),
        (json!({"niches": ["unheard-of"]}), "/filters/niches/0 unknown_niche"),
        (json!({"exclude_niches": ["gaming", "unheard-of"]}), "/filters/exclude_niches/1 unknown_niche"),
        (
            json!({"niches": ["minimalism", "gaming"], "exclude_niches": ["gaming"]}),
            "/filters/niches/1 contradiction",
        ),
        (
            json!({"niches": ["retro-gaming"], "exclude_niches": ["gaming"]}),
            "/filters/niches/0 contradiction",
        ),
        (json!({"min_scores": {"loyalty": 1.01}}), "/filters/min_scores/loyalty out_of_range"),
        (json!({"min_scores": {"charm": 0.5}}), "/filters/min_scores/charm unknown_field"),
        (json!({"min_scores": [0.5]}), "/filters/min_scores wrong_type"),
        (json!({"min_scores": null}), "/filters/min_scores wrong_type"),
        (json!({"min_evidence": {"days": -1}}), "/filters/min_evidence/days wrong_type"),
        (json!({"min_loyal_reach": -0.1}), "/filters/min_loyal_reach out_of_range"),
        (json!({"max_sponsored_share": 1.1}), "/filters/max_sponsored_share out_of_range"),
        (json!({"active_since": "yesterday"}), "/filters/active_since invalid_time"),
        (json!({"growth": {"min": -1.1}}), "/filters/growth/min out_of_range"),
        (json!({"growth": {}}), "/filters/growth/min required"),
        (json!({"followers": {"min": 2, "max": 1}, "tiers": ["mega"]}), "/filters/followers out_of_range"),
    ];
    for (filters, expected) in table {
        let refused = app.post("/v1/recommendations", &request(&filters)).await.violations();
        let told: Vec<String> = refused.iter().map(|(pointer, code)| format!("{pointer} {code}")).collect();
        assert_eq!(told, [expected], "{filters}");
    }
}

#[tokio::test]
async fn an_empty_list_says_what_matches_nothing() {
    let app = App::start().await;
    app.put_creator("a", json!({"city": "Cluj"})).await;
    app.put_creator("b", json!({"city": "Turda", "values": ["repair"]})).await;
    app.settle().await;
    let table = [
        (json!({"cities": ["Atlantis"]}), "/filters/cities"),
        (
            json!({"cities": ["Cluj"], "active_since": "2026-01-01", "growth": {"min": 0}}),
            "/filters/active_since /filters/growth",
        ),
        (json!({"cities": ["Cluj"], "values": ["repair"]}), "/filters"),
        (json!({"min_scores": {"fit": 1, "loyalty": 0.1}}), "/filters/min_scores/fit"),
        (
            json!({"min_evidence": {"events": 1}, "values": ["speed"]}),
            "/filters/min_evidence/events /filters/values",
        ),
        (json!({"followers": {"max": 10}}), "/filters/followers"),
    ];
    for (filters, expected) in table {
        let page = page(&app, &filters).await;
        let told = page["nothing_matches"].as_array().unwrap();
        let pointers: Vec<&str> = told.iter().map(|one| one["pointer"].as_str().unwrap()).collect();
        assert_eq!((ids(&page).len(), pointers.join(" ")), (0, expected.to_owned()), "{filters}");
        assert!(told.iter().all(|one| one["detail"].is_string()), "{page}");
    }
    let all = json!({"brief": {"niches": [{"id": "gaming"}]}, "exclude_creators": ["a", "b"]});
    let nobody = app.post("/v1/recommendations", &all).await.expect(200);
    assert_eq!(nobody["nothing_matches"][0]["pointer"], "/exclude_creators");
    let far = json!({"brief": {"niches": [{"id": "wine"}]}, "filters": {"cities": ["Cluj"]}});
    let nobody = app.post("/v1/recommendations", &far).await.expect(200);
    assert_eq!(nobody["nothing_matches"][0]["pointer"], "/brief/niches");
    assert_eq!(nobody["nothing_matches"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_default_band_is_named_when_it_leaves_nobody_and_the_one_line_query_says_nothing() {
    let app = App::start().await;
    app.put_creator("big", with_followers(60_000)).await;
    app.settle().await;
    let request = json!({"brief": {"niches": [{"id": "gaming"}]}});
    let page = app.post("/v1/recommendations", &request).await.expect(200);
    assert_eq!(page["nothing_matches"][0]["pointer"], "/filters/followers");
    let detail = page["nothing_matches"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("1000 to 50000"), "{detail}");
    let page = app.get("/v1/recommendations?niche=gaming").await.expect(200);
    assert_eq!((&page["items"], page.get("nothing_matches")), (&json!([]), None));
}

#[tokio::test]
async fn ten_thousand_creators_can_be_left_out() {
    let app = App::start().await;
    app.put_creators(&["a", "b"], json!({})).await;
    app.settle().await;
    let others = (0..9_999).map(|number| format!("booked-{number}"));
    let excluded: Vec<String> = others.chain(["b".to_owned()]).collect();
    let request = json!({"brief": {"niches": [{"id": "gaming"}]}, "exclude_creators": excluded});
    assert_eq!(ids(&app.post("/v1/recommendations", &request).await.expect(200)), ["a"]);
}
