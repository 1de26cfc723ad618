//! One line of a log, by its number.

use crate::text::{LineNumber, Splitter};

use super::{Anatomy, Role};

/// A clean line, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NthLine {
    /// The text that patterns see: clean, or the canonical form of a daemon line. Not redacted.
    pub text: Vec<u8>,
    /// What it is.
    pub role: Role,
    /// It stands in a runner's daemon log.
    pub daemon: bool,
}

/// Finds what stands on a physical line: push the log's bytes, then finish. Memory does not grow with the log.
#[derive(Debug)]
pub struct Nth {
    number: LineNumber,
    splitter: Splitter,
    anatomy: Anatomy,
    found: Vec<NthLine>,
}

impl Nth {
    /// Looks for that line.
    pub fn new(number: LineNumber) -> Nth {
        Nth { number, splitter: Splitter::new(), anatomy: Anatomy::new(), found: Vec::new() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let Nth { number, splitter, anatomy, found } = self;
        splitter.push(bytes, |line| anatomy.line(&line, &mut |fed| keep(found, &fed, *number)));
    }

    /// The clean lines that begin on it, in order: several where carriage returns part it, none where it is blank, a
    /// section's mark, or the continuation of a line above. The second value is the number of lines of the log.
    pub fn finish(mut self) -> (Vec<NthLine>, u64) {
        let Nth { number, splitter, anatomy, found } = &mut self;
        splitter.finish(|line| anatomy.line(&line, &mut |fed| keep(found, &fed, *number)));
        (std::mem::take(&mut self.found), self.splitter.physical_lines())
    }
}

fn keep(found: &mut Vec<NthLine>, fed: &super::Fed, number: LineNumber) {
    if fed.number == number {
        found.push(NthLine { text: fed.text.to_vec(), role: fed.place.role, daemon: fed.daemon.is_some() });
    }
}
