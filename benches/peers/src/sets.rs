//! What Vectorscan finds in a file beside what the engine finds: sets of regexes a file, differences by reason.
//!
//! Differences are no error as long as the slow twin is on the engine's side: raw text is not clean text, and exceptions
//! are not part of Vectorscan's work. Where it is not, the engine is wrong.

use std::collections::BTreeSet;

use crate::corpus::Traces;
use crate::error::Error;
use crate::ours::{Ours, clean_lines};
use crate::record::Sets;
use crate::twin::Twin;

/// Looks for regexes in whole texts.
pub trait Find {
    /// The probes found in a trace.
    fn find(&mut self, trace: &[u8]) -> Result<BTreeSet<u32>, Error>;

    /// Whether a probe is found in a trace when it alone is looked for; `None`: it is refused.
    fn find_alone(&mut self, probe: u32, trace: &[u8]) -> Result<Option<bool>, Error>;
}

/// Compares what is found in `files` files, evenly spread, with what the engine finds. `text` names what is looked at. An
/// error: the engine's set of a file is wrong.
pub fn compare(text: &str, theirs: &mut impl Find, ours: &Ours, twin: &Twin, traces: &Traces, files: usize) -> Result<Sets, Error> {
    let (mut buffer, mut scanner) = (traces.buffer(), ours.scanner());
    let mut sets = Sets { text: text.to_owned(), ..Sets::default() };
    for index in traces.sample(files) {
        let trace = traces.read(index, &mut buffer)?;
        let mut got = BTreeSet::new();
        scanner.scan(trace, &mut |probe, _line| _ = got.insert(probe));
        let found = theirs.find(trace)?;
        sets.files += 1;
        sets.both += got.intersection(&found).count() as u64;
        for &probe in got.symmetric_difference(&found) {
            let (mut matches, mut reported) = (false, false);
            clean_lines(trace, |line| {
                matches |= twin.matches(probe, line);
                reported |= twin.reports(probe, line);
            });
            if reported != got.contains(&probe) {
                let (path, what) = (traces.path(index).display(), if reported { "misses" } else { "finds, and no line has it," });
                return Err(Error::Disagreement(format!("{path}: the engine {what} {}", twin.source(probe))));
            }
            let reason = match (reported, matches) {
                (true, _) => match theirs.find_alone(probe, trace)? {
                    None => "only ours: refused by Vectorscan",
                    Some(true) => "only ours: Vectorscan finds it when it looks for nothing else, and not among the others",
                    Some(false) => "only ours: the text does not match",
                },
                (false, true) => "only Vectorscan: an exception of the pattern holds on the line",
                (false, false) => "only Vectorscan: no clean line matches",
            };
            sets.add(reason, twin.source(probe));
        }
    }
    Ok(sets)
}
