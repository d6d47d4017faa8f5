//! Conversations as they are shown.

use super::Threads;
use crate::scores::CreatorStatistics;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How people and the creator talk with each other. People are of all times; comments, delay and depth are those of the last 90
/// days of the observed window, as far as raw events are kept, counted within an hour or so, and absent before.
#[derive(Serialize, ToSchema)]
pub struct ConversationView {
    /// People with a substantive comment or a reply.
    #[schema(example = 58, minimum = 0)]
    people_who_talk: i32,
    /// Those of them whom the creator answered (`creator_reply` with their `engager_id`).
    #[schema(example = 31, minimum = 0)]
    people_answered: i32,
    /// Share of people who talk that were answered, each by its weight; absent when nobody talks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.53, minimum = 0.0, maximum = 1.0)]
    answer_rate: Option<f64>,
    /// Comments and replies of people, of substance or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 140, minimum = 0)]
    comments: Option<i32>,
    /// Those that the creator answered: a `creator_reply` names them in `in_reply_to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 62, minimum = 0)]
    comments_answered: Option<i32>,
    /// Median of the seconds from a comment to its first answer, of those that were answered; absent when none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 5_400, minimum = 0)]
    median_answer_delay_s: Option<i64>,
    /// Mean over threads of the comments, replies and answers in the longest branch: 1 for a comment that nobody answers, at
    /// most 8; absent without threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1.7, minimum = 1.0, maximum = 8.0)]
    mean_depth: Option<f64>,
    /// The deepest thread; absent without threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 5, minimum = 1, maximum = 8)]
    max_depth: Option<i32>,
    /// When comments, delay and depth were counted; they are counted again within an hour after somebody talked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    as_of: Option<Timestamp>,
}

impl ConversationView {
    /// From what the statistics say, and what was counted.
    #[must_use]
    pub fn new(sums: &CreatorStatistics, counted: Option<&(Threads, Timestamp)>) -> Self {
        let threads = counted.map(|(threads, _)| threads);
        let talking = sums.counted_talking();
        Self {
            people_who_talk: sums.talking_engagers,
            people_answered: sums.answered_engagers,
            answer_rate: (talking > 0.0).then(|| sums.counted_answered() / talking),
            comments: threads.map(|threads| threads.comments),
            comments_answered: threads.map(|threads| threads.comments_answered),
            median_answer_delay_s: threads.and_then(|threads| threads.median_answer_delay_s),
            mean_depth: threads.and_then(|threads| threads.mean_depth),
            max_depth: threads.map(|threads| threads.max_depth).filter(|depth| *depth > 0),
            as_of: counted.map(|(_, counted_at)| *counted_at),
        }
    }
}
