//! `whyred scan`.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::path::Path;

use crate::batch::in_order;
use crate::facts::{Fact, Facts};
use crate::format::{Look, Summary};
use crate::record::{Detail, Origin, Record};
use crate::redact::Redactor;
use crate::source::{Item, JobFacts, JobTable, Opener, Walk};
use crate::trace::Outcome;
use crate::verdict::{Confidence, Judgement, Options, Rules, Session, Subject};

use super::args::{Format, ScanArgs};
#[cfg(unix)]
use super::follow;
use super::message::{Status, error, help};
use super::sinks::{Manner, Sink, Upkeep, Written};
use super::{inputs, packs, terminal};

/// Records of one log that are held before they are handed on.
const MAX_HELD: usize = 256;
/// Bytes of the end of a trace that are looked at first: the runner's last words, and a section before them.
const TAIL_BYTES: usize = 2048;

pub(super) fn run(args: &ScanArgs) -> Status {
    let walk = match inputs::walk(&args.inputs) {
        Ok(walk) => walk,
        Err(status) => return status,
    };
    if args.follow && (args.inputs.paths.len() != 1 || args.inputs.paths[0].as_os_str() == "-") {
        error("--follow: name one file");
        help("`whyred tee` reads what is piped to it");
        return Status::Usage;
    }
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
    let jobs = match inputs::jobs(&args.inputs) {
        Ok(jobs) => jobs,
        Err(status) => return status,
    };
    let threads = inputs::threads(&args.inputs);
    let options = options(args, threads);
    let judge = Judge { rules, options: &options, detail: args.detail.into(), jobs: &jobs, skip_passed: leaves_passed_out(args) };
    let scan = Scan { args, judge, seen: HashSet::new(), no_sinks: sinks.is_empty(), sinks, summary: Summary::default(), trouble: false, failed: false };
    #[cfg(unix)]
    if args.follow {
        return follow::run(scan, &args.inputs.paths[0], !args.output.is_empty());
    }
    scan.run(walk, threads)
}

pub(super) struct Scan<'a> {
    args: &'a ScanArgs,
    pub(super) judge: Judge<'a>,
    /// Jobs of the table of which a trace was read.
    seen: HashSet<u64>,
    pub(super) sinks: Vec<Sink>,
    /// Nothing was to be written from the start.
    no_sinks: bool,
    summary: Summary,
    pub(super) trouble: bool,
    failed: bool,
}

