//! Fragments as an Aho-Corasick automaton over folded text.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::pattern::fold;

use super::Occurrence;
use crate::engine::tables::{EngineError, Wanted};

#[derive(Debug)]
pub(in crate::engine) struct Automaton {
    automaton: AhoCorasick,
    wanted: Vec<Wanted>,
}

impl Automaton {
    pub(super) fn build(wanted: &[Wanted]) -> Result<Automaton, EngineError> {
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(wanted.iter().map(|w| w.fragment.folded()))
            .map_err(|e| EngineError(e.to_string()))?;
        Ok(Automaton { automaton, wanted: wanted.to_vec() })
    }

    pub(super) fn find(&self, text: &[u8], out: &mut Vec<Occurrence>) {
        let folded: Vec<u8> = text.iter().map(|b| fold(*b)).collect();
        for found in self.automaton.find_overlapping_iter(&folded) {
            let wanted = &self.wanted[found.pattern().as_usize()];
            if wanted.fragment.is_at(&text[found.start()..]) {
                out.push(Occurrence { start: found.start() as u32 + u32::from(wanted.lead), fragment: found.pattern().as_u32() });
            }
        }
    }
}
