//! Addresses, taken before anything else is done, so that a start that cannot have them leaves nothing behind.

use super::StartError;
use crate::config::ServeConfig;
use actix_web::dev::Server;
use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// A server and where it listens.
pub(super) type Listening = (Server, SocketAddr);

/// The addresses of a service.
pub(super) struct Listeners {
    pub(super) api: Listener,
    pub(super) metrics: Option<Listener>,
}

pub(super) struct Listener {
    socket: TcpListener,
    setting: &'static str,
    address: SocketAddr,
}

impl Listeners {
    pub(super) fn bind(config: &ServeConfig) -> Result<Self, StartError> {
        let metrics = config.metrics_listen.map(|address| Listener::bind("VOCI_METRICS_LISTEN", address));
        Ok(Self { api: Listener::bind("VOCI_LISTEN", config.listen)?, metrics: metrics.transpose()? })
    }
}

impl Listener {
    fn bind(setting: &'static str, address: SocketAddr) -> Result<Self, StartError> {
        let error = |cause| StartError::Listen { setting, address, cause };
        let socket = TcpListener::bind(address).map_err(error)?;
        let address = socket.local_addr().map_err(error)?;
        Ok(Self { socket, setting, address })
    }

    /// A server on it, with its address.
    pub(super) fn server(
        self,
        make: impl FnOnce(TcpListener) -> io::Result<Server>,
    ) -> Result<Listening, StartError> {
        let Self { socket, setting, address } = self;
        let server = make(socket).map_err(|cause| StartError::Listen { setting, address, cause })?;
        Ok((server, address))
    }
}
