//! Messages of PostgreSQL's protocol, version 3.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};

/// The code of a request to cancel, which comes in place of a start.
const CANCEL: u32 = 80_877_102;

/// Longest message that is believed.
const LONGEST: usize = 1 << 30;

/// The first message of a connection, which has no type.
pub(super) struct Start(pub(super) Vec<u8>);

impl Start {
    pub(super) fn is_cancel(&self) -> bool {
        self.0[4..8] == CANCEL.to_be_bytes()
    }

    /// The name the client gives itself.
    pub(super) fn application(&self) -> String {
        let texts: Vec<&[u8]> = self.0[8..].split(|byte| *byte == 0).collect();
        let name = texts.chunks(2).find(|pair| pair[0] == b"application_name").map(|pair| pair[1]);
        String::from_utf8_lossy(name.unwrap_or_default()).into_owned()
    }
}

/// A message with its type and length.
pub(super) struct Message(pub(super) Vec<u8>);

impl Message {
    /// A request that consists of statements alone.
    pub(super) fn query(sql: &str) -> Self {
        let length = u32::try_from(sql.len() + 5).unwrap();
        Self([b"Q", &length.to_be_bytes()[..], sql.as_bytes(), b"\0"].concat())
    }

    pub(super) fn kind(&self) -> u8 {
        self.0[0]
    }

    /// The statements, when it consists of statements alone.
    pub(super) fn statements(&self) -> Option<&str> {
        let text = (self.kind() == b'Q').then(|| self.0[5..].strip_suffix(b"\0"))??;
        std::str::from_utf8(text).ok()
    }

    /// After it, a client waits until the server is ready again.
    pub(super) fn ends_a_request(&self) -> bool {
        matches!(self.kind(), b'Q' | b'S')
    }
}

/// One direction of a connection, read message by message and written in as few pieces as it came.
pub(super) struct Way<R, W> {
    from: BufReader<R>,
    to: BufWriter<W>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Way<R, W> {
    pub(super) fn new(from: R, to: W) -> Self {
        Self { from: BufReader::with_capacity(1 << 16, from), to: BufWriter::with_capacity(1 << 16, to) }
    }

    pub(super) async fn start(&mut self) -> io::Result<Start> {
        let mut bytes = vec![0; 4];
        self.from.read_exact(&mut bytes).await?;
        self.rest(&mut bytes, 4, 8).await?;
        Ok(Start(bytes))
    }

    pub(super) async fn next(&mut self) -> io::Result<Message> {
        if self.from.buffer().is_empty() {
            self.to.flush().await?;
        }
        let mut bytes = vec![0; 5];
        self.from.read_exact(&mut bytes).await?;
        self.rest(&mut bytes, 5, 4).await?;
        Ok(Message(bytes))
    }

    /// Reads what the last four bytes say is still to come.
    async fn rest(&mut self, bytes: &mut Vec<u8>, head: usize, least: usize) -> io::Result<()> {
        let length = u32::from_be_bytes(bytes[head - 4..].try_into().unwrap());
        let length = usize::try_from(length).unwrap();
        if !(least..LONGEST).contains(&length) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        bytes.resize(head - 4 + length, 0);
        self.from.read_exact(&mut bytes[head..]).await.map(drop)
    }

    pub(super) async fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes).await
    }

    /// Passes everything else on as it comes.
    pub(super) async fn copy(mut self) -> io::Result<()> {
        self.to.flush().await?;
        tokio::io::copy(&mut self.from, &mut self.to.into_inner()).await.map(drop)
    }
}
