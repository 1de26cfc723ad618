//! What the user typed. Nothing is done here.

#[cfg(unix)]
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

#[cfg(unix)]
pub(super) use super::words::OnClass;
pub(super) use super::words::{Assume, ConfidenceArg, DetailArg, Format, GuideFormat, LineFormat, Mmap, Only, Tier, version};

/// Reads CI job traces, says why each job failed, shows the line that proves it, and says how to fix it.
#[derive(Debug, Parser)]
#[command(name = "whyred", version, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    Scan(ScanArgs),
    #[cfg(unix)]
    Tee(TeeArgs),
    #[cfg(unix)]
    Run(RunArgs),
    Explain(ExplainArgs),
    Diff(DiffArgs),
    Patterns(PatternsArgs),
    Completions(CompletionsArgs),
}

/// Classify job traces: files, folders, or standard input
///
/// A folder is walked in byte order of names. Of it are read files that end in .log, .log.N, .txt, .trace or .out and
/// files without an ending; where a folder holds a job.log (GitLab's archive), only that. A file that is named is
/// always read.
///
/// Exit status: 0 the work was done, whatever the verdicts; 1 with --exit-code, if some job failed or timed out; 2 wrong
/// usage; 3 something could not be read or written, and the rest was done.
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    pub(super) inputs: Inputs,

    /// Format of standard output [default: human on a terminal or where CI is set, else jsonl]
    #[arg(long, short, value_enum)]
    pub(super) format: Option<Format>,

    /// Also write this format to a file, in the same pass; can be repeated
    #[arg(long, short, value_name = "FORMAT=PATH")]
    pub(super) output: Vec<String>,

    /// Show a whole block for every trace, not one entry each
    #[arg(long)]
    pub(super) each: bool,

    /// How much of a verdict is written
    #[arg(long, value_enum, default_value_t = DetailArg::Normal)]
    pub(super) detail: DetailArg,

    /// Write only records of jobs that did not pass
    #[arg(long, value_enum)]
    pub(super) only: Option<Only>,

    /// Write only records with this class; can be repeated, or given as a list with commas
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    pub(super) class: Vec<String>,

    /// Write only verdicts that are at least this sure
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(super) min_confidence: Option<ConfidenceArg>,

    /// Exit with 1 if some job failed or timed out
    #[arg(long)]
    pub(super) exit_code: bool,

    /// Wait for what is added to the one file that is named, also where it is cut, or moved away and made anew. The end of
    /// a job's trace ends it; a runner's log has none: records are written as things happen, until SIGINT or SIGTERM
    #[cfg_attr(unix, arg(long, conflicts_with_all = ["files_from", "glob", "all_files", "job_facts", "mmap", "threads"]))]
    #[cfg_attr(not(unix), arg(skip))]
    pub(super) follow: bool,

    /// No summary, and no human output but where --format asks for it
    #[arg(long, short)]
    pub(super) quiet: bool,

    /// Leave secrets in what is written
    #[arg(long)]
    pub(super) no_redact: bool,

    #[command(flatten)]
    pub(super) common: Common,
}

/// Copy standard input to standard output, and say at the end why it failed
///
/// Every byte is passed on as it came and as soon as it can be read. The verdict goes to standard error. Of a runner's own
/// log (`gitlab-runner run 2>&1 | whyred tee`), which has no end, each job that failed is written when it ends.
///
/// Where 1 to 2 MiB wait to be judged, the oldest of them are passed on and not judged; the record
/// names `skipped` among its limits. `whyred scan -` judges all.
///
/// SIGINT, SIGTERM and SIGHUP end it in order, and so does a reader that goes away: the verdict of what was seen is written.
/// With --output, SIGHUP makes the files anew instead, for log rotation.
///
/// Exit status: 0 the work was done, whatever the verdict; 2 wrong usage; 3 something could not be read or written; 128 and
/// the signal's number.
#[cfg(unix)]
#[derive(Debug, Args)]
pub(super) struct TeeArgs {
    #[command(flatten)]
    pub(super) records: RecordArgs,

    /// Take what has no outcome for the output of a failed job
    #[arg(long, value_enum)]
    pub(super) assume: Option<Assume>,
}

