//! Asking a server on its Unix socket whether it accepts connections.
//!
//! This speaks just enough of the PostgreSQL protocol to tell a server that is ready from one
//! that is starting up, recovering or shutting down, without an async runtime.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const PROTOCOL_3_0: u32 = 3 << 16;
const TIMEOUT: Duration = Duration::from_secs(5);
const LONGEST_MESSAGE: u32 = 1 << 16;

/// What became of an attempt to connect.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The server accepts connections.
    Ready,
    /// Nothing listens, or the server asks to come again later.
    NotYet,
    /// The server does not want us; its message.
    Refused(String),
}

/// Connects to the socket as `user`.
pub(super) fn probe(socket: &Path, user: &str) -> Answer {
    // A server that dies in the middle is one that is not ready.
    UnixStream::connect(socket).and_then(|stream| converse(stream, user)).unwrap_or(Answer::NotYet)
}

fn converse(mut stream: UnixStream, user: &str) -> io::Result<Answer> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(&startup_message(user))?;
    loop {
        match read_message(&mut stream)? {
            (b'Z', _) => {
                stream.write_all(b"X\0\0\0\x04")?;
                return Ok(Answer::Ready);
            }
            (b'E', fields) => return Ok(judge(&fields)),
            (b'R', kind) if kind != [0; 4] => {
                return Ok(Answer::Refused("it asks for a password".into()));
            }
            _ => {}
        }
    }
}

fn startup_message(user: &str) -> Vec<u8> {
    let parameters = format!("user\0{user}\0database\0postgres\0\0");
    let length = u32::try_from(8 + parameters.len()).expect("a user name is short");
    [&length.to_be_bytes(), &PROTOCOL_3_0.to_be_bytes(), parameters.as_bytes()].concat()
}

fn read_message(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u32::from_be_bytes(length);
    if !(4..=LONGEST_MESSAGE).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = Vec::new();
    stream.take(u64::from(length - 4)).read_to_end(&mut body)?;
    Ok((kind, body))
}

/// Judges the fields of an `ErrorResponse`.
fn judge(fields: &[u8]) -> Answer {
    let field = |kind: u8| {
        let found = fields.split(|byte| *byte == 0).find(|field| field.first() == Some(&kind));
        String::from_utf8_lossy(found.map_or(&[][..], |field| &field[1..])).into_owned()
    };
    match field(b'C').as_str() {
        // cannot_connect_now: starting up, recovering or shutting down.
        "57P03" => Answer::NotYet,
        // It serves others (too many connections) or other databases.
        "53300" | "3D000" => Answer::Ready,
        _ => Answer::Refused(field(b'M')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart() {
        let starting = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0";
        assert_eq!(judge(starting), Answer::NotYet);
        let full = b"SFATAL\0C53300\0Msorry, too many clients already\0\0";
        assert_eq!(judge(full), Answer::Ready);
        let role = b"SFATAL\0C28000\0Mrole \"voci\" does not exist\0\0";
        assert_eq!(judge(role), Answer::Refused("role \"voci\" does not exist".into()));
    }

    #[test]
    fn nonsense_is_no_message() {
        assert!(read_message(&mut &b"HTTP/1.1 400"[..]).is_err());
    }

    #[test]
    fn nobody_there_is_not_yet() {
        assert_eq!(probe(Path::new("/nonexistent/socket"), "voci"), Answer::NotYet);
    }
}
