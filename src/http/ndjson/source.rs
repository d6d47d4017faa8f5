//! Where the bytes of a stream come from, decompressed as they come.
//!
//! Decoders only ever decompress into a buffer of fixed size and with windows of fixed size, so what a small body would
//! grow to costs no more than what is read of it.

use super::brotli::BrotliDecoder;
use crate::http::{
    body::{check_content_type, content_encoding},
    problem::{Kind, Problem},
};
use actix_web::{HttpRequest, dev::Payload, http::header::ContentEncoding};
use async_compression::{
    tokio::bufread::{GzipDecoder, ZlibDecoder, ZstdDecoder},
    zstd::DParameter,
};
use futures_util::StreamExt;
use std::io;
use tokio::io::{AsyncBufRead, AsyncRead, BufReader};
use tokio_util::io::StreamReader;

/// Content types of streams.
const CONTENT_TYPES: [&str; 3] = ["application/x-ndjson", "application/ndjson", "application/octet-stream"];

/// Bytes decompressed at a time. Larger: more memory per stream; smaller: more steps.
const BUFFER: usize = 32 << 10;

/// Windows of up to 8 MiB, which every usual level stays within; the format allows two gigabytes.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Bytes of a stream, decompressed.
pub type Source = Box<dyn AsyncBufRead + Unpin>;

/// The body of a request.
pub(super) fn of_request(request: &HttpRequest, payload: Payload) -> Result<Source, Problem> {
    check_content_type(request, &CONTENT_TYPES)?;
    let encoding = content_encoding(request)?;
    let bytes = payload.map(|bytes| bytes.map_err(|cause| io::Error::other(Broken(cause.to_string()))));
    Ok(decoded(StreamReader::new(bytes), encoding))
}

/// The bytes that `encoded` stands for.
pub fn decoded(encoded: impl AsyncBufRead + Unpin + 'static, encoding: ContentEncoding) -> Source {
    // Several members after each other are one stream. Without this, what follows the first would be ignored silently.
    macro_rules! members {
        ($decoder:expr) => {{
            let mut decoder = $decoder;
            decoder.multiple_members(true);
            buffered(decoder)
        }};
    }
    match encoding {
        ContentEncoding::Gzip => members!(GzipDecoder::new(encoded)),
        ContentEncoding::Deflate => members!(ZlibDecoder::new(encoded)),
        ContentEncoding::Brotli => buffered(BrotliDecoder::new(encoded)),
        ContentEncoding::Zstd => {
            members!(ZstdDecoder::with_params(encoded, &[DParameter::window_log_max(ZSTD_WINDOW_LOG)]))
        }
        _ => Box::new(encoded),
    }
}

fn buffered(decoder: impl AsyncRead + Unpin + 'static) -> Source {
    Box::new(BufReader::with_capacity(BUFFER, decoder))
}

/// The body ended before its end; told from a body that cannot be decompressed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Broken(String);

/// Why no more can be read.
pub(super) fn failure(error: &io::Error) -> Problem {
    let broken = matches!(error.get_ref(), Some(cause) if cause.is::<Broken>());
    let detail = if broken { "The body ended early" } else { "The body does not fit its Content-Encoding" };
    Problem::new(Kind::InvalidRequest, detail)
}
