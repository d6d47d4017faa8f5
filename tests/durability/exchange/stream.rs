//! A stream and the results that come while it is sent.

use super::{Answer, End, PATIENCE, understood};
use crate::{
    route::{Item, Story},
    support::{self, Api},
};
use serde_json::Value;
use tokio::time::timeout;

/// Sends a line for each item. What has a result counts, however the stream ends.
pub(super) async fn exchange(api: &Api, story: Story, items: &[Item]) -> Answer {
    let lines: Vec<String> = items.iter().map(|item| story.event(*item).json().to_string()).collect();
    let request = api.request("POST", "/v1/events/stream").header("Content-Type", "application/x-ndjson");
    match timeout(PATIENCE, request.body(lines.join("\n")).send()).await {
        Ok(Ok(response)) if response.status() == 200 => results(response, items).await,
        Ok(Ok(response)) => match support::Answer::read(response).await {
            Ok(answer) => understood(&answer, items),
            Err(_) => Answer::default(),
        },
        Ok(Err(error)) => Answer::broken_off(&error),
        Err(_) => Answer::default(),
    }
}

async fn results(mut response: reqwest::Response, items: &[Item]) -> Answer {
    let (mut answer, mut text) = (Answer::default(), Vec::new());
    while let Ok(Ok(Some(piece))) = timeout(PATIENCE, response.chunk()).await {
        text.extend_from_slice(&piece);
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in text.drain(..whole).collect::<Vec<u8>>().split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                understand(&mut answer, &serde_json::from_slice(line).unwrap(), items);
            }
        }
    }
    answer
}

/// Takes in a line of the answer: a result, or how the stream ended.
fn understand(answer: &mut Answer, line: &Value, items: &[Item]) {
    if let Some(number) = line["line"].as_u64() {
        assert_eq!(number, u64::try_from(answer.acknowledged.len()).unwrap() + 1, "in order");
        answer.add(items[answer.acknowledged.len()], line);
    } else if line["summary"].is_object() {
        assert_eq!(answer.acknowledged.len(), items.len(), "a summary comes after all results");
        answer.end = End::Complete;
    } else {
        answer.end = End::of_problem(&line["problem"]);
    }
}
