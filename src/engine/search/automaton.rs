//! Fragments as an Aho-Corasick automaton over folded text.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::pattern::{Fragment, fold};

use super::Occurrence;
use crate::engine::tables::{EngineError, Wanted};

#[derive(Debug)]
pub(in crate::engine) struct Automaton {
    automaton: AhoCorasick,
    fragments: Vec<Fragment>,
}

impl Automaton {
    pub(super) fn build(wanted: &[Wanted]) -> Result<Automaton, EngineError> {
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(wanted.iter().map(|w| w.fragment.folded()))
            .map_err(|e| EngineError(e.to_string()))?;
        Ok(Automaton { automaton, fragments: wanted.iter().map(|w| w.fragment.clone()).collect() })
    }

    pub(super) fn find(&self, text: &[u8], out: &mut Vec<Occurrence>) {
        let folded: Vec<u8> = text.iter().map(|b| fold(*b)).collect();
        for found in self.automaton.find_overlapping_iter(&folded) {
            if self.fragments[found.pattern().as_usize()].is_at(&text[found.start()..]) {
                out.push(Occurrence { start: found.start() as u32, fragment: found.pattern().as_u32() });
            }
        }
    }
}
