//! What the user typed.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Times whyred beside other programs and libraries that look for many patterns at once
///
/// Every row reads the same files from the page cache, in alternating rounds of which the first is dropped. Before a row
/// is timed, what the engine finds is compared with every regex on every clean line of a sample.
///
/// Exit status: 0 all was measured; 1 the engine and its slow twin disagree; 2 wrong usage; 3 something could not be
/// read, written or run.
#[derive(Clone, Debug, Parser)]
#[command(name = "whyred-peers", max_term_width = 100)]
pub struct Args {
    /// Folder of traces: its `files/` if it has one, and its `one.log` [default: traces are generated]
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,

    /// The one large trace [default: `one.log` of the corpus, or all of its files joined]
    #[arg(long, value_name = "FILE")]
    pub one: Option<PathBuf>,

    /// Rounds that count
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub rounds: usize,

    /// Also write a record: a path, or the bare name of one in benches/record
    #[arg(long, value_name = "NAME|FILE")]
    pub record: Option<PathBuf>,

    /// The program to time [default: target/release/whyred of the project]
    #[arg(long, value_name = "PATH")]
    pub whyred: Option<PathBuf>,

    /// Time only the rows or curves whose key (as in the record: files/ours/1) contains one of these
    #[arg(long, value_name = "TEXT", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Hold all files in memory: rows in this process then time the scan without the reading
    #[arg(long)]
    pub in_memory: bool,

    /// Files on which the engine must equal every regex on every clean line
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub check: usize,

    /// Files on which the sets of Vectorscan are compared
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub sets: usize,

    /// Kilobytes of the large file that RegexSet gets in a round
    #[arg(long, value_name = "KB", default_value_t = 50)]
    pub piece: usize,

    /// Seconds after which a program is stopped
    #[arg(long, value_name = "S", default_value_t = 60)]
    pub limit: u64,

    /// Measure curves instead, and write them to a record: a path, or the bare name of one in benches/record
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["corpus", "record"])]
    pub growth: Option<PathBuf>,

    /// Folder of the curves' plots [default: docs/performance of the project]
    #[arg(long, value_name = "DIR", requires = "growth")]
    pub plots: Option<PathBuf>,

    /// GiB of the largest file of the curve of sizes, if more than 1
    #[arg(long, value_name = "GB", default_value_t = 1, requires = "growth")]
    pub largest: u64,

    /// The curve of files ends at this number
    #[arg(long, value_name = "N", default_value_t = 1_000_000, requires = "growth")]
    pub most_files: usize,

    /// Number of generated files
    #[arg(long, value_name = "N", default_value_t = 2000, conflicts_with = "corpus")]
    pub files: usize,

    /// Seed of the generated files
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "corpus")]
    pub seed: u64,

    /// Escape sequences in the generated files
    #[arg(long, value_enum, default_value_t = Colour::Mixed, conflicts_with = "corpus")]
    pub colour: Colour,

    /// Time stamp headers in the generated files
    #[arg(long, value_enum, default_value_t = Stamps::Mixed, conflicts_with = "corpus")]
    pub stamps: Stamps,
}

/// How many escape sequences a trace has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// None, not even the runner's.
    None,
    /// The runner's, and those of a few words.
    Sparse,
    /// Several on every second line.
    Dense,
    /// Each file has one of the others.
    Mixed,
}

/// Which traces have a time stamp header on each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stamps {
    /// No file.
    None,
    /// Every file.
    All,
    /// Two files of five.
    Mixed,
}
