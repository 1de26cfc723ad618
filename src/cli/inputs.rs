//! Which traces are read: what the user named, and what GitLab says of their jobs.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::redact::Redactor;
use crate::source::{Choice, Item, JobFacts, JobTable, Mapping, Walk, job_id_of_path};
use crate::verdict::Options;

use super::args::{Assume, Common, Inputs, Mmap};
use super::message::{Status, error, help};

/// More threads than that only wait for each other.
const MAX_THREADS: usize = 256;

/// The items in their order. On a mistake the messages are out already.
pub(super) fn walk(inputs: &Inputs) -> Result<Walk<'static>, Status> {
    let paths = paths(inputs)?;
    let choice = choice(inputs).map_err(|e| {
        error(&e);
        Status::Usage
    })?;
    Ok(Walk::new(paths.into_iter(), choice, threads(inputs)))
}

/// The table of `--job-facts`.
pub(super) fn jobs(inputs: &Inputs) -> Result<JobTable, Status> {
    let Some(path) = &inputs.job_facts else { return Ok(JobTable::default()) };
    JobTable::read(path).map_err(|e| {
        error(&format!("{}: {e}", path.display()));
        Status::Trouble
    })
}

/// How many threads work.
pub(super) fn threads(inputs: &Inputs) -> usize {
    inputs.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into)).clamp(1, MAX_THREADS)
}

/// Whether files are mapped.
pub(super) fn mapping(inputs: &Inputs) -> Mapping {
    match inputs.mmap {
        Mmap::Auto => Mapping::Auto,
        Mmap::Always => Mapping::Always,
        Mmap::Never => Mapping::Never,
    }
}

/// Takes out what looks like a secret and, in a job, what its variables hold.
pub(super) fn redactor() -> Redactor {
    if std::env::var_os("CI").is_none() {
        return Redactor::new();
    }
    Redactor::with_variables(std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?))))
}

/// What holds for every trace.
pub(super) fn options(assume: Option<Assume>, common: &Common, redactor: Redactor) -> Options {
    Options { redactor, wide: false, live: false, assume_failed: assume.is_some(), gitlab: common.gitlab, tier: common.tier.map(|t| t.word().to_owned()) }
}

/// Says that there was nothing to read.
pub(super) fn nothing_found() {
    error("no trace found in what was named");
    help("of a folder, files that end in .log, .log.N, .txt, .trace or .out are read; --glob and --all-files change that");
}

/// What GitLab says of the job of an item: the file beside the trace, else the table.
pub(super) fn job_of(item: &Item, jobs: &JobTable) -> Result<JobFacts, String> {
    let Some(path) = &item.path else { return Ok(JobFacts::default()) };
    if let Some(beside) = JobFacts::beside(path) {
        return beside;
    }
    let id = job_id_of_path(path);
    Ok(id.and_then(|id| jobs.job(id)).cloned().unwrap_or_default())
}

fn paths(inputs: &Inputs) -> Result<Vec<PathBuf>, Status> {
    let mut paths = inputs.paths.clone();
    if let Some(list) = &inputs.files_from {
        paths.extend(files_from(list).map_err(|e| {
            error(&format!("{}: {e}", list.display()));
            Status::Trouble
        })?);
    } else if paths.is_empty() && inputs.job_facts.is_none() {
        error("nothing to scan");
        help("name files or folders, or - for standard input: `whyred scan traces/`, `glab ci trace 123 | whyred scan -`");
        return Err(Status::Usage);
    }
    Ok(paths)
}

fn files_from(list: &Path) -> std::io::Result<Vec<PathBuf>> {
    let reader: Box<dyn BufRead> =
        if list.as_os_str() == "-" { Box::new(std::io::stdin().lock()) } else { Box::new(BufReader::new(std::fs::File::open(list)?)) };
    let mut paths = Vec::new();
    for line in reader.split(b'\n') {
        let mut line = line?;
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if !line.is_empty() {
            paths.push(path_of_bytes(line));
        }
    }
    Ok(paths)
}

#[cfg(unix)]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

fn choice(inputs: &Inputs) -> Result<Choice, String> {
    let mut globs = globset::GlobSetBuilder::new();
    for glob in &inputs.glob {
        globs.add(globset::Glob::new(glob).map_err(|e| format!("--glob {glob}: {}", e.kind()))?);
    }
    let globs = if inputs.glob.is_empty() { None } else { Some(globs.build().map_err(|e| format!("--glob: {e}"))?) };
    Ok(Choice { globs, all_files: inputs.all_files })
}
