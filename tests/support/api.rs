//! A client of a service.

use super::{PATIENCE, profile, until};
use serde_json::{Value, json};
use std::time::Duration;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Result<Self, reqwest::Error> {
        let status = response.status().as_u16();
        let retry_after =
            response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let text = response.text().await?;
        Ok(Self { status, retry_after, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }
}

/// Speaks HTTP to a service.
#[derive(Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    base: String,
    key: String,
}

impl Api {
    pub(crate) fn new(address: &str, key: &str) -> Self {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).no_proxy().build().unwrap();
        Self { client, base: format!("http://{address}"), key: key.to_owned() }
    }

    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// A request that is not sent yet.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    /// Sends a request. Errors are those of a connection that fails or breaks off.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::read(request.send().await?).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await.unwrap()
    }

    pub(crate) async fn put_creator(&self, id: &str) {
        let answer = self.send("PUT", &format!("/v1/creators/{id}"), Some(&profile(id))).await.unwrap();
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    }

    pub(crate) async fn batch(&self, events: &[Value]) -> Result<Answer, reqwest::Error> {
        self.send("POST", "/v1/events/batch", Some(&json!({ "events": events }))).await
    }

    /// Ids of the gaming creators that are recommended, best first; none while the service cannot answer.
    pub(crate) async fn recommended(&self) -> Vec<String> {
        let answer = self.send("GET", "/v1/recommendations?niche=gaming&limit=200", None).await;
        let items =
            answer.ok().and_then(|answer| answer.body["items"].as_array().cloned()).unwrap_or_default();
        items.iter().map(|item| item["creator_id"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until the service says that it is ready.
    pub(crate) async fn ready(&self) {
        until("the service is ready", PATIENCE, async || {
            self.send("GET", "/readyz", None).await.is_ok_and(|answer| answer.status == 200)
        })
        .await;
    }
}
