//! `whyred scan`.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use crate::batch::in_order;
use crate::facts::Fact;
use crate::format::{Look, Summary};
use crate::record::{Detail, Origin, Record};
use crate::redact::Redactor;
use crate::source::{Choice, Item, JobFacts, JobTable, Walk, job_id_of_path, read};
use crate::verdict::{Confidence, Judgement, Options, Rules, Session};

use super::args::{DetailArg, Format, ScanArgs};
use super::message::{Status, error, help};
use super::sinks::{Manner, Sink, Written};
use super::{packs, terminal};

/// Records of one log that are held before they are handed on.
const MAX_HELD: usize = 256;
/// More threads than that only wait for each other.
const MAX_THREADS: usize = 256;

pub(super) fn run(args: &ScanArgs) -> Status {
    let paths = match paths(args) {
        Ok(paths) => paths,
        Err(status) => return status,
    };
    let choice = match choice(args) {
        Ok(choice) => choice,
        Err(e) => {
            error(&e);
            return Status::Usage;
        }
    };
    let sinks = match sinks(args) {
        Ok(sinks) => sinks,
        Err(status) => return status,
    };
    let rules = match packs::rules(&args.common) {
        Ok(rules) => rules,
        Err(status) => return status,
    };
    if let Some(unknown) = args.class.iter().find(|c| rules.catalog().class(c).is_none()) {
        error(&format!("--class {unknown}: no such class"));
        help("`whyred patterns list` shows all classes");
        return Status::Usage;
    }
    let jobs = match args.job_facts.as_deref().map(|path| (path, JobTable::read(path))) {
        None => JobTable::default(),
        Some((_, Ok(jobs))) => jobs,
        Some((path, Err(e))) => {
            error(&format!("{}: {e}", path.display()));
            return Status::Trouble;
        }
    };
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into)).clamp(1, MAX_THREADS);
    let options = options(args, threads);
    let detail = match args.detail {
        DetailArg::Brief => Detail::Brief,
        DetailArg::Normal => Detail::Normal,
        DetailArg::Full => Detail::Full,
    };
    Scan {
        args,
        rules: &rules,
        options: &options,
        detail,
        jobs: &jobs,
        seen: HashSet::new(),
        no_sinks: sinks.is_empty(),
        sinks,
        summary: Summary::default(),
        trouble: false,
        failed: false,
    }
    .run(Walk::new(paths.into_iter(), choice), threads)
}

struct Scan<'a> {
    args: &'a ScanArgs,
    rules: &'a Rules,
    options: &'a Options,
    detail: Detail,
    jobs: &'a JobTable,
    /// Jobs of the table of which a trace was read.
    seen: HashSet<u64>,
    sinks: Vec<Sink>,
    /// Nothing was to be written from the start.
    no_sinks: bool,
    summary: Summary,
    trouble: bool,
    failed: bool,
}

impl Scan<'_> {
    fn run(mut self, items: Walk, threads: usize) -> Status {
        let (rules, options, detail, jobs) = (self.rules, self.options, self.detail, self.jobs);
        if options.wide {
            // The pool is only used for a huge log; a second call would find it built already.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        }
        in_order(items, threads, Vec::new, |buffer, item: Item, part| judge(&item, buffer, rules, options, detail, jobs, part), |records| self.take(&records));
        self.jobs_without_trace();
        for sink in &mut self.sinks {
            if let Written::Failed(e) = sink.finish(&self.summary) {
                error(&e);
                self.trouble = true;
            }
        }
        if self.summary.records() == 0 && !self.trouble {
            error("no trace found in what was named");
            help("of a folder, files that end in .log, .log.N, .txt, .trace or .out are read; --glob and --all-files change that");
            self.trouble = true;
        }
        if self.trouble {
            Status::Trouble
        } else if self.args.exit_code && self.failed {
            Status::Failed
        } else {
            Status::Done
        }
    }

    /// Jobs of the table that have no trace: stuck, never started, or their log is gone.
    fn jobs_without_trace(&mut self) {
        let (rules, options, detail, jobs) = (self.rules, self.options, self.detail, self.jobs);
        let name = self.args.job_facts.as_ref().map_or(String::new(), |p| p.to_string_lossy().into_owned());
        for job in jobs.jobs() {
            let failed = job.facts.text(Fact::JobOutcome).is_some_and(|o| o != "passed") || job.facts.get(Fact::JobFailureReason).is_some();
            if !failed || job.known.id.is_some_and(|id| self.seen.contains(&id)) {
                continue;
            }
            let origin = Origin { trace: name.clone(), job: job.known.clone(), ..Origin::default() };
            let judgements = Session::new(rules, options, job.facts.clone()).finish();
            if !self.take(&records(&judgements, &origin, rules, options, detail)) {
                return;
            }
        }
    }

    /// Takes the records of one item; false: nobody reads on.
    fn take(&mut self, records: &[Record]) -> bool {
        for record in records {
            self.seen.extend(record.job.id.filter(|id| self.jobs.job(*id).is_some()));
            for e in &record.errors {
                error(&format!("{}: {e}", record.trace));
                self.trouble = true;
            }
            self.summary.add(record);
            self.failed |= matches!(record.job.outcome, "failed" | "timed_out");
            if !self.is_wanted(record) {
                continue;
            }
            let trouble = &mut self.trouble;
            self.sinks.retain_mut(|sink| match sink.record(record) {
                Written::Yes => true,
                Written::Closed => false,
                Written::Failed(e) => {
                    error(&e);
                    *trouble = true;
                    true
                }
            });
        }
        // Without a reader the work goes on only where the exit status asks for it.
        !self.sinks.is_empty() || self.no_sinks || self.args.exit_code
    }

    /// What was not read, and what nobody knows the end of, is never left out silently.
    fn is_wanted(&self, record: &Record) -> bool {
        if !record.errors.is_empty() || record.job.outcome == "unknown" {
            return true;
        }
        let args = self.args;
        if args.only.is_some() && record.job.outcome == "passed" {
            return false;
        }
        let Some(verdict) = &record.verdict else {
            return args.class.is_empty() && args.min_confidence.is_none();
        };
        let sure = Confidence::from_word(verdict.confidence);
        let wanted = args.min_confidence.map(|c| match c {
            super::args::ConfidenceArg::Low => Confidence::Low,
            super::args::ConfidenceArg::Medium => Confidence::Medium,
            super::args::ConfidenceArg::High => Confidence::High,
        });
        (args.class.is_empty() || args.class.contains(&verdict.class)) && sure >= wanted
    }
}

