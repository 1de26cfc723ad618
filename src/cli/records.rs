//! Where records go while the bytes that they are about still come.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::format::Summary;
use crate::record::{Detail, Origin, Record};
use crate::verdict::{Judgement, Options, Rules};

use super::args::Format;
use super::message::{Status, error};
use super::sinks::{Manner, Sink, Upkeep, Written};
use super::terminal;

/// Where records go while bytes pass.
pub(super) struct Records<'a> {
    rules: &'a Rules,
    options: &'a Options,
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

    /// `speaks`: verdicts go to standard error too.
    pub(super) fn new(rules: &'a Rules, options: &'a Options, detail: Detail, files: Vec<Sink>, speaks: bool) -> Records<'a> {
        let manner = Manner { colour: terminal::error_colour(), width: terminal::width(), ..MANNER };
        let terminal = speaks.then(|| Sink::stderr(Format::Human, manner));
        Records { rules, options, detail, files, terminal, last: None, trouble: false }
    }

    /// Something could not be written, and that was said.
    pub(super) fn trouble(&self) -> bool {
        self.trouble
    }

    /// Takes what was decided: files get all of it, standard error the verdicts on a runner and its jobs.
    pub(super) fn take(&mut self, judgements: &[Judgement]) {
        let origin = Origin { trace: "-".to_owned(), ..Origin::default() };
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
            written.extend(self.terminal.iter_mut().flat_map(|t| in_section(t, |t| of_runner.iter().map(|r| t.now(r)).collect())));
        }
        self.last = others.pop().filter(|r| r.verdict.is_some()).or(self.last.take());
        self.tell(written);
    }

    /// Makes the files anew that were moved away.
    pub(super) fn reopen(&mut self) {
        let written = self.files.iter_mut().map(Sink::reopen).collect();
        self.tell(written);
    }

    /// Ends the files, and shows the verdict on what passed as a whole.
    pub(super) fn finish_with_verdict(&mut self) {
        let none = Summary::default();
        let mut written: Vec<Written> = self.files.iter_mut().map(|sink| sink.finish(&none)).collect();
        if let (Some(terminal), Some(last)) = (&mut self.terminal, self.last.take()) {
            written.extend(in_section(terminal, |t| vec![t.record(&last), t.finish(&none)]));
        }
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

/// Writes at once. In a job the words become part of its trace: the section keeps them from being evidence later.
fn in_section(terminal: &mut Sink, write: impl FnOnce(&mut Sink) -> Vec<Written>) -> Vec<Written> {
    let in_job = std::env::var_os("CI").is_some();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let mark = |what: &str, title: &str| format!("\x1b[0Ksection_{what}:{now}:whyred_verdict\r\x1b[0K{title}\n");
    let mut written = Vec::new();
    written.extend(in_job.then(|| terminal.put(&mark("start", "Why it failed"))));
    written.append(&mut write(terminal));
    written.extend(in_job.then(|| terminal.put(&mark("end", ""))));
    written.push(terminal.flush());
    written
}
