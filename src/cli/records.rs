//! Where records go while the bytes that they are about still come.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::format::{Look, Summary};
use crate::record::{Detail, Origin, Record};
use crate::redact::Redactor;
use crate::trace::OWN_SECTIONS;
use crate::verdict::{Judgement, Options, Rules};

use super::args::{Assume, Format, RecordArgs};
use super::message::{Status, error};
use super::sinks::{Manner, Sink, Upkeep, Written};
use super::{inputs, terminal};

/// Where records go while bytes pass.
pub(super) struct Records<'a> {
    rules: &'a Rules,
    options: &'a Options,
    /// What the records are about.
    name: String,
    detail: Detail,
    files: Vec<Sink>,
    /// Standard error, which shows verdicts alone.
    terminal: Option<Sink>,
    /// The verdict that stands at the end.
    last: Option<Record>,
    trouble: bool,
}

/// Files and standard error have this in common.
const MANNER: Manner = Manner { colour: false, width: terminal::PLAIN_WIDTH, look: None, summary: false };

impl<'a> Records<'a> {
    /// The files of `--output`: jsonl grows, line by line. On a mistake the messages are out already.
    pub(super) fn files(outputs: &[String]) -> Result<Vec<Sink>, Status> {
        Sink::files(outputs, MANNER, Upkeep::Grow)
    }

    /// What holds for everything that is judged.
    pub(super) fn options(args: &RecordArgs, assume: Option<Assume>) -> Options {
        let redactor = if args.no_redact { Redactor::off() } else { inputs::redactor() };
        Options { live: true, ..inputs::options(assume, &args.common, redactor) }
    }

    /// Records about what has this name.
    pub(super) fn new(rules: &'a Rules, options: &'a Options, name: String, files: Vec<Sink>, args: &RecordArgs) -> Records<'a> {
        let manner = Manner { colour: terminal::error_colour(), width: terminal::width(), ..MANNER };
        let terminal = (!args.quiet).then(|| Sink::stderr(Format::Human, manner));
        Records { rules, options, name, detail: args.detail.into(), files, terminal, last: None, trouble: false }
    }

    /// Something could not be written, and that was said.
    pub(super) fn trouble(&self) -> bool {
        self.trouble
    }

    /// Takes what was decided: files get all of it, standard error the verdicts on a runner and its jobs.
    pub(super) fn take(&mut self, judgements: &[Judgement]) {
        let origin = Origin { trace: self.name.clone(), ..Origin::default() };
        let new = |j: &Judgement| Record::new(j, &origin, self.detail, &self.options.redactor, &self.rules.catalog().version);
        let records: Vec<Record> = judgements.iter().map(new).collect();
        let mut written = Vec::new();
        for sink in &mut self.files {
            written.extend(records.iter().map(|record| sink.record(record)));
            // Somebody may follow the file.
            written.push(sink.flush());
        }
        let (of_runner, mut others): (Vec<Record>, Vec<Record>) = records.into_iter().partition(|r| r.kind.starts_with("runner-"));
        if !of_runner.is_empty() {
            written.extend(self.terminal.iter_mut().flat_map(|t| in_section(t, |t| of_runner.iter().map(|r| t.now(r, Look::Line)).collect())));
        }
        self.last = others.pop().filter(|r| r.verdict.is_some()).or(self.last.take());
        self.tell(written);
    }

    /// Makes the files anew that were moved away.
    pub(super) fn reopen(&mut self) {
        let written = self.files.iter_mut().map(Sink::reopen).collect();
        self.tell(written);
    }

    /// Ends the files, and shows the verdict on what passed as a whole: all of it, in a job the most telling lines, and the rest
    /// collapsed. Gives the record.
    pub(super) fn finish_with_verdict(&mut self) -> Option<Record> {
        let none = Summary::default();
        let written = self.files.iter_mut().map(|sink| sink.finish(&none)).collect();
        self.tell(written);
        self.show()
    }

    /// Shows the verdict as [`Records::finish_with_verdict`] does; files stay open.
    pub(super) fn show(&mut self) -> Option<Record> {
        let none = Summary::default();
        let mut written = Vec::new();
        let last = self.last.take();
        if let (Some(terminal), Some(last)) = (&mut self.terminal, &last) {
            let whole = |t: &mut Sink| vec![t.record(last), t.finish(&none)];
            written.extend(in_section(terminal, |t| {
                if !in_job() {
                    return whole(t);
                }
                let mut written = vec![t.now(last, Look::Line), t.put(&mark("start", COLLAPSED, "[collapsed=true]", "Details and all steps"))];
                written.append(&mut whole(t));
                written.push(t.put(&mark("end", COLLAPSED, "", "")));
                written
            }));
        }
        self.tell(written);
        last
    }

    /// Ends a line that others began on standard error.
    pub(super) fn end_line(&mut self) {
        if let (Some(terminal), true) = (&mut self.terminal, self.last.is_some()) {
            let written = vec![terminal.put("\n")];
            self.tell(written);
        }
    }

    /// Says something before what follows, in a job as no evidence.
    pub(super) fn say(&mut self, text: &str) {
        let written = self.terminal.iter_mut().flat_map(|t| in_section(t, |t| vec![t.put(text)])).collect();
        self.tell(written);
    }

    fn tell(&mut self, written: Vec<Written>) {
        for written in written {
            if let Written::Failed(e) = written {
                error(&e);
                self.trouble = true;
            }
        }
    }
}

/// In a job what is written here becomes part of its trace: sections of these names keep it from being evidence later.
const VISIBLE: &str = OWN_SECTIONS[0];
const COLLAPSED: &str = OWN_SECTIONS[1];

fn in_job() -> bool {
    std::env::var_os("CI").is_some()
}

/// Writes at once.
fn in_section(terminal: &mut Sink, write: impl FnOnce(&mut Sink) -> Vec<Written>) -> Vec<Written> {
    let mut written = Vec::new();
    written.extend(in_job().then(|| terminal.put(&mark("start", VISIBLE, "", "Why it failed"))));
    written.append(&mut write(terminal));
    written.extend(in_job().then(|| terminal.put(&mark("end", VISIBLE, "", ""))));
    written.push(terminal.flush());
    written
}

/// A section's mark as a job's script writes it (<https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections>).
fn mark(what: &str, name: &str, options: &str, title: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    format!("\x1b[0Ksection_{what}:{now}:{name}{options}\r\x1b[0K{title}\n")
}
