//! From a fragment that was found to the regexes that must see the line.

use std::collections::HashMap;

use crate::pattern::{ByteSet, Clause, Fragment, fold};

use super::program::{ProbeId, Program};
use super::search::Wanted;

/// Bits of the set of runs that a line holds.
const GRAM_BITS: usize = 2048;
/// Runs of a fragment that are looked up.
const MAX_GRAMS: usize = 4;
/// Where nothing is to be checked.
const NONE: u32 = u32::MAX;

/// All branches of all regexes, by the fragments that call for them.
#[derive(Debug)]
pub(super) struct Calls {
    /// For each fragment where its calls begin; one more for the end.
    starts: Box<[u32]>,
    calls: Box<[Call]>,
    firsts: Box<[ByteSet]>,
    /// Clauses as ranges of `grams`, by branch.
    checks: Box<[Check]>,
    grams: Box<[[u16; MAX_GRAMS]]>,
}

/// A branch that a fragment calls for.
#[derive(Clone, Copy, Debug)]
struct Call {
    probe: ProbeId,
    /// Index of the bytes with which the line may begin.
    first: u32,
    /// Clauses that must hold as well.
    checks: (u32, u32),
    at_start: bool,
}

#[derive(Clone, Copy, Debug)]
struct Check {
    grams: (u32, u32),
}

/// The line on which fragments were found.
pub(super) struct Line<'t> {
    pub(super) text: &'t [u8],
    grams: Option<Box<[u64; GRAM_BITS / 64]>>,
}

impl Calls {
    /// The calls of a program, and the fragments to search for, each once: their places here are the numbers by which they are called.
    pub(super) fn build(program: &Program) -> (Calls, Vec<Wanted>) {
        let mut ids: HashMap<&Fragment, u32> = HashMap::new();
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut pairs: Vec<(u32, Call)> = Vec::new();
        let mut firsts: Vec<ByteSet> = Vec::new();
        let mut first_ids: HashMap<ByteSet, u32> = HashMap::new();
        let (mut checks, mut grams) = (Vec::new(), Vec::new());
        for (i, probe) in program.probes().iter().enumerate().filter(|(_, p)| !p.passive) {
            for branch in &probe.needs.branches {
                let first = branch.first.map_or(NONE, |set| {
                    *first_ids.entry(set).or_insert_with(|| {
                        firsts.push(set);
                        firsts.len() as u32 - 1
                    })
                });
                let from = checks.len() as u32;
                for clause in &branch.check {
                    checks.push(check(clause, &mut grams));
                }
                let call = Call { probe: ProbeId(i as u32), first, checks: (from, checks.len() as u32), at_start: branch.search.at_start };
                for (fragment, &rarest) in branch.search.fragments.iter().zip(&branch.search.rarest) {
                    let id = *ids.entry(fragment).or_insert_with(|| {
                        wanted.push(Wanted { fragment: fragment.clone(), rarest });
                        wanted.len() as u32 - 1
                    });
                    pairs.push((id, call));
                }
            }
        }
        pairs.sort_by_key(|(id, call)| (*id, call.probe));
        let mut starts = vec![0u32; wanted.len() + 1];
        pairs.iter().for_each(|(id, _)| starts[*id as usize + 1] += 1);
        (0..wanted.len()).for_each(|i| starts[i + 1] += starts[i]);
        let calls = Calls {
            starts: starts.into_boxed_slice(),
            calls: pairs.into_iter().map(|(_, call)| call).collect(),
            firsts: firsts.into_boxed_slice(),
            checks: checks.into_boxed_slice(),
            grams: grams.into_boxed_slice(),
        };
        (calls, wanted)
    }

    /// Calls `take` for each regex that must see the line, since `fragment` stands in it at `start`. A regex may come more
    /// than once.
    #[inline]
    pub(super) fn of(&self, fragment: u32, start: usize, line: &mut Line, mut take: impl FnMut(ProbeId)) {
        let range = self.starts[fragment as usize] as usize..self.starts[fragment as usize + 1] as usize;
        for call in &self.calls[range] {
            if call.at_start && start != 0 {
                continue;
            }
            if call.first != NONE && !line.text.first().is_some_and(|b| self.firsts[call.first as usize].has(*b)) {
                continue;
            }
            if call.checks.0 < call.checks.1 && !self.holds(call.checks, line) {
                continue;
            }
            take(call.probe);
        }
    }

    /// Whether every clause may hold: false is certain.
    fn holds(&self, checks: (u32, u32), line: &mut Line) -> bool {
        let text = line.text;
        let set = line.grams.get_or_insert_with(|| grams_of(text));
        let has = |bit: u16| set[usize::from(bit) / 64] >> (bit % 64) & 1 != 0;
        self.checks[checks.0 as usize..checks.1 as usize].iter().all(|check| {
            let fragments = &self.grams[check.grams.0 as usize..check.grams.1 as usize];
            fragments.iter().any(|grams| grams.iter().all(|bit| has(*bit)))
        })
    }
}

impl<'t> Line<'t> {
    pub(super) fn new(text: &'t [u8]) -> Line<'t> {
        Line { text, grams: None }
    }
}

/// The runs of three folded bytes of a line, as a set of hashes.
fn grams_of(text: &[u8]) -> Box<[u64; GRAM_BITS / 64]> {
    let mut set = Box::new([0u64; GRAM_BITS / 64]);
    for run in text.windows(3) {
        let bit = gram([fold(run[0]), fold(run[1]), fold(run[2])]);
        set[usize::from(bit) / 64] |= 1 << (bit % 64);
    }
    set
}

fn gram(run: [u8; 3]) -> u16 {
    let word = u32::from_le_bytes([run[0], run[1], run[2], 0]);
    (word.wrapping_mul(0x9e37_79b1) >> (32 - GRAM_BITS.trailing_zeros())) as u16
}

fn check(clause: &Clause, grams: &mut Vec<[u16; MAX_GRAMS]>) -> Check {
    let from = grams.len() as u32;
    for fragment in &clause.fragments {
        let folded = fragment.folded();
        let runs: Vec<u16> = folded.windows(3).map(|w| gram([w[0], w[1], w[2]])).collect();
        // Spread over the fragment; a short one repeats its last.
        grams.push(std::array::from_fn(|i| runs[(i * runs.len() / MAX_GRAMS).min(runs.len() - 1)]));
    }
    Check { grams: (from, grams.len() as u32) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_the_runs_of_every_fragment_in_it() {
        let set = grams_of(b"Certificate 17 expired");
        for text in ["certificate", "expired", "CERT", "ate 42 exp"] {
            let mut grams = Vec::new();
            check(&Clause { fragments: vec![Fragment::exact(text.as_bytes())], rarest: Vec::new(), at_start: false }, &mut grams);
            assert!(grams[0].iter().all(|b| set[usize::from(*b) / 64] >> (b % 64) & 1 != 0), "{text}");
        }
    }
}
