//! Requests and answers.

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

/// A caller with a key.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<String>,
}

impl Client {
    /// A caller of the service at an address.
    pub(crate) fn new(base: &str, key: Option<&str>) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, base: base.to_owned(), key: key.map(str::to_owned) }
    }

    /// The same service with another key or none.
    pub(crate) fn with_key(&self, key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), ..self.clone() }
    }

    /// The same caller at another service.
    pub(crate) fn at(&self, other: &Self) -> Self {
        Self { base: other.base.clone(), ..self.clone() }
    }

    /// Where the service is, such as `127.0.0.1:4000`.
    pub(crate) fn address(&self) -> &str {
        self.base.strip_prefix("http://").unwrap()
    }

    /// A request to be completed and sent.
    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        let asked = format!("{method} {path}");
        let mut builder = self.http.request(method, format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            builder = builder.bearer_auth(key);
        }
        Request { builder, asked }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PUT, path).json(body).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PATCH, path).json(body).send().await
    }

    /// Text sent as a JSON body, whatever it is.
    pub(crate) async fn post_raw(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.request(Method::POST, path).body("application/json", body).send().await
    }
}

/// A request that is being made.
pub(crate) struct Request {
    builder: reqwest::RequestBuilder,
    asked: String,
}

impl Request {
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        Self { builder: self.builder.json(body), ..self }
    }

    pub(crate) fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { builder: self.builder.header("content-type", content_type).body(body.into()), ..self }
    }

    /// Sends the head, and the body as it comes; the answer as it comes.
    pub(crate) async fn open(self, body: reqwest::Body) -> reqwest::Response {
        let Self { builder, asked } = self;
        builder.body(body).send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"))
    }

    pub(crate) async fn send(self) -> Answer {
        let Self { builder, asked } = self;
        let response = builder.send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { asked, status, headers, body: response.bytes().await.unwrap().to_vec() }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    asked: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header that must be there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.told()));
        value.to_str().unwrap()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: {error}", self.told()))
    }

    /// The body of an answer that must have this status; `Null` when there is none.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.told());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The body of an answer that must be a success.
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{}", self.told());
        let status = self.status;
        self.expect(status)
    }

    /// The problem document of an answer that must be one, with all that every problem has.
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.told());
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.told());
        let problem = self.json();
        assert_eq!(problem["code"], code, "{}", self.told());
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("tag:voci.dev,2026:{code}"));
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        let path = self.asked.split([' ', '?']).nth(1).unwrap();
        assert_eq!(problem["instance"], path);
        problem
    }

    /// The pointers and codes of a 422 problem.
    pub(crate) fn violations(self) -> Vec<(String, String)> {
        violations(&self.problem(422, "validation_failed"))
    }

    fn told(&self) -> String {
        format!("{} was answered {} {}", self.asked, self.status, String::from_utf8_lossy(&self.body))
    }
}

/// The pointers and codes of a problem.
pub(crate) fn violations(problem: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}
