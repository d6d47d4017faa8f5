//! A client of the HTTP API that takes anything but success for a failure.

use super::Failure;
use reqwest::{
    Client, Method, RequestBuilder,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::de::DeserializeOwned;
use std::{net::SocketAddr, time::Duration};

/// Bytes of a stream sent at once.
const PIECE: usize = 64 << 10;

/// A client with a key. Cheap to clone; clones share connections.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    base: String,
}

impl Api {
    /// A client of the service at an address.
    pub(crate) fn new(address: SocketAddr, key: &str) -> Result<Self, Failure> {
        let bearer = HeaderValue::from_str(&format!("Bearer {key}"))?;
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        let client = Client::builder().default_headers(headers).timeout(Duration::from_secs(30)).build()?;
        Ok(Self { client, base: format!("http://{address}") })
    }

    /// Gets a resource.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        Ok(serde_json::from_slice(&self.answer(self.request(Method::GET, path)).await?)?)
    }

    /// Sends JSON text and reads the answer.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<T, Failure> {
        let request = self.request(method, path).header(CONTENT_TYPE, "application/json").body(body);
        Ok(serde_json::from_slice(&self.answer(request).await?)?)
    }

    /// Sends a stream of lines and reads all results; the summary, which is missing when not all was taken in.
    pub(crate) async fn stream(&self, path: &str, body: Vec<u8>) -> Result<BatchReceipt, Failure> {
        #[derive(serde::Deserialize)]
        struct Last {
            summary: BatchReceipt,
        }
        let pieces: Vec<std::io::Result<Vec<u8>>> =
            body.chunks(PIECE).map(|piece| Ok(piece.to_vec())).collect();
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
        let request =
            self.request(Method::POST, path).header(CONTENT_TYPE, "application/x-ndjson").body(body);
        let answer = self.answer(request).await?;
        let last = answer.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        Ok(serde_json::from_slice::<Last>(last)?.summary)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Vec<u8>, Failure> {
        let response = request.send().await?;
        let (status, bytes) = (response.status(), response.bytes().await?);
        if status.is_success() {
            return Ok(bytes.to_vec());
        }
        Err(format!("{status}: {}", String::from_utf8_lossy(&bytes)).into())
    }
}

/// What became of a batch of events, without the single results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub(crate) struct BatchReceipt {
    /// New and committed.
    pub(crate) stored: u64,
    /// Committed before.
    pub(crate) duplicate: u64,
    /// Another content has the identity.
    pub(crate) conflict: u64,
    /// Breaks a rule.
    pub(crate) invalid: u64,
}

impl std::iter::Sum for BatchReceipt {
    fn sum<I: Iterator<Item = Self>>(receipts: I) -> Self {
        receipts.fold(Self::default(), |sum, receipt| Self {
            stored: sum.stored + receipt.stored,
            duplicate: sum.duplicate + receipt.duplicate,
            conflict: sum.conflict + receipt.conflict,
            invalid: sum.invalid + receipt.invalid,
        })
    }
}
