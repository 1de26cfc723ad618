//! From a fragment that was found to the regexes that must see the line.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use bytemuck::{AnyBitPattern, NoUninit};

use crate::pattern::{Ask, ByteSet, Clause, Edge, Edges, Fragment, fold};

use super::Wanted;
use super::beside::{BesideTables, Building};
use super::layout::{Reader, Slice, Writer};
use super::program::{EngineError, ProbeId, Program};

/// Size of the set of runs that a line holds, and runs that are hashed at a time.
const GRAMS: usize = 2048;
const RUNS: usize = 16;
/// Runs of a fragment that are looked up.
const MAX_GRAMS: usize = 4;
/// A branch whose lines may begin or end with any byte.
const ANY: u16 = u16::MAX;
/// What decides, as numbers of their own; others are those of what must stand beside it.
const ASK_REGEX: u32 = u32::MAX;
const ASK_NOTHING: u32 = u32::MAX - 1;
/// The runs of a longer line say too little: it holds nearly all of them.
const MAX_TELLING_BYTES: usize = 1024;

/// All branches of all regexes, by the fragments that call for them.
#[derive(Debug)]
pub(in crate::engine) struct Calls {
    /// For each fragment where its calls begin; one more for the end.
    starts: Slice<u32>,
    calls: Slice<Call>,
    /// Sets of bytes with which lines begin or end.
    sets: Slice<[u8; 32]>,
    /// Clauses as ranges of `grams`.
    checks: Slice<[u32; 2]>,
    grams: Slice<[u16; MAX_GRAMS]>,
    besides: BesideTables,
}

/// A branch that a fragment calls for.
#[derive(Clone, Copy, Debug, NoUninit, AnyBitPattern)]
#[repr(C)]
struct Call {
    probe: u32,
    /// Clauses that must hold as well.
    first_check: u32,
    checks: u8,
    /// What may stand before and behind the fragment, as [`Edge`] has it, two bits each.
    edges: u8,
    /// Indices of the bytes with which the line may begin and end.
    first: u16,
    last: u16,
    /// Bytes of the fragment.
    length: u16,
    /// What decides.
    ask: u32,
}

/// For each hash of a run whether the line holds one: a byte each, since writing bits would wait for the bits before.
type Grams = [u8; GRAMS];

/// The line on which fragments were found.
pub(in crate::engine) struct Line<'t> {
    text: &'t [u8],
    grams: Option<Grams>,
}

impl Calls {
    /// The calls of a program, and the fragments to search for, each once: their places here are the numbers by which they are called.
    pub(super) fn build(program: &Program) -> (Calls, Vec<Wanted>) {
        let mut ids: HashMap<Fragment, u32> = HashMap::new();
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut pairs: Vec<(u32, Call)> = Vec::new();
        let mut sets: Vec<[u8; 32]> = Vec::new();
        let mut set_ids: HashMap<ByteSet, u16> = HashMap::new();
        let (mut checks_of, mut grams, mut besides) = (Vec::new(), Vec::new(), Building::default());
        for (i, probe) in program.probes().iter().enumerate().filter(|(_, p)| !p.passive) {
            for branch in &probe.needs.branches {
                let [first, last] = [branch.first, branch.last].map(|set| {
                    set.map_or(ANY, |set| {
                        *set_ids.entry(set).or_insert_with(|| {
                            let next = sets.len().min(usize::from(ANY)) as u16;
                            sets.push(set.0);
                            next
                        })
                    })
                });
                let from = checks_of.len() as u32;
                for clause in &branch.check {
                    checks_of.push(check(clause, &mut grams));
                }
                let Edges { start, end } = branch.search.edges;
                let edges = start as u8 | (end as u8) << 2;
                let ask = match &branch.ask {
                    Ask::Regex => ASK_REGEX,
                    Ask::Nothing => ASK_NOTHING,
                    Ask::Beside(beside) => besides.add(beside),
                };
                let checks = branch.check.len() as u8;
                for (fragment, &rarest) in branch.search.fragments.iter().zip(&branch.search.rarest) {
                    let sought = branch.search.sought(fragment);
                    let lead = u8::from(start == Edge::Line);
                    let id = *ids.entry(sought.clone()).or_insert_with(|| {
                        wanted.push(Wanted { fragment: sought, lead, rarest });
                        wanted.len() as u32 - 1
                    });
                    pairs.push((id, Call { probe: i as u32, first_check: from, checks, edges, first, last, length: fragment.len() as u16, ask }));
                }
            }
        }
        pairs.sort_by_key(|(id, call)| (*id, call.probe));
        let mut starts = vec![0u32; wanted.len() + 1];
        pairs.iter().for_each(|(id, _)| starts[*id as usize + 1] += 1);
        (0..wanted.len()).for_each(|i| starts[i + 1] += starts[i]);
        let calls = Calls {
            starts: starts.into(),
            calls: pairs.into_iter().map(|(_, call)| call).collect(),
            sets: sets.into(),
            checks: checks_of.into(),
            grams: grams.into(),
            besides: besides.build(),
        };
        (calls, wanted)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.add(&self.starts);
        writer.add(&self.calls);
        writer.add(&self.sets);
        writer.add(&self.checks);
        writer.add(&self.grams);
        self.besides.write(writer);
    }

