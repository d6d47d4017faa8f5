//! `voci import`.

use super::{BUFFER, Kind, failed, is_standard, report::Report, unusable};
use crate::{CommandError, on_database, print};
use actix_web::{http::header::ContentEncoding, web::Data};
use clap::Args;
use indicatif::ProgressBar;
use serde_json::Value;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::io::{AsyncRead, BufReader};
use voci::{
    app::{self, Foundation},
    config::DatabaseConfig,
    creators::bulk::CreatorLines,
    db::Pools,
    events::{Intake, dry_run::Destination, stream::EventLines},
    http::{
        fallback::RouteTable,
        ndjson::{LineIntake, Source, decoded},
    },
    keys::{Tenant, store as keys},
    metrics::Metrics,
    niches::Taxonomy,
    posts::bulk::PostLines,
    quality::{Recorder, flush::Flusher},
    relationships::Backlog,
    transfer::import::load,
};

/// What `voci import` needs.
#[derive(Args)]
pub(crate) struct Import {
    #[command(flatten)]
    database: DatabaseConfig,
    /// What the lines are.
    kind: Kind,
    /// File of NDJSON; one that ends with `.gz`, `.zst` or `.br` is decompressed. `-` reads standard input.
    file: PathBuf,
    /// Name of the tenant.
    #[arg(long, default_value = keys::DEFAULT_TENANT)]
    tenant: String,
    /// File for the lines that are refused, as NDJSON of line numbers and problems; standard error has them otherwise.
    #[arg(long)]
    problems: Option<PathBuf>,
    /// Count purchases as verified; only of events.
    #[arg(long)]
    verified_purchases: bool,
    /// Only tell what would become of each line; only of events.
    #[arg(long)]
    dry_run: bool,
    /// Seconds events may wait to be folded before the import waits for folding. 0: never, as when no service runs. Too
    /// low: waiting; too high: scores lag for as long.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=86_400))]
    fold_lag_seconds: u32,
}

impl Import {
    /// Loads the file, prints a summary, and fails when lines were refused.
    pub(crate) async fn run(self) -> Result<(), CommandError> {
        if (self.dry_run || self.verified_purchases) && !matches!(self.kind, Kind::Events) {
            let only = "--dry-run and --verified-purchases are for events only";
            return Err(CommandError::Failed(only.to_owned()));
        }
        let mut report = Report::new(&self.file, self.problems.as_deref())?;
        let source = self.source(&report.bar).await?;
        let summary = on_database(&self.database, async |foundation: &Foundation| {
            self.load(foundation, source, &mut report).await
        })
        .await;
        report.bar.finish_and_clear();
        print(&format!("{}\n", summary?))?;
        report.verdict()
    }

    async fn load(
        &self,
        foundation: &Foundation,
        source: Source,
        report: &mut Report,
    ) -> Result<Value, CommandError> {
        let pools = &foundation.pools;
        let tenant = Arc::new(keys::open_tenant(&pools.background, &foundation.master, &self.tenant).await?);
        match self.kind {
            Kind::Creators => {
                let taxonomy = Arc::new(Taxonomy::built_in());
                loaded(source, CreatorLines::new(pools.ingest.clone(), taxonomy, tenant), report).await
            }
            Kind::Posts => loaded(source, PostLines::new(pools.ingest.clone(), tenant.id), report).await,
            Kind::Events => self.load_events(pools, tenant, source, report).await,
        }
    }

    /// Does for events what a service does: looks after the backlog, and counts for the report of data quality.
    async fn load_events(
        &self,
        pools: &Pools,
        tenant: Arc<Tenant>,
        source: Source,
        report: &mut Report,
    ) -> Result<Value, CommandError> {
        let metrics = Data::new(Metrics::new(&RouteTable::of(&app::document())));
        let backlog = Arc::new(Backlog::new(self.fold_lag()));
        let intake = Intake::start(&pools.ingest, backlog.clone(), &metrics.group_commits());
        let recorder = Arc::new(Recorder::new(metrics));
        let flusher = Flusher::start(recorder.clone(), pools.background.clone());
        let background = pools.background.clone();
        let watch = tokio::spawn(async move { backlog.watch(background).await });
        let destination = Destination::new(self.dry_run, &intake, pools);
        let lines = EventLines::new(destination, recorder, tenant, self.verified_purchases);
        let done = loaded(source, lines, report).await;
        watch.abort();
        flusher.stop().await;
        done
    }

    fn fold_lag(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.fold_lag_seconds.into())).filter(|lag| !lag.is_zero())
    }

    async fn source(&self, bar: &ProgressBar) -> Result<Source, CommandError> {
        if is_standard(&self.file) {
            return Ok(buffered(tokio::io::stdin(), bar, ContentEncoding::Identity));
        }
        let encoding = match self.file.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => ContentEncoding::Gzip,
            Some("zst") => ContentEncoding::Zstd,
            Some("br") => ContentEncoding::Brotli,
            _ => ContentEncoding::Identity,
        };
        let file = tokio::fs::File::open(&self.file).await;
        Ok(buffered(file.map_err(|error| unusable(&self.file, &error))?, bar, encoding))
    }
}

async fn loaded<I: LineIntake>(
    source: Source,
    intake: I,
    report: &mut Report,
) -> Result<Value, CommandError> {
    let summary = load(source, intake, report).await.map_err(|error| failed(&error))?;
    serde_json::to_value(&summary).map_err(|error| failed(&error))
}

fn buffered(bytes: impl AsyncRead + Unpin + 'static, bar: &ProgressBar, encoding: ContentEncoding) -> Source {
    decoded(BufReader::with_capacity(BUFFER, bar.wrap_async_read(bytes)), encoding)
}
