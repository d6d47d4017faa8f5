//! The scores of days that are over: recorded when a day has ended, thinned out with age, answered as of then and over time.

use crate::support::{Answer, App, Client, community, event, eventually, profile, violations};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use voci::{
    ids::TenantId,
    relationships::days::day_of,
    scores::history::{kept::MOST, rounds::record},
};

const RECEIPT: &str = "/v1/creators/ana/scores";
const TIMELINE: &str = "/v1/creators/ana/scores/history";

/// The UTC day so many days ago.
fn day(ago: i64) -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date().checked_sub(ago.days()).unwrap()
}

async fn tenant_of(app: &App, name: &str) -> TenantId {
    let found = app.sql(&format!("select tenant_id from tenants where name = '{name}'")).await;
    TenantId(found[0][0].as_deref().unwrap().parse().unwrap())
}

/// Records the day so many days ago for a tenant, as workers do when it has ended; in how many creators something changed.
async fn record_for(app: &App, tenant: &str, ago: i64) -> usize {
    app.settle().await;
    // Most of these days are before the one that was recorded at the start.
    app.sql("update score_history_rounds set day = '2020-01-01'").await;
    let foundation = app.foundation().await;
    let tenant = tenant_of(app, tenant).await;
    let rows = record(&foundation.pools.background, tenant, day_of(day(ago))).await.unwrap();
    foundation.close().await.unwrap();
    rows
}

pub(crate) async fn record_day(app: &App, ago: i64) -> usize {
    record_for(app, "default", ago).await
}

/// Creators who were registered long ago.
pub(crate) async fn with_creators(ids: &[&str]) -> App {
    let app = App::start().await;
    app.put_creators(ids, json!({})).await;
    // The round of the start is to find nobody who was there on the day before.
    eventually("the round of the start has ended", async || {
        (app.count("score_history_rounds where finished").await > 0).then_some(())
    })
    .await;
    app.sql("update creators set created_at = created_at - interval '3 years'").await;
    app
}

async fn as_of(client: &Client, when: impl ToString) -> Answer {
    client.get(&format!("{RECEIPT}?as_of={}", when.to_string())).await
}

async fn points(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("{TIMELINE}{query}")).await.ok()["points"].as_array().unwrap().clone()
}

fn days_of(points: &[Value]) -> Vec<String> {
    points.iter().map(|point| point["day"].as_str().unwrap().to_owned()).collect()
}

fn near(found: &Value, expected: &Value) {
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((number(found) - number(expected)).abs() < 1e-6, "{found} instead of {expected}");
}

#[tokio::test]
async fn a_receipt_of_the_past_says_what_was_published_then() {
    let app = with_creators(&["ana", "bea"]).await;
    assert_eq!(record_day(&app, 9).await, 2, "the first day of each");
    let before = app.get(RECEIPT).await.ok();
    app.send(&community("ana", 15, &[2, 9, 30, 55])).await;
    assert_eq!(record_day(&app, 5).await, 1, "nothing became of bea");
    let after = app.get(RECEIPT).await.ok();
    assert_ne!(before["score"], after["score"]);
    for (asked, held, published) in [(9, 9, &before), (6, 9, &before), (5, 5, &after), (0, 5, &after)] {
        let then = as_of(&app, day(asked)).await.ok();
        assert_eq!((&then["as_of"], &then["creator_id"]), (&json!(day(held)), &json!("ana")));
        assert_eq!(then["model_version"], published["model_version"]);
        for name in ["score", "low", "high", "uncertainty"] {
            near(&then[name], &published[name]);
        }
        let pairs =
            then["components"].as_array().unwrap().iter().zip(published["components"].as_array().unwrap());
        for (then, published) in pairs {
            for name in ["name", "status", "weight", "evidence"] {
                assert_eq!(then[name], published[name]);
            }
            for name in ["value", "low", "high", "mapped", "contribution"] {
                near(&then[name], &published[name]);
            }
        }
        for not_kept in ["computed_at", "statistics", "reasons", "improvements", "peers", "exposure", "trust"]
        {
            assert!(then.get(not_kept).is_none(), "{not_kept}");
        }
    }
    near(&as_of(&app, day(5)).await.ok()["loyal_reach"], &after["statistics"]["loyal_reach"]);
    // A time means what had been published by then, a day what was published at its end.
    let noon = format!("{}T12:00:00Z", day(5));
    assert_eq!(as_of(&app, noon).await.ok()["as_of"], json!(day(9)));
    let offset = format!("{}T01:00:00%2B02:00", day(4));
    assert_eq!(as_of(&app, offset).await.ok()["as_of"], json!(day(9)));
    assert_eq!(as_of(&app, format!("{}T00:00:00Z", day(4))).await.ok()["as_of"], json!(day(5)));
    assert!(after.get("as_of").is_none() && after["reasons"].is_array());
}

