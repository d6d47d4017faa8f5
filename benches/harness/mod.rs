//! What the evaluation and the benchmarks share: a service of their own, a client, reports.

pub(crate) mod batch;
pub(crate) mod client;
pub(crate) mod report;
pub(crate) mod service;
pub(crate) mod stage;
pub(crate) mod wire;

/// Why a run failed, in words.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// True under `cargo bench`. `cargo test --all-targets` runs these targets, too, without the flag: they then end at
/// once, because a measurement beside tests measures nothing.
pub(crate) fn is_asked_for() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Completes when somebody wants the run to end: what is dropped then cleans up behind itself.
pub(crate) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = signals else { return std::future::pending().await };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
}
