//! What snapshots are made of, as read from the database.

use super::packed::Stamp;
use crate::{
    creators::Profile,
    ids::CreatorKey,
    scores::{CreatorStatistics, communities::Community},
    sponsorship::UnderSponsorship,
    topics::Topics,
    trust::TrustSums,
};

/// A creator as read from the database.
pub struct SourceRow {
    /// The creator.
    pub key: CreatorKey,
    /// The caller's id.
    pub creator_id: String,
    /// The profile.
    pub profile: Profile,
    /// Sums over relationships, once there are any.
    pub statistics: Option<CreatorStatistics>,
    /// What its people engage with elsewhere, once it was counted.
    pub community: Option<Community>,
    /// What the topics of its posts are about.
    pub topics: Topics,
    /// Its trusted people, once trust was looked at.
    pub trust: Option<TrustSums>,
    /// Its people after sponsored posts, once they were looked at.
    pub sponsorship: Option<UnderSponsorship>,
    /// Share of its posts of the last year that somebody paid for, once there were such posts.
    pub sponsored_share: Option<f64>,
    /// Its loyal reach as published 30 days ago.
    pub reach_before: Option<f64>,
    /// Transactions that wrote the rows it was read from.
    pub stamp: Stamp,
}

/// Statistics as read from the database.
pub struct SourceStatistics {
    /// Whose they are.
    pub key: CreatorKey,
    /// The sums.
    pub statistics: CreatorStatistics,
    /// The transaction that wrote them.
    pub stamp: i64,
}
