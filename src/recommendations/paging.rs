//! Where a page of recommendations ended, which snapshot the next one comes from, and who keeps that.

use super::{brief::RecommendationRequest, selection::Bookmarks};
use crate::{
    http::{
        cached::Tag,
        cursor::CursorSigner,
        problem::{Kind, Problem},
    },
    ids::TenantId,
    replicas::NotAnswered,
    snapshot::{Snapshots, registry::Published},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where the page before ended.
#[derive(Serialize, Deserialize)]
pub(super) struct Page {
    pub(super) snapshot: String,
    pub(super) rank: usize,
    pub(super) bookmarks: Bookmarks,
}

/// Where the data of a page is.
pub(super) enum Place {
    /// Here, and where the page before ended, if there was one.
    Here(Arc<Published>, Option<Page>),
    /// With the replica of this series.
    Elsewhere(String),
}

impl Place {
    /// The newest data for a first page, and those of the cursor for others.
    pub(super) fn find(
        snapshots: &Snapshots,
        signer: &CursorSigner,
        (tenant, scope): (TenantId, &[u8]),
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        let Some(cursor) = cursor else { return Ok(Self::Here(snapshots.current(tenant), None)) };
        let page: Page = signer.open(scope, cursor)?;
        match snapshots.named(tenant, &page.snapshot) {
            Some(published) => Ok(Self::Here(published, Some(page))),
            None => snapshots
                .other_series(&page.snapshot)
                .map(|series| Self::Elsewhere(series.to_owned()))
                .ok_or_else(expired),
        }
    }
}

/// A cursor belongs to a tenant and to everything in the request that decides what is on which place.
pub(super) fn cursor_scope(tenant: TenantId, request: &RecommendationRequest) -> Vec<u8> {
    let fixed = RecommendationRequest { limit: None, cursor: None, ..request.clone() };
    let mut scope = format!("recommendations of {} ", tenant.0).into_bytes();
    scope.extend(serde_json::to_vec(&fixed).expect("a request is plain JSON"));
    blake3::hash(&scope).as_bytes().to_vec()
}

/// An answer says the same whenever it is made from the same snapshot for the same request of the same tenant.
pub(super) fn tag(published: &Published, scope: &[u8], limit: usize, request: &RecommendationRequest) -> Tag {
    let cursor = request.cursor.as_deref().unwrap_or_default();
    Tag::of(&[published.id.as_bytes(), scope, limit.to_string().as_bytes(), cursor.as_bytes()])
}

fn expired() -> Problem {
    Problem::new(
        Kind::SnapshotExpired,
        "The data of this cursor is not kept any more (5 minutes at most, less while much changes); start again without a cursor",
    )
}

impl From<NotAnswered> for Problem {
    fn from(error: NotAnswered) -> Self {
        match error {
            NotAnswered::Gone => Self::new(
                Kind::SnapshotExpired,
                "The process that kept the data of this cursor has ended; start again without a cursor",
            ),
            NotAnswered::Silent => Self::new(
                Kind::SnapshotExpired,
                "The process that keeps the data of this cursor does not answer; start again without a cursor",
            ),
            NotAnswered::Database(error) => error.into(),
        }
    }
}
