//! Before anything is timed: the engine finds exactly what every regex on every clean line finds.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::corpus::Traces;
use crate::error::Error;
use crate::ours::{Ours, clean_lines};
use crate::twin::Twin;

/// Pairs that are shown of a disagreement.
const SHOWN: usize = 5;

/// What was compared, and found to be equal.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Exact {
    /// Files of the sample.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Their clean lines.
    pub lines: u64,
    /// The different ones of them.
    pub distinct_lines: usize,
    /// Pairs of a regex and a clean line.
    pub pairs: u64,
}

/// Compares the pairs of a regex and a line in `files` files, evenly spread. An error names the first pairs that only
/// one side has.
pub fn compare(ours: &Ours, twin: &Twin, traces: &Traces, files: usize) -> Result<Exact, Error> {
    let (sample, mut buffer, mut scanner, mut exact) = (traces.sample(files), traces.buffer(), ours.scanner(), Exact::default());
    // A regex sees nothing but its line: equal lines need one look.
    let mut known: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
    for &index in &sample {
        clean_lines(traces.read(index, &mut buffer)?, |line| _ = known.entry(line.to_vec()).or_default());
    }
    eprintln!("agreement: every regex on {} lines", known.len());
    twin.report(&mut known);
    exact.distinct_lines = known.len();
    for &index in &sample {
        let trace = traces.read(index, &mut buffer)?;
        let (mut want, mut got, mut line) = (BTreeSet::new(), BTreeSet::new(), 0);
        clean_lines(trace, |text| {
            want.extend(known[text].iter().map(|&probe| (probe, line)));
            line += 1;
        });
        scanner.scan(trace, &mut |probe, line| _ = got.insert((probe, line)));
        if want != got {
            return Err(disagreement(&want, &got, twin, &traces.path(index).display().to_string()));
        }
        exact.files += 1;
        exact.bytes += trace.len() as u64;
        exact.lines += line;
        exact.pairs += got.len() as u64;
    }
    Ok(exact)
}

fn disagreement(want: &BTreeSet<(u32, u64)>, got: &BTreeSet<(u32, u64)>, twin: &Twin, path: &str) -> Error {
    let mut message = format!("{path}: the engine and every regex on every clean line do not agree");
    for (what, only) in [("missing", want.difference(got)), ("extra", got.difference(want))] {
        for (probe, line) in only.take(SHOWN) {
            message.push_str(&format!("\n  {what}: clean line {}, {}", line + 1, twin.source(*probe)));
        }
    }
    Error::Disagreement(message)
}
