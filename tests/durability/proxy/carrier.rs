//! Carries the messages of one connection in both directions.

use super::{
    Faults,
    wire::{Message, Way},
};
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

/// Connections whose answers can be swallowed at any statement: those that write for requests.
const WRITERS: &str = "voci ingest";

/// Connections that set the database up, before anything is acknowledged.
const START: &str = "voci start";

/// A statement that fails.
const FAILING: &str = "select 1 / 0";

/// How long a connection stays open after its answer was swallowed.
const A_LITTLE_LATER: Duration = Duration::from_millis(50);

/// What one direction tells the other: requests are counted from 1, the start being request 0.
#[derive(Default)]
struct Shared {
    requests: usize,
    /// Requests whose answers the client must not see, because it did not send them.
    hidden: VecDeque<usize>,
    /// The request from which on the client hears nothing.
    mute: Option<usize>,
}

/// Carries until either side ends, an answer is swallowed or the wire is cut.
pub(super) async fn carry(mut client: TcpStream, mut server: UnixStream, faults: Arc<Faults>) {
    let shared = Mutex::new(Shared::default());
    let mut cuts = faults.cuts();
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    // However it ends, both sides see the end of the connection.
    tokio::select! {
        _ = requests(Way::new(from_client, to_server), &faults, &shared) => {}
        _ = answers(Way::new(from_server, to_client), &shared) => {}
        _ = cuts.changed() => {}
    }
}

async fn requests<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    mut way: Way<R, W>,
    faults: &Faults,
    shared: &Mutex<Shared>,
) -> io::Result<()> {
    let start = way.start().await?;
    way.pass(&start.0).await?;
    if start.is_cancel() {
        return way.copy().await;
    }
    let application = start.application();
    loop {
        let message = way.next().await?;
        let messages = replaced(message, &application, faults, &mut shared.lock().unwrap());
        for message in messages {
            way.pass(&message.0).await?;
        }
    }
}

/// What goes to the server in place of a message.
fn replaced(message: Message, application: &str, faults: &Faults, shared: &mut Shared) -> Vec<Message> {
    let mut messages = Vec::with_capacity(2);
    let commits = message.statements().is_some_and(is_guarded_commit);
    if commits {
        let fate = faults.of_commit();
        if fate.breaks {
            shared.requests += 1;
            shared.hidden.push_back(shared.requests);
            messages.push(Message::query(FAILING));
        }
        if fate.swallows {
            shared.mute.get_or_insert(shared.requests + 1);
        }
        messages.push(if fate.unguards { Message::query("commit") } else { message });
    } else {
        if application != START && message.statements().is_some_and(is_bare_commit) {
            faults.counts.bare_commits.fetch_add(1, Ordering::Relaxed);
        }
        if application == WRITERS && message.kind() == b'E' && faults.swallows_statement() {
            shared.mute.get_or_insert(shared.requests + 1);
        }
        messages.push(message);
    }
    if messages.last().is_some_and(Message::ends_a_request) {
        shared.requests += 1;
    }
    messages
}

/// COMMIT with a statement before it in the same message, as `db::Tx` ends every transaction.
fn is_guarded_commit(statements: &str) -> bool {
    statements.trim_end().ends_with("; commit")
}

fn is_bare_commit(statements: &str) -> bool {
    let last = statements.trim_end().trim_end_matches(';').rsplit(';').next().unwrap_or_default();
    ["commit", "end"].iter().any(|word| last.trim().eq_ignore_ascii_case(word))
}

async fn answers<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    mut way: Way<R, W>,
    shared: &Mutex<Shared>,
) -> io::Result<()> {
    let mut request = 0;
    loop {
        let message = way.next().await?;
        let (ready, copies) = (message.kind() == b'Z', message.kind() == b'G');
        let (hidden, muted) = {
            let mut shared = shared.lock().unwrap();
            let hidden = shared.hidden.front() == Some(&request);
            if hidden && ready {
                shared.hidden.pop_front();
            }
            // While rows are copied in, the server overhears the end of the request that began it.
            shared.requests -= usize::from(copies);
            (hidden, shared.mute.is_some_and(|first| first <= request))
        };
        // A client that is not let copy would never finish its request.
        if !hidden && (!muted || copies) {
            way.pass(&message.0).await?;
        }
        if muted && ready {
            tokio::time::sleep(A_LITTLE_LATER).await;
            return Ok(());
        }
        request += usize::from(ready);
    }
}
