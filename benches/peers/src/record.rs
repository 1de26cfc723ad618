//! What a run gave, whole: the report is made of it, and `--record` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::agreement::Exact;
use crate::error::Error;
use crate::facts::Machine;
use crate::ours;

/// Regexes that are shown for a reason.
#[cfg(feature = "vectorscan")]
const SHOWN: usize = 3;

/// One run of the bench.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// `whyred.peers/1`: what the keys mean.
    pub schema: &'static str,
    /// When it began, UTC.
    pub date: String,
    /// The commit of the project, and whether its tree differs from it.
    pub commit: String,
    /// Version and hash of the catalog.
    pub catalog: String,
    /// Where it ran.
    pub machine: Machine,
    /// Versions of the peers.
    pub versions: BTreeMap<String, String>,
    /// What was read.
    pub corpus: CorpusFacts,
    /// Number of patterns, regexes and literals.
    pub patterns: PatternFacts,
    /// Rounds that count; one before them is dropped.
    pub rounds: usize,
    /// The files were held in memory: rows of this process do not read.
    pub in_memory: bool,
    /// The engine beside its slow twin.
    pub exact: Exact,
    /// The engine beside Vectorscan.
    pub sets: Vec<Sets>,
    /// Regexes that Vectorscan refused, with its words.
    pub refused: Vec<(String, String)>,
    /// The rows.
    pub rows: Vec<Row>,
    /// What else a reader must know.
    pub notes: Vec<String>,
}

/// The corpus.
#[derive(Clone, Debug, Serialize)]
pub struct CorpusFacts {
    /// Where it comes from.
    pub origin: String,
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of the one large file.
    pub one_bytes: u64,
}

/// The patterns.
#[derive(Clone, Debug, Serialize)]
pub struct PatternFacts {
    /// Patterns of the catalog.
    pub patterns: usize,
    /// Different regexes that are looked for on every line: what each peer gets.
    pub regexes: usize,
    /// Different required literals of these.
    pub literals: usize,
}

/// One row: what one peer took.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// `files/ours/1`: what is read, who reads it, by how many threads.
    pub key: String,
    /// Its name in the table.
    pub name: String,
    /// Bytes of one pass.
    pub bytes: u64,
    /// What it found in one pass, if it says so.
    pub found: Option<u64>,
    /// Other numbers that Vectorscan found in other passes over the same bytes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub found_otherwise: BTreeSet<u64>,
    /// Seconds of the rounds that count, in order.
    pub seconds: Vec<f64>,
    /// Seconds after which it was stopped, if it was.
    pub stopped: Option<u64>,
}

/// Pairs of a file and a regex.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sets {
    /// What was looked at: `clean text` or `raw text`.
    pub text: String,
    /// Files compared.
    pub files: usize,
    /// Pairs that both have.
    pub both: u64,
    /// Pairs that only one side has, by reason.
    pub differences: BTreeMap<String, Difference>,
}

/// Pairs that only one side has, for one reason.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Difference {
    /// How many.
    pub pairs: u64,
    /// Some of their regexes.
    pub examples: BTreeSet<String>,
}

impl Sets {
    /// Counts one pair that only one side has.
    #[cfg(feature = "vectorscan")]
    pub fn add(&mut self, reason: &str, source: &str) {
        let difference = self.differences.entry(reason.to_owned()).or_default();
        difference.pairs += 1;
        if difference.examples.len() < SHOWN {
            difference.examples.insert(source.to_owned());
        }
    }
}

impl Row {
    /// The median of the rounds; `None` if it was stopped.
    pub fn median(&self) -> Option<f64> {
        median(&self.seconds)
    }

    /// The shortest and the longest round.
    pub fn spread(&self) -> Option<(f64, f64)> {
        let min = self.seconds.iter().copied().min_by(f64::total_cmp)?;
        let max = self.seconds.iter().copied().max_by(f64::total_cmp)?;
        Some((min, max))
    }

    /// Bytes a second, by the median.
    pub fn speed(&self) -> Option<f64> {
        self.median().map(|m| self.bytes as f64 / m)
    }
}

impl Record {
    /// The row of a key.
    pub fn row(&self, key: &str) -> Option<&Row> {
        self.rows.iter().find(|r| r.key == key)
    }

    /// Writes it to a path, or under a bare name. Where it was written.
    pub fn write(&self, to: &Path) -> Result<PathBuf, Error> {
        write(self, to)
    }
}

/// The median; `None` of nothing.
pub fn median(seconds: &[f64]) -> Option<f64> {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 0 => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        _ => Some(sorted[middle]),
    }
}

/// Writes a record to a path; a bare name is a file in `benches/record`. Where it was written.
pub fn write(record: &impl Serialize, to: &Path) -> Result<PathBuf, Error> {
    let bare = to.components().count() == 1 && to.extension().is_none();
    let path = if bare { ours::project().join("benches/record").join(to).with_extension("json") } else { to.to_owned() };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| Error::path(folder, e))?;
    }
    let mut text = serde_json::to_string_pretty(record).map_err(|e| Error::World(e.to_string()))?;
    text.push('\n');
    std::fs::write(&path, text).map_err(|e| Error::path(&path, e))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let row = |seconds: &[f64]| Row {
            key: String::new(),
            name: String::new(),
            bytes: 6,
            found: None,
            found_otherwise: BTreeSet::new(),
            seconds: seconds.to_vec(),
            stopped: None,
        };
        assert_eq!(row(&[]).median(), None);
        assert_eq!(row(&[3.0, 1.0, 2.0]).median(), Some(2.0));
        assert_eq!(row(&[4.0, 1.0, 2.0, 3.0]).median(), Some(2.5));
        assert_eq!(row(&[3.0, 1.0]).spread(), Some((1.0, 3.0)));
        assert_eq!(row(&[3.0]).speed(), Some(2.0));
    }
}
