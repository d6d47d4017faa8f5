//! Rows for COPY in PostgreSQL's binary format (documentation of COPY, "Binary Format"), the fastest way into a table.

use bytes::{BufMut, Bytes, BytesMut};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Days and microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL begins to count.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Rows, written value by value in the order of the columns.
pub struct CopyRows {
    columns: i16,
    bytes: BytesMut,
}

impl CopyRows {
    /// No rows yet, of so many columns.
    #[must_use]
    pub fn new(columns: i16) -> Self {
        let mut bytes = BytesMut::with_capacity(64 << 10);
        bytes.put_slice(SIGNATURE);
        // No flags, no header extension.
        bytes.put_i64(0);
        Self { columns, bytes }
    }

    /// Begins a row; as many values as there are columns must follow.
    pub fn row(&mut self) {
        self.bytes.put_i16(self.columns);
    }

    /// A value in its binary form: integers and floats big-endian, uuids, text and bytea as they are.
    pub fn value(&mut self, value: &[u8]) {
        self.bytes.put_u32(u32::try_from(value.len()).expect("values are at most some kilobytes long"));
        self.bytes.put_slice(value);
    }

    /// A value or null.
    pub fn optional(&mut self, value: Option<&[u8]>) {
        match value {
            Some(value) => self.value(value),
            None => self.bytes.put_i32(-1),
        }
    }

    /// A date, as days since 1970.
    pub fn date(&mut self, day: i32) {
        self.value(&(day - EPOCH_DAYS).to_be_bytes());
    }

    /// A time, as microseconds since 1970.
    pub fn timestamp(&mut self, micros: i64) {
        self.value(&(micros - EPOCH_MICROS).to_be_bytes());
    }

    /// Everything, with the end mark.
    #[must_use]
    pub fn finish(mut self) -> Bytes {
        self.bytes.put_i16(-1);
        self.bytes.freeze()
    }
}
