//! Asks for recommendations, as a caller does.

use super::{
    harness::{Failure, client::Api},
    quantile::Times,
};
use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// Longest wait for the snapshot.
const PATIENCE: Duration = Duration::from_secs(30);
/// Creators on a page when everything is read; the most a page may have.
const PAGE: u32 = 200;
/// Creators on a page when times are taken.
const USUAL_PAGE: u32 = 10;

#[derive(Deserialize)]
struct Page {
    as_of: Timestamp,
    items: Vec<Item>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    rank: usize,
    creator_id: String,
}

/// Everybody who is recommended for a niche, page by page, of any number of followers, known or not.
pub(crate) async fn everybody(api: &Api, niche: &str) -> Result<BTreeSet<String>, Failure> {
    let found = ranking(api, niche).await?;
    let distinct: BTreeSet<String> = found.iter().cloned().collect();
    if distinct.len() < found.len() {
        Err(format!("{niche}: pages repeat creators").into())
    } else {
        Ok(distinct)
    }
}

/// The same, best first.
pub(crate) async fn ranking(api: &Api, niche: &str) -> Result<Vec<String>, Failure> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = ask(api, niche, PAGE, cursor.as_deref()).await?;
        for item in page.items {
            found.push(item.creator_id);
            if item.rank != found.len() {
                return Err(format!("{niche}: rank {} on place {}", item.rank, found.len()).into());
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

/// Times of the first page for each niche, one call after the other, `rounds` times over.
pub(crate) async fn times(api: &Api, niches: &[&String], rounds: usize) -> Result<Times, Failure> {
    let mut times = Vec::new();
    for niche in niches.iter().cycle().take(niches.len() * rounds) {
        let start = Instant::now();
        ask(api, niche, USUAL_PAGE, None).await?;
        times.push(start.elapsed());
    }
    Ok(times.into_iter().collect())
}

/// Waits until recommendations take in everything that is committed by now; how long that took.
pub(crate) async fn wait_until_current(api: &Api, niche: &str) -> Result<Duration, Failure> {
    let (start, now) = (Instant::now(), Timestamp::now());
    while ask(api, niche, 1, None).await?.as_of < now {
        if start.elapsed() > PATIENCE {
            return Err("the snapshot does not follow the database".into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(start.elapsed())
}

async fn ask(api: &Api, niche: &str, limit: u32, cursor: Option<&str>) -> Result<Page, Failure> {
    let mut request =
        json!({"brief": {"niches": [{"id": niche}]}, "filters": {"followers": {}}, "limit": limit});
    if let Some(cursor) = cursor {
        request["cursor"] = cursor.into();
    }
    api.send(Method::POST, "/v1/recommendations", request.to_string()).await
}
