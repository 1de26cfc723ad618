//! RegexSet of the crate `regex`, a line at a time: what a program in Rust does that has no engine of its own.
//!
//! Each round gets other bytes. Its lazy DFA keeps the states that a text needed, so that a second look at the same
//! text is a thousand times faster than the first, and nobody reads a log twice.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use memchr::memchr_iter;
use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::error::Error;

/// Bytes that the compiled set may have: enough for all regexes of the catalog.
const SIZE_LIMIT: usize = 2 << 30;
/// Bytes of the lazy DFA's cache. With the default of 2 MiB it took about twice as long (20 KB,
/// all regexes).
const DFA_SIZE_LIMIT: usize = 256 << 20;

/// All regexes as one set, and a piece of text for each round.
#[derive(Debug)]
pub struct Lines {
    set: RegexSet,
    text: Vec<u8>,
    piece: usize,
}

impl Lines {
    /// Compiles regexes in the engine's dialect. `rounds` pieces of at most `piece` bytes are taken of a file.
    pub fn build(sources: &[&str], path: &Path, rounds: usize, piece: usize) -> Result<Lines, Error> {
        let set = RegexSetBuilder::new(sources).unicode(false).size_limit(SIZE_LIMIT).dfa_size_limit(DFA_SIZE_LIMIT).build();
        let set = set.map_err(|e| Error::World(format!("regex: {e}")))?;
        let mut text = Vec::new();
        let wanted = (piece * rounds) as u64;
        File::open(path).and_then(|f| f.take(wanted).read_to_end(&mut text)).map_err(|e| Error::path(path, e))?;
        let piece = text.len() / rounds;
        if piece == 0 {
            return Err(Error::path(path, "is too short for RegexSet"));
        }
        Ok(Lines { set, text, piece })
    }

    /// Bytes of one round.
    pub fn bytes(&self) -> usize {
        self.piece
    }

    /// Seconds for the piece of a round, and how many pairs of a regex and a line there are.
    pub fn pass(&self, round: usize) -> (f64, u64) {
        let text = &self.text[round * self.piece..(round + 1) * self.piece];
        let (clock, mut found, mut start) = (Instant::now(), 0, 0);
        for end in memchr_iter(b'\n', text).chain([text.len()]) {
            found += self.set.matches(&text[start..end]).iter().count() as u64;
            start = (end + 1).min(text.len());
        }
        (clock.elapsed().as_secs_f64(), found)
    }
}
