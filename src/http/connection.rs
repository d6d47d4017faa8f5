//! What is set on every connection.

use actix_web::rt::net::TcpStream;
use std::{any::Any, time::Duration};

/// Ends a connection whose peer takes nothing of what is sent to it for so long. The server itself waits for ever to write.
pub fn limit_waiting(connection: &dyn Any, longest: Duration) {
    if let Some(stream) = connection.downcast_ref::<TcpStream>() {
        limit(stream, longest);
    }
}

#[cfg(target_os = "linux")]
fn limit(stream: &TcpStream, longest: Duration) {
    use nix::sys::socket::{setsockopt, sockopt::TcpUserTimeout};
    let milliseconds = u32::try_from(longest.as_millis()).unwrap_or(u32::MAX);
    if let Err(error) = setsockopt(stream, TcpUserTimeout, &milliseconds) {
        tracing::debug!(%error, "the connection has no limit on waiting");
    }
}

/// Other systems know no such limit; their connections end when the peer is gone.
#[cfg(not(target_os = "linux"))]
fn limit(_: &TcpStream, _: Duration) {}
