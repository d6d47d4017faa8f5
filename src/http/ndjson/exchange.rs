//! A stream over HTTP: the body of the answer is made while the body of the request is read.
//!
//! What a stream ends with tells what is known: a summary means that everything is committed as told; a problem, or
//! nothing, means that lines without a result may or may not be, and that sending them again is harmless.

use super::{
    LineIntake, ResultLine,
    feed::{Feed, Pause},
    source::{self, Source},
};
use crate::{
    config::ServeConfig,
    http::{
        auth::{Caller, Demand},
        health::Draining,
        problem::{Kind, Problem, ProblemDocument},
    },
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{self, ContentEncoding},
    web::{Bytes, Data},
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use std::{
    convert::Infallible,
    future::{Ready, ready},
    marker::PhantomData,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::{sleep, timeout},
};
use tracing_actix_web::RequestId;
use utoipa::{IntoParams, ToSchema};

/// How long a chunk waits to be committed while the database is busy or folding is behind. Longer: overload turns into
/// long queues; shorter: busy moments end streams.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a stopping service waits for the chunk under way. Longer: stops take long; shorter: more lines are sent again.
const LAST_CHUNK: Duration = Duration::from_secs(3);

/// Most chunks that are committed at once, whatever the size of the pool. More: locks and memory; fewer: cores that
/// stand idle.
const MOST_COMMITS: usize = 8;

/// What all streams of a process share.
pub struct Streams {
    open: Arc<Semaphore>,
    commits: Semaphore,
    idle: Duration,
}

impl Streams {
    /// Streams commit on half of the connections, so that single requests always find one.
    #[must_use]
    pub fn new(config: &ServeConfig, pool_size: u16) -> Self {
        let commits = usize::from(pool_size).div_ceil(2).min(MOST_COMMITS);
        Self {
            open: Arc::new(Semaphore::new(usize::from(config.max_streams))),
            commits: Semaphore::new(commits),
            idle: Duration::from_secs(u64::from(config.stream_idle_seconds)),
        }
    }

    fn open(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let permit = self.open.clone().try_acquire_owned();
        permit.map_err(|_| Problem::new(Kind::Overloaded, "Too many streams are open; try again in a moment"))
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let turn = timeout(PATIENCE, self.commits.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or_else(|| {
            Problem::new(Kind::Overloaded, "The database is busy. Send the rest again: repeats are harmless")
        })
    }
}

/// Which lines get a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Results {
    /// Every line.
    #[default]
    All,
    /// Only lines that were refused.
    Problems,
}

/// Lines of JSON as plain bytes, for callers whose tools know no NDJSON.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes the shape; streams are read line by line")]
pub struct NdjsonBytes(Vec<u8>);

/// What a stream is answered with.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ResultsQuery {
    /// `all`: every line gets a result, which has to be read while the rest is sent. `problems`: only refused lines do,
    /// for callers who read nothing before they have sent everything.
    #[param(default = "all", nullable = false)]
    results: Option<Results>,
}

impl ResultsQuery {
    /// The same from another query.
    #[must_use]
    pub fn new(results: Option<Results>) -> Self {
        Self { results }
    }
}

/// The body of a request that is a stream.
pub struct NdjsonBody {
    request: HttpRequest,
    source: Source,
    streams: Data<Streams>,
    draining: Data<Draining>,
    permit: OwnedSemaphorePermit,
}

impl FromRequest for NdjsonBody {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Self::open(request, payload.take()))
    }
}

impl NdjsonBody {
    fn open(request: &HttpRequest, payload: Payload) -> Result<Self, Problem> {
        let shared = "the application registers what streams share";
        let streams = request.app_data::<Data<Streams>>().expect(shared).clone();
        let draining = request.app_data::<Data<Draining>>().expect(shared).clone();
        let source = source::of_request(request, payload)?;
        let permit = streams.open()?;
        Ok(Self { request: request.clone(), source, streams, draining, permit })
    }

    /// Answers line by line.
    pub fn answer<D: Demand, I: LineIntake + 'static>(
        self,
        _caller: Caller<D>,
        query: &ResultsQuery,
        intake: I,
    ) -> HttpResponse {
        let Self { request, source, streams, draining, permit } = self;
        let exchange = Exchange::<D, I> {
            feed: Feed::new(source, intake),
            results: query.results.unwrap_or_default(),
            request,
            streams,
            draining,
            over: false,
            demand: PhantomData,
            _permit: permit,
        };
        HttpResponse::Ok()
            .content_type("application/x-ndjson")
            // Results would be held back until a compressor has enough of them.
            .insert_header(ContentEncoding::Identity)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            // Proxies must not gather the results either.
            .insert_header(("X-Accel-Buffering", "no"))
            .streaming(stream::unfold(exchange, Exchange::next))
    }
}

struct Exchange<D, I> {
    feed: Feed<I>,
    results: Results,
    request: HttpRequest,
    streams: Data<Streams>,
    draining: Data<Draining>,
    over: bool,
    demand: PhantomData<D>,
    _permit: OwnedSemaphorePermit,
}

/// The last line of a stream that ended early.
#[derive(Serialize)]
struct Ended<'a> {
    problem: &'a ProblemDocument,
}

impl<D: Demand, I: LineIntake> Exchange<D, I> {
    /// The next lines of the answer.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let mut lines = Vec::new();
        // An empty piece would end the answer.
        while lines.is_empty() && !self.over {
            match self.advance(&mut lines).await {
                Ok(Pause::Chunk) => {}
                Ok(Pause::End) => {
                    self.over = true;
                    write_line(&mut lines, &self.feed.summary());
                }
                Err(problem) => {
                    self.over = true;
                    self.end(&mut lines, &problem);
                }
            }
        }
        (!lines.is_empty()).then(|| (Ok(Bytes::from(lines)), self))
    }

    /// Reads a chunk, commits it and tells of it. What was read before a problem is committed all the same.
    async fn advance(&mut self, out: &mut Vec<u8>) -> Result<Pause, Problem> {
        let gathered = tokio::select! {
            biased;
            () = self.draining.begun() => Err(stopping()),
            gathered = self.feed.gather(self.streams.idle) => gathered,
        };
        if self.feed.has_lines() {
            self.commit(out).await?;
        }
        gathered
    }

    async fn commit(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
        // A key that was revoked must not go on for as long as its stream is open.
        Caller::<D>::of(&self.request).await?;
        let (streams, draining) = (&self.streams, &self.draining);
        let lines = tokio::select! {
            lines = self.feed.commit(PATIENCE, || streams.turn()) => lines?,
            () = async { draining.begun().await; sleep(LAST_CHUNK).await } => return Err(stopping()),
        };
        for line in lines.iter().filter(|line| self.results == Results::All || line.refusal().is_some()) {
            write_line(out, line);
        }
        Ok(())
    }

    fn end(&self, out: &mut Vec<u8>, problem: &Problem) {
        let request_id = self.request.extensions().get::<RequestId>().map(ToString::to_string);
        let path = self.request.path().chars().take(2_048).collect();
        tracing::info!(code = problem.kind().code(), request_id, "a stream ended early");
        write_line(out, &Ended { problem: &problem.document(Some(path), request_id) });
    }
}

fn write_line(out: &mut Vec<u8>, line: &impl Serialize) {
    serde_json::to_writer(&mut *out, line).expect("result lines are plain JSON");
    out.push(b'\n');
}

fn stopping() -> Problem {
    Problem::new(Kind::NotReady, "The service is stopping. Send the rest again: repeats are harmless")
}