#[tokio::test]
async fn what_is_not_known_of_then_is_refused_with_what_is() {
    let app = with_creators(&["ana"]).await;
    let problem = as_of(&app, day(0)).await.problem(404, "no_score_then");
    assert!(problem["detail"].as_str().unwrap().contains("No scores"), "{problem}");
    record_day(&app, 9).await;
    let problem = as_of(&app, day(10)).await.problem(404, "no_score_then");
    assert!(problem["detail"].as_str().unwrap().contains(&day(9).to_string()), "{problem}");
    let midday = format!("{}T12:00:00Z", day(9));
    as_of(&app, midday).await.problem(404, "no_score_then");
    app.get("/v1/creators/nobody/scores?as_of=2026-11-01").await.problem(404, "creator_not_found");
    app.get("/v1/creators/nobody/scores/history").await.problem(404, "creator_not_found");
    let tomorrow = Timestamp::now().to_zoned(TimeZone::UTC).date().tomorrow().unwrap();
    for (query, code) in [
        (format!("{RECEIPT}?as_of={tomorrow}"), "time_in_future"),
        (format!("{RECEIPT}?as_of={tomorrow}T12:00:00Z"), "time_in_future"),
        (format!("{RECEIPT}?as_of=yesterday"), "invalid_time"),
        (format!("{RECEIPT}?as_of={}&as_of={}", day(1), day(2)), "duplicate"),
        (format!("{RECEIPT}?asof={}", day(1)), "unknown_parameter"),
        (format!("{TIMELINE}?from=1"), "invalid_time"),
        (format!("{TIMELINE}?from={}&to={}", day(1), day(2)), "out_of_range"),
        (format!("{TIMELINE}?days=7"), "unknown_parameter"),
    ] {
        let problem = app.get(&query).await.problem(400, "invalid_query");
        assert_eq!(violations(&problem)[0].1, code, "{query}");
    }
}

#[tokio::test]
async fn a_timeline_has_a_point_for_each_day_on_which_something_changed() {
    let app = with_creators(&["ana"]).await;
    assert_eq!(points(&app, "").await, Vec::<Value>::new());
    record_day(&app, 40).await;
    app.send(&community("ana", 15, &[2, 9, 30, 55])).await;
    record_day(&app, 30).await;
    assert_eq!(record_day(&app, 20).await, 0, "a day like the one before");
    app.send(&[event("more", "ana", json!({"engager_id": "fan-0-of-ana"}))]).await;
    record_day(&app, 10).await;
    let receipt = app.get(RECEIPT).await.ok();
    let all = points(&app, "").await;
    assert_eq!(days_of(&all), [40, 30, 10].map(|ago| day(ago).to_string()));
    for name in ["score", "low", "high"] {
        near(&all[2][name], &receipt[name]);
    }
    near(&all[2]["loyal_reach"], &receipt["statistics"]["loyal_reach"]);
    let shown =
        all[2]["components"].as_array().unwrap().iter().zip(receipt["components"].as_array().unwrap());
    for (point, component) in shown {
        assert_eq!((&point["name"], &point["status"]), (&component["name"], &component["status"]));
        for name in ["value", "low", "high"] {
            near(&point[name], &component[name]);
        }
    }
    assert_eq!(all[0]["components"][0]["status"], "insufficient");
    // What held when a range begins is its first point.
    for (from, to, expected) in
        [(30, 10, &[30, 10][..]), (35, 11, &[40, 30]), (25, 15, &[30]), (5, 0, &[10]), (99, 41, &[])]
    {
        let found = points(&app, &format!("?from={}&to={}", day(from), day(to))).await;
        let expected: Vec<String> = expected.iter().map(|ago| day(*ago).to_string()).collect();
        assert_eq!(days_of(&found), expected, "{from} {to}");
    }
}

