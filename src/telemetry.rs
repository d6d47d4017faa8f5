//! Log lines: one per request, plus what an operator should know. To standard error, as text or JSON.

use actix_web::{
    HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::HeaderName,
};
use std::{io::IsTerminal, time::Instant};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

/// Response header that carries the id of a request, as in its log line and in its problem document.
pub static REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Request header of what another replica passed on: the id that the request has there.
pub static PASSED_ON_HEADER: HeaderName = HeaderName::from_static("voci-passed-on");

/// The id of a request. One that was passed on keeps its id, so that all log lines and the answer name the same.
#[must_use]
pub fn request_id(request: &HttpRequest) -> Option<Uuid> {
    let passed_on = request.headers().get(&PASSED_ON_HEADER);
    let kept = passed_on.and_then(|id| id.to_str().ok()?.parse().ok());
    kept.or_else(|| request.extensions().get::<RequestId>().map(|id| **id))
}

/// What is logged unless `VOCI_LOG` says otherwise.
pub const USUAL: &str = "info,actix_server=warn";
/// The same for commands whose output is for reading.
pub const QUIET: &str = "warn";

/// Starts logging: `VOCI_LOG` is a filter such as `info` or `voci=debug`, `VOCI_LOG_FORMAT=json` makes JSON lines.
pub fn start_logging(otherwise: &str) {
    let filter = EnvFilter::try_from_env("VOCI_LOG").unwrap_or_else(|_| EnvFilter::new(otherwise));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::env::var("VOCI_LOG_FORMAT").is_ok_and(|format| format == "json") {
        // A request has one span: a list of them would only say it again.
        builder.json().with_span_list(false).init();
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).init();
    }
}

/// Makes the span of a request and writes its one line when it ends. Paths are logged by route, so that no id of a
/// creator or person reaches the log.
pub struct RequestLine;

struct Started(Instant);

impl RootSpanBuilder for RequestLine {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request_id(request.request());
        request.extensions_mut().insert(Started(Instant::now()));
        tracing::info_span!(
            "request",
            request.id = id.map(tracing::field::display),
            http.method = %request.method(),
        )
    }

    fn on_request_end<B: MessageBody>(_span: Span, outcome: &Result<ServiceResponse<B>, actix_web::Error>) {
        match outcome {
            Ok(response) => {
                let request = response.request();
                let started = request.extensions().get::<Started>().map(|started| started.0);
                // Beside the span and not in it: the formatter would read the span's fields again for every line.
                tracing::info!(
                    parent: None,
                    request.id = request_id(request).map(tracing::field::display),
                    http.method = %request.method(),
                    http.route = request.match_pattern().as_deref().unwrap_or("none"),
                    http.status = response.status().as_u16(),
                    duration_ms = started.map(|at| at.elapsed().as_secs_f64() * 1e3),
                    "request"
                );
            }
            Err(error) => {
                tracing::warn!(http.status = error.as_response_error().status_code().as_u16(), "request");
            }
        }
    }
}
