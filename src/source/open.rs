//! One source to a run of byte chunks: standard input and small files are read, large files are mapped.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
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

/// Whether files are mapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mapping {
    /// Where it was measured to be faster: [`MAP_FROM_BYTES`].
    #[default]
    Auto,
    /// Every regular file that is not empty.
    Always,
    /// None.
    Never,
}

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

/// Opens one source after the other, with one buffer: each thread has its own.
#[derive(Debug, Default)]
pub struct Opener {
    mapping: Mapping,
    buffer: Vec<u8>,
}

impl Opener {
    /// Free.
    pub fn new(mapping: Mapping) -> Opener {
        Opener { mapping, buffer: Vec::new() }
    }

    /// Reads `path` (`None`: standard input) to its end and hands out its bytes in chunks. What came before an error was
    /// handed out.
    pub fn read(&mut self, path: Option<&Path>, take: impl FnMut(&[u8])) -> Result<(), ReadError> {
        read(path, self.mapping, &mut self.buffer, take)
    }

    /// The last `bytes` bytes of a regular file that is at least twice as long; `None` for any other, and where it cannot be
    /// read.
    pub fn tail(&mut self, path: &Path, bytes: usize) -> Option<&[u8]> {
        let mut file = File::open(path).ok()?;
        let data = file.metadata().ok()?;
        if !data.is_file() || data.len() < 2 * bytes as u64 {
            return None;
        }
        file.seek(SeekFrom::End(-i64::try_from(bytes).ok()?)).ok()?;
        self.buffer.resize(bytes, 0);
        file.read_exact(&mut self.buffer).ok()?;
        Some(&self.buffer)
    }
}

fn read(path: Option<&Path>, mapping: Mapping, buffer: &mut Vec<u8>, mut take: impl FnMut(&[u8])) -> Result<(), ReadError> {
    let Some(path) = path else { return stream(&mut io::stdin().lock(), buffer, &mut take) };
    let mut file = File::open(path).map_err(ReadError::Io)?;
    buffer.resize(READ_BYTES, 0);
    // Most files end within the first read, and then nobody needs to know their size.
    let first = fill(&mut file, buffer).map_err(ReadError::Io)?;
    if let Some(what) = not_text(&buffer[..first]) {
        return Err(ReadError::NotText(what));
    }
    let map_from = match mapping {
        Mapping::Auto if first == READ_BYTES => Some(MAP_FROM_BYTES),
        Mapping::Always => Some(1),
        _ => None,
    };
    if let Some(size) = map_from.and_then(|from| map::size_worth_mapping(&file, from)) {
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

    fn collect_by(path: &Path, mapping: Mapping) -> Result<Vec<u8>, ReadError> {
        let mut out = Vec::new();
        Opener::new(mapping).read(Some(path), |chunk| out.extend_from_slice(chunk)).map(|()| out)
    }

    fn collect(path: &Path) -> Result<Vec<u8>, ReadError> {
        collect_by(path, Mapping::Auto)
    }

    #[test]
    fn the_tail_of_a_file_is_its_last_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut opener = Opener::default();
        std::fs::write(&path, b"0123456789").unwrap();
        assert_eq!(opener.tail(&path, 4), Some(&b"6789"[..]));
        assert_eq!(opener.tail(&path, 6), None, "a short file is read whole");
        assert_eq!(opener.tail(folder.path(), 4), None);
    }

    #[test]
    fn every_size_comes_whole() {
        let folder = tempfile::tempdir().unwrap();
        for size in [1, READ_BYTES - 1, READ_BYTES, READ_BYTES + 1, MAP_FROM_BYTES as usize, MAP_FROM_BYTES as usize + 4097] {
            let path = folder.path().join(size.to_string());
            let bytes: Vec<u8> = (0..size).map(|i| b'a' + (i % 23) as u8).collect();
            File::create(&path).unwrap().write_all(&bytes).unwrap();
            for mapping in [Mapping::Auto, Mapping::Always, Mapping::Never] {
                assert!(collect_by(&path, mapping).unwrap() == bytes, "{size} {mapping:?}");
            }
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
