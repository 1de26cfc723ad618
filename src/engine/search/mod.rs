//! One search for the fragments of all regexes at once.
//!
//! Two ways, one result: [`sieve`] samples and hashes, [`automaton`] walks byte by byte and is the slow
//! twin. Every occurrence counts, also one inside another: leaving one out would hide a regex.

mod automaton;
mod sieve;

use super::tables::{EngineError, Tables};
use automaton::Automaton;
pub(super) use sieve::Buffers;
use sieve::Look;

/// An occurrence of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Occurrence {
    /// Where in the text it begins, a line end before it not counted.
    pub(super) start: u32,
    /// Which fragment.
    pub(super) fragment: u32,
}

/// How fragments are searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// By sampling and hashing, with the instructions that do best: AVX2 where the processor has it. AVX-512 was
    /// measured to gain nothing (`docs/performance.md`).
    #[default]
    Best,
    /// By sampling and hashing, with what every processor has.
    Portable,
    /// With AVX2; what [`Way::Portable`] does where the processor has none.
    Avx2,
    /// With AVX-512; what [`Way::Avx2`] does where the processor has none.
    Avx512,
    /// By an automaton over single bytes.
    Automaton,
}

/// How one engine searches.
#[derive(Debug)]
pub(in crate::engine) enum Search {
    Sieve(Look),
    Automaton(Automaton),
}

impl Way {
    /// What the environment variable `WHYRED_SIMD` asks for, `portable`, `avx2` or `avx512`: for tests and benchmarks.
    pub(super) fn from_environment() -> Way {
        match std::env::var("WHYRED_SIMD").as_deref() {
            Ok("portable") => Way::Portable,
            Ok("avx2") => Way::Avx2,
            Ok("avx512") => Way::Avx512,
            _ => Way::Best,
        }
    }
}

impl Search {
    /// Cost: nothing, but for the automaton, which cannot be made of embedded tables.
    pub(super) fn build(tables: &Tables, way: Way) -> Result<Search, EngineError> {
        Ok(match way {
            Way::Automaton if tables.is_embedded() => return Err(EngineError("embedded tables have no automaton".to_owned())),
            Way::Automaton => Search::Automaton(Automaton::build(&tables.wanted)?),
            _ => Search::Sieve(sieve::look_of(way)),
        })
    }

