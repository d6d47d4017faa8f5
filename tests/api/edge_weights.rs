//! How much an act of each kind counts is the tenant's own business; what a purchase counts as follows its amount.

use crate::support::{App, at_noon, event};
use serde_json::{Value, json};
use voci::{
    edge_weights::rescore::rescore_all, ids::TenantId, relationships::rebuild::rebuild,
    scores::discounts::look::look, trust::rounds::renew,
};

const WEIGHTS: &str = "/v1/model/weights";

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} instead of {expected}");
}

async fn receipt(app: &App, creator: &str) -> Value {
    app.get(&format!("/v1/creators/{creator}/scores")).await.ok()
}

async fn set(app: &App, weights: Value) -> Value {
    app.put(WEIGHTS, &json!({"weights": weights})).await.expect(200)
}

/// Looks for creators under other weights, as workers do once in a minute, and waits until they are scored.
async fn rescore(app: &App) {
    let foundation = app.foundation().await;
    rescore_all(&foundation.pools.background).await.unwrap();
    foundation.close().await.unwrap();
    app.settle().await;
}

async fn tenant_of(app: &App) -> TenantId {
    TenantId(app.sql("select min(tenant_id) from tenants").await[0][0].as_deref().unwrap().parse().unwrap())
}

async fn differences(app: &App) -> u64 {
    let foundation = app.foundation().await;
    let report = rebuild(&foundation.pools.background, false, |_| {}).await.unwrap();
    foundation.close().await.unwrap();
    report.differences()
}

fn act(person: &str, creator: &str, kind: &str, days: i64) -> Value {
    let by = json!({"engager_id": person, "kind": kind, "occurred_at": at_noon(days)});
    event(&format!("{kind}-{person}-{creator}-{days}"), creator, by)
}

fn bought(person: &str, creator: &str, days: i64, value: i64) -> Value {
    let mut purchase = act(person, creator, "purchase", days);
    (purchase["value"], purchase["currency"]) = (json!(value), json!("RON"));
    purchase
}

#[tokio::test]
async fn every_change_makes_a_version_and_the_built_in_weights_come_back() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    let built_in = app.get(WEIGHTS).await.ok();
    let expected = json!({"version": 1, "earlier_versions": 0, "is_default": true, "weights": {
        "like": 1.0, "comment": 4.0, "reply": 5.0, "share": 4.0, "save": 3.0, "click": 1.0, "follow": 2.0, "purchase": 10.0}});
    assert_eq!(built_in, expected);
    set(&app, json!({"like": 1, "purchase": 10.0})).await;
    assert_eq!(app.get(WEIGHTS).await.ok(), built_in, "the same is no change");
    app.delete(WEIGHTS).await.expect(204);
    assert_eq!(app.get(WEIGHTS).await.ok(), built_in);

    let second = set(&app, json!({"like": 0.1, "purchase": 20})).await;
    assert_eq!((&second["version"], &second["is_default"]), (&json!(2), &json!(false)));
    assert!(second["set_at"].is_string());
    assert_eq!((&second["weights"]["like"], &second["weights"]["purchase"]), (&json!(0.1), &json!(20.0)));
    assert_eq!(second["weights"]["comment"], 4.0, "what is left out is built in");
    assert_eq!(set(&app, json!({"like": 0.1, "purchase": 20})).await, second, "sent again");
    let third = set(&app, json!({"save": 0})).await;
    assert_eq!((&third["version"], &third["weights"]["purchase"]), (&json!(3), &json!(10.0)));
    assert_eq!(app.get(WEIGHTS).await.ok(), third);
    let model = app.get("/v1/model").await.ok();
    assert_eq!((&model["edge_weights_version"], &model["edge_weights"]["save"]), (&json!(3), &json!(0.0)));
    assert_eq!(model["built_in_edge_weights"]["save"], 3.0);
    assert_eq!(receipt(&app, "ana").await["edge_weights"], third);

    app.delete(WEIGHTS).await.expect(204);
    let back = app.get(WEIGHTS).await.ok();
    assert_eq!((&back["version"], &back["earlier_versions"]), (&json!(4), &json!(3)));
    assert_eq!((&back["is_default"], &back["weights"]), (&json!(true), &built_in["weights"]));
    assert_eq!(receipt(&app, "ana").await["edge_weights"], back);
}

