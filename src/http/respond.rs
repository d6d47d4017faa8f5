//! What happens around every handler: a deadline, panics caught, every failure a problem document with its request.

use super::problem::{Kind, Problem};
use crate::{
    metrics::requests::Started,
    telemetry::{REQUEST_ID_HEADER, request_id},
};
use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{Method, StatusCode, header::HeaderValue},
    middleware::Next,
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};

/// Longest life of a request: 30 s for its body and 8 s for the work. Longer: stuck requests pile up.
const REQUEST_DEADLINE: Duration = Duration::from_secs(38);

struct Origin {
    path: String,
    request_id: Option<String>,
}

/// The middleware. HEAD is answered as GET; the server leaves the body out.
pub async fn answer(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let started = Started::now(&request);
    let answered = guarded(request, next).await;
    started.answered(match &answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    });
    answered
}

async fn guarded(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let origin = Origin {
        path: request.path().chars().take(2_048).collect(),
        request_id: request_id(request.request()).map(|id| id.to_string()),
    };
    let guarded = AssertUnwindSafe(next.call(request)).catch_unwind();
    match tokio::time::timeout(REQUEST_DEADLINE, guarded).await {
        Ok(Ok(Ok(response))) => Ok(finished(response, &origin)),
        Ok(Ok(Err(error))) => Err(failed(problem_of(&error), &origin)),
        Ok(Err(_panic)) => {
            Err(failed(Problem::new(Kind::Internal, "The request could not be carried out"), &origin))
        }
        Err(_elapsed) => {
            Err(failed(Problem::new(Kind::OutcomeUnknown, "The request took too long"), &origin))
        }
    }
}

fn finished(
    response: ServiceResponse<impl MessageBody + 'static>,
    origin: &Origin,
) -> ServiceResponse<BoxBody> {
    let problem = match response.response().error() {
        Some(error) => Some(problem_of(error)),
        None => problem_of_status(response.status()),
    };
    let mut response = match problem {
        Some(problem) => {
            response.into_response(problem.response(Some(origin.path.clone()), origin.request_id.clone()))
        }
        None => response.map_into_boxed_body(),
    };
    stamp(response.response_mut(), origin);
    response
}

fn failed(problem: Problem, origin: &Origin) -> Error {
    let mut response = problem.response(Some(origin.path.clone()), origin.request_id.clone());
    stamp(&mut response, origin);
    InternalError::from_response(problem, response).into()
}

fn stamp(response: &mut HttpResponse, origin: &Origin) {
    if let Some(id) = origin.request_id.as_ref().and_then(|id| HeaderValue::from_str(id).ok()) {
        response.headers_mut().insert(REQUEST_ID_HEADER.clone(), id);
    }
}

/// What the documentation pages, which are only read, answer without a body.
fn problem_of_status(status: StatusCode) -> Option<Problem> {
    match status {
        StatusCode::NOT_FOUND => Some(Problem::new(Kind::NotFound, "There is nothing at this path")),
        StatusCode::METHOD_NOT_ALLOWED => Some(Problem::method_not_allowed("GET, HEAD".to_owned())),
        _ => None,
    }
}

/// Our own problems as they are; what the framework itself refuses, by its status.
fn problem_of(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    let status = error.as_response_error().status_code();
    match status {
        StatusCode::NOT_FOUND => Problem::new(Kind::NotFound, "There is nothing at this path"),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Kind::PayloadTooLarge, "The body is too large"),
        status if status.is_client_error() => {
            Problem::new(Kind::InvalidRequest, "The request cannot be read")
        }
        _ => {
            tracing::error!(%error, "request failed");
            Problem::new(Kind::Internal, "The request could not be carried out")
        }
    }
}
