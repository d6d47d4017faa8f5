//! NDJSON streams: sent piece by piece, read line by line.

use super::Client;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use futures_util::stream;
use reqwest::{Method, Response};
use serde_json::Value;
use std::{convert::Infallible, io::Write, time::Duration};
use tokio::sync::mpsc;

/// How long a line of an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A stream that is under way.
pub(crate) struct Upload {
    sender: Option<mpsc::Sender<Vec<u8>>>,
    response: Response,
    read: Vec<u8>,
}

impl Upload {
    /// Opens a stream that the service takes.
    pub(crate) async fn open(client: &Client, path: &str) -> Self {
        Self::encoded(client, path, "identity").await
    }

    /// The same with a Content-Encoding.
    pub(crate) async fn encoded(client: &Client, path: &str, encoding: &str) -> Self {
        let (sender, receiver) = mpsc::channel::<Vec<u8>>(1);
        let body = stream::unfold(receiver, |mut receiver| async {
            let piece = receiver.recv().await?;
            Some((Ok::<_, Infallible>(piece), receiver))
        });
        let request = client
            .request(Method::POST, path)
            .header("content-type", "application/x-ndjson")
            .header("content-encoding", encoding);
        let response = request.open(reqwest::Body::wrap_stream(body)).await;
        assert_eq!(response.status().as_u16(), 200);
        Self { sender: Some(sender), response, read: Vec::new() }
    }

    /// Sends bytes.
    pub(crate) async fn send(&mut self, bytes: impl Into<Vec<u8>>) {
        let sender = self.sender.as_ref().unwrap();
        // A stream that the service has ended takes nothing more; what it says is for the test to read.
        let _ = tokio::time::timeout(PATIENCE, sender.send(bytes.into())).await.expect("the service reads");
    }

    /// Sends values as lines.
    pub(crate) async fn send_lines(&mut self, values: &[Value]) {
        self.send(lines(values)).await;
    }

    /// That was all.
    pub(crate) fn end(&mut self) {
        self.sender.take();
    }

    /// The next line of the answer; `None` at its end.
    pub(crate) async fn line(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let piece = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("a line comes");
            let Ok(Some(piece)) = piece else {
                assert!(self.read.is_empty(), "the answer ends with a whole line");
                return None;
            };
            self.read.extend_from_slice(&piece);
        }
    }

    /// All lines that are left.
    pub(crate) async fn rest(&mut self) -> Vec<Value> {
        let mut lines = Vec::new();
        while let Some(line) = self.line().await {
            lines.push(line);
        }
        lines
    }
}

/// Values as lines.
pub(crate) fn lines(values: &[Value]) -> Vec<u8> {
    values.iter().flat_map(|value| format!("{value}\n").into_bytes()).collect()
}

/// A way to compress, piece by piece.
pub(crate) enum Encoding {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoding {
    /// The encoding of this name.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "gzip" => Self::Gzip(GzEncoder::new(Vec::new(), Compression::fast())),
            "deflate" => Self::Deflate(ZlibEncoder::new(Vec::new(), Compression::fast())),
            "br" => Self::Brotli(Box::new(brotli::CompressorWriter::new(Vec::new(), 4_096, 3, 20))),
            "zstd" => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap()),
            other => panic!("{other}"),
        }
    }

    /// Compresses bytes so that they can be decompressed without what follows.
    pub(crate) fn piece(&mut self, bytes: &[u8]) -> Vec<u8> {
        fn flushed(writer: &mut impl Write, bytes: &[u8]) {
            writer.write_all(bytes).unwrap();
            writer.flush().unwrap();
        }
        match self {
            Self::Gzip(encoder) => {
                flushed(encoder, bytes);
                std::mem::take(encoder.get_mut())
            }
            Self::Deflate(encoder) => {
                flushed(encoder, bytes);
                std::mem::take(encoder.get_mut())
            }
            Self::Brotli(encoder) => {
                flushed(encoder, bytes);
                std::mem::take(encoder.get_mut())
            }
            Self::Zstd(encoder) => {
                flushed(encoder, bytes);
                std::mem::take(encoder.get_mut())
            }
        }
    }

    /// What comes at the end.
    pub(crate) fn end(self) -> Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.finish().unwrap(),
            Self::Deflate(encoder) => encoder.finish().unwrap(),
            Self::Brotli(encoder) => encoder.into_inner(),
            Self::Zstd(encoder) => encoder.finish().unwrap(),
        }
    }
}