#[tokio::test]
async fn changes_at_the_same_time_make_a_version_each() {
    let app = App::start().await;
    let made = tokio::join!(
        set(&app, json!({"like": 2})),
        set(&app, json!({"like": 3})),
        set(&app, json!({"like": 4})),
        set(&app, json!({"like": 5})),
    );
    let mut versions =
        [&made.0, &made.1, &made.2, &made.3].map(|weights| weights["version"].as_i64().unwrap());
    versions.sort_unstable();
    assert_eq!(versions, [2, 3, 4, 5]);
    let in_force = app.get(WEIGHTS).await.ok();
    assert!([&made.0, &made.1, &made.2, &made.3].contains(&&in_force) && in_force["version"] == 5);
}

#[tokio::test]
async fn what_is_wrong_with_weights_is_told_by_field_and_changes_nothing() {
    let app = App::start().await;
    let none = json!({"like": 0, "comment": 0, "reply": 0, "share": 0, "save": 0, "click": 0, "follow": 0, "purchase": 0});
    for (weights, pointer, code) in [
        (json!({"like": 101}), "/weights/like", "out_of_range"),
        (json!({"purchase": -1}), "/weights/purchase", "out_of_range"),
        (json!({"view": 1}), "/weights/view", "unknown_field"),
        (json!({"like": null}), "/weights/like", "wrong_type"),
        (json!({"like": "much"}), "/weights/like", "wrong_type"),
        (json!([1, 2]), "/weights", "wrong_type"),
        (none, "/weights", "out_of_range"),
    ] {
        let violations = app.put(WEIGHTS, &json!({"weights": weights})).await.violations();
        assert_eq!(violations, [(pointer.to_owned(), code.to_owned())], "{weights}");
    }
    let missing = app.put(WEIGHTS, &json!({})).await.violations();
    assert_eq!(missing, [("/weights".to_owned(), "required".to_owned())]);
    assert_eq!(app.get(WEIGHTS).await.ok()["version"], 1);
}

/// Nine creators who comment on each other and nobody else; seven people buy from the first.
async fn ring_with_buyers(app: &App) -> String {
    let members: Vec<String> = (0..9).map(|number| format!("member-{number}")).collect();
    for id in &members {
        let account = json!({"platform": "instagram", "handle": id, "followers": 12_000, "engager_id": format!("fan-{id}")});
        app.put_creator(id, json!({"accounts": [account]})).await;
    }
    let mut events = Vec::new();
    for from in &members {
        for to in members.iter().filter(|to| *to != from) {
            events.extend([90, 60, 30, 5].map(|day| act(&format!("fan-{from}"), to, "comment", day)));
        }
    }
    // Four times an ordinary purchase.
    events.extend((0..7).map(|buyer| bought(&format!("buyer-{buyer}"), &members[0], 5, 60_000)));
    app.send(&events).await;
    app.settle().await;
    let foundation = app.foundation().await;
    look(&foundation.pools.background, tenant_of(app).await, 1).await.unwrap();
    foundation.close().await.unwrap();
    app.settle().await;
    members[0].clone()
}

/// What the receipt of a creator with seven buyers and eight commenters of a ring must say, from the answers alone.
fn share_of_buyers(model: &Value) -> f64 {
    let weight = |kind: &str| number(&model["edge_weights"][kind]);
    let age = |days: f64| (-days / number(&model["half_life_days"])).exp2();
    let of_purchases = &model["purchases"];
    let factor = (60_000.0 / number(&of_purchases["ordinary"]["RON"])).sqrt();
    let factor = factor.clamp(number(&of_purchases["least"]), number(&of_purchases["most"]));
    let buyers = 7.0 * weight("purchase") * factor * age(5.0);
    let ring = 8.0 * weight("comment") * (age(90.0) + age(60.0) + age(30.0) + age(5.0));
    buyers / (buyers + ring)
}

