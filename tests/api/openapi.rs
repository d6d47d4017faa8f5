//! The OpenAPI document: the one that is served is the one that is committed, and what it says is true.

use crate::support::{Answer, App, at_noon, post, profile};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::to_value(voci::app::document()).unwrap()
}

/// Path, method and operation of every operation.
fn operations(document: &Value) -> Vec<(String, Method, Map<String, Value>)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            operations.push((path.clone(), method, operation.as_object().unwrap().clone()));
        }
    }
    operations
}

fn schema<'a>(document: &'a Value, content: &'a Value) -> &'a Value {
    match content["schema"]["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => &content["schema"],
    }
}

/// The example of a body, its own or that of its schema.
fn example<'a>(document: &'a Value, content: &'a Value) -> &'a Value {
    if content["example"].is_null() { &schema(document, content)["example"] } else { &content["example"] }
}

#[tokio::test]
async fn the_served_document_is_the_committed_one() {
    let app = App::start().await;
    let served = app.with_key(None).get("/openapi.json").await;
    assert_eq!(served.header("content-type"), "application/json");
    let committed = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json")).unwrap();
    assert!(served.body == committed, "openapi/openapi.json is out of date: make openapi");
}

#[test]
fn every_operation_has_an_id_of_its_own_one_known_tag_and_words() {
    let document = document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{id} twice");
        assert!(
            id.chars().all(|c| c.is_ascii_alphanumeric()) && id.starts_with(|c: char| c.is_ascii_lowercase())
        );
        let own = operation["tags"].as_array().unwrap();
        assert!(own.len() == 1 && tags.contains(&own[0].as_str()), "{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|words| !words.is_empty()), "{method} {path}");
        for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{method} {path} {parameter}");
        }
    }
}

#[test]
fn every_failure_is_described_as_a_problem() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("503") && responses.contains_key("500"));
        for (status, response) in responses {
            assert!(response["description"].as_str().is_some_and(|words| !words.is_empty()));
            if status.starts_with(['4', '5']) {
                let content = response["content"].as_object().unwrap();
                let types: Vec<_> = content.keys().collect();
                assert_eq!(types, ["application/problem+json"], "{method} {path} {status}");
                let reference = &content["application/problem+json"]["schema"]["$ref"];
                assert_eq!(reference, "#/components/schemas/ProblemDocument", "{method} {path} {status}");
            }
        }
    }
}

#[test]
fn every_property_is_described_and_optional_ones_are_never_null() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        for (property, part) in schema["properties"].as_object().into_iter().flatten() {
            assert!(part["description"].is_string(), "{name}.{property}");
        }
        let text = schema.to_string();
        assert!(!text.contains("\"null\"") && !text.contains("nullable"), "{name} may be null");
    }
}

#[test]
fn every_body_has_an_example() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let Some(body) = operation.get("requestBody") else { continue };
        for (content_type, content) in body["content"].as_object().unwrap() {
            let example = example(&document, content);
            let fits = if content_type == "application/octet-stream" {
                example.is_string()
            } else {
                example.is_object()
            };
            assert!(fits, "{method} {path} {content_type}");
        }
    }
}

#[tokio::test]
async fn every_example_of_a_request_works() {
    let app = App::start().await;
    app.put("/v1/creators/ana-verde", &profile("ana", json!({}))).await.expect(201);
    app.put("/v1/creators/ana-verde/posts/ig-post-771", &post(json!({}))).await.expect(201);
    app.sql(
        "insert into annotations (annotation_id, creator_key, from_day, to_day, reason)
         select '8d4e3b1c-5a0f-4c8e-9b1d-0c6f3a2e7d10', creator_key, '2026-11-02', '2026-11-09', 'TV' from creators",
    )
    .await;
    // Some ask for what only the snapshot has.
    app.settle().await;
    let document = document();
    let mut sent = 0;
    let mut operations = operations(&document);
    // What is read must have been sent before.
    operations.sort_by_key(|(_, method, _)| *method == Method::GET);
    for (path, method, operation) in operations {
        let path = with_examples(&path, &operation);
        for (content_type, content) in
            operation.get("requestBody").map_or(&Map::new(), |body| body["content"].as_object().unwrap())
        {
            let body = written(example(&document, content));
            let answer = app.request(method.clone(), &path).body(content_type, body).send().await;
            let told = format!("{method} {path} {answer:?}");
            let receipt = if answer.header("content-type") == "application/x-ndjson" {
                last(&answer)
            } else {
                answer.ok()
            };
            assert!(receipt["invalid"].is_null() || receipt["invalid"] == 0, "{told}");
            sent += 1;
        }
        if method == Method::GET {
            assert_eq!(app.get(&path).await.status, 200, "{path}");
            sent += 1;
        }
    }
    assert!(sent >= 19, "{sent}");
}

/// The text of an example; bytes of a stream are lines of JSON.
fn written(example: &Value) -> String {
    match example.as_str() {
        Some(text) => {
            text.lines().map(|line| dated(serde_json::from_str(line).unwrap()).to_string() + "\n").collect()
        }
        None => dated(example.clone()).to_string(),
    }
}

/// The summary of a stream.
fn last(answer: &Answer) -> Value {
    let line: Value = serde_json::from_str(answer.text().lines().last().unwrap()).unwrap();
    assert!(line["summary"].is_object(), "{line}");
    line["summary"].clone()
}

/// The path with the examples of its parameters in it.
fn with_examples(path: &str, operation: &Map<String, Value>) -> String {
    let mut path = path.to_owned();
    let mut query = Vec::new();
    for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &text(&parameter["example"])),
            Some("query") if !parameter["example"].is_null() => {
                query.push(format!("{name}={}", text(&parameter["example"])));
            }
            _ => {}
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// The same example, yesterday: the dates in the document do not move with the clock.
fn dated(mut example: Value) -> Value {
    if let Some(fields) = example.as_object_mut() {
        if let Some(time) = fields.get_mut("occurred_at") {
            *time = json!(at_noon(1));
        }
        if let Some(time) = fields.get_mut("published_at") {
            *time = json!(at_noon(2));
        }
        if let Some(time) = fields.get_mut("metrics").and_then(|metrics| metrics.get_mut("as_of")) {
            *time = json!(at_noon(1));
        }
        for event in fields.get_mut("events").and_then(Value::as_array_mut).into_iter().flatten() {
            *event = dated(event.clone());
        }
    }
    example
}
