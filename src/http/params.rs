//! Query parameters and path ids as typed values.

use super::problem::{Kind, Problem};
use crate::{error::FieldError, ids};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};

/// Query parameters parsed as `T`; an unknown or impossible one is a problem that names it.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(query_pairs(query));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let message = error.inner().to_string();
        let name = error.path().to_string();
        let named = |start: &str| Some(message.strip_prefix(start)?.split('`').next()?.to_owned());
        let (name, code, detail) = if let Some(name) = named("missing field `") {
            (name, "required", "this parameter is required")
        } else if let Some(name) = named("duplicate field `") {
            (name, "duplicate", "this parameter is given twice")
        } else if message.starts_with("unknown field") {
            (name, "unknown_parameter", "there is no such parameter here")
        } else {
            (name, "wrong_type", "the value does not have the documented type or range")
        };
        let pointer = format!("?{}", name.chars().filter(|c| !c.is_control()).take(64).collect::<String>());
        Problem::new(Kind::InvalidQuery, "A query parameter is wrong; see errors")
            .with_errors(vec![FieldError::new(pointer, code, detail)])
    })
}

fn query_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

/// The id in the path, which has the form of an id; what cannot be an id cannot be found.
pub struct PathId(pub String);

impl FromRequest for PathId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let id = web::Path::<String>::from_request(request, payload).into_inner().ok();
        let id = id.map(web::Path::into_inner).filter(|id| ids::is_valid_id(id));
        ready(id.map(Self).ok_or_else(impossible_id))
    }
}

/// The two ids in the path, which have the form of ids.
pub struct PathIds(pub String, pub String);

impl FromRequest for PathIds {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let both = web::Path::<(String, String)>::from_request(request, payload).into_inner().ok();
        let both = both.map(web::Path::into_inner);
        let both = both.filter(|(first, second)| ids::is_valid_id(first) && ids::is_valid_id(second));
        ready(both.map(|(first, second)| Self(first, second)).ok_or_else(impossible_id))
    }
}

fn impossible_id() -> Problem {
    Problem::new(Kind::NotFound, format!("An id in the path cannot exist: ids are {}", ids::ID_RULE))
}

/// Items on a page unless the caller says otherwise.
pub const DEFAULT_LIMIT: usize = 50;

/// Most items on a page.
pub const MAX_LIMIT: usize = 200;

/// Items on a page, from the query parameter `limit`.
pub fn limit(given: Option<u32>) -> Result<usize, Problem> {
    let limit = given.map_or(DEFAULT_LIMIT, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::new(Kind::InvalidQuery, "limit may be 1 to 200").with_errors(vec![FieldError::new(
        "?limit",
        "out_of_range",
        "must be between 1 and 200",
    )]))
}