#[tokio::test]
async fn what_a_ring_takes_away_follows_the_weights_of_the_tenant() {
    let app = App::start().await;
    let member = ring_with_buyers(&app).await;
    let authenticity = |receipt: &Value| number(&receipt["components"][2]["value"]);
    let share = |receipt: &Value| number(&receipt["statistics"]["discounts"]["share_outside_rings"]);
    let before = receipt(&app, &member).await;
    near(share(&before), share_of_buyers(&app.get("/v1/model").await.ok()));
    assert_eq!(before["statistics"]["discounts"]["edge_weights_version"], 1);

    set(&app, json!({"comment": 0.5, "purchase": 15})).await;
    assert_eq!(differences(&app).await, 0, "sums under other weights wait to be computed anew");
    rescore(&app).await;
    let after = receipt(&app, &member).await;
    assert_eq!(after["statistics"]["discounts"]["edge_weights_version"], 2);
    near(share(&after), share_of_buyers(&app.get("/v1/model").await.ok()));
    assert!(share(&after) > share(&before) && authenticity(&after) > authenticity(&before));
    let people = |receipt: &Value| receipt["statistics"]["loyal_reach"].clone();
    assert_eq!(people(&after), people(&before), "strength says nothing of who comes back");
    // Changes are followed under the same weights.
    app.send(&[act("fan-member-1", &member, "comment", 2), bought("buyer-0", &member, 2, 1_000)]).await;
    app.settle().await;
    assert_eq!(differences(&app).await, 0);
    // As are those that come before anybody looked.
    app.delete(WEIGHTS).await.expect(204);
    app.send(&[act("fan-member-2", &member, "comment", 2)]).await;
    app.settle().await;
    let back = receipt(&app, &member).await;
    assert_eq!(back["statistics"]["discounts"]["edge_weights_version"], 3);
    assert!(share(&back) < share(&after));
    rescore(&app).await;
    assert_eq!(differences(&app).await, 0);
}

#[tokio::test]
async fn trust_flows_in_proportion_to_the_weights_of_the_tenant() {
    let app = App::start().await;
    app.put_creators(&["ana", "bea", "cia"], json!({})).await;
    let mut events = Vec::new();
    for number in 0..6 {
        let (buyer, fan) = (format!("buyer-{number}"), format!("fan-{number}"));
        events.push(bought(&buyer, "ana", 40, 15_000));
        events.extend([40, 20].map(|day| act(&buyer, "bea", "like", day)));
        events.extend([40, 20].map(|day| act(&fan, "bea", "comment", day)));
        // Cia has nobody but bea's fans: her trusted people are as trusted as bea's answers make them.
        events.extend([40, 20].map(|day| act(&fan, "cia", "comment", day)));
        events.push(act(&fan, "bea", "creator_reply", 20));
    }
    app.send(&events).await;
    let tenant = tenant_of(&app).await;
    let trust_of_fans = async || {
        app.settle().await;
        let foundation = app.foundation().await;
        renew(&foundation.pools.background, tenant).await.unwrap();
        foundation.close().await.unwrap();
        number(&receipt(&app, "cia").await["trust"]["mass"])
    };
    let built_in = trust_of_fans().await;
    set(&app, json!({"like": 5})).await;
    let more = trust_of_fans().await;
    app.delete(WEIGHTS).await.expect(204);
    let back = trust_of_fans().await;
    assert!(more > built_in + 1e-6, "more of what buyers trust goes to whom they like: {built_in} {more}");
    near(back, built_in);
}

#[tokio::test]
async fn a_purchase_counts_by_its_amount_and_leaves_as_it_came() {
    let app = App::start().await;
    app.put_creator("ana", json!({})).await;
    app.send(&[act("buyer", "ana", "comment", 30), bought("buyer", "ana", 9, 15_000)]).await;
    app.settle().await;
    let strength = async || {
        let rows = app.sql("select strength from relationships").await;
        rows[0][0].as_deref().unwrap().parse::<f64>().unwrap()
    };
    let before = strength().await;
    app.send(&[bought("buyer", "ana", 8, 60_000)]).await;
    app.settle().await;
    let with_large = strength().await;
    app.send(&[bought("buyer", "ana", 7, 15_000)]).await;
    app.settle().await;
    // A day later by 2^(1 / 30), and half as much.
    let (large, ordinary) = (with_large - before, strength().await - with_large);
    near(large / ordinary * (1.0_f64 / 30.0).exp2(), 2.0);
    assert_eq!(differences(&app).await, 0);
    for day in [8, 7] {
        let id = format!("purchase-buyer-ana-{day}");
        app.send(&[event(&format!("refund-{day}"), "ana", json!({"kind": "retract", "in_reply_to": id}))])
            .await;
    }
    app.settle().await;
    assert_eq!(strength().await.to_bits(), before.to_bits());
    assert_eq!(differences(&app).await, 0);
}
