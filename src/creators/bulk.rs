//! Creators as lines of a stream.

use super::{
    http::{being_erased, unknown_niches},
    model::{AccountInput, CreatorInput, Profile},
    sequence::Put,
    store,
};
use crate::{
    db::{Pool, detached},
    error::{FieldError, Violations, not_null},
    http::{
        body,
        ndjson::{Chunk, LineIntake, ResultLine},
        problem::{Problem, ProblemDocument},
    },
    ids::is_valid_id,
    keys::Tenant,
    niches::Taxonomy,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A creator's profile with the id it is registered under.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "creator_id": "ana-verde", "display_name": "Ana Verde", "bio": "Slow fashion, mending and thrift finds from Cluj.",
    "country": "RO", "languages": ["ro", "en"], "niches": ["sustainable-fashion"],
    "accounts": [{"platform": "instagram", "handle": "ana.verde", "followers": 12400}]
}))]
pub struct BulkCreatorInput {
    /// The caller's id.
    #[schema(example = "ana-verde", min_length = 1, max_length = 128)]
    creator_id: String,
    /// Name shown to brands.
    #[schema(example = "Ana Verde", min_length = 1, max_length = 200)]
    display_name: String,
    /// What the creator says about themselves.
    #[serde(default)]
    #[schema(example = "Slow fashion, mending and thrift finds from Cluj.", max_length = 5000)]
    bio: String,
    /// Country the creator works from, ISO 3166-1 alpha-2.
    #[schema(example = "RO", pattern = "^[A-Z]{2}$")]
    country: String,
    /// Region within the country.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "Cluj", nullable = false, min_length = 1, max_length = 100)]
    region: Option<String>,
    /// City.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(example = "Cluj-Napoca", nullable = false, min_length = 1, max_length = 100)]
    city: Option<String>,
    /// Languages the creator speaks to the audience in, ISO 639-1.
    #[schema(example = json!(["ro", "en"]), max_items = 10)]
    languages: Vec<String>,
    /// What the creator stands for.
    #[serde(default)]
    #[schema(example = json!(["transparency", "repair"]), max_items = 20)]
    values: Vec<String>,
    /// Ids of the niches the creator declares.
    #[schema(example = json!(["sustainable-fashion"]), max_items = 20)]
    niches: Vec<String>,
    /// Accounts on platforms.
    #[schema(max_items = 20)]
    accounts: Vec<AccountInput>,
}

impl BulkCreatorInput {
    fn parse(self, engager_secret: &[u8; 32]) -> Result<(String, Profile), Vec<FieldError>> {
        let Self {
            creator_id,
            display_name,
            bio,
            country,
            region,
            city,
            languages,
            values,
            niches,
            accounts,
        } = self;
        let mut violations = Violations::default();
        violations.id("/creator_id", &creator_id);
        let input =
            CreatorInput { display_name, bio, country, region, city, languages, values, niches, accounts };
        match (violations.finish(), Profile::parse(input, engager_secret)) {
            (Ok(()), Ok(profile)) => Ok((creator_id, profile)),
            (id, profile) => Err(id.err().into_iter().chain(profile.err()).flatten().collect()),
        }
    }
}

/// What became of a creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CreatorStatus {
    /// It is new.
    Created,
    /// It replaced another profile.
    Replaced,
    /// It was there already.
    Unchanged,
    /// The id is being erased; try again in a moment.
    Conflict,
    /// It breaks a rule; nothing was stored.
    Invalid,
}

/// A line of the answer to creators in bulk: what became of a line that was sent, or, as the last one, `summary` or
/// `problem` alone.
#[derive(Default, Serialize, ToSchema)]
#[schema(example = json!({"line": 1, "creator_id": "ana-verde", "status": "created"}))]
pub struct CreatorStreamLine {
    /// Number of the line that was sent, from 1; blank lines count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1, nullable = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    line: Option<u64>,
    /// The creator; absent when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ana-verde", nullable = false, max_length = 128)]
    creator_id: Option<String>,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status: Option<CreatorStatus>,
    /// Why it was not stored, with pointers into the line; only for `conflict` and `invalid`. Without `line`: why the
    /// stream ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<Box<ProblemDocument>>,
    /// The last line of a stream that was committed as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<CreatorStreamSummary>,
}

/// What became of a stream of creators.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct CreatorStreamSummary {
    /// Lines that were not blank.
    #[schema(example = 3, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    lines: u64,
    /// New.
    #[schema(example = 2, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    created: u64,
    /// Replaced another profile.
    #[schema(example = 1, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    replaced: u64,
    /// Were there already.
    #[schema(example = 0, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    unchanged: u64,
    /// Refused, because the id is being erased.
    #[schema(example = 0, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    conflict: u64,
    /// Refused, because a rule is broken.
    #[schema(example = 0, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    invalid: u64,
}

