//! Raw bytes of a log to clean lines, each with its place in the file.
//!
//! Owns what is not text: colour codes, carriage returns, time stamp headers, control bytes. Knows nothing of jobs,
//! runners or patterns.
//!
//! A *physical line* ends at `\n`, as `sed` and editors count. A *clean line* is what a regex sees: no escape
//! sequences, no control bytes, no time stamp header. A carriage return ends a clean line: `10%\r20%\rdone\n` is one
//! physical line and three clean ones, since what was overwritten on the screen was said all the same. In a stamped
//! trace a clean line may be several physical ones, joined at their `+` headers:
//!
//! ```text
//! 2026-08-22T10:00:03.500000Z 01E  fatal: refusing to
//! 2026-08-22T10:00:03.500100Z 01E+ merge
//! ```

mod dialect;
mod escape;
mod split;
mod stamp;
mod waiting;

pub use dialect::dialect;
pub use escape::{Lead, clean_into, lead_of};
pub use split::{CleanLine, Gap, MAX_LINE_BYTES, Splitter};
pub use stamp::{Stamp, Stream};

use std::ops::Range;

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByteSpan {
    /// First byte.
    pub offset: u64,
    /// Number of bytes, the line end not counted.
    pub length: u64,
}

/// A physical line, counted from 1 as `sed -n Np` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineNumber(pub u64);

/// The longest start of `text` that is at most `max` bytes and does not cut a UTF-8 character.
pub fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The range of `bytes` without ASCII white space at either end.
pub fn trim(bytes: &[u8]) -> Range<usize> {
    let start = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !b.is_ascii_whitespace()).map_or(start, |i| i + 1);
    start..end
}
