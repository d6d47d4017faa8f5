//! What can go wrong with the database, seen by what a caller can do about it.

use deadpool_postgres::{PoolError, TimeoutType};
use std::error::Error;
use tokio_postgres::error::SqlState;

/// A failed use of the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It cannot be reached; nothing was done.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// No connection became free, or a lock or statement took too long; nothing was done.
    #[error("the database is busy")]
    Busy,
    /// The connection was lost or silent while a statement was under way; it may have taken effect.
    #[error("the outcome is unknown: {0}")]
    OutcomeUnknown(String),
    /// Events of this month are being dropped; nothing was done.
    #[error("the events of this month are being dropped")]
    MonthLeaving,
    /// What is stored cannot be read.
    #[error("{0}")]
    Damaged(String),
    /// A statement failed.
    #[error("a database statement failed")]
    Failed(#[source] tokio_postgres::Error),
}

/// What the trigger of `V6__retention.sql` raises.
const MONTH_LEAVING: &str = "VC001";

impl DbError {
    /// True when a row with the same key is there already.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Failed(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION))
    }

    /// True when no partition takes a row: there is none, or the one there is refuses it. Constraints that are violated have
    /// a name; this has none.
    #[must_use]
    pub fn is_without_partition(&self) -> bool {
        let Self::Failed(error) = self else { return matches!(self, Self::MonthLeaving) };
        let error = error.as_db_error();
        error.is_some_and(|error| *error.code() == SqlState::CHECK_VIOLATION && error.constraint().is_none())
    }
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(code) if *code == SqlState::QUERY_CANCELED || *code == SqlState::LOCK_NOT_AVAILABLE => {
                Self::Busy
            }
            Some(code)
                if *code == SqlState::T_R_SERIALIZATION_FAILURE
                    || *code == SqlState::T_R_DEADLOCK_DETECTED =>
            {
                Self::Busy
            }
            Some(code) if code.code() == MONTH_LEAVING => Self::MonthLeaving,
            Some(code) if is_refusal(code) => Self::Unavailable(chain(&error)),
            None if is_lost(&error) => Self::OutcomeUnknown(chain(&error)),
            _ => Self::Failed(error),
        }
    }
}

impl From<PoolError> for DbError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => Self::Busy,
            PoolError::Timeout(kind) => Self::Unavailable(format!("no connection in time ({kind:?})")),
            PoolError::Backend(error) => Self::Unavailable(chain(&error)),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// The server refuses work for now: it starts, stops, recovers, is read-only or has no connection left.
pub(super) fn is_refusal(code: &SqlState) -> bool {
    const REFUSALS: [SqlState; 5] = [
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    code.code().starts_with("08") || REFUSALS.contains(code)
}

/// The connection ended under a statement.
pub(super) fn is_lost(error: &tokio_postgres::Error) -> bool {
    error.is_closed() || error.source().is_some_and(<dyn Error>::is::<std::io::Error>)
}

/// An error with its causes, for logs. PostgreSQL's detail lines, which repeat row values, are left out.
#[must_use]
pub fn chain(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} {}", db.code().code(), db.message()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