/// Run a command, and say why it failed
///
/// The command's output passes through as it comes, and its exit status is returned: 128 and the signal's number if a signal
/// ended it, 127 if there is no such command, 126 if it cannot be executed. If it failed, verdict, line and fix follow on
/// standard error; in a job (CI is set) the whole of it stands in a collapsed section.
///
/// Where standard output is a terminal the command gets a pseudo-terminal: colours and progress stay, and keys mean what they
/// meant, but for ^Z, which stops nothing. Where standard output and standard error are the same file it gets one pipe, and the
/// order of what it writes is kept; else two. Signals are passed on to it. Its end is the end: what it left running in the
/// background has no reader any more.
///
/// Of a job it sees the command alone, not what the runner does before: prepare, get_sources, image pull.
///
/// Exit status: the command's, unless --on-class or --retryable-status gives another; before the command runs, 2 wrong usage
/// and 3 something cannot be read or written; 3 also where the command succeeded and its output could not be written.
#[cfg(unix)]
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Return this exit status where the command fails and the verdict is of one of these classes; can be repeated, the first
    /// that fits counts
    #[arg(long, value_name = "CLASS[,CLASS]...=STATUS", value_parser = OnClass::parse)]
    pub(super) on_class: Vec<OnClass>,

    /// Return this exit status where the command fails and running it again may help: the verdict's retry is yes
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u8).range(1..))]
    pub(super) retryable_status: Option<u8>,

    #[command(flatten)]
    pub(super) records: RecordArgs,

    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) command: Vec<OsString>,
}

/// What is written beside bytes that pass by.
#[cfg(unix)]
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// Write records to a file; can be repeated. jsonl is appended to, line by line
    #[arg(long, short, value_name = "FORMAT=PATH")]
    pub(super) output: Vec<String>,

    /// How much of a verdict is written
    #[arg(long, value_enum, default_value_t = DetailArg::Normal)]
    pub(super) detail: DetailArg,

    /// No verdict on standard error
    #[arg(long, short)]
    pub(super) quiet: bool,

    /// Leave secrets in verdicts and records
    #[arg(long)]
    pub(super) no_redact: bool,

    #[command(flatten)]
    pub(super) common: Common,
}

/// Which traces are read, and how.
#[derive(Debug, Args)]
pub(super) struct Inputs {
    /// Files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Also read the paths that this file lists, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) files_from: Option<PathBuf>,

    /// Of folders take the files that match, and no others; can be repeated
    #[arg(long, value_name = "GLOB")]
    pub(super) glob: Vec<String>,

    /// Of folders take every file that is not hidden
    #[arg(long, conflicts_with = "glob")]
    pub(super) all_files: bool,

    /// Take a trace without an outcome for that of a failed job
    #[arg(long, value_enum)]
    pub(super) assume: Option<Assume>,

    /// What GitLab says of the jobs: JSON Lines or CSV, a row a job, by job number; TRACE.json beside a trace is
    /// read without asking
    #[arg(long, value_name = "FILE")]
    pub(super) job_facts: Option<PathBuf>,

    /// Whether files are mapped into memory; auto does so where it is faster: large ones
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Mmap::Auto)]
    pub(super) mmap: Mmap,

    /// Number of threads [default: one a core]
    #[arg(long, short = 'j', value_name = "N")]
    pub(super) threads: Option<usize>,
}

/// What means the same everywhere.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Add the patterns of a folder; can be repeated
    #[arg(long, value_name = "DIR", env = "WHYRED_PATTERNS", value_delimiter = PATHS, hide_env_values = true)]
    pub(super) patterns: Vec<PathBuf>,

    /// Version of the GitLab at hand, such as 18.5: advice that does not hold there is left out
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(super) gitlab: Option<(u16, u16)>,

    /// Tier of the GitLab at hand
    #[arg(long, value_enum)]
    pub(super) tier: Option<Tier>,
}

/// What separates folders in an environment variable.
const PATHS: char = if cfg!(windows) { ';' } else { ':' };

