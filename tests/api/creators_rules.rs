//! What makes a profile valid; each rule names the place and a code, and nothing is stored.

use crate::support::{App, profile};
use serde_json::{Value, json};

async fn refused(app: &App, change: Value) -> Vec<(String, String)> {
    app.put("/v1/creators/ana", &profile("ana", change)).await.violations()
}

fn account(change: &Value) -> Value {
    let mut account = json!({"platform": "x", "handle": "a"});
    account.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({"accounts": [account]})
}

#[tokio::test]
async fn every_rule_of_profiles_names_its_field() {
    let app = App::start().await;
    let long = |count: usize| "x".repeat(count);
    let values: Vec<String> = (0..21).map(|number| format!("v{number}")).collect();
    let languages = ["aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay"];
    let niches: Vec<String> = (0..21).map(|number| format!("n{number}")).collect();
    let cases = [
        (json!({"display_name": ""}), "/display_name", "too_short"),
        (json!({"display_name": "   "}), "/display_name", "too_short"),
        (json!({"display_name": long(201)}), "/display_name", "too_long"),
        (json!({"display_name": "a\u{0}"}), "/display_name", "nul_character"),
        (json!({"bio": long(5_001)}), "/bio", "too_long"),
        (json!({"bio": long(1 << 20)}), "/bio", "too_long"),
        (json!({"bio": "a\u{0}"}), "/bio", "nul_character"),
        (json!({"country": "ro"}), "/country", "unknown_value"),
        (json!({"country": "ZZ"}), "/country", "unknown_value"),
        (json!({"country": ""}), "/country", "unknown_value"),
        (json!({"region": ""}), "/region", "too_short"),
        (json!({"region": long(101)}), "/region", "too_long"),
        (json!({"city": "a\u{0}"}), "/city", "nul_character"),
        (json!({"languages": ["ro", "RO"]}), "/languages/1", "unknown_value"),
        (json!({"languages": ["ro", "ro"]}), "/languages/1", "duplicate"),
        (json!({"languages": languages}), "/languages", "too_many"),
        (json!({"values": [""]}), "/values/0", "too_short"),
        (json!({"values": [long(65)]}), "/values/0", "too_long"),
        (json!({"values": ["a", "a"]}), "/values/1", "duplicate"),
        (json!({"values": values}), "/values", "too_many"),
        (json!({"niches": ["gaming", "unheard-of"]}), "/niches/1", "unknown_niche"),
        (json!({"niches": ["No Id"]}), "/niches/0", "unknown_niche"),
        (json!({"niches": ["a\u{0}"]}), "/niches/0", "unknown_niche"),
        (json!({"niches": ["gaming", "gaming"]}), "/niches/1", "duplicate"),
        (json!({"niches": niches}), "/niches", "too_many"),
        (account(&json!({"handle": " "})), "/accounts/0/handle", "too_short"),
        (account(&json!({"handle": long(129)})), "/accounts/0/handle", "too_long"),
        (account(&json!({"handle": "\u{0}"})), "/accounts/0/handle", "nul_character"),
        (account(&json!({"followers": -1})), "/accounts/0/followers", "out_of_range"),
        (account(&json!({"followers": 2_000_000_001})), "/accounts/0/followers", "out_of_range"),
        (account(&json!({"engager_id": "a b"})), "/accounts/0/engager_id", "invalid_id"),
        (account(&json!({"engager_id": "\u{0}"})), "/accounts/0/engager_id", "nul_character"),
        (json!({"accounts": vec![json!({"platform": "x", "handle": "a"}); 2]}), "/accounts/1", "duplicate"),
        (json!({"accounts": vec![json!({"platform": "x", "handle": "a"}); 21]}), "/accounts", "too_many"),
    ];
    for (change, pointer, code) in cases {
        let told = format!("{change:.80}");
        let found = refused(&app, change).await;
        assert!(found.contains(&(pointer.to_owned(), code.to_owned())), "{told}: {found:?}");
    }
    assert_eq!(app.count("creators").await + app.count("score_queue").await, 0);
}

#[tokio::test]
async fn a_profile_of_another_shape_is_refused_by_field() {
    let app = App::start().await;
    let cases = [
        (json!({"display_name": null}), "/display_name", "required"),
        (json!({"country": null}), "/country", "required"),
        (json!({"languages": null}), "/languages", "required"),
        (json!({"niches": null}), "/niches", "required"),
        (json!({"accounts": null}), "/accounts", "required"),
        (json!({"display_name": 7}), "/display_name", "wrong_type"),
        (json!({"languages": "ro"}), "/languages", "wrong_type"),
        (json!({"languages": ["ro", 7]}), "/languages/1", "wrong_type"),
        (json!({"followers": 7}), "/followers", "unknown_field"),
        (json!({"creator_id": "ana"}), "/creator_id", "unknown_field"),
        (account(&json!({"platform": "myspace"})), "/accounts/0/platform", "unknown_value"),
        (account(&json!({"followers": "many"})), "/accounts/0/followers", "wrong_type"),
        (account(&json!({"followers": 1.5})), "/accounts/0/followers", "wrong_type"),
        (account(&json!({"followers": null})), "/accounts/0/followers", "wrong_type"),
        (account(&json!({"verified": true})), "/accounts/0/verified", "unknown_field"),
    ];
    for (change, pointer, code) in cases {
        let told = change.to_string();
        assert_eq!(refused(&app, change).await, [(pointer.to_owned(), code.to_owned())], "{told}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_no_value_is_repeated() {
    let app = App::start().await;
    let wrong = json!({"display_name": "", "country": "secret-country", "languages": ["secret-language"],
        "values": ["secret-value\u{0}"], "niches": ["Secret Niche"]});
    let answer = app.put("/v1/creators/ana", &profile("ana", wrong)).await;
    assert!(!answer.text().to_lowercase().contains("secret"), "{}", answer.text());
    assert_eq!(answer.violations().len(), 5);
}

#[tokio::test]
async fn the_longest_allowed_profile_is_taken_in_characters_of_any_script() {
    let app = App::start().await;
    let longest = json!({
        "display_name": "ș".repeat(200), "bio": "🦊".repeat(5_000), "region": "ț".repeat(100),
        "values": (0..20).map(|number| format!("{number:064}")).collect::<Vec<_>>(),
        "accounts": (0..20).map(|number| json!({"platform": "other", "handle": format!("{number:0128}"),
            "followers": 2_000_000_000, "engager_id": "x".repeat(128)})).collect::<Vec<_>>(),
    });
    let stored = app.put_creator("ana", longest.clone()).await;
    assert_eq!((&stored["bio"], &stored["tier"]), (&longest["bio"], &json!("mega")));
}
