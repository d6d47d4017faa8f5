//! Reading JSON bodies: content type, size and shape are checked, and errors name the place.

use super::problem::{Kind, Problem};
use crate::error::FieldError;
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, ContentEncoding},
    web::{Bytes, BytesMut},
};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use std::{
    io::{self, Read},
    time::Duration,
};

/// Most bytes of an ordinary body, after decompression. Higher: more memory per request; lower: large but valid
/// documents are refused.
pub const BODY_LIMIT: usize = 2 << 20;

/// Most bytes of a batch body, after decompression.
pub const BATCH_LIMIT: usize = 16 << 20;

/// How long a caller may take to send a body. Longer: slow callers hold memory; shorter: bad networks fail.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A JSON body of at most `LIMIT` bytes, parsed as `T`.
pub struct Json<T, const LIMIT: usize = BODY_LIMIT>(pub T);

impl<T: DeserializeOwned + 'static, const LIMIT: usize> FromRequest for Json<T, LIMIT> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = JsonBytes::<LIMIT>::from_request(request, payload);
        Box::pin(async move { parse(&bytes.await?.0).map(Self) })
    }
}

/// The bytes of a JSON body of at most `LIMIT` bytes, for handlers that read them piece by piece.
pub struct JsonBytes<const LIMIT: usize>(pub Bytes);

impl<const LIMIT: usize> FromRequest for JsonBytes<LIMIT> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { read(&request, payload, LIMIT, &["application/json"]).await.map(Self) })
    }
}

/// Bytes of a body of one of the accepted content types, decompressed, at most `limit`.
pub async fn read(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
    accepted: &[&str],
) -> Result<Bytes, Problem> {
    check_content_type(request, accepted)?;
    let encoding = content_encoding(request)?;
    let receive = tokio::time::timeout(BODY_TIMEOUT, receive(payload, limit)).await;
    let sent = receive
        .map_err(|_| Problem::new(Kind::InvalidRequest, "The body did not arrive within 30 seconds"))??;
    inflate(sent, encoding, limit)
}

async fn receive(mut payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Kind::InvalidRequest, "The body ended early"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Decompresses no further than the limit, however much a body would grow to, and with bounded windows.
fn inflate(sent: Bytes, encoding: ContentEncoding, limit: usize) -> Result<Bytes, Problem> {
    let mut inflated = Vec::new();
    let most = limit as u64 + 1;
    let read = match encoding {
        ContentEncoding::Gzip => MultiGzDecoder::new(&sent[..]).take(most).read_to_end(&mut inflated),
        ContentEncoding::Deflate => ZlibDecoder::new(&sent[..]).take(most).read_to_end(&mut inflated),
        ContentEncoding::Brotli => {
            brotli::Decompressor::new(&sent[..], 4_096).take(most).read_to_end(&mut inflated)
        }
        ContentEncoding::Zstd => {
            zstd_reader(&sent).and_then(|zstd| zstd.take(most).read_to_end(&mut inflated))
        }
        _ => return Ok(sent),
    };
    match read {
        Ok(length) if length > limit => Err(too_large(limit)),
        Ok(_) => Ok(inflated.into()),
        Err(_) => Err(Problem::new(Kind::InvalidRequest, "The body does not fit its Content-Encoding")),
    }
}

/// Windows of up to 8 MiB, which every usual level stays within; the format allows two gigabytes.
fn zstd_reader(sent: &[u8]) -> io::Result<zstd::stream::read::Decoder<'_, &[u8]>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(sent)?;
    decoder.window_log_max(23)?;
    Ok(decoder)
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        Kind::PayloadTooLarge,
        format!("The body may have at most {limit} bytes after decompression"),
    )
}

/// Refuses bodies of other content types than these.
pub(super) fn check_content_type(request: &HttpRequest, accepted: &[&str]) -> Result<(), Problem> {
    let sent =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = sent.split(';').next().unwrap_or("").trim();
    if accepted.iter().any(|accept| essence.eq_ignore_ascii_case(accept)) {
        return Ok(());
    }
    let names = accepted.join(" or ");
    Err(Problem::new(Kind::UnsupportedMediaType, format!("Send the body with Content-Type: {names}")))
}

/// How the body is compressed.
pub(super) fn content_encoding(request: &HttpRequest) -> Result<ContentEncoding, Problem> {
    let Some(value) = request.headers().get(header::CONTENT_ENCODING) else {
        return Ok(ContentEncoding::Identity);
    };
    value.to_str().ok().and_then(|name| name.trim().parse().ok()).ok_or_else(|| {
        Problem::new(
            Kind::UnsupportedMediaType,
            "Content-Encoding may be gzip, deflate, br, zstd or identity",
        )
    })
}

