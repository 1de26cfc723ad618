//! Clean lines to hits: which pattern matches which line.
//!
//! Knows lines and regexes, and neither traces nor verdicts. Bytes can never make a scan fail.
//!
//! The naive way is four lines: for each line, for each regex, try it. Here one search for the fragments that regexes need
//! names the few pairs of a regex and a line that can match at all, and only those are tried. Results are the same, since
//! the regex itself needs what is searched for; `tests/agreement.rs` holds both side by side.
//!
//! Context and evidence are regexes too: silent probes. Their hits are reported with the line on which they stand, and
//! what that means is arithmetic on line numbers, done by the verdict floor.

mod block;
mod confirm;
mod parallel;
mod search;
mod tables;

pub use block::Block;
pub use search::Way;
pub use tables::{Context, EngineError, Known, PatternIndex, Probe, ProbeId, Program, Tables};

use std::ops::Range;

use confirm::Confirm;
use search::{Buffers, Occurrence, Search};
use tables::Line;

/// What was found on a line of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The line's index in its block.
    pub line: u32,
    /// What was found.
    pub found: Found,
}

/// A pattern or a silent probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// A pattern matches by this regex, and none of its exceptions does.
    Pattern(PatternIndex, ProbeId),
    /// A regex that serves as context or evidence matches.
    Probe(ProbeId),
}

/// Scans blocks of lines. Built once, shared by all threads.
#[derive(Debug)]
pub struct Engine {
    tables: Tables,
    search: Search,
    confirm: Confirm,
}

/// What one scanning thread needs: reuse it for block after block.
#[derive(Debug, Default)]
pub struct Scratch {
    /// For each probe the last line on which it was tried, plus one.
    tried: Vec<u32>,
    buffers: Buffers,
    occurrences: Vec<Occurrence>,
}

impl Engine {
    /// An engine over tables. Regexes are compiled when first needed. Cost: next to nothing.
    pub fn new(tables: Tables) -> Result<Engine, EngineError> {
        Engine::with(tables, Way::from_environment())
    }

    /// The same, with a given way to search. [`Way::Automaton`] needs tables that were built, not embedded.
    pub fn with(tables: Tables, way: Way) -> Result<Engine, EngineError> {
        let search = Search::build(&tables, way)?;
        let confirm = Confirm::new(tables.program.probes().len());
        Ok(Engine { tables, search, confirm })
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.tables.program
    }

    /// Appends to `hits` what is found on a range of the lines of `block`, sorted.
    pub fn scan(&self, block: &Block, lines: Range<usize>, scratch: &mut Scratch, hits: &mut Vec<Hit>) {
        let Scratch { tried, buffers, occurrences } = scratch;
        tried.clear();
        tried.resize(self.tables.program.probes().len(), 0);
        let start = hits.len();
        let (text, offset) = block.text_of(lines.clone());
        occurrences.clear();
        self.search.find(&self.tables, text, buffers, occurrences);
        let mut next = occurrences.iter().peekable();
        let mut line = lines.start;
        while let Some(first) = next.peek() {
            let at = offset as u32 + first.start;
            line += block.ends()[line..lines.end].iter().take_while(|end| **end < at).count();
            let (from, end) = (block.start(line), block.ends()[line]);
            let mut context = Line::new(block.line(line));
            while let Some(found) = next.next_if(|o| offset as u32 + o.start <= end) {
                let at = offset + found.start as usize - from;
                self.tables.calls.of(found.fragment, at, &mut context, |probe, certain| {
                    let tried = &mut tried[probe.0 as usize];
                    if *tried != line as u32 + 1 {
                        *tried = line as u32 + 1;
                        if certain || self.confirm.is_match(&self.tables.program, probe, block.line(line)) {
                            self.note(probe, line as u32, block.line(line), hits);
                        }
                    }
                });
            }
        }
        for &probe in self.tables.program.slow() {
            for line in lines.clone() {
                if self.confirm.is_match(&self.tables.program, probe, block.line(line)) {
                    self.note(probe, line as u32, block.line(line), hits);
                }
            }
        }
        hits[start..].sort_unstable();
        hits.dedup();
    }

    /// Where a regex matches a line.
    pub fn find(&self, probe: ProbeId, text: &[u8]) -> Option<Range<usize>> {
        self.confirm.find(&self.tables.program, probe, text)
    }

    /// Names and values of the captures of a regex on a line that it matches.
    pub fn captures<'t>(&self, probe: ProbeId, text: &'t [u8]) -> Vec<(String, &'t [u8])> {
        self.confirm.captures(&self.tables.program, probe, text)
    }

    /// What it means that a regex matches a line.
    fn note(&self, probe: ProbeId, line: u32, text: &[u8], hits: &mut Vec<Hit>) {
        let entry = self.tables.program.probe(probe);
        for &pattern in &entry.patterns {
            let excepted = self.tables.program.except(pattern).iter().any(|&e| self.confirm.is_match(&self.tables.program, e, text));
            if !excepted {
                hits.push(Hit { line, found: Found::Pattern(pattern, probe) });
            }
        }
        if entry.silent {
            hits.push(Hit { line, found: Found::Probe(probe) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{Ask, needs};
    use crate::text::dialect;

    /// Regexes that are not run, but for lines with too many places to look at.
    const ASKED_OTHERWISE: [&str; 9] = [
        r"(?i)\bcaches?\b.{0,6}\b(?:lost|gone|not found)\b",
        r"cached?.{0,6}lost",
        r"(?:lost|gone).{2,4}?\bcache\b",
        r"^cache.{0,9}(?:gone|lost)$",
        r"^\s*(?:gone|lost).*cached\s*$",
        r"\blost\b.{3,}\bcached?\b",
        r"(?:gone|a lost).{0,2}cache",
        r"cache.{1,2}cache",
        r"\bcached?\b",
    ];

    #[test]
    fn what_is_asked_in_place_of_a_regex_gives_the_same() {
        for source in ASKED_OTHERWISE {
            assert!(needs(source).branches.iter().all(|b| b.ask != Ask::Regex), "{source}");
        }
        let engine = Engine::new(Tables::of_sources(&ASKED_OTHERWISE)).unwrap();
        let regexes = ASKED_OTHERWISE.map(|s| dialect(s).unwrap());
        let pieces = ["cache", "caches", "cached", "Cache", "lost", "gone", "a gone", "not found", "not lost", " ", " ", "  ", ".", "x", "-", "lo", "ca"];
        let mut state = 9u64;
        let mut below = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % end
        };
        let mut block = Block::new();
        for i in 0..20_000 {
            // Long lines have more places than are looked at.
            let pieces_of_line = if i % 500 == 0 { 4000 } else { 1 + below(9) };
            let line: String = (0..pieces_of_line).map(|_| pieces[below(pieces.len())]).collect();
            block.push(line.as_bytes());
        }
        let mut hits = Vec::new();
        engine.scan(&block, 0..block.len(), &mut Scratch::default(), &mut hits);
        let mut want = Vec::new();
        for line in 0..block.len() {
            let matching = regexes.iter().enumerate().filter(|(_, r)| r.is_match(block.line(line)));
            want.extend(matching.map(|(i, _)| Hit { line: line as u32, found: Found::Probe(ProbeId(i as u32)) }));
        }
        assert_eq!(hits, want);
        let of = |i: usize| want.iter().filter(|h| h.found == Found::Probe(ProbeId(i as u32))).count();
        assert!((0..ASKED_OTHERWISE.len()).all(|i| of(i) > 50), "{:?}", (0..ASKED_OTHERWISE.len()).map(of).collect::<Vec<_>>());
    }
}
