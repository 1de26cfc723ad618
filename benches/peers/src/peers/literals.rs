//! aho-corasick's DFA over the required literals: the stage before any regex, and nothing behind it.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{Distinct, Peer, Worker};
use crate::error::Error;

/// Every occurrence of every literal, in a copy of the text in lower case.
#[derive(Debug)]
pub struct Literals {
    automaton: AhoCorasick,
}

impl Literals {
    /// Compiles literals that are in lower case.
    pub fn build(literals: &[Vec<u8>]) -> Result<Literals, Error> {
        let builder = AhoCorasick::builder().match_kind(MatchKind::Standard).kind(Some(AhoCorasickKind::DFA)).build(literals);
        Ok(Literals { automaton: builder.map_err(|e| Error::World(format!("aho-corasick: {e}")))? })
    }

    /// Bytes of the automaton.
    pub fn bytes(&self) -> usize {
        self.automaton.memory_usage()
    }
}

struct Thread<'l> {
    automaton: &'l AhoCorasick,
    lower: Vec<u8>,
    found: Distinct,
}

impl Peer for Literals {
    fn worker(&self) -> Result<Box<dyn Worker + Send + '_>, Error> {
        let automaton = &self.automaton;
        Ok(Box::new(Thread { automaton, lower: Vec::new(), found: Distinct::new(automaton.patterns_len()) }))
    }
}

impl Worker for Thread<'_> {
    fn scan(&mut self, trace: &[u8]) -> Result<u64, Error> {
        self.lower.clear();
        self.lower.extend_from_slice(trace);
        self.lower.make_ascii_lowercase();
        self.found.begin();
        for hit in self.automaton.find_overlapping_iter(&self.lower) {
            self.found.add(hit.pattern().as_usize());
        }
        Ok(self.found.count)
    }
}
