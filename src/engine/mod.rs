//! Clean lines to hits: which pattern matches which line.
//!
//! Knows lines and regexes, and neither traces nor verdicts. Bytes can never make a scan fail.
//!
//! The naive way is four lines: for each line, for each regex, try it. Here one search for the required literals of all
//! regexes (the prefilter) names the few pairs of a regex and a line that can match at all, and only those are tried.
//! Results are the same, since a literal is required by the regex itself; `tests/agreement.rs` holds both side by side.
//!
//! Context and evidence are regexes too: silent probes. Their hits are reported with the line on which they stand, and
//! what that means is arithmetic on line numbers, done by the verdict floor.

mod block;
mod confirm;
mod parallel;
mod prefilter;
mod program;

pub use block::Block;
pub use program::{EngineError, PatternIndex, ProbeId, Program};

use std::ops::Range;

use confirm::Confirm;
use prefilter::Prefilter;

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
    program: Program,
    prefilter: Prefilter,
    confirm: Confirm,
}

/// What one scanning thread needs: reuse it for block after block.
#[derive(Debug, Default)]
pub struct Scratch {
    /// For each probe the last line on which it was tried, plus one.
    tried: Vec<u32>,
    /// The text in lower case: literals are.
    lower: Vec<u8>,
}

impl Engine {
    /// Compiles a program's literals into one automaton. Regexes are compiled when first needed.
    pub fn build(program: Program) -> Result<Engine, EngineError> {
        let prefilter = Prefilter::build(&program)?;
        let confirm = Confirm::new(program.probes().len());
        Ok(Engine { program, prefilter, confirm })
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Appends to `hits` what is found on a range of the lines of `block`, sorted.
    pub fn scan(&self, block: &Block, lines: Range<usize>, scratch: &mut Scratch, hits: &mut Vec<Hit>) {
        let Scratch { tried, lower } = scratch;
        tried.clear();
        tried.resize(self.program.probes().len(), 0);
        let start = hits.len();
        self.prefilter.candidates(block, lines.clone(), lower, |probe, line| {
            let tried = &mut tried[probe.0 as usize];
            if *tried == line + 1 {
                return;
            }
            *tried = line + 1;
            self.try_probe(probe, line, block.line(line as usize), hits);
        });
        for &probe in self.program.slow() {
            for line in lines.clone() {
                self.try_probe(probe, line as u32, block.line(line), hits);
            }
        }
        hits[start..].sort_unstable();
        hits.dedup();
    }

    /// Where a regex matches a line.
    pub fn find(&self, probe: ProbeId, text: &[u8]) -> Option<Range<usize>> {
        self.confirm.find(&self.program, probe, text)
    }

    /// Names and values of the captures of a regex on a line that it matches.
    pub fn captures<'t>(&self, probe: ProbeId, text: &'t [u8]) -> Vec<(String, &'t [u8])> {
        self.confirm.captures(&self.program, probe, text)
    }

    fn try_probe(&self, probe: ProbeId, line: u32, text: &[u8], hits: &mut Vec<Hit>) {
        if !self.confirm.is_match(&self.program, probe, text) {
            return;
        }
        let entry = self.program.probe(probe);
        for &pattern in &entry.patterns {
            let excepted = self.program.except(pattern).iter().any(|&e| self.confirm.is_match(&self.program, e, text));
            if !excepted {
                hits.push(Hit { line, found: Found::Pattern(pattern, probe) });
            }
        }
        if entry.silent {
            hits.push(Hit { line, found: Found::Probe(probe) });
        }
    }
}