    /// Appends every occurrence of every fragment, line by line; within a line in any order.
    pub(super) fn find(&self, tables: &Tables, text: &[u8], buffers: &mut Buffers, out: &mut Vec<Occurrence>) {
        match self {
            Search::Sieve(look) => sieve::find(&tables.sieve, *look, text, buffers, out),
            Search::Automaton(automaton) => automaton.find(text, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tables::{SHORT_AGAIN_BITS, has, hash_again, short_hash};

    /// Numbers that look like chance, the same in every run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % end
        }
    }

    fn all(tables: &Tables, text: &[u8]) -> Vec<Occurrence> {
        let mut out = Vec::new();
        for start in 0..text.len() {
            for (i, w) in tables.wanted.iter().enumerate() {
                if w.fragment.is_at(&text[start..]) {
                    out.push(Occurrence { start: start as u32 + u32::from(w.lead), fragment: i as u32 });
                }
            }
        }
        out
    }

    fn found(search: &Search, tables: &Tables, text: &[u8]) -> Vec<Occurrence> {
        let mut out = Vec::new();
        search.find(tables, text, &mut Buffers::default(), &mut out);
        out.sort();
        out
    }

    fn tables() -> Tables {
        Tables::of_sources(&[
            "abc",
            "(?i)abcd",
            "ab1",
            r"x\d\d:",
            "remote: GitLab: You are not allowed",
            "(?i)could not resolve host",
            "error",
            "(?i)error",
            "rror: exit",
            "Zeile",
            r"exit code \d\d\d",
            "aaaa",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "[ab]cdef",
            "fatal: the remote end hung up unexpectedly",
            r"\xE2\x9C\x96 ",
            "://",
            "^abc",
            r"error: exit$",
            r"^\s*Zeile$",
        ])
    }

    /// The example of `docs/engine.md`.
    #[test]
    fn three_words_by_hand() {
        let tables = Tables::of_sources(&["cat", "dog", "cow"]);
        let bits = tables.sieve.bits();
        let text = b"the cowdog . ";
        let three = |at: usize| u64::from_le_bytes([text[at], text[at + 1], text[at + 2], 0, 0, 0, 0, 0]);
        let first: Vec<usize> = (0..6).map(|i| has(bits.short, short_hash(three(2 * i)))).collect();
        assert_eq!(first, [0, 0, 1, 0, 1, 0]);
        let four = |at: usize| u64::from(u32::from_le_bytes([text[at], text[at + 1], text[at + 2], text[at + 3]]));
        let second: Vec<usize> = [3, 4, 7, 8].into_iter().map(|at| has(bits.short_again, hash_again(four(at), SHORT_AGAIN_BITS))).collect();
        assert_eq!(second, [0, 1, 1, 0]);
        for way in [Way::Automaton, Way::Portable, Way::Avx2, Way::Avx512] {
            let occurrences = found(&Search::build(&tables, way).unwrap(), &tables, text);
            let shown: Vec<(u32, String)> = occurrences.iter().map(|o| (o.start, tables.wanted[o.fragment as usize].fragment.to_string())).collect();
            assert_eq!(shown, [(4, "cow".to_owned()), (7, "dog".to_owned())]);
        }
    }

    #[test]
    fn every_way_finds_what_a_look_at_every_place_finds() {
        let tables = tables();
        assert!(tables.wanted.iter().any(|w| w.fragment.to_string().starts_with('\n')) && tables.wanted.iter().any(|w| w.fragment.to_string().ends_with('\n')));
        let searches: Vec<(Way, Search)> =
            [Way::Automaton, Way::Portable, Way::Avx2, Way::Avx512].map(|w| (w, Search::build(&tables, w).unwrap())).into_iter().collect();
        let mut random = Random(3);
        let pieces: Vec<&[u8]> = vec![
            b"abc",
            b"ABCD",
            b"aBcd",
            b"ab7",
            b"x12:",
            b"remote: GitLab: You are not allowed to",
            b"Could not resolve host",
            b"error",
            b"Error: exit code 137",
            b"\n",
            b" ",
            b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            b"bcdef",
            b"acdef",
            b"fatal: the remote end hung up unexpectedly",
            "✖ ".as_bytes(),
            b"https://x",
            b"\x00\xff",
        ];
        for round in 0..300 {
            let mut text = vec![b'.'; round % 19];
            for _ in 0..random.below(40) {
                let piece = pieces[random.below(pieces.len())];
                let cut = if random.below(4) == 0 { random.below(piece.len() + 1) } else { piece.len() };
                text.extend_from_slice(&piece[..cut]);
                text.extend(std::iter::repeat_n(b'-', random.below(4)));
            }
            let mut want = all(&tables, &text);
            want.sort();
            for (way, search) in &searches {
                assert_eq!(found(search, &tables, &text), want, "{way:?} in {:?}", String::from_utf8_lossy(&text));
            }
        }
    }

    #[test]
    fn a_fragment_is_found_at_every_place_of_a_long_text() {
        let tables = tables();
        for way in [Way::Portable, Way::Avx2, Way::Avx512] {
            let search = Search::build(&tables, way).unwrap();
            for fragment in ["abcD", "://", "remote: GitLab: You are not allowed", "rror: exit"] {
                for at in (0..40).chain(8150..8240).chain(16340..16400) {
                    let mut text = vec![b'.'; 17_000];
                    text[at..at + fragment.len()].copy_from_slice(fragment.as_bytes());
                    assert_eq!(found(&search, &tables, &text), all(&tables, &text), "{fragment} at {at}, {way:?}");
                }
            }
        }
    }
}
