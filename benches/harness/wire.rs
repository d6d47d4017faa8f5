//! HTTP/1.1 on a bare connection: a client that costs next to nothing, so that the service is measured and not the client.

use super::Failure;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A kept-alive connection.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

/// A POST of JSON as it goes over the wire.
pub(crate) fn post(entry: &(SocketAddr, String), path: &str, body: &str) -> Vec<u8> {
    let (address, key) = entry;
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

impl Wire {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4_096) })
    }

    /// Sends a request and reads the whole answer; its status.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<u16, Failure> {
        self.stream.write_all(request).await?;
        self.read.clear();
        loop {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err("the connection ended".into());
            }
            if let Some(status) = complete(&self.read)? {
                return Ok(status);
            }
        }
    }

    /// Bytes of the last answer, with its head.
    pub(crate) fn received(&self) -> usize {
        self.read.len()
    }
}

/// The status of an answer once all of it is there.
fn complete(bytes: &[u8]) -> Result<Option<u16>, Failure> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?.to_ascii_lowercase();
    let status = head.get(9..12).ok_or("no status")?.parse()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.ok_or("no content-length")?.trim().parse()?;
    Ok((bytes.len() >= end + 4 + length).then_some(status))
}
