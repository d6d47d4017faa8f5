//! Posts as lines of a stream.

use super::{
    input::{MetricsInput, PostInput},
    model::{Outcome, Submission, post_ref},
    store,
    told::{counted_before_publication, metrics_conflict, unknown_creator},
};
use crate::{
    creators::Platform,
    db::{Pool, detached},
    error::{Violations, not_null, object},
    http::{
        body,
        ndjson::{Chunk, LineIntake, ResultLine},
        problem::{Problem, ProblemDocument},
    },
    ids::{TenantId, is_valid_id},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A post, as it is sent in a line.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "creator_id": "ana-verde", "post_id": "ig-post-771", "published_at": "2026-11-20T17:00:00Z",
    "platform": "instagram", "topics": ["slow fashion"], "sponsored": true, "brand": "linen-and-co",
    "metrics": {"as_of": "2026-11-21T17:00:00Z", "views": 9120, "reach": 7040, "likes": 402, "comments": 31}
}))]
pub struct BulkPostInput {
    /// The creator.
    #[schema(example = "ana-verde", min_length = 1, max_length = 128)]
    pub creator_id: String,
    /// The caller's id of the post.
    #[schema(example = "ig-post-771", min_length = 1, max_length = 128)]
    pub post_id: String,
    /// When it was published, with offset or `Z`.
    #[schema(example = "2026-11-20T17:00:00Z", max_length = 64)]
    pub published_at: String,
    /// Where it was published.
    pub platform: Platform,
    /// What it is about: free tags. Kept in lower case and without white space around them; repeats count once.
    #[serde(default)]
    #[schema(example = json!(["slow fashion", "mending"]), max_items = 20)]
    pub topics: Vec<String>,
    /// Whether somebody paid for it.
    #[serde(default)]
    #[schema(example = true)]
    pub sponsored: bool,
    /// Id of the brand that paid for it; only of a sponsored post.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "linen-and-co", nullable = false, min_length = 1, max_length = 128)]
    pub brand: Option<String>,
    /// What the platform counts of it.
    #[serde(default, deserialize_with = "object")]
    #[schema(nullable = false)]
    pub metrics: Option<MetricsInput>,
}

impl BulkPostInput {
    fn accept(self, tenant: TenantId, now: Timestamp) -> Result<Submission, Problem> {
        let Self { creator_id, post_id, published_at, platform, topics, sponsored, brand, metrics } = self;
        let mut ids = Violations::default();
        ids.id("/creator_id", &creator_id);
        ids.id("/post_id", &post_id);
        let input = PostInput { published_at, platform, topics, sponsored, brand, metrics };
        match (ids.finish(), input.accept(now)) {
            (Ok(()), Ok((post, metrics))) => {
                Ok(Submission { post_ref: post_ref(tenant, &creator_id, &post_id), post_id, post, metrics })
            }
            (ids, post) => {
                let wrong = ids.err().into_iter().chain(post.err());
                Err(Problem::invalid(wrong.flatten().collect()))
            }
        }
    }
}

/// What became of a post of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostStatus {
    /// It is new and committed.
    Created,
    /// It was there; the post or its counts changed, and that is committed.
    Replaced,
    /// All of it was committed before; sending it again was harmless.
    Unchanged,
    /// Other counts are stored as of the same time; nothing of the line was stored.
    Conflict,
    /// It breaks a rule; nothing of the line was stored.
    Invalid,
}

/// A line of the answer to a stream: what became of a line that was sent, or, as the last one, `summary` or `problem` alone.
#[derive(Default, Serialize, ToSchema)]
#[schema(example = json!({"line": 1, "creator_id": "ana-verde", "post_id": "ig-post-771", "status": "created"}))]
pub struct PostStreamLine {
    /// Number of the line that was sent, from 1; blank lines count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1, nullable = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    line: Option<u64>,
    /// The creator; absent when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ana-verde", nullable = false, max_length = 128)]
    creator_id: Option<String>,
    /// The post; absent when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ig-post-771", nullable = false, max_length = 128)]
    post_id: Option<String>,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status: Option<PostStatus>,
    /// Why nothing was stored, with pointers into the line; only for `conflict` and `invalid`. Without `line`: why the
    /// stream ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<Box<ProblemDocument>>,
    /// The last line of a stream that was committed as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<PostStreamSummary>,
}

