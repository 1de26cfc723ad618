//! Rows on standard output, one a line.

use std::io::{self, BufWriter, ErrorKind, Write};

use super::message::{Status, error};

/// Writes rows until the reader is gone or writing fails; the failure is told once.
pub(super) struct Rows {
    out: BufWriter<io::Stdout>,
    closed: bool,
    failed: bool,
}

impl Rows {
    pub(super) fn new() -> Rows {
        Rows { out: BufWriter::new(io::stdout()), closed: false, failed: false }
    }

    pub(super) fn put(&mut self, row: &str) {
        if self.is_open() {
            let written = writeln!(self.out, "{row}");
            self.written(written);
        }
    }

    /// Whether somebody reads on.
    pub(super) fn is_open(&self) -> bool {
        !self.closed && !self.failed
    }

    pub(super) fn finish(&mut self) -> Status {
        if self.is_open() {
            let written = self.out.flush();
            self.written(written);
        }
        if self.failed { Status::Trouble } else { Status::Done }
    }

    fn written(&mut self, result: io::Result<()>) {
        match result {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::BrokenPipe => self.closed = true,
            Err(e) => {
                error(&format!("standard output: {e}"));
                self.failed = true;
            }
        }
    }
}
