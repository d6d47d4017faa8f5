//! `voci demo`: loads a small story into a running service and asks it three questions.
//!
//! Everything goes through the public API. The story is told as of the day on which its first creator was registered,
//! so loading it again, on any later day, finds every event there already. It has a tenant of its own.

pub mod cast;
pub mod client;
pub mod key;
pub mod load;
pub mod questions;
pub mod random;
pub mod report;
pub mod scene;
pub mod story;

use crate::{app::StartError, config::DemoConfig, db::DbError, keys::store::KeyStoreError};
use client::{Client, ClientError};
use questions::QUESTIONS;
use report::Report;
use std::{io, path::PathBuf, time::Instant};

/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The service does not answer, or not as it should.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The data directory is not there.
    #[error(
        "a service answers, but its data is not in {}, so the demo cannot make itself an API key: run it where the \
         service runs, with the same VOCI_DATA_DIR or DATABASE_URL, or give it a key of the service with --key", .0.display()
    )]
    NoData(PathBuf),
    /// The database of the service, in which the demo's key is made.
    #[error("the demo cannot make itself an API key; --key gives it one: {0}")]
    Start(#[from] StartError),
    /// Keys and tenants.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// Keys and tenants.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The service took events but does not rank them.
    #[error(
        "after {0} seconds the service has not ranked all events; does a worker run (VOCI_WORKERS above 0)?"
    )]
    NotRanked(u64),
    /// The service holds events that are not those of the story.
    #[error("{0} events of the story were not taken: {1}")]
    Refused(usize, String),
    /// What the story is there to show does not show.
    #[error("{0} of the claims above do not hold")]
    ClaimsFail(usize),
    /// Standard output.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

/// Runs the demo and prints what it finds.
pub async fn run(config: &DemoConfig, out: &mut impl io::Write) -> Result<(), DemoError> {
    let address = config.address();
    client::knock(&address).await?;
    let (key, made) = key::of(config).await?;
    let client = Client::new(address, key)?;
    let cast = cast::cast();
    let mut report = Report::new(out);
    report.opening(&client, made)?;
    let loaded = load::load(&client, &cast).await?;
    report.loaded(&cast, &loaded)?;
    let sent = Instant::now();
    load::until_ranked(&client, &cast, &loaded.events).await?;
    report.ranked(sent.elapsed())?;
    if !load::is_followed(&client, &cast, &client.model().await?).await? {
        report.waiting()?;
    }
    report.fitted(&load::until_fitted(&client, &cast).await?)?;
    let mut failed = 0;
    for question in &QUESTIONS {
        let page = client.recommend(question.body).await?;
        let claims = (question.claims)(&cast, &page.items);
        failed += claims.iter().filter(|claim| !claim.holds).count();
        report.answer(question, &client, &cast, &page.items)?;
        report.claims(&claims)?;
    }
    if failed == 0 { Ok(()) } else { Err(DemoError::ClaimsFail(failed)) }
}