impl CreatorStreamSummary {
    fn count(&mut self, status: CreatorStatus) {
        self.lines += 1;
        *match status {
            CreatorStatus::Created => &mut self.created,
            CreatorStatus::Replaced => &mut self.replaced,
            CreatorStatus::Unchanged => &mut self.unchanged,
            CreatorStatus::Conflict => &mut self.conflict,
            CreatorStatus::Invalid => &mut self.invalid,
        } += 1;
    }
}

impl ResultLine for CreatorStreamLine {
    fn refusal(&self) -> Option<(u64, &ProblemDocument)> {
        Some((self.line?, self.problem.as_deref()?))
    }
}

/// Takes the creators of a tenant from a stream.
pub struct CreatorLines {
    pool: Pool,
    taxonomy: Arc<Taxonomy>,
    tenant: Arc<Tenant>,
    chunk: Chunk<ReadLine, (String, Profile)>,
    summary: CreatorStreamSummary,
}

struct ReadLine {
    number: u64,
    creator_id: Option<String>,
}

impl CreatorLines {
    /// Takes creators for a tenant.
    #[must_use]
    pub fn new(pool: Pool, taxonomy: Arc<Taxonomy>, tenant: Arc<Tenant>) -> Self {
        let (chunk, summary) = (Chunk::default(), CreatorStreamSummary::default());
        Self { pool, taxonomy, tenant, chunk, summary }
    }

    fn read(&self, json: &[u8]) -> (Option<String>, Result<(String, Profile), Problem>) {
        let input: BulkCreatorInput = match body::parse_part(json) {
            Ok(input) => input,
            Err(problem) => return (None, Err(problem)),
        };
        let id = Some(input.creator_id.clone()).filter(|id| is_valid_id(id));
        (id, input.parse(&self.tenant.secrets.engagers).map_err(Problem::invalid))
    }
}

impl LineIntake for CreatorLines {
    type Line = CreatorStreamLine;

    /// Each takes a lock in the table of locks that all transactions of the server share.
    const MOST_LINES: usize = 400;

    fn take(&mut self, number: u64, line: Result<&[u8], Problem>) {
        let (creator_id, put) = match line {
            Ok(json) => self.read(json),
            Err(problem) => (None, Err(problem)),
        };
        self.chunk.push(ReadLine { number, creator_id }, put);
    }

    async fn commit(&mut self) -> Result<Vec<CreatorStreamLine>, Problem> {
        let (pool, taxonomy, tenant) = (self.pool.clone(), self.taxonomy.clone(), self.tenant.id);
        let outcomes = detached(store::put_all(pool, taxonomy, tenant, self.chunk.items())).await?;
        let tell = |(line, put): (ReadLine, Result<Put, Problem>)| {
            let (status, problem) = match put {
                Ok(put) => told(&put),
                Err(problem) => (CreatorStatus::Invalid, Some(problem)),
            };
            self.summary.count(status);
            CreatorStreamLine {
                line: Some(line.number),
                creator_id: line.creator_id,
                status: Some(status),
                problem: problem.map(|problem| Box::new(problem.document(None, None))),
                summary: None,
            }
        };
        Ok(self.chunk.settle(outcomes).map(tell).collect())
    }

    fn summary(&self) -> CreatorStreamLine {
        CreatorStreamLine { summary: Some(self.summary), ..CreatorStreamLine::default() }
    }
}

fn told(put: &Put) -> (CreatorStatus, Option<Problem>) {
    match put {
        Put::Created => (CreatorStatus::Created, None),
        Put::Replaced => (CreatorStatus::Replaced, None),
        Put::Unchanged => (CreatorStatus::Unchanged, None),
        Put::BeingErased => (CreatorStatus::Conflict, Some(being_erased())),
        Put::UnknownNiches(places) => (CreatorStatus::Invalid, Some(unknown_niches(places))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use utoipa::PartialSchema;

    /// Names and schemas of the fields of a type.
    fn fields<T: PartialSchema>() -> serde_json::Map<String, Value> {
        let schema = serde_json::to_value(T::schema()).unwrap();
        schema["properties"].as_object().unwrap().clone()
    }

    #[test]
    fn a_line_has_the_fields_of_a_profile_and_the_id() {
        let mut line = fields::<BulkCreatorInput>();
        assert!(line.remove("creator_id").is_some());
        assert_eq!(line, fields::<CreatorInput>());
    }
}
