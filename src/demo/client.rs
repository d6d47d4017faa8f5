//! A thin client of the public API.

use super::story::StoryEvent;
use crate::creators::{Tier, model::CreatorInput};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use std::time::Duration;

/// Longest wait for an answer. Longer: a hanging service is noticed late; shorter: a busy one is given up on.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why there is no good answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing listens.
    #[error(
        "no service answers at {0}; start one with `make run` in another terminal, then run the demo again"
    )]
    NoService(String),
    /// The service does not know the key.
    #[error(
        "the service does not accept the demo's API key: it may use another database than this command; give both \
         the same VOCI_DATA_DIR or DATABASE_URL, or give the demo a key of the service with --key"
    )]
    WrongKey,
    /// Another answer than the one that is needed.
    #[error("{what}: the service answers {status}: {body}")]
    Refused {
        /// What was asked.
        what: String,
        /// The status.
        status: StatusCode,
        /// The beginning of the body.
        body: String,
    },
    /// The connection.
    #[error("{what}: {cause}")]
    Http {
        /// What was asked.
        what: String,
        /// What went wrong.
        cause: reqwest::Error,
    },
    /// No client can be made.
    #[error("no HTTP client can be made: {0}")]
    Build(reqwest::Error),
}

/// Makes sure that a service is there.
pub async fn knock(address: &str) -> Result<(), ClientError> {
    let http = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(ClientError::Build)?;
    let answer = http.get(format!("{address}/livez")).send().await;
    answer.map(drop).map_err(|_| ClientError::NoService(address.to_owned()))
}

/// A registered creator, as far as the demo cares.
#[derive(Deserialize)]
pub struct Registered {
    /// When it was registered first.
    pub created_at: Timestamp,
}

/// What became of a batch.
#[derive(Deserialize)]
pub struct BatchReceipt {
    /// New.
    pub stored: usize,
    /// Sent before.
    pub duplicate: usize,
    /// One result per event.
    pub results: Vec<EventResult>,
}

/// What became of an event.
#[derive(Deserialize)]
pub struct EventResult {
    /// Why it was not stored.
    pub problem: Option<serde_json::Value>,
}

/// The scores of a creator, as far as the demo cares.
#[derive(Deserialize)]
pub struct Scores {
    /// When they were computed.
    pub computed_at: Option<Timestamp>,
    /// What they rest on.
    pub statistics: Option<Statistics>,
}

/// What scores rest on.
#[derive(Deserialize)]
pub struct Statistics {
    /// Events of known people.
    pub events: i64,
    /// Events of others.
    pub anonymous_events: i64,
    /// People.
    engagers: i64,
    /// What is discounted of them.
    discounts: Option<Discounts>,
}

#[derive(Deserialize)]
struct Discounts {
    counted_engagers: f64,
}

impl Statistics {
    /// People, as far as they are not discounted.
    #[must_use]
    pub fn people(&self) -> f64 {
        self.discounts.as_ref().map_or(self.engagers as f64, |discounts| discounts.counted_engagers)
    }
}

/// The scoring model in force.
#[derive(Deserialize)]
pub struct Model {
    /// Its version.
    pub version: i32,
    /// When it was fitted.
    pub fitted_at: Option<Timestamp>,
    /// On how many engaged people.
    pub fitted_on_engagers: i64,
}

/// A page of recommendations.
#[derive(Deserialize)]
pub struct Page {
    /// Everything committed up to this moment is ranked.
    pub as_of: Timestamp,
    /// The creators, best first.
    pub items: Vec<Item>,
}

/// A recommended creator.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// Place in the list.
    pub rank: usize,
    /// Its id.
    pub creator_id: String,
    /// Its name.
    pub display_name: String,
    /// Its score.
    pub score: f64,
    /// Lower end of the interval, which ranks.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Its size class.
    pub tier: Tier,
    /// Why it is here.
    pub reasons: Vec<String>,
}

/// A client with its key.
pub struct Client {
    http: reqwest::Client,
    address: String,
    key: SecretString,
}

impl Client {
    /// A client of the service at an address such as `http://127.0.0.1:8080`.
    pub fn new(address: String, key: SecretString) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(ClientError::Build)?;
        Ok(Self { http, address, key })
    }

    /// Where the service is.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &SecretString {
        &self.key
    }

    /// Registers or replaces a creator.
    pub async fn put_creator(&self, id: &str, profile: &CreatorInput) -> Result<Registered, ClientError> {
        let path = format!("/v1/creators/{id}");
        self.ask(&format!("PUT {path}"), self.request(Method::PUT, &path).json(profile)).await
    }

    /// Sends up to 1,000 events.
    pub async fn send(&self, events: &[StoryEvent]) -> Result<BatchReceipt, ClientError> {
        let request = self.request(Method::POST, "/v1/events/batch").json(&json!({"events": events}));
        self.ask("POST /v1/events/batch", request).await
    }

    /// The scores of a creator.
    pub async fn scores(&self, id: &str) -> Result<Scores, ClientError> {
        self.get(&format!("/v1/creators/{id}/scores")).await
    }

    /// The scoring model.
    pub async fn model(&self) -> Result<Model, ClientError> {
        self.get("/v1/model").await
    }

    /// Asks for recommendations with a body as it stands.
    pub async fn recommend(&self, body: &'static str) -> Result<Page, ClientError> {
        let request = self.request(Method::POST, "/v1/recommendations");
        let request = request.header("content-type", "application/json").body(body);
        self.ask("POST /v1/recommendations", request).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.ask(&format!("GET {path}"), self.request(Method::GET, path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.address);
        self.http.request(method, url).bearer_auth(self.key.expose_secret())
    }

    async fn ask<T: DeserializeOwned>(&self, what: &str, request: RequestBuilder) -> Result<T, ClientError> {
        let failed = |cause| ClientError::Http { what: what.to_owned(), cause };
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        if status.is_success() {
            return response.json().await.map_err(failed);
        }
        if status == StatusCode::UNAUTHORIZED {
            return Err(ClientError::WrongKey);
        }
        let body = response.text().await.map_err(failed)?.chars().take(500).collect();
        Err(ClientError::Refused { what: what.to_owned(), status, body })
    }
}
