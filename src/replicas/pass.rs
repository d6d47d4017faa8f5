//! Passing a request on to the replica that can answer it.
//!
//! The other replica gets the caller's own key and asks who that is by itself, so nobody may do more there than here. Only
//! addresses that replicas announced are ever contacted. A request that was passed on says so, and goes no further.

use super::Directory;
use crate::{
    db::DbError,
    telemetry::{PASSED_ON_HEADER, REQUEST_ID_HEADER, request_id},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
};
use reqwest::{Client, RequestBuilder, Response, redirect};
use std::{error::Error, sync::Arc, time::Duration};

/// How long connecting may take. Longer: callers wait for a machine that is gone; shorter: bad networks fail.
const CONNECT: Duration = Duration::from_millis(500);
/// How long the whole answer may take. Longer: callers wait for a replica that hangs; shorter: a busy one is given up on.
const ANSWER: Duration = Duration::from_secs(3);

/// What the other replica is told of the request. Not what its answer may be compressed with: it is compressed here.
const SENT: [HeaderName; 3] = [header::AUTHORIZATION, header::ACCEPT, header::IF_NONE_MATCH];
/// What the caller is told of the answer.
const GIVEN_BACK: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::ETAG,
    header::CACHE_CONTROL,
    header::VARY,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
];

/// Why there is no answer of another replica.
#[derive(Debug, thiserror::Error)]
pub enum NotAnswered {
    /// It has stopped, or was not seen for a minute.
    #[error("the replica is gone")]
    Gone,
    /// It does not answer, or somebody else does.
    #[error("the replica does not answer")]
    Silent,
    /// Whether it is there cannot be told.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The other replicas.
pub struct Replicas {
    directory: Arc<Directory>,
    http: Client,
}

impl Replicas {
    /// Replicas that are found in this directory.
    #[must_use]
    pub fn new(directory: Arc<Directory>) -> Self {
        let http = Client::builder().no_proxy().redirect(redirect::Policy::none()).connect_timeout(CONNECT);
        Self { directory, http: http.timeout(ANSWER).build().expect("a client without TLS can be made") }
    }

    /// The answer of the replica with this series to a request: to a GET, or a POST with this JSON.
    pub async fn pass_on(
        &self,
        series: &str,
        request: &HttpRequest,
        json: Option<Vec<u8>>,
    ) -> Result<HttpResponse, NotAnswered> {
        let id = request_id(request).map(|id| id.to_string()).unwrap_or_default();
        if request.headers().contains_key(&PASSED_ON_HEADER) {
            return Err(NotAnswered::Gone);
        }
        let address = self.directory.address(series).await?.ok_or(NotAnswered::Gone)?;
        let sent = self.copy(request, &address, json).header(PASSED_ON_HEADER.as_str(), &id).send();
        let answer = sent.await.map_err(|error| silent(&address, &error.without_url()))?;
        let known = answer.headers().get(REQUEST_ID_HEADER.as_str());
        if known.is_none_or(|known| known.as_bytes() != id.as_bytes()) {
            // An address can become that of somebody else, whose answers are not for our callers.
            return Err(silent(&address, &NotAReplica));
        }
        given_back(answer).await.map_err(|error| silent(&address, &error.without_url()))
    }

    fn copy(&self, request: &HttpRequest, address: &str, json: Option<Vec<u8>>) -> RequestBuilder {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let url = format!("http://{address}{path}");
        let copy = match json {
            Some(json) => self.http.post(url).header("content-type", "application/json").body(json),
            None => self.http.get(url),
        };
        SENT.iter().fold(copy, |copy, name| match request.headers().get(name) {
            Some(value) => copy.header(name.as_str(), value.as_bytes()),
            None => copy,
        })
    }
}

/// The causes are for the operator only: an address is nobody else's business.
fn silent(address: &str, error: &dyn Error) -> NotAnswered {
    let (mut cause, mut source) = (error.to_string(), error.source());
    while let Some(deeper) = source {
        cause = format!("{cause}: {deeper}");
        source = deeper.source();
    }
    tracing::warn!(address, cause, "a replica does not answer");
    NotAnswered::Silent
}

#[derive(Debug, thiserror::Error)]
#[error("what answers there is no replica of this version")]
struct NotAReplica;

async fn given_back(answer: Response) -> Result<HttpResponse, reqwest::Error> {
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut given = HttpResponse::build(status);
    for name in GIVEN_BACK {
        if let Some(value) = answer.headers().get(name.as_str()) {
            given.insert_header((name, value.as_bytes()));
        }
    }
    Ok(given.body(answer.bytes().await?))
}
