//! The time stamp header of a stamped trace, and the headers that other systems put before every line.
//!
//! GitLab Runner writes 32 bytes: `YYYY-MM-DDTHH:MM:SS.uuuuuuZ`, a space, the stream in two hex digits, `O` or `E`,
//! then a space or `+`. Source: `common/buildlogger/internal/timestamper/timestamper.go`.

/// Which writer a stamped line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// `0x00` runner's own lines, `0x01` stage scripts, `0x0f` services.
    pub id: u8,
    /// Standard error rather than standard output.
    pub error: bool,
}

impl Stream {
    /// Whether the runner itself speaks on this stream.
    pub fn is_runner(self) -> bool {
        self.id == 0
    }
}

/// A parsed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// The writer.
    pub stream: Stream,
    /// The line continues the previous one of the same stream.
    pub continues: bool,
}

/// Bytes of a GitLab header.
pub(super) const HEADER_BYTES: usize = 32;
/// Bytes of a header without its last one, where trailing spaces were trimmed.
const TRIMMED_BYTES: usize = HEADER_BYTES - 1;

impl Stamp {
    /// Parses the header at the start of a physical line; the second value is its length in bytes.
    pub(super) fn parse(line: &[u8]) -> Option<(Stamp, usize)> {
        if line.len() < TRIMMED_BYTES || line[26] != b'Z' || line[27] != b' ' || line[19] != b'.' {
            return None;
        }
        let seconds = seconds_of(line)?;
        if !line[20..26].iter().all(u8::is_ascii_digit) {
            return None;
        }
        let id = hex(line[28])? << 4 | hex(line[29])?;
        let error = match line[30] {
            b'O' => false,
            b'E' => true,
            _ => return None,
        };
        let (continues, length) = match line.get(31) {
            None => (false, TRIMMED_BYTES),
            Some(b' ') => (false, HEADER_BYTES),
            Some(b'+') => (true, HEADER_BYTES),
            Some(_) => return None,
        };
        Some((Stamp { seconds, stream: Stream { id, error }, continues }, length))
    }
}

/// Length of a `2021-12-28T16:15:57.1234567Z ` header as GitHub Actions writes it, 0 if there is none.
pub(super) fn foreign_header(line: &[u8]) -> usize {
    const BYTES: usize = 29;
    let is = line.len() >= BYTES
        && line[19] == b'.'
        && line[27] == b'Z'
        && line[28] == b' '
        && line[20..27].iter().all(u8::is_ascii_digit)
        && seconds_of(line).is_some();
    if is { BYTES } else { 0 }
}

fn hex(b: u8) -> Option<u8> {
    (b as char).to_digit(16).filter(|_| !b.is_ascii_uppercase()).map(|d| d as u8)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

/// Seconds since 1970 of `YYYY-MM-DDTHH:MM:SS` at the start of `line`.
fn seconds_of(line: &[u8]) -> Option<i64> {
    if line[4] != b'-' || line[7] != b'-' || line[10] != b'T' || line[13] != b':' || line[16] != b':' {
        return None;
    }
    let (year, month, day) = (number(&line[..4])?, number(&line[5..7])?, number(&line[8..10])?);
    let (hour, minute, second) = (number(&line[11..13])?, number(&line[14..16])?, number(&line[17..19])?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days from civil date: a year starts in March, so that the leap day is its last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_of_the_runner() {
        let (stamp, length) = Stamp::parse(b"2026-08-22T10:00:00.120010Z 01E+text").unwrap();
        assert_eq!(length, 32);
        assert_eq!(stamp.seconds, 1_787_392_800);
        assert_eq!(stamp.stream, Stream { id: 1, error: true });
        assert!(stamp.continues);
    }

    #[test]
    fn header_with_trimmed_space() {
        let (stamp, length) = Stamp::parse(b"2026-08-22T10:00:00.120010Z 0fO").unwrap();
        assert_eq!((stamp.stream.id, length), (15, 31));
    }

    #[test]
    fn other_lines_have_none() {
        for line in ["", "2026-08-22T10:00:00.120010Z", "2026-13-22T10:00:00.120010Z 01E x", "2026-08-22T10:00:00.12001xZ 01E x"] {
            assert!(Stamp::parse(line.as_bytes()).is_none(), "{line}");
        }
        assert_eq!(foreign_header(b"2021-12-28T16:15:57.1234567Z ##[error]x"), 29);
        assert_eq!(foreign_header(b"2021-12-28T16:15:57.123Z short"), 0);
    }
}
