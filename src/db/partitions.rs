//! Monthly partitions of the raw events, made before the first event of their month is inserted.

use super::{DbError, Pool, Tx};
use jiff::civil::Date;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Advisory lock under which partitions are made.
const PARTITION_LOCK: i64 = 0x766f_6370;

/// The months this process knows to have a partition.
#[derive(Default)]
pub struct Partitions {
    known: Mutex<BTreeSet<Date>>,
}

impl Partitions {
    /// Makes sure that every day, counted from 1970, has its partition.
    pub async fn ensure(&self, pool: &Pool, days: impl Iterator<Item = i32>) -> Result<(), DbError> {
        let days: BTreeSet<i32> = days.collect();
        let missing: BTreeSet<Date> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            days.into_iter().map(month_of).filter(|month| !known.contains(month)).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let tx = Tx::begin(pool).await?;
        tx.execute("select pg_advisory_xact_lock($1)", &[&PARTITION_LOCK]).await?;
        for month in &missing {
            create(&tx, *month).await?;
        }
        tx.commit().await?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).extend(missing);
        Ok(())
    }
}

fn month_of(day: i32) -> Date {
    jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(day)).first_of_month()
}

/// Made as a table of its own and then attached: that locks the parent less than `partition of` does.
async fn create(tx: &Tx, month: Date) -> Result<(), DbError> {
    let name = format!("events_{:04}_{:02}", month.year(), month.month());
    let exists = tx.query_opt("select 1 where to_regclass($1) is not null", &[&name]).await?;
    if exists.is_some() {
        return Ok(());
    }
    let next =
        month.last_of_month().tomorrow().expect("accepted times end long before the last possible date");
    tx.batch(&format!(
        "create table {name} (like events including defaults including constraints including storage);
         alter table events attach partition {name} for values from ('{month}') to ('{next}')"
    ))
    .await
}
