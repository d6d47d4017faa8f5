//! Events as rows: for COPY, and as columns for a statement.

use super::model::Event;
use crate::{db::CopyRows, relationships::days::date_of};
use jiff::{Timestamp, civil::Date};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// The COPY that takes [`copy_rows`].
pub const COPY: &str = "/* events::copy */
    copy events (creator_key, event_key, occurred_on, kind, platform, substance, verified, currency, occurred_at, engager_key,
                 post_key, reference_key, amount, content_hash)
    from stdin (format binary)";

/// Rows for [`COPY`].
#[must_use]
pub fn copy_rows(events: &[&Event]) -> CopyRows {
    let mut rows = CopyRows::new(14);
    for event in events {
        rows.row();
        rows.value(event.creator.0.as_bytes());
        rows.value(event.event.0.as_bytes());
        rows.date(event.day());
        rows.value(&event.kind.code().to_be_bytes());
        rows.optional(event.platform.map(i16::to_be_bytes).as_ref().map(<[u8; 2]>::as_slice));
        rows.optional(
            event.substance.map(|yes| i16::from(yes).to_be_bytes()).as_ref().map(<[u8; 2]>::as_slice),
        );
        rows.value(&[u8::from(event.verified)]);
        rows.optional(event.currency.as_deref().map(str::as_bytes));
        rows.timestamp(event.occurred_at.as_microsecond());
        rows.value(&event.engager.0.to_be_bytes());
        rows.optional(event.post.map(|post| post.0.to_be_bytes()).as_ref().map(<[u8; 8]>::as_slice));
        rows.optional(event.reference.as_ref().map(|reference| reference.0.as_bytes().as_slice()));
        rows.optional(event.amount.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
        rows.value(&event.content_hash.to_be_bytes());
    }
    rows
}

/// Events as columns, which is how one statement takes many rows.
#[derive(Default)]
pub struct Columns<'a> {
    creators: Vec<Uuid>,
    events: Vec<Uuid>,
    dates: Vec<Date>,
    kinds: Vec<i16>,
    platforms: Vec<Option<i16>>,
    substances: Vec<Option<i16>>,
    verified: Vec<bool>,
    currencies: Vec<Option<&'a str>>,
    times: Vec<Timestamp>,
    engagers: Vec<i64>,
    posts: Vec<Option<i64>>,
    references: Vec<Option<Uuid>>,
    amounts: Vec<Option<i64>>,
    hashes: Vec<i64>,
}

impl<'a> Columns<'a> {
    /// The columns of these events.
    #[must_use]
    pub fn of(events: &[&'a Event]) -> Self {
        let mut columns = Self::default();
        for event in events {
            columns.creators.push(event.creator.0);
            columns.events.push(event.event.0);
            columns.dates.push(date_of(event.day()));
            columns.kinds.push(event.kind.code());
            columns.platforms.push(event.platform);
            columns.substances.push(event.substance.map(i16::from));
            columns.verified.push(event.verified);
            columns.currencies.push(event.currency.as_deref());
            columns.times.push(event.occurred_at);
            columns.engagers.push(event.engager.0);
            columns.posts.push(event.post.map(|post| post.0));
            columns.references.push(event.reference.map(|reference| reference.0));
            columns.amounts.push(event.amount);
            columns.hashes.push(event.content_hash);
        }
        columns
    }

    /// The parameters of `insert.sql`.
    #[must_use]
    pub fn params(&self) -> [&(dyn ToSql + Sync); 14] {
        [
            &self.creators,
            &self.events,
            &self.dates,
            &self.kinds,
            &self.platforms,
            &self.substances,
            &self.verified,
            &self.currencies,
            &self.times,
            &self.engagers,
            &self.posts,
            &self.references,
            &self.amounts,
            &self.hashes,
        ]
    }
}
