//! A wire between the service and PostgreSQL that can be cut, that can lose answers, and that can break a transaction.

mod carrier;
mod faults;
mod wire;

pub(crate) use faults::Faults;

use std::{path::PathBuf, sync::Arc};
use tokio::{
    net::{TcpListener, UnixStream},
    task::JoinSet,
};

/// Listens where the service looks for its database. Everything it has ends with it.
pub(crate) struct Proxy {
    pub(crate) faults: Arc<Faults>,
    port: u16,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// A proxy in front of the Unix socket of a PostgreSQL.
    pub(crate) async fn before(socket: PathBuf, faults: Faults) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let faults = Arc::new(faults);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, socket, faults.clone()));
        Self { faults, port, _accepting: accepting }
    }

    /// What the service gets as `DATABASE_URL`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://voci@127.0.0.1:{}/voci?sslmode=disable", self.port)
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, faults: Arc<Faults>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((client, _)) = listener.accept().await else { continue };
        // Without a server the client is turned away, as a machine without a server does.
        let Ok(server) = UnixStream::connect(&socket).await else { continue };
        client.set_nodelay(true).unwrap();
        connections.spawn(carrier::carry(client, server, faults.clone()));
    }
}