/// The records of one item.
fn judge(
    item: &Item,
    buffer: &mut Vec<u8>,
    rules: &Rules,
    options: &Options,
    detail: Detail,
    jobs: &JobTable,
    part: &mut dyn FnMut(Vec<Record>),
) -> Vec<Record> {
    let mut origin = Origin { trace: item.name(), ..Origin::default() };
    let job = match job_of(item, jobs) {
        Ok(job) => job,
        Err(e) => {
            origin.errors.push(e);
            JobFacts::default()
        }
    };
    origin.job = job.known;
    let mut session = Session::new(rules, options, job.facts);
    let mut judgements = Vec::new();
    match &item.error {
        Some(e) => origin.errors.push(e.clone()),
        None => {
            let end = read(item.path.as_deref(), buffer, |chunk| {
                session.push(chunk);
                judgements.append(&mut session.take_finished());
                if judgements.len() >= MAX_HELD {
                    part(records(&judgements, &origin, rules, options, detail));
                    judgements.clear();
                }
            });
            if let Err(e) = end {
                origin.errors.push(e.to_string());
            }
        }
    }
    judgements.append(&mut session.finish());
    records(&judgements, &origin, rules, options, detail)
}

fn records(judgements: &[Judgement], origin: &Origin, rules: &Rules, options: &Options, detail: Detail) -> Vec<Record> {
    judgements.iter().map(|j| Record::new(j, origin, detail, &options.redactor, &rules.catalog().version)).collect()
}

/// What GitLab says of the job of an item: the file beside the trace, else the table.
fn job_of(item: &Item, jobs: &JobTable) -> Result<JobFacts, String> {
    let Some(path) = &item.path else { return Ok(JobFacts::default()) };
    if let Some(beside) = JobFacts::beside(path) {
        return beside;
    }
    let id = job_id_of_path(path);
    Ok(id.and_then(|id| jobs.job(id)).cloned().unwrap_or_default())
}

fn options(args: &ScanArgs, threads: usize) -> Options {
    let redactor = if args.no_redact {
        Redactor::off()
    } else if std::env::var_os("CI").is_some() {
        Redactor::with_variables(std::env::vars_os().filter_map(|(n, v)| Some((n.into_string().ok()?, v.into_string().ok()?))))
    } else {
        Redactor::new()
    };
    Options {
        redactor,
        wide: threads > 1,
        assume_failed: args.assume.is_some(),
        gitlab: args.common.gitlab,
        tier: args.common.tier.map(|t| t.word().to_owned()),
    }
}

fn paths(args: &ScanArgs) -> Result<Vec<PathBuf>, Status> {
    let mut paths = args.paths.clone();
    if let Some(list) = &args.files_from {
        paths.extend(files_from(list).map_err(|e| {
            error(&format!("{}: {e}", list.display()));
            Status::Trouble
        })?);
    } else if paths.is_empty() && args.job_facts.is_none() {
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

fn choice(args: &ScanArgs) -> Result<Choice, String> {
    let mut globs = globset::GlobSetBuilder::new();
    for glob in &args.glob {
        globs.add(globset::Glob::new(glob).map_err(|e| format!("--glob {glob}: {}", e.kind()))?);
    }
    let globs = if args.glob.is_empty() { None } else { Some(globs.build().map_err(|e| format!("--glob: {e}"))?) };
    Ok(Choice { globs, all_files: args.all_files })
}

fn sinks(args: &ScanArgs) -> Result<Vec<Sink>, Status> {
    let terminal = std::io::stdout().is_terminal();
    let format = args.format.unwrap_or(if terminal || std::env::var_os("CI").is_some() { Format::Human } else { Format::Jsonl });
    let look = args.each.then_some(Look::Block);
    let (colour, width) = (terminal::colour(), terminal::width());
    let mut sinks = Vec::new();
    if !args.quiet || args.format.is_some() || format != Format::Human {
        sinks.push(Sink::stdout(format, Manner { colour, width, look, summary: !args.quiet }));
    }
    for output in &args.output {
        let Some((format, path)) = output.split_once('=').and_then(|(f, p)| Some((Format::from_word(f)?, p))).filter(|(_, p)| !p.is_empty()) else {
            error(&format!("--output {output}: expected FORMAT=PATH with the format human, jsonl or json"));
            return Err(Status::Usage);
        };
        let manner = Manner { colour: false, width: terminal::PLAIN_WIDTH, look, summary: true };
        sinks.push(Sink::file(format, path.into(), manner).map_err(|e| {
            error(&e);
            Status::Trouble
        })?);
    }
    Ok(sinks)
}