/// Parses a JSON object; errors say where and what was expected, never what was sent.
pub fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    // serde takes an array for an object, its items for the fields in their order; no caller was told of that.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::field("", "wrong_type", "expected an object"));
    }
    // Nearly all input is right; where something is wrong is found out by reading it a second time.
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| explain(&error))?;
    json.end().map_err(|error| syntax(&error))?;
    Ok(value)
}

/// Parses a JSON object that is a part of a body: an item of a batch or a line of a stream. What is JSON all the same may
/// hold text that is no text, such as half a surrogate pair: that breaks a rule of the part and not of the whole body.
pub fn parse_part<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Problem> {
    parse(json).map_err(|problem| {
        if problem.kind() != Kind::InvalidJson {
            return problem;
        }
        match serde_json::from_slice::<IgnoredAny>(json) {
            Ok(_) => Problem::field(
                "",
                "invalid_text",
                "holds text that is not Unicode (half a surrogate pair) or a number that is out of range",
            ),
            Err(error) => Problem::new(
                Kind::InvalidJson,
                format!("This is not a well-formed JSON object: see column {}", error.column()),
            ),
        }
    })
}

fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if error.inner().is_data() {
        return Problem::invalid(vec![field_error(error)]);
    }
    syntax(error.inner())
}

fn syntax(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::new(
        Kind::InvalidJson,
        format!("The body is not well-formed JSON at line {line}, column {column}"),
    )
}

/// Where and why a JSON value does not have the documented shape.
#[must_use]
pub fn field_error(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let message = error.inner().to_string();
    let parent = pointer(error.path());
    let named = |start: &str| message.strip_prefix(start).and_then(|rest| rest.split('`').next());
    if let Some(name) = named("missing field `") {
        return FieldError::new(format!("{parent}/{name}"), "required", "this field is required");
    }
    if let Some(name) = named("duplicate field `") {
        return FieldError::new(format!("{parent}/{name}"), "duplicate", "this field is given twice");
    }
    if message.starts_with("unknown field") {
        return FieldError::new(parent, "unknown_field", "there is no such field here");
    }
    match message.rsplit_once(", expected ") {
        // serde ends its messages with the position, which the pointer tells better.
        Some((_, expected)) => {
            let expected = expected.split(" at line ").next().unwrap_or(expected);
            let expected = in_json(expected);
            let code = if message.starts_with("unknown variant") { "unknown_value" } else { "wrong_type" };
            FieldError::new(parent, code, format!("expected {expected}"))
        }
        None => FieldError::new(parent, "wrong_type", "the value does not have the documented shape"),
    }
}

/// What serde expected, in words of JSON.
fn in_json(expected: &str) -> &str {
    match expected {
        "i64" | "i32" => "an integer",
        "u32" | "u64" | "usize" => "an integer of at least 0",
        "f64" => "a number",
        "a sequence" => "an array",
        shape if shape.starts_with("struct ") => "an object",
        other => other,
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let parts = path.iter().map(|segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", shortened(key)),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    });
    parts.collect()
}

/// Keys are the caller's text: long ones are cut, and the two characters that JSON Pointer reserves are escaped.
fn shortened(key: &str) -> String {
    key.chars().filter(|c| !c.is_control()).take(64).collect::<String>().replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape is used")]
    struct Shape {
        name: String,
        items: Vec<u8>,
    }

    fn error_of(json: &str) -> FieldError {
        let problem = parse::<Shape>(json.as_bytes()).unwrap_err();
        problem.document(None, None).errors.remove(0)
    }

    #[test]
    fn errors_point_at_the_field_and_never_repeat_the_value() {
        let wrong = error_of(r#"{"name":"a","items":[1,"secret"]}"#);
        assert_eq!((wrong.pointer.as_str(), wrong.code.as_str()), ("/items/1", "wrong_type"));
        assert!(!wrong.detail.contains("secret"));
        let missing = error_of(r#"{"items":[]}"#);
        assert_eq!((missing.pointer.as_str(), missing.code.as_str()), ("/name", "required"));
        let unknown = error_of(r#"{"name":"a","items":[],"a/b":1}"#);
        assert_eq!((unknown.pointer.as_str(), unknown.code.as_str()), ("/a~1b", "unknown_field"));
        let twice = error_of(r#"{"name":"a","name":"b"}"#);
        assert_eq!((twice.pointer.as_str(), twice.code.as_str()), ("/name", "duplicate"));
    }

    #[test]
    fn an_array_is_not_taken_for_an_object() {
        let array = error_of(r#" ["a",[1]]"#);
        assert_eq!((array.pointer.as_str(), array.code.as_str()), ("", "wrong_type"));
    }

    #[test]
    fn broken_json_names_line_and_column_only() {
        let problem = parse::<Shape>(b"{\"name\": \"\\ud800\"}").unwrap_err();
        assert_eq!(problem.kind(), Kind::InvalidJson);
    }
}
