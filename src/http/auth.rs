//! Who sends a request and whether they may: a middleware that knows the caller, and an extractor per scope.

use super::problem::{Kind, Problem};
use crate::keys::{ApiKey, KeyRing, Principal, Scope, Tenant, store::KeyStoreError};
use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web::Data,
};
use std::{
    future::{Ready, ready},
    marker::PhantomData,
    sync::Arc,
};

/// A scope as a type, so that a handler's signature says what it demands.
pub trait Demand: 'static {
    /// The scope.
    const SCOPE: Scope;
}

/// Demands the scope `read`.
pub struct Read;
/// Demands the scope `creators:write`.
pub struct CreatorsWrite;
/// Demands the scope `events:write`.
pub struct EventsWrite;
/// Demands the scope `admin`.
pub struct Admin;

impl Demand for Read {
    const SCOPE: Scope = Scope::Read;
}
impl Demand for CreatorsWrite {
    const SCOPE: Scope = Scope::CreatorsWrite;
}
impl Demand for Admin {
    const SCOPE: Scope = Scope::Admin;
}
impl Demand for EventsWrite {
    const SCOPE: Scope = Scope::EventsWrite;
}

/// A caller whose key has the scope `D`.
pub struct Caller<D> {
    principal: Principal,
    demand: PhantomData<D>,
}

impl<D: Demand> Caller<D> {
    /// Asks again who sent a request that takes longer than a key is believed without a look at the database.
    pub async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        Self::admit(principal(request).await?)
    }

    fn admit(principal: Principal) -> Result<Self, Problem> {
        if principal.may(D::SCOPE) {
            return Ok(Self { principal, demand: PhantomData });
        }
        Err(Problem::new(Kind::MissingScope, format!("The API key lacks the scope {}", D::SCOPE)))
    }
}

impl<D> Caller<D> {
    /// The tenant the caller acts for.
    #[must_use]
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.principal.tenant
    }

    /// True when the key has another scope, too.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.principal.may(scope)
    }
}

/// The middleware: callers are known before anything else of their request is looked at, so strangers have no body read
/// or parsed and learn nothing but that they are strangers.
pub async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.path().starts_with("/v1/") {
        let principal = principal(request.request()).await?;
        request.extensions_mut().insert(principal);
    }
    next.call(request).await
}

async fn principal(request: &HttpRequest) -> Result<Principal, Problem> {
    let ring = request.app_data::<Data<KeyRing>>().expect("the application registers its key ring");
    let key = bearer_key(request)?;
    ring.authenticate(&key).await?.ok_or_else(|| unauthorized("The API key is wrong or revoked"))
}

impl<D: Demand> FromRequest for Caller<D> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let principal = request.extensions().get::<Principal>().cloned();
        ready(principal.ok_or_else(|| unauthorized("This path needs an API key")).and_then(Self::admit))
    }
}

fn bearer_key(request: &HttpRequest) -> Result<ApiKey, Problem> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let token = token.ok_or_else(|| unauthorized("Send an API key as Authorization: Bearer voci_..."))?;
    ApiKey::parse(token).map_err(|error| unauthorized(&format!("The API key cannot be read: {error}")))
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(Kind::Unauthorized, detail.to_owned())
}

impl From<KeyStoreError> for Problem {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Database(error) => error.into(),
            other => {
                tracing::error!(error = %other, "authentication failed");
                Self::new(Kind::Internal, "The key could not be checked; the operator's log has the cause")
            }
        }
    }
}
