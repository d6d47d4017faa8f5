//! Monthly partitions of the raw events: made ahead by the background work, or before the first event of their month is
//! inserted; taken out when nothing in them is needed any more.

pub mod leaving;

use super::{Client, DbError, Pool, Tx};
use jiff::civil::Date;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Advisory lock under which partitions are made.
const PARTITION_LOCK: i64 = 0x766f_6370;

/// Trigger that keeps events out of a month that is about to go.
const TRIGGER: &str = "refuse_leaving_month";

/// Settings of a partition; `V6__retention.sql` says why and gives them to the older ones.
const SETTINGS: &str = "autovacuum_vacuum_insert_scale_factor = 0.0, autovacuum_vacuum_insert_threshold = 200000, \
    autovacuum_freeze_min_age = 0, autovacuum_analyze_scale_factor = 0.3, autovacuum_analyze_threshold = 20000";

/// The months this process knows to have a partition.
#[derive(Default)]
pub struct Partitions {
    known: Mutex<BTreeSet<Date>>,
}

impl Partitions {
    /// Makes sure that every day, counted from 1970, has its partition, unless no tenant takes events of its month.
    pub async fn ensure(&self, pool: &Pool, days: impl Iterator<Item = i32>) -> Result<(), DbError> {
        let days: BTreeSet<i32> = days.collect();
        let missing: BTreeSet<Date> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            days.into_iter().map(month_of).filter(|month| !known.contains(month)).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let made = make(pool, missing).await?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).extend(made);
        Ok(())
    }

    /// Forgets what it knows, after a partition was found gone.
    pub fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Makes the partitions of these months; those that are there now.
async fn make(pool: &Pool, months: BTreeSet<Date>) -> Result<BTreeSet<Date>, DbError> {
    let tx = Tx::begin(pool).await?;
    tx.execute("/* partitions::make */ select pg_advisory_xact_lock($1)", &[&PARTITION_LOCK]).await?;
    let states = all(tx.client()).await?;
    let mut made = BTreeSet::new();
    for month in months {
        match states.iter().find(|state| state.first == month).map(|state| state.state) {
            Some(State::Open) => drop(made.insert(month)),
            Some(_) => return Err(DbError::MonthLeaving),
            None if is_taken(&tx, month).await? => {
                create(&tx, month).await?;
                made.insert(month);
            }
            // Its events are refused when they are stored.
            None => {}
        }
    }
    tx.commit().await?;
    Ok(made)
}

/// True when some tenant takes events of a month.
async fn is_taken(tx: &Tx, month: Date) -> Result<bool, DbError> {
    let sql = "/* partitions::is_taken */
               select 1 from tenants where closed_before is null or closed_before <= $1 limit 1";
    Ok(tx.query_opt(sql, &[&month]).await?.is_some())
}

/// Made as a table of its own and then attached: that locks the parent less than `partition of` does.
async fn create(tx: &Tx, month: Date) -> Result<(), DbError> {
    let (name, next) = (table_of(month), end_of(month));
    tx.batch(&format!(
        "create table {name} (like events including defaults including constraints including storage) with ({SETTINGS});
         alter table events attach partition {name} for values from ('{month}') to ('{next}')"
    ))
    .await
}

fn month_of(day: i32) -> Date {
    jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(day)).first_of_month()
}

fn end_of(month: Date) -> Date {
    month.last_of_month().tomorrow().expect("accepted times end long before the last possible date")
}

/// The table with the events of a month.
#[must_use]
pub fn table_of(month: Date) -> String {
    format!("events_{:04}_{:02}", month.year(), month.month())
}

/// How far a month is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It takes events.
    Open,
    /// It refuses events, and is still read.
    Refusing,
    /// It is no longer read by new statements; older ones are waited for.
    Detaching,
    /// It is a table of its own.
    Detached,
}

/// A month with raw events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub first: Date,
    /// Where it stands.
    pub state: State,
}

impl Month {
    /// The first day of the next one.
    #[must_use]
    pub fn end(&self) -> Date {
        end_of(self.first)
    }
}

/// All months, oldest first.
pub async fn all(client: &Client) -> Result<Vec<Month>, DbError> {
    let rows = client
        .query(
            "/* partitions::all */
             select to_date(right(c.relname, 7), 'YYYY_MM'), i.inhrelid is not null, coalesce(i.inhdetachpending, false),
                    exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = $1::text)
             from pg_class c left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = 'events'::regclass
             where c.relkind = 'r' and c.relname ~ '^events_[0-9]{4}_[0-9]{2}$'
               and c.relnamespace = (select relnamespace from pg_class where oid = 'events'::regclass)
             order by c.relname",
            &[&TRIGGER],
        )
        .await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let state = match (row.get(1), row.get(2), row.get(3)) {
                (true, true, _) => State::Detaching,
                (true, false, true) => State::Refusing,
                (true, false, false) => State::Open,
                (false, _, true) => State::Detached,
                // A table that only has the name of one.
                (false, _, false) => return None,
            };
            Some(Month { first: row.get(0), state })
        })
        .collect())
}
