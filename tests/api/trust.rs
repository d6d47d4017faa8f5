//! Trust starts at people who are known to be real, and reaches those whom creators answer.

use crate::support::{App, at_noon, community, event};
use reqwest::Method;
use serde_json::{Value, json};
use voci::{ids::TenantId, keys::Scope, trust::rounds::renew};

/// Renews the trust of a tenant, as workers do once an hour.
async fn renew_trust(app: &App, tenant: i32) {
    app.settle().await;
    let foundation = app.foundation().await;
    renew(&foundation.pools.background, TenantId(tenant)).await.unwrap();
    foundation.close().await.unwrap();
    app.settle().await;
}

async fn tenant_of(app: &App) -> i32 {
    app.sql("select min(tenant_id) from tenants").await[0][0].as_deref().unwrap().parse().unwrap()
}

async fn receipt(app: &App, creator: &str) -> Value {
    app.get(&format!("/v1/creators/{creator}/scores")).await.ok()
}

fn trust_of(receipt: &Value) -> &Value {
    &receipt["components"][1]
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// A verified purchase of somebody.
fn bought(person: &str, creator: &str, days: i64) -> Value {
    let by = json!({"engager_id": person, "kind": "purchase", "occurred_at": at_noon(days), "value": 4_900,
                    "currency": "RON"});
    event(&format!("bought-{person}-{creator}-{days}"), creator, by)
}

/// Comments of somebody on these days; the creator answers the last one, if it does.
fn comments(person: &str, creator: &str, days: &[i64], is_answered: bool) -> Vec<Value> {
    let act = |kind: &str, day: i64| {
        let by = json!({"engager_id": person, "kind": kind, "occurred_at": at_noon(day)});
        event(&format!("{kind}-{person}-{creator}-{day}"), creator, by)
    };
    let mut acts: Vec<Value> = days.iter().map(|day| act("comment", *day)).collect();
    acts.extend(is_answered.then(|| act("creator_reply", days[days.len() - 1])));
    acts
}

/// Ana's buyers come back; she answers her fans, and bea's fans are hers as well.
fn story() -> Vec<Value> {
    let buyers = (0..6).map(|number| format!("buyer-{number}"));
    let mut events: Vec<Value> =
        buyers.flat_map(|person| [60, 31, 4].map(|day| bought(&person, "ana", day))).collect();
    for number in 0..8 {
        let fan = format!("fan-{number}");
        events.extend(comments(&fan, "ana", &[70, 33, 6], true));
        events.extend(comments(&fan, "bea", &[75, 40, 9], false));
    }
    events.extend(community("cia", 12, &[80, 30, 8]));
    // Ana has been there for long: a crowd can be told.
    for week in 0..20 {
        events.extend(comments(&format!("passer-by-{week}"), "ana", &[75 + 7 * week], false));
    }
    events
}

#[tokio::test]
async fn trust_flows_from_buyers_to_those_whom_their_creator_answers() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "cia"], json!({})).await;
    app.send(&story()).await;
    let tenant = tenant_of(&app).await;
    renew_trust(&app, tenant).await;
    let state = app.get("/v1/trust").await.ok();
    assert_eq!((&state["seeds"], &state["trusted"]), (&json!(6), &json!(14)), "{state}");
    assert!(state["generation"].as_i64() > Some(0) && state["computed_at"].is_string());
    let [ana, bea, cia] =
        [receipt(&app, "ana").await, receipt(&app, "bea").await, receipt(&app, "cia").await];
    assert_eq!((&ana["trust"]["people"], &bea["trust"]["people"]), (&json!(14), &json!(8)));
    assert_eq!(
        (&trust_of(&ana)["status"], &trust_of(&bea)["status"]),
        (&json!("measured"), &json!("measured"))
    );
    assert_eq!(trust_of(&cia)["status"], "insufficient", "nobody trusted is seen there");
    assert!(
        number(&trust_of(&ana)["value"]) > number(&trust_of(&bea)["value"]),
        "bea has fans of ana, trusted a little"
    );
    // As published.
    let model = app.get("/v1/model").await.ok();
    let (weight, prior) = (number(&model["trust"]["prior_weight"]), number(&model["loyalty"]["prior"]));
    let sums = &ana["trust"];
    let expected = (number(&sums["back"]) + weight * prior) / (number(&sums["mass"]) + weight);
    assert!((number(&trust_of(&ana)["value"]) - expected).abs() < 1e-12);
    // The list says the same.
    let page = app.get("/v1/recommendations?niche=gaming").await.ok();
    let item = page["items"].as_array().unwrap().iter().find(|item| item["creator_id"] == "ana").unwrap();
    assert!(
        (number(&item["components"][2]["value"]) - number(&trust_of(&ana)["value"])).abs() < 1e-6,
        "{item}"
    );
    assert_eq!(item["components"][2]["evidence"]["engagers"], 14);
}

#[tokio::test]
async fn accounts_that_nobody_answers_move_nobody() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "cia"], json!({})).await;
    app.send(&story()).await;
    let tenant = tenant_of(&app).await;
    renew_trust(&app, tenant).await;
    let before = [receipt(&app, "ana").await, receipt(&app, "bea").await, receipt(&app, "cia").await];
    // Many of them in the week in which ana's fans came first: a crowd, which takes nobody's trust away.
    let crowd = (0..400).flat_map(|number| comments(&format!("crowd-{number}"), "ana", &[70], false));
    for events in crowd.collect::<Vec<_>>().chunks(500) {
        app.send(events).await;
    }
    let sybil = |number: usize| format!("sybil-{number}");
    let acts = (0..40).flat_map(|number| {
        let favoured = comments(&sybil(number), "cia", &[50, 20, 5], false);
        [favoured, comments(&sybil(number), "ana", &[50], false)].concat()
    });
    app.send(&acts.collect::<Vec<_>>()).await;
    renew_trust(&app, tenant).await;
    for (name, before) in ["ana", "bea", "cia"].into_iter().zip(before) {
        let after = receipt(&app, name).await;
        assert_eq!(after["trust"], before["trust"], "{name}");
        assert_eq!(trust_of(&after)["status"], trust_of(&before)["status"]);
    }
    assert_eq!(app.get("/v1/trust").await.ok()["trusted"], 14);
}

#[tokio::test]
async fn a_tenant_names_whom_it_trusts() {
    let app = App::start().await;
    app.put_creators(&["cia"], json!({})).await;
    app.send(&community("cia", 12, &[80, 30, 8])).await;
    let tenant = tenant_of(&app).await;
    for number in 0..6 {
        let path = format!("/v1/trust/seeds/fan-{number}-of-cia");
        app.request(Method::PUT, &path).send().await.expect(201);
        app.request(Method::PUT, &path).send().await.expect(204);
    }
    renew_trust(&app, tenant).await;
    assert_eq!(receipt(&app, "cia").await["trust"]["people"], 6);
    let reader = app.client_with("default", &[Scope::Read]).await;
    reader.request(Method::PUT, "/v1/trust/seeds/x").send().await.problem(403, "missing_scope");
    for number in 0..6 {
        app.delete(&format!("/v1/trust/seeds/fan-{number}-of-cia")).await.expect(204);
    }
    app.delete("/v1/trust/seeds/fan-0-of-cia").await.problem(404, "trust_seed_not_found");
    renew_trust(&app, tenant).await;
    let after = receipt(&app, "cia").await;
    assert_eq!((&after["trust"]["people"], &trust_of(&after)["status"]), (&json!(0), &json!("insufficient")));
}
