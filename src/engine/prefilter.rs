//! One search for the required literals of all regexes.
//!
//! Literals are in ASCII lower case, and so is the text that is searched: half the automaton of a search without case.
//! Every occurrence counts, also one inside another: leaving one out would hide a regex.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::block::Block;
use super::program::{EngineError, ProbeId, Program};

#[derive(Debug)]
pub(super) struct Prefilter {
    automaton: AhoCorasick,
    /// For each literal the regexes that require it.
    probes: Vec<Vec<ProbeId>>,
}

impl Prefilter {
    /// Cost: some milliseconds for a thousand literals.
    pub(super) fn build(program: &Program) -> Result<Prefilter, EngineError> {
        let mut pairs: Vec<(&[u8], ProbeId)> = Vec::new();
        for (i, probe) in program.probes().iter().enumerate().filter(|(_, p)| !p.passive) {
            pairs.extend(probe.literals.iter().map(|l| (l.as_slice(), ProbeId(i as u32))));
        }
        pairs.sort_unstable();
        let mut literals: Vec<&[u8]> = Vec::new();
        let mut probes: Vec<Vec<ProbeId>> = Vec::new();
        for (literal, probe) in pairs {
            if literals.last() != Some(&literal) {
                literals.push(literal);
                probes.push(Vec::new());
            }
            if let Some(last) = probes.last_mut() {
                last.push(probe);
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            // The DFA scans a fifth faster in the end, and takes ten times the memory and the time to build.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(literals)
            .map_err(|e| EngineError(e.to_string()))?;
        Ok(Prefilter { automaton, probes })
    }

    /// Calls `candidate` for every pair of a regex and one of the `lines` of `block` that could match. A pair
    /// may come more than once, and then without another line in between for that regex.
    pub(super) fn candidates(&self, block: &Block, lines: Range<usize>, lower: &mut Vec<u8>, mut candidate: impl FnMut(ProbeId, u32)) {
        let (text, start) = block.text_of(lines.clone());
        let ends = block.ends();
        let mut line = lines.start;
        lower.clear();
        lower.extend_from_slice(text);
        lower.make_ascii_lowercase();
        for found in self.automaton.find_overlapping_iter(&*lower) {
            let at = (start + found.end()) as u32;
            while line + 1 < lines.end && ends[line] < at {
                line += 1;
            }
            for &probe in &self.probes[found.pattern().as_usize()] {
                candidate(probe, line as u32);
            }
        }
    }
}
