//! `/v1/briefs`: what a text is understood as, before anybody is recommended.

use super::{
    http::check_loaded,
    wanted::{Refusal, checked_text},
};
use crate::{
    error::{FieldError, Violations},
    http::{
        auth::{Caller, Read},
        body::Json,
        problem::{Kind, Problem, ProblemDocument},
    },
    niches::{
        NicheTree,
        model::Names,
        reading::{ReadNiche, Reading, Suggestion},
    },
    snapshot::Snapshots,
};
use actix_web::{HttpResponse, post, web::Data};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text to be read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "haine eco pentru copii"}))]
pub struct BriefText {
    /// What is looked for in words, English or Romanian.
    #[schema(example = "haine eco pentru copii", min_length = 1, max_length = 2000)]
    text: String,
}

/// What a text is understood as.
#[derive(Serialize, ToSchema)]
pub struct BriefReading {
    /// The niches that it is about, the most evident first.
    #[schema(min_items = 1, max_items = 5)]
    niches: Vec<ReadNicheView>,
    /// Words that were not understood, as they stand in the text. Words that say nothing of niches are not among them.
    #[schema(max_items = 1000, example = json!(["blorp"]))]
    ignored_words: Vec<String>,
}

/// A niche that a text is about.
#[derive(Serialize, ToSchema)]
pub struct ReadNicheView {
    /// The niche.
    #[schema(example = "sustainable-fashion", max_length = 64)]
    id: String,
    /// Names per language.
    names: Names,
    /// How much the text is about it; all shares add up to 1. To correct the reading, send these as weights of `niches`.
    #[schema(example = 0.6, minimum = 0.0, maximum = 1.0)]
    share: f64,
    /// The words that tell it, or the niche that it goes along with, as they stand in the text.
    #[schema(max_items = 1000, example = json!(["haine", "eco"]))]
    matched_words: Vec<String>,
    /// The names and aliases that they match.
    #[schema(max_items = 1000, example = json!(["haine eco"]))]
    matched_terms: Vec<String>,
}

impl BriefReading {
    fn new(reading: Reading, tree: &NicheTree) -> Self {
        let view = |niche: ReadNiche| {
            Some(ReadNicheView {
                names: tree.get(&niche.id)?.names.clone(),
                id: niche.id,
                share: niche.share,
                matched_words: niche.matched_words,
                matched_terms: niche.matched_terms,
            })
        };
        Self {
            niches: reading.niches.into_iter().filter_map(view).collect(),
            ignored_words: reading.ignored_words,
        }
    }
}

/// Read a brief
///
/// Which niches a text is about, by which of its words. Recommendations read `brief.text` in the same way.
#[utoipa::path(operation_id = "readBrief", tag = "recommendations", request_body = BriefText,
    responses(
        (status = 200, body = BriefReading, description = "The niches of the text"),
        (status = 422, body = ProblemDocument, description = "The text names no niche; `suggestions` has the nearest ones", content_type = "application/problem+json")))]
#[post("/v1/briefs/read")]
pub(crate) async fn read_brief(
    caller: Caller<Read>,
    body: Json<BriefText>,
    snapshots: Data<Snapshots>,
) -> Result<HttpResponse, Problem> {
    check_loaded(&snapshots)?;
    let mut violations = Violations::default();
    let text = checked_text(&mut violations, "/text", &body.0.text);
    let text = violations.into_result(text).map_err(Problem::invalid)?.unwrap_or_default();
    let published = snapshots.current(caller.tenant().id);
    let tree = &published.tenant.tree;
    let reading = tree.glossary().read(text);
    if reading.niches.is_empty() {
        return Err(problem(Refusal::not_understood(Some(text), tree), "/text"));
    }
    Ok(HttpResponse::Ok().json(BriefReading::new(reading, tree)))
}

/// The problem that a refusal is told as, with the place of the text.
pub(super) fn problem(refusal: Refusal, text: &str) -> Problem {
    match refusal {
        Refusal::Invalid(errors) => Problem::invalid(errors),
        Refusal::NotUnderstood(suggestions) => not_understood(suggestions, text),
    }
}

fn not_understood(suggestions: Vec<Suggestion>, text: &str) -> Problem {
    let names: Vec<&str> = suggestions.iter().map(|niche| niche.name.as_str()).collect();
    let detail = if names.is_empty() {
        "No word of the text belongs to a niche; GET /v1/niches lists them with their names and aliases"
            .to_owned()
    } else {
        format!(
            "No word of the text belongs to a niche. Some have words that look alike: {}",
            names.join("; ")
        )
    };
    let error = FieldError::new(text, "not_understood", "name a niche by its name or one of its aliases");
    Problem::new(Kind::BriefNotUnderstood, detail)
        .with_errors(vec![error])
        .with_suggestions(suggestions.into_iter().map(|niche| niche.id).collect())
}
