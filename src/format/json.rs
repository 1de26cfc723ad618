//! JSON: a line a record, or one array.

use std::io::{self, Write};

use crate::record::Record;

/// Writes a record and a line end.
pub fn json_line(record: &Record, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}

/// An array of records, written as they come.
#[derive(Debug, Default)]
pub struct JsonArray {
    begun: bool,
}

impl JsonArray {
    /// Writes the next record.
    pub fn record(&mut self, record: &Record, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if self.begun { b",\n" } else { b"[\n" })?;
        self.begun = true;
        serde_json::to_writer(out, record)?;
        Ok(())
    }

    /// Writes the end; an array without records is one too.
    pub fn finish(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })
    }
}