/// What became of a stream of posts.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct PostStreamSummary {
    /// Lines that were not blank.
    #[schema(example = 5, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    lines: u64,
    /// New and committed.
    #[schema(example = 2, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    created: u64,
    /// Changed and committed.
    #[schema(example = 2, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    replaced: u64,
    /// Committed before.
    #[schema(example = 1, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    unchanged: u64,
    /// Refused, because other counts are stored as of the same time.
    #[schema(example = 0, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    conflict: u64,
    /// Refused, because a rule is broken.
    #[schema(example = 0, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    invalid: u64,
}

impl PostStreamSummary {
    fn count(&mut self, status: PostStatus) {
        self.lines += 1;
        *match status {
            PostStatus::Created => &mut self.created,
            PostStatus::Replaced => &mut self.replaced,
            PostStatus::Unchanged => &mut self.unchanged,
            PostStatus::Conflict => &mut self.conflict,
            PostStatus::Invalid => &mut self.invalid,
        } += 1;
    }
}

impl ResultLine for PostStreamLine {
    fn refusal(&self) -> Option<(u64, &ProblemDocument)> {
        Some((self.line?, self.problem.as_deref()?))
    }
}

/// Takes the posts of a tenant from a stream.
pub struct PostLines {
    pool: Pool,
    tenant: TenantId,
    chunk: Chunk<ReadLine, Submission>,
    summary: PostStreamSummary,
}

struct ReadLine {
    number: u64,
    creator_id: Option<String>,
    post_id: Option<String>,
}

impl PostLines {
    /// Takes posts for a tenant.
    #[must_use]
    pub fn new(pool: Pool, tenant: TenantId) -> Self {
        Self { pool, tenant, chunk: Chunk::default(), summary: PostStreamSummary::default() }
    }

    fn read(&self, number: u64, json: &[u8]) -> (ReadLine, Result<Submission, Problem>) {
        let input: BulkPostInput = match body::parse_part(json) {
            Ok(input) => input,
            Err(problem) => return (ReadLine { number, creator_id: None, post_id: None }, Err(problem)),
        };
        let shown = |id: &String| Some(id.clone()).filter(|id| is_valid_id(id));
        let line = ReadLine { number, creator_id: shown(&input.creator_id), post_id: shown(&input.post_id) };
        (line, input.accept(self.tenant, Timestamp::now()))
    }
}

impl LineIntake for PostLines {
    type Line = PostStreamLine;

    const MOST_LINES: usize = 1_000;

    fn take(&mut self, number: u64, line: Result<&[u8], Problem>) {
        let (line, post) = match line {
            Ok(json) => self.read(number, json),
            Err(problem) => (ReadLine { number, creator_id: None, post_id: None }, Err(problem)),
        };
        self.chunk.push(line, post);
    }

    async fn commit(&mut self) -> Result<Vec<PostStreamLine>, Problem> {
        let outcomes = detached(store::store_all(self.pool.clone(), self.chunk.items())).await?;
        let tell = |(line, outcome): (ReadLine, Result<Outcome, Problem>)| {
            let (status, problem) = match outcome {
                Ok(outcome) => told(outcome),
                Err(problem) => (PostStatus::Invalid, Some(problem)),
            };
            self.summary.count(status);
            PostStreamLine {
                line: Some(line.number),
                creator_id: line.creator_id,
                post_id: line.post_id,
                status: Some(status),
                problem: problem.map(|problem| Box::new(problem.document(None, None))),
                summary: None,
            }
        };
        Ok(self.chunk.settle(outcomes).map(tell).collect())
    }

    fn summary(&self) -> PostStreamLine {
        PostStreamLine { summary: Some(self.summary), ..PostStreamLine::default() }
    }
}

fn told(outcome: Outcome) -> (PostStatus, Option<Problem>) {
    match outcome {
        Outcome::Created => (PostStatus::Created, None),
        Outcome::Replaced => (PostStatus::Replaced, None),
        Outcome::Unchanged => (PostStatus::Unchanged, None),
        Outcome::MetricsConflict => (PostStatus::Conflict, Some(metrics_conflict())),
        Outcome::CountedBeforePublication => (PostStatus::Invalid, Some(counted_before_publication())),
        Outcome::UnknownCreator => (PostStatus::Invalid, Some(unknown_creator())),
    }
}