#[tokio::test]
async fn a_creator_is_recorded_from_the_day_of_its_registration() {
    let app = with_creators(&["ana"]).await;
    app.put_creator("bea", json!({})).await;
    assert_eq!(record_day(&app, 1).await, 1);
    app.get("/v1/creators/bea/scores?as_of=2026-11-01").await.problem(404, "no_score_then");
    assert_eq!(record_day(&app, 0).await, 1, "as it will be when today has ended");
    let then = app.get(&format!("/v1/creators/bea/scores?as_of={}", day(0))).await.ok();
    assert_eq!(then["as_of"], json!(day(0)));
}

#[tokio::test]
async fn what_grows_old_is_thinned_out_and_goes() {
    let app = with_creators(&["ana", "bea"]).await;
    record_day(&app, 900).await;
    for creator in ["ana", "bea"] {
        let later = if creator == "ana" { 899 } else { 9 };
        app.sql(&format!(
            "insert into creator_score_history
             select creator_key, events, loyal_reach, day + later, model_version, engagers, observed_days,
                    trusted_people, components
             from creator_score_history join creators using (creator_key), generate_series(1, {later}) as later
             where creator_id = '{creator}'"
        ))
        .await;
    }
    record_day(&app, 0).await;
    let found = days_of(&points(&app, "").await);
    assert!((MOST - 3..=MOST).contains(&found.len()), "{found:?}");
    assert!((1..90).all(|ago| found.contains(&day(ago).to_string())));
    assert!(found[1] > day(731).to_string() && found[0] <= day(731).to_string(), "{found:?}");
    as_of(&app, day(730)).await.expect(200);
    as_of(&app, day(760)).await.problem(404, "no_score_then");
    // Of bea nothing has changed since: what there was last still holds.
    let bea = app.get(&format!("/v1/creators/bea/scores?as_of={}", day(500))).await.ok();
    assert_eq!(bea["as_of"], json!(day(891)));
    let width = app.sql("select max(pg_column_size(h)) from creator_score_history h").await;
    assert!(width[0][0].as_deref().unwrap().parse::<usize>().unwrap() <= 160, "{width:?}");
}

#[tokio::test]
async fn a_round_goes_on_where_it_was_left_and_leaves_pages_to_who_is_at_them() {
    let app = with_creators(&["ana", "bea", "cia"]).await;
    record_day(&app, 9).await;
    app.sql("delete from creator_score_history").await;
    // What a process leaves that dies after its first page.
    app.sql("update score_history_rounds set finished = false, after_key = (select min(creator_key::text)::uuid from creators)")
        .await;
    let foundation = app.foundation().await;
    let again = async || {
        let tenant = tenant_of(&app, "default").await;
        record(&foundation.pools.background, tenant, day_of(day(9))).await.unwrap()
    };
    let other = app.database().connect().await;
    other.batch_execute("begin; select from score_history_rounds for update").await.unwrap();
    assert_eq!(again().await, 0, "another worker is at it");
    other.batch_execute("rollback").await.unwrap();
    assert_eq!((again().await, again().await), (2, 0));
    assert_eq!(app.count("creator_score_history").await, 2);
    foundation.close().await.unwrap();
}

#[tokio::test]
async fn the_past_of_another_tenant_is_not_there() {
    let app = with_creators(&["ana"]).await;
    let other = app.tenant("other").await;
    app.send(&community("ana", 15, &[2, 9, 30, 55])).await;
    record_day(&app, 5).await;
    as_of(&other, day(1)).await.problem(404, "creator_not_found");
    other.get(TIMELINE).await.problem(404, "creator_not_found");
    other.put("/v1/creators/ana", &profile("ana", json!({}))).await.expect(201);
    as_of(&other, day(1)).await.problem(404, "no_score_then");
    assert_eq!(points(&other, "").await, Vec::<Value>::new());
    assert_eq!(record_for(&app, "other", 0).await, 1);
    assert_eq!(points(&other, "").await[0]["components"][0]["status"], "insufficient");
    assert_eq!(points(&app, "").await.len(), 1);
}

#[tokio::test]
async fn the_past_of_an_erased_creator_is_gone_and_stays_so() {
    let app = with_creators(&["ana", "bea"]).await;
    record_day(&app, 5).await;
    app.delete("/v1/creators/ana").await.expect(204);
    assert_eq!(app.count("creator_score_history").await, 1);
    as_of(&app, day(1)).await.problem(404, "creator_not_found");
    app.put_creator("ana", json!({})).await;
    assert_eq!(record_day(&app, 1).await, 0);
    as_of(&app, day(1)).await.problem(404, "no_score_then");
}
