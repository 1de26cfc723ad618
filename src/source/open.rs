//! One source to a run of byte chunks: standard input and small files are read, large files are mapped.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::binary::not_text;
use super::map;

/// A regular file of at least this size is mapped, a smaller one read.
///
/// Measured with `cargo bench --bench sources` (page cache, ext4, 2 vCPU, Linux; medians of 15): a map takes 2.8 times as
/// long as reading into one buffer at 4 KiB, 1.8 times at 64 KiB, the same at 1 MiB, and half to a third from 4 MiB on.
/// The files of that bench are written at one go; a log that grew line by line lies in smaller pages, where both ways
/// come closer.
pub const MAP_FROM_BYTES: u64 = 4 << 20;

/// Bytes read at a time: they stay in a core's second cache.
const READ_BYTES: usize = 256 * 1024;

/// Why a source could not be read, or not to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The system says so.
    Io(io::Error),
    /// It is no text.
    NotText(&'static str),
    /// There is nothing in it.
    Empty,
    /// It became shorter while it was read.
    Shrunk,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Io(e) => match e.kind() {
                ErrorKind::NotFound => f.write_str("no such file or folder"),
                ErrorKind::PermissionDenied => f.write_str("permission denied"),
                ErrorKind::IsADirectory => f.write_str("is a folder"),
                _ => write!(f, "{e}"),
            },
            ReadError::NotText(what) => f.write_str(what),
            ReadError::Empty => f.write_str("empty: nothing to read"),
            ReadError::Shrunk => f.write_str("became shorter while it was read: what was left of it is judged"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReadError::Io(e) => Some(e),
            _ => None,
        }
    }
}

/// Reads `path` (`None`: standard input) to its end and hands out its bytes in chunks. `buffer` is reused from call to
/// call. What came before an error was handed out.
pub fn read(path: Option<&Path>, buffer: &mut Vec<u8>, mut take: impl FnMut(&[u8])) -> Result<(), ReadError> {
    let Some(path) = path else { return stream(&mut io::stdin().lock(), buffer, &mut take) };
    let mut file = File::open(path).map_err(ReadError::Io)?;
    buffer.resize(READ_BYTES, 0);
    // Most files end within the first read, and then nobody needs to know their size.
    let first = fill(&mut file, buffer).map_err(ReadError::Io)?;
    if let Some(what) = not_text(&buffer[..first]) {
        return Err(ReadError::NotText(what));
    }
    if first == READ_BYTES
        && let Some(size) = map::size_worth_mapping(&file, MAP_FROM_BYTES)
    {
        return map::read(&file, size, &mut take);
    }
    if first == 0 {
        return Err(ReadError::Empty);
    }
    take(&buffer[..first]);
    if first == READ_BYTES { rest(&mut file, buffer, &mut take) } else { Ok(()) }
}

fn stream(source: &mut impl Read, buffer: &mut Vec<u8>, take: &mut impl FnMut(&[u8])) -> Result<(), ReadError> {
    buffer.resize(READ_BYTES, 0);
    let first = fill(source, buffer).map_err(ReadError::Io)?;
    if first == 0 {
        return Err(ReadError::Empty);
    }
    if let Some(what) = not_text(&buffer[..first]) {
        return Err(ReadError::NotText(what));
    }
    take(&buffer[..first]);
    rest(source, buffer, take)
}

fn rest(source: &mut impl Read, buffer: &mut [u8], take: &mut impl FnMut(&[u8])) -> Result<(), ReadError> {
    loop {
        match source.read(buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => take(&buffer[..n]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(ReadError::Io(e)),
        }
    }
}

/// Reads until the buffer is full or the source at its end.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn collect(path: &Path) -> Result<Vec<u8>, ReadError> {
        let mut out = Vec::new();
        read(Some(path), &mut Vec::new(), |chunk| out.extend_from_slice(chunk)).map(|()| out)
    }

    #[test]
    fn every_size_comes_whole() {
        let folder = tempfile::tempdir().unwrap();
        for size in [1, READ_BYTES - 1, READ_BYTES, READ_BYTES + 1, MAP_FROM_BYTES as usize, MAP_FROM_BYTES as usize + 4097] {
            let path = folder.path().join(size.to_string());
            let bytes: Vec<u8> = (0..size).map(|i| b'a' + (i % 23) as u8).collect();
            File::create(&path).unwrap().write_all(&bytes).unwrap();
            assert!(collect(&path).unwrap() == bytes, "{size}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let says = |name: &str| collect(&folder.path().join(name)).unwrap_err().to_string();
        File::create(folder.path().join("empty")).unwrap();
        std::fs::write(folder.path().join("packed"), b"\x1f\x8b\x08").unwrap();
        assert_eq!(says("missing"), "no such file or folder");
        assert_eq!(says("empty"), "empty: nothing to read");
        assert_eq!(says("packed"), "gzip data: decompress it first");
        assert_eq!(says("."), "is a folder");
    }
}
