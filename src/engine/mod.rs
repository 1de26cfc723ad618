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