/// Explain a class, a pattern or a cause: the whole guide
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// protected-branch, protected-branch/push-denied, or protected-branch/push-denied/wrong-branch
    #[arg(value_name = "ID")]
    pub(super) id: String,

    /// Format of the guide
    #[arg(long, short, value_enum, default_value_t = GuideFormat::Human)]
    pub(super) format: GuideFormat,

    #[command(flatten)]
    pub(super) common: Common,
}

/// List, show, check, draft and try patterns
#[derive(Debug, Args)]
pub(super) struct PatternsArgs {
    #[command(subcommand)]
    pub(super) verb: PatternsVerb,
}

#[derive(Debug, Subcommand)]
pub(super) enum PatternsVerb {
    List(ListArgs),
    Show(ExplainArgs),
    Check(CheckArgs),
    New(NewArgs),
    Backtest(BacktestArgs),
}

/// List patterns and classes in force
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only those of a class
    #[arg(long, value_name = "CLASS")]
    pub(super) class: Option<String>,

    /// Only those that know the messages of a tool: pytest, npm, terraform
    #[arg(long, value_name = "TOOL")]
    pub(super) tool: Option<String>,

    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) common: Common,
}

/// Check that a folder of patterns holds all of its promises
///
/// A folder with class.toml files is checked as a whole catalog, any other as a pack over the built-in one. Exit status:
/// 0 no complaint, 1 complaints, 3 a file could not be read.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,

    /// Take warnings for errors
    #[arg(long)]
    pub(super) strict: bool,
}

/// Draft a pattern from a line of a log
///
/// What a tool prints every time stays as it is, what it fills in becomes a wild card. The draft goes to standard output,
/// or with --into to its place in a folder of patterns; docs/writing-patterns.md leads from there to a finished one.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The log, and the number of the line as editors count
    #[arg(long, value_name = "LOG:LINE")]
    pub(super) from: String,

    /// Class of the failure
    #[arg(long, value_name = "CLASS")]
    pub(super) class: String,

    /// What the line shows, in kebab-case: the last part of the id [default: words of the line]
    #[arg(long, value_name = "SYMPTOM")]
    pub(super) name: Option<String>,

    /// Write it into this folder of patterns
    #[arg(long, value_name = "DIR")]
    pub(super) into: Option<PathBuf>,

    #[command(flatten)]
    pub(super) common: Common,
}

/// Try a changed folder of patterns on real traces: what it hits, which verdicts it changes
///
/// A folder with class.toml files stands for the whole built-in catalog, any other is a pack over the catalog in force.
/// Traces on which no new, changed or removed pattern hits are read once and with those patterns alone.
///
/// Exit status: 0 the work was done; 1 with --exit-code, if a verdict changes or a changed pattern could stand as the
/// verdict of a job that passed; 2 wrong usage; 3 something could not be read, and the rest was done.
#[derive(Debug, Args)]
pub(super) struct BacktestArgs {
    /// The changed folder of patterns
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,

    #[command(flatten)]
    pub(super) inputs: Inputs,

    /// Format of standard output [default: human on a terminal or where CI is set, else jsonl]
    #[arg(long, short, value_enum)]
    pub(super) format: Option<LineFormat>,

    /// Exit with 1 if a verdict changes or a job that passed is hit
    #[arg(long)]
    pub(super) exit_code: bool,

    #[command(flatten)]
    pub(super) common: Common,
}

/// Compare the records of two runs: which verdicts changed
///
/// Both files hold JSON Lines as `whyred scan --format jsonl` writes them. Records are paired by trace.
///
/// Exit status: 0 the work was done; 1 with --exit-code, if something differs; 2 wrong usage; 3 a file could not be read
/// or a line of it is no record, and the rest was done.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// Records of the first run; - is standard input
    #[arg(value_name = "OLD")]
    pub(super) old: PathBuf,

    /// Records of the second run; - is standard input
    #[arg(value_name = "NEW")]
    pub(super) new: PathBuf,

    /// Format of standard output [default: human on a terminal or where CI is set, else jsonl]
    #[arg(long, short, value_enum)]
    pub(super) format: Option<LineFormat>,

    /// Exit with 1 if something differs
    #[arg(long)]
    pub(super) exit_code: bool,
}

/// Print completions for a shell
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}
