//! A request and what its answer says.

mod stream;

use crate::{
    route::{Item, Route, Story},
    support::{self, Api, profile},
};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// What an answer says.
#[derive(Default)]
pub(crate) struct Answer {
    /// What is stored, now or before.
    pub(crate) acknowledged: Vec<Item>,
    /// How much of it was stored before.
    pub(crate) duplicates: usize,
    pub(crate) end: End,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    /// The request may have taken effect.
    #[default]
    Unknown,
    /// Nothing was done; the same is to be sent again.
    Refused,
    /// The same, but after a longer pause: folding is behind.
    Slowed,
    /// Something went wrong inside the service.
    Failed,
}

/// Longest wait for an answer, longer than the service itself lets a write take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends items of one route. An answer that no fault explains fails the run.
pub(crate) async fn exchange(api: &Api, story: Story, items: &[Item]) -> Answer {
    if items[0].route == Route::Stream {
        return stream::exchange(api, story, items).await;
    }
    match timeout(PATIENCE, sent(api, story, items)).await {
        Ok(Ok(answer)) => understood(&answer, items),
        Ok(Err(error)) => Answer::broken_off(&error),
        Err(_) => Answer::default(),
    }
}

impl Answer {
    /// Nothing is known of what was sent, unless nobody heard it.
    fn broken_off(error: &reqwest::Error) -> Self {
        let end = if error.is_connect() { End::Refused } else { End::Unknown };
        Self { end, ..Self::default() }
    }
}

async fn sent(api: &Api, story: Story, items: &[Item]) -> Result<support::Answer, reqwest::Error> {
    match items[0].route {
        Route::Single | Route::Stream => {
            api.send("POST", "/v1/events", Some(&story.event(items[0]).json())).await
        }
        Route::Batch => {
            let events: Vec<Value> = items.iter().map(|item| story.event(*item).json()).collect();
            api.batch(&events).await
        }
        Route::Creator => {
            let id = items[0].to_string();
            api.send("PUT", &format!("/v1/creators/{id}"), Some(&profile(&id))).await
        }
    }
}

fn understood(answer: &support::Answer, items: &[Item]) -> Answer {
    let route = items[0].route;
    let one = |duplicates| Answer { acknowledged: items.to_vec(), duplicates, end: End::Complete };
    let none = |end| Answer { end, ..Answer::default() };
    match (route, answer.status) {
        (Route::Single | Route::Creator, 201) => one(0),
        (Route::Single | Route::Creator, 200) => one(1),
        (Route::Batch, 207) => batch(&answer.body, items),
        (_, 429 | 503) => {
            assert!(answer.retry_after.is_some(), "{answer:?}");
            none(End::of_problem(&answer.body))
        }
        // The service ends a connection on which nothing was asked for ten seconds; a request may cross that on the way,
        // above all when the service was frozen.
        (_, 408) => none(End::Unknown),
        (_, 500) => none(End::of_problem(&answer.body)),
        _ => panic!("{} is answered with {answer:?}", items[0]),
    }
}

impl End {
    fn of_problem(problem: &Value) -> Self {
        match problem["code"].as_str() {
            Some("outcome_unknown") => Self::Unknown,
            Some("overloaded" | "database_unavailable" | "not_ready") => Self::Refused,
            Some("folding_behind") => Self::Slowed,
            Some("internal") => Self::Failed,
            _ => panic!("no fault explains {problem}"),
        }
    }
}

fn batch(body: &Value, items: &[Item]) -> Answer {
    let results = body["results"].as_array().unwrap();
    assert_eq!(results.len(), items.len(), "one result each");
    let mut answer = Answer { end: End::Complete, ..Answer::default() };
    items.iter().zip(results).for_each(|(item, result)| answer.add(*item, result));
    answer
}

impl Answer {
    /// Adds the result of an item.
    fn add(&mut self, item: Item, result: &Value) {
        assert_eq!(result["event_id"], item.to_string(), "in order");
        assert!(result["status"] == "stored" || result["status"] == "duplicate", "{item}: {result}");
        self.acknowledged.push(item);
        self.duplicates += usize::from(result["status"] == "duplicate");
    }
}