    pub(super) fn read(reader: &mut Reader) -> Result<Calls, EngineError> {
        let (starts, calls, sets) = (reader.part()?, reader.part()?, reader.part()?);
        Ok(Calls { starts, calls, sets, checks: reader.part()?, grams: reader.part()?, besides: BesideTables::read(reader)? })
    }

    /// Calls `take` for each regex that must see the line, since `fragment` stands in it at `start`, and whether it is certain to
    /// match. A regex may come more than once.
    #[inline]
    pub(in crate::engine) fn of(&self, fragment: u32, start: usize, line: &mut Line, mut take: impl FnMut(ProbeId, bool)) {
        let range = self.starts[fragment as usize] as usize..self.starts[fragment as usize + 1] as usize;
        let allows = |set: u16, byte: Option<&u8>| set == ANY || byte.is_some_and(|b| ByteSet(self.sets[usize::from(set)]).has(*b));
        for call in &self.calls[range] {
            if !allows(call.first, line.text.first()) || !allows(call.last, line.text.last()) {
                continue;
            }
            let edges = Edges { start: Edge::of(call.edges & 3), end: Edge::of(call.edges >> 2 & 3) };
            let found = start..start + usize::from(call.length);
            if !edges.allow(line.text, found.start, found.end) {
                continue;
            }
            let checks = call.first_check as usize..call.first_check as usize + usize::from(call.checks);
            if !checks.is_empty() && line.text.len() <= MAX_TELLING_BYTES && !self.holds(checks, line) {
                continue;
            }
            let certain = match call.ask {
                ASK_REGEX => Some(false),
                ASK_NOTHING => Some(true),
                beside => match self.besides.holds(beside, line.text, found) {
                    Some(true) => Some(true),
                    Some(false) => None,
                    None => Some(false),
                },
            };
            if let Some(certain) = certain {
                take(ProbeId(call.probe), certain);
            }
        }
    }

    /// Whether every clause may hold: false is certain.
    fn holds(&self, checks: Range<usize>, line: &mut Line) -> bool {
        let text = line.text;
        let set = line.grams.get_or_insert_with(|| grams_of(text));
        let has = |run: u16| set[usize::from(run) % GRAMS] != 0;
        self.checks[checks].iter().all(|[from, to]| {
            let fragments = &self.grams[*from as usize..*to as usize];
            fragments.iter().any(|grams| grams.iter().all(|run| has(*run)))
        })
    }
}

impl<'t> Line<'t> {
    pub(in crate::engine) fn new(text: &'t [u8]) -> Line<'t> {
        Line { text, grams: None }
    }
}

/// The runs of three folded bytes of a line, as a set of hashes.
fn grams_of(text: &[u8]) -> Grams {
    let mut set = [0; GRAMS];
    let mut add = |hashes: &[u16]| hashes.iter().for_each(|h| set[usize::from(*h) % GRAMS] = 1);
    let mut at = 0;
    // Hashes of many runs at once; single bytes go into the set one by one.
    while let Some(piece) = text[at..].first_chunk::<{ RUNS + 2 }>() {
        let folded = piece.map(fold);
        add(&std::array::from_fn::<u16, RUNS, _>(|i| gram([folded[i], folded[i + 1], folded[i + 2]])));
        at += RUNS;
    }
    text[at..].windows(3).for_each(|w| add(&[gram([fold(w[0]), fold(w[1]), fold(w[2])])]));
    set
}

/// In numbers of 16 bits, of which processors multiply eight at a time.
#[inline(always)]
fn gram(run: [u8; 3]) -> u16 {
    let [a, b, c] = run.map(u16::from);
    let hash = a.wrapping_mul(0x9e37).wrapping_add(b.wrapping_mul(0x79b1)).wrapping_add(c.wrapping_mul(0x2c1b));
    hash >> (16 - GRAMS.trailing_zeros())
}

fn check(clause: &Clause, grams: &mut Vec<[u16; MAX_GRAMS]>) -> [u32; 2] {
    let from = grams.len() as u32;
    let folded: BTreeSet<Vec<u8>> = clause.fragments.iter().map(Fragment::folded).collect();
    for folded in folded {
        let runs: Vec<u16> = folded.windows(3).map(|w| gram([w[0], w[1], w[2]])).collect();
        // Spread over the fragment; a short one repeats its last.
        grams.push(std::array::from_fn(|i| runs[(i * runs.len() / MAX_GRAMS).min(runs.len() - 1)]));
    }
    [from, grams.len() as u32]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_the_runs_of_every_fragment_in_it() {
        let set = grams_of(b"Certificate 17 expired");
        for text in ["certificate", "expired", "CERT", "ate 42 exp"] {
            let mut grams = Vec::new();
            check(&Clause { fragments: vec![Fragment::exact(text.as_bytes())], rarest: Vec::new(), edges: Edges::default() }, &mut grams);
            assert!(grams[0].iter().all(|run| set[usize::from(*run)] != 0), "{text}");
        }
    }
}