impl Scan<'_> {
    fn run(mut self, items: Walk, threads: usize) -> Status {
        let (judge, mapping) = (self.judge, inputs::mapping(&self.args.inputs));
        if judge.options.wide {
            // The pool is only used for a huge log; a second call would find it built already.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        }
        in_order(items, threads, || Opener::new(mapping), |opener, item: Item, part| judge.item(&item, opener, part), |records| self.take(&records));
        self.jobs_without_trace();
        self.end()
    }

    /// Ends all outputs. Gives the exit status.
    pub(super) fn end(mut self) -> Status {
        for sink in &mut self.sinks {
            if let Written::Failed(e) = sink.finish(&self.summary) {
                error(&e);
                self.trouble = true;
            }
        }
        if self.summary.records() == 0 && !self.trouble {
            inputs::nothing_found();
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
        let judge = self.judge;
        let name = self.args.inputs.job_facts.as_ref().map_or(String::new(), |p| p.to_string_lossy().into_owned());
        for job in judge.jobs.jobs() {
            let failed = job.facts.text(Fact::JobOutcome).is_some_and(|o| o != "passed") || job.facts.get(Fact::JobFailureReason).is_some();
            if !failed || job.known.id.is_some_and(|id| self.seen.contains(&id)) {
                continue;
            }
            let origin = Origin { trace: name.clone(), job: job.known.clone(), ..Origin::default() };
            let judgements = Session::new(judge.rules, judge.options, job.facts.clone()).finish();
            if !self.take(&judge.records(&judgements, &origin)) {
                return;
            }
        }
    }

    /// Takes the records of one item; false: nobody reads on.
    pub(super) fn take(&mut self, records: &[Record]) -> bool {
        let args = self.args;
        for record in records {
            self.seen.extend(record.job.id.filter(|id| self.judge.jobs.job(*id).is_some()));
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
            self.sinks.retain_mut(|sink| match if args.follow { write_at_once(sink, record) } else { sink.record(record) } {
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
        if record.job.outcome == "passed" && leaves_passed_out(args) {
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

/// How items become records.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) rules: &'a Rules,
    pub(super) options: &'a Options,
    detail: Detail,
    jobs: &'a JobTable,
    /// Records of passed jobs are counted and not written.
    skip_passed: bool,
}

impl Judge<'_> {
    /// The records of one item. An item with many hands over `part`s of them.
    fn item(&self, item: &Item, opener: &mut Opener, part: &mut dyn FnMut(Vec<Record>)) -> Vec<Record> {
        let mut origin = Origin { trace: item.name(), ..Origin::default() };
        let job = match inputs::job_of(item, self.jobs) {
            Ok(job) => job,
            Err(e) => {
                origin.errors.push(e);
                JobFacts::default()
            }
        };
        origin.job = job.known;
        if let Some(path) = item.path.as_deref().filter(|_| self.skip_passed && origin.errors.is_empty() && job.facts.iter().next().is_none())
            && let Some(judgements) = self.end_proves_success(path, opener)
        {
            return self.records(&judgements, &origin);
        }
        let mut session = Session::new(self.rules, self.options, job.facts);
        let mut judgements = Vec::new();
        match &item.error {
            Some(e) => origin.errors.push(e.clone()),
            None => {
                let end = opener.read(item.path.as_deref(), |chunk| {
                    session.push(chunk);
                    judgements.append(&mut session.take_finished());
                    if judgements.len() >= MAX_HELD {
                        part(self.records(&judgements, &origin));
                        judgements.clear();
                    }
                });
                if let Err(e) = end {
                    origin.errors.push(e.to_string());
                }
            }
        }
        judgements.append(&mut session.finish());
        self.records(&judgements, &origin)
    }

    /// Whether the end of a trace proves that the job passed: the runner's own last section and its last line stand there.
    /// What stands before cannot change that.
    fn end_proves_success(&self, path: &Path, opener: &mut Opener) -> Option<Vec<Judgement>> {
        let tail = opener.tail(path, TAIL_BYTES)?;
        let line = tail.iter().position(|b| *b == b'\n')? + 1;
        let mut session = Session::new(self.rules, self.options, Facts::new());
        session.push(&tail[line..]);
        let judgements = session.finish();
        let [judgement] = judgements.as_slice() else { return None };
        let proven = judgement.outcome == Outcome::Passed && judgement.subject == Subject::JobTrace && judgement.sections.len() > 1;
        proven.then_some(judgements)
    }

    pub(super) fn records(&self, judgements: &[Judgement], origin: &Origin) -> Vec<Record> {
        let version = &self.rules.catalog().version;
        judgements.iter().map(|j| Record::new(j, origin, self.detail, &self.options.redactor, version)).collect()
    }
}

/// Somebody looks on while the log grows. A runner's log has many records, any other one.
fn write_at_once(sink: &mut Sink, record: &Record) -> Written {
    let look = if record.kind.starts_with("runner-") { Look::Line } else { Look::Block };
    match sink.now(record, look) {
        Written::Yes => sink.flush(),
        other => other,
    }
}

/// Whether the filters leave every record of a passed job out.
fn leaves_passed_out(args: &ScanArgs) -> bool {
    args.only.is_some() || !args.class.is_empty() || args.min_confidence.is_some()
}

fn options(args: &ScanArgs, threads: usize) -> Options {
    let redactor = if args.no_redact { Redactor::off() } else { inputs::redactor() };
    Options { wide: threads > 1, live: args.follow, ..inputs::options(args.inputs.assume, &args.common, redactor) }
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
    let manner = Manner { colour: false, width: terminal::PLAIN_WIDTH, look, summary: true };
    let upkeep = if args.follow { Upkeep::Grow } else { Upkeep::New };
    sinks.extend(Sink::files(&args.output, manner, upkeep)?);
    Ok(sinks)
}
