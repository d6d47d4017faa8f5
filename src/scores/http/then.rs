//! Receipts of the past: what was published then, as far as it is kept.

use super::{ScoreReceipt, component_views};
use crate::{
    creators::http::not_found,
    db::Client,
    http::problem::{Kind, Problem},
    ids::CreatorKey,
    relationships::days::{Day, date_of},
    scores::{
        components::{Component, Evidence},
        history::{
            Published, asked,
            store::{self, Then},
        },
        receipt::Weights,
    },
};
use jiff::{Timestamp, civil::Date};

/// What was published of a creator as of a day or a time.
pub(super) async fn receipt_then(
    client: &Client,
    key: CreatorKey,
    creator_id: String,
    as_of: &str,
) -> Result<ScoreReceipt, Problem> {
    let day = asked::as_of(as_of, Timestamp::now()).map_err(asked::wrong)?;
    let Then { held, first } = store::at(client, key, day).await?.ok_or_else(not_found)?;
    let (day, published) = held.ok_or_else(|| no_score_then(first))?;
    Ok(receipt(creator_id, date_of(day), &published))
}

fn receipt(creator_id: String, day: Date, then: &Published) -> ScoreReceipt {
    let components = then.components.with_fit(Component::UNMEASURED);
    let trusted = Evidence { engagers: then.trusted_people, ..Evidence::default() };
    let mut views =
        component_views(&components, &Weights::without_fit(), (then.evidence, trusted), None, None);
    views.remove(0);
    let score = then.score();
    ScoreReceipt {
        creator_id,
        as_of: Some(day),
        model_version: then.model_version,
        score: score.score,
        low: score.low,
        high: score.high,
        uncertainty: score.uncertainty(),
        components: views,
        loyal_reach: Some(then.loyal_reach),
        ..ScoreReceipt::default()
    }
}

fn no_score_then(first: Option<Day>) -> Problem {
    let detail = match first {
        Some(first) => format!("The first day of which scores of this creator are kept is {}", date_of(first)),
        None => "No scores of this creator are kept yet: the first are those at the end of the day of its registration"
            .to_owned(),
    };
    Problem::new(Kind::NoScoreThen, detail)
}
