//! Columns of rows, by their names.

use std::cell::Cell;
use tokio_postgres::{Row, types::FromSql};

/// What has columns with names. Asking for one that is not there, or as another type, is a mistake in a statement.
pub trait Columns {
    /// The value of a column.
    fn get<'a, T: FromSql<'a>>(&'a self, name: &str) -> T;
}

impl Columns for Row {
    fn get<'a, T: FromSql<'a>>(&'a self, name: &str) -> T {
        Row::get(self, name)
    }
}

/// A row that is asked for its columns in about the order in which they stand. Each is looked for from where the last one was: of
/// sixty columns, by names alone, half of reading a row would be looking for them.
pub struct InOrder<'r> {
    row: &'r Row,
    next: Cell<usize>,
}

impl<'r> InOrder<'r> {
    /// A row that was not asked yet.
    #[must_use]
    pub fn new(row: &'r Row) -> Self {
        Self { row, next: Cell::new(0) }
    }
}

impl Columns for InOrder<'_> {
    fn get<'a, T: FromSql<'a>>(&'a self, name: &str) -> T {
        let columns = self.row.columns();
        let count = columns.len();
        let mut places = (self.next.get()..count).chain(0..self.next.get());
        match places.find(|place| columns[*place].name() == name) {
            Some(place) => {
                self.next.set(place + 1);
                self.row.get(place)
            }
            // It tells what is missing.
            None => self.row.get(name),
        }
    }
}
