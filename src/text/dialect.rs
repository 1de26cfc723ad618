//! The one dialect of regular expressions: bytes, ASCII classes and ASCII case, bounded in size.

use regex::bytes::{Regex, RegexBuilder};

/// The compiled size that one regex may have, in bytes. The largest built-in one needs about a tenth of it.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// What one regex may remember of its states between lines, in bytes and for each thread. Four times as much takes 3 % less
/// time and 2 MB more for each thread; nothing at all takes a quarter more time.
const MAX_CACHED_BYTES: usize = 64 << 10;

/// Compiles `source`. `(?u:..)` turns Unicode on where a class of other letters is wanted and the tables are there.
/// Cost: 10 to 100 microseconds. The error says what is wrong and where.
pub fn dialect(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).unicode(false).size_limit(MAX_COMPILED_BYTES).dfa_size_limit(MAX_CACHED_BYTES).build()
}
