//! Retention: raw events that are older than their tenant keeps them go, and nothing that was made of them changes.
//!
//! First the days are closed: the transaction that stores events refuses those of closed days, so once the inserts under
//! way have ended nothing arrives any more. Then, month by month, the events of each creator are put into its base, and
//! count as gone from the same commit on. A month of which everything is in bases refuses events, is detached and
//! dropped; where another tenant keeps its events, the rows of the others are deleted. Each step is a transaction of
//! its own that leaves everything right, and the next look goes on from wherever this one was killed.

pub mod model;
pub mod store;

use crate::{
    db::{
        DbError, Pool, Turn, Tx,
        partitions::{self, Month, Partitions, State, leaving},
    },
    ids::{CreatorKey, TenantId},
    privacy::store::wait_for_inserts,
    relationships::{
        queue::store::lock_lane,
        whole::{Summed, sum_up},
    },
};
use jiff::{Timestamp, civil::Date};
use model::Found;
use std::collections::BTreeMap;
use store::Present;

/// Advisory lock of looks: one process at a time does this work.
const RETENTION_LOCK: i64 = 0x766f_6372;

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing is left to do until a month or a retention ends.
    Finished,
    /// Something has to wait, or another process is at it.
    Unfinished,
}

/// Makes the partitions of the coming months, and has everything go whose retention has ended at this moment.
pub async fn look(pool: &Pool, now: Timestamp) -> Result<Look, DbError> {
    Partitions::default().ensure(pool, model::days_ahead(now)).await?;
    let Some(turn) = Turn::take(pool, RETENTION_LOCK).await? else { return Ok(Look::Unfinished) };
    let tx = Tx::begin(pool).await?;
    store::close_days(&tx, now).await?;
    tx.commit().await?;
    let closed = store::closed_days(&pool.get().await?).await?;
    let months = partitions::all(&pool.get().await?).await?;
    Sweep { pool, turn, now, closed }.all(months).await
}

/// One look at the months that have closed days.
struct Sweep<'a> {
    pool: &'a Pool,
    turn: Turn,
    now: Timestamp,
    closed: BTreeMap<TenantId, Date>,
}

impl Sweep<'_> {
    async fn all(&self, months: Vec<Month>) -> Result<Look, DbError> {
        let mut look = Look::Finished;
        let mut waited = false;
        for month in months {
            let tenants = self.tenants_closing(month);
            if tenants.is_empty() || self.is_settled(month, &tenants).await? {
                continue;
            }
            if !waited {
                // At every look: the one that closed these days may have been killed before this.
                wait_for_inserts(self.pool).await?;
                waited = true;
            }
            match self.one(month, &tenants).await {
                Ok(Look::Finished) => {}
                Ok(Look::Unfinished) | Err(DbError::Busy) => look = Look::Unfinished,
                Err(error) => return Err(error),
            }
        }
        Ok(look)
    }

    fn tenants_closing(&self, month: Month) -> Vec<TenantId> {
        self.closed.iter().filter(|(_, day)| **day >= month.end()).map(|(tenant, _)| *tenant).collect()
    }

    async fn is_settled(&self, month: Month, tenants: &[TenantId]) -> Result<bool, DbError> {
        Ok(month.state == State::Open
            && store::is_settled(&self.pool.get().await?, month.first, tenants, self.now).await?)
    }

    async fn one(&self, month: Month, tenants: &[TenantId]) -> Result<Look, DbError> {
        if month.state == State::Open {
            match self.sum_up(month).await? {
                Found::Unfinished => return Ok(Look::Unfinished),
                Found::SomeKept => return self.delete_gone(month, tenants).await,
                Found::AllGone => leaving::refuse(self.pool, month.first).await?,
            }
        }
        let is_read = matches!(month.state, State::Open | State::Refusing);
        if is_read && !self.is_all_gone(month).await? {
            // Something came for a tenant that takes events of this month, before the month refused them.
            leaving::reopen(self.pool, month.first).await?;
            return Ok(Look::Unfinished);
        }
        if !leaving::drop_month(self.turn.client(), month).await? {
            return Ok(Look::Unfinished);
        }
        store::forget(&self.pool.get().await?, month.first).await?;
        tracing::info!(month = %month.first, "raw events dropped");
        Ok(Look::Finished)
    }

    /// Puts into bases whatever is closed of a month.
    async fn sum_up(&self, month: Month) -> Result<Found, DbError> {
        let mut found = Found::AllGone;
        let mut pages = Pages::of(self.pool, month);
        while let Some(page) = pages.next().await? {
            for present in page {
                found = found.and(self.sum_up_creator(month, &present).await?);
            }
        }
        Ok(found)
    }

    async fn sum_up_creator(&self, month: Month, present: &Present) -> Result<Found, DbError> {
        if is_gone(present, month) {
            return Ok(Found::AllGone);
        }
        if !present.registered {
            return Ok(Found::Unfinished);
        }
        if present.closed_before.is_none_or(|day| day < month.end()) {
            return Ok(Found::SomeKept);
        }
        match sum_up_until(self.pool, present.creator, month.end()).await {
            Ok(true) => Ok(Found::AllGone),
            Ok(false) | Err(DbError::Busy) => Ok(Found::Unfinished),
            Err(error @ (DbError::Failed(_) | DbError::Damaged(_))) => {
                // One creator's trouble must not keep the events of the others.
                tracing::warn!(%error, creator = ?present.creator, "raw events cannot be put into a base");
                Ok(Found::Unfinished)
            }
            Err(error) => Err(error),
        }
    }

    async fn is_all_gone(&self, month: Month) -> Result<bool, DbError> {
        let mut pages = Pages::of(self.pool, month);
        while let Some(page) = pages.next().await? {
            if !page.iter().all(|present| is_gone(present, month)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes the rows that are in bases, in a month that others keep.
    async fn delete_gone(&self, month: Month, tenants: &[TenantId]) -> Result<Look, DbError> {
        let mut pages = Pages::of(self.pool, month);
        while let Some(page) = pages.next().await? {
            let gone = page.iter().filter(|present| is_gone(present, month));
            let gone: Vec<CreatorKey> = gone.map(|present| present.creator).collect();
            while store::delete_some(&self.pool.get().await?, month.first, &gone).await? {}
        }
        store::settle(&self.pool.get().await?, month.first, tenants, self.now).await?;
        Ok(Look::Finished)
    }
}

/// True when everything of a creator in a month is in its base.
fn is_gone(present: &Present, month: Month) -> bool {
    present.through.is_some_and(|through| through >= month.end())
}

/// Puts a creator's events into its base, step by step; false when some have to wait.
async fn sum_up_until(pool: &Pool, creator: CreatorKey, until: Date) -> Result<bool, DbError> {
    loop {
        let tx = Tx::begin(pool).await?;
        lock_lane(&tx, creator.lane()).await?;
        let summed = sum_up(&tx, creator, until).await?;
        match summed {
            Summed::Later => tx.rollback().await?,
            Summed::All | Summed::Some => tx.commit().await?,
        }
        if summed != Summed::Some {
            return Ok(summed == Summed::All);
        }
    }
}

/// The creators of a month, page by page.
struct Pages<'a> {
    pool: &'a Pool,
    month: Month,
    after: Option<CreatorKey>,
}

impl<'a> Pages<'a> {
    fn of(pool: &'a Pool, month: Month) -> Self {
        Self { pool, month, after: None }
    }

    async fn next(&mut self) -> Result<Option<Vec<Present>>, DbError> {
        let page = store::creators_of(&self.pool.get().await?, self.month.first, self.after).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.after = Some(last.creator);
        Ok(Some(page))
    }
}
