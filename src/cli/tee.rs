//! `whyred tee`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::facts::Facts;
use crate::format::Summary;
use crate::live::{End, Event, Queue, Signals, copy, judge};
use crate::record::{Origin, Record};
use crate::redact::Redactor;
use crate::verdict::{Judgement, Options, Rules, Session};

use super::args::{Format, TeeArgs};
use super::message::{Status, error, note};
use super::sinks::{Manner, Sink, Upkeep, Written};
use super::{inputs, packs, terminal};

pub(super) fn run(args: &TeeArgs) -> Status {
    let manner = Manner { colour: false, width: terminal::PLAIN_WIDTH, look: None, summary: false };
    let files = match Sink::files(&args.output, manner, Upkeep::Grow) {
        Ok(files) => files,
        Err(status) => return status,
    };
    let rules = match packs::rules(&args.common) {
        Ok(rules) => rules,
        Err(status) => return status,
    };
    let signals = match Signals::new(!args.output.is_empty()) {
        Ok(signals) => signals,
        Err(e) => {
            error(&format!("signals cannot be listened for: {e}"));
            return Status::Trouble;
        }
    };
    let redactor = if args.no_redact { Redactor::off() } else { inputs::redactor() };
    let options = inputs::options(args.assume, &args.common, redactor);
    let terminal = (!args.quiet).then(|| Sink::stderr(Format::Human, Manner { colour: terminal::error_colour(), width: terminal::width(), ..manner }));
    let mut records = Records { rules, options: &options, args, files, terminal, summary: Summary::default(), trouble: false };

    let queue = Queue::new();
    let (end, dropped) = std::thread::scope(|scope| {
        let judging = scope.spawn(|| {
            let session = Session::new(rules, &options, Facts::new());
            judge(&queue, session, |event| match event {
                Event::Judged(judgements) => records.take(&judgements),
                Event::Woken => records.reopen(),
            })
        });
        let end = copy(&queue, &signals);
        let dropped = judging.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (end, dropped)
    });
    // What was copied stands on the terminal by now: the verdict comes last.
    records.finish();
    if dropped > 0 && !args.quiet {
        note(&format!("{dropped} bytes came faster than they could be judged and were only passed on; `whyred scan -` judges all"));
    }
    match end {
        Err(e) => {
            error(&e.to_string());
            Status::Trouble
        }
        Ok(End::Signal(number)) => Status::Signal(number),
        Ok(_) if records.trouble => Status::Trouble,
        Ok(End::Input | End::Output) => Status::Done,
    }
}

/// Where records go while bytes pass.
struct Records<'a> {
    rules: &'a Rules,
    options: &'a Options,
    args: &'a TeeArgs,
    files: Vec<Sink>,
    /// Standard error, which shows verdicts alone.
    terminal: Option<Sink>,
    summary: Summary,
    trouble: bool,
}

impl Records<'_> {
    fn take(&mut self, judgements: &[Judgement]) {
        let origin = Origin { trace: "-".to_owned(), ..Origin::default() };
        for judgement in judgements {
            let record = Record::new(judgement, &origin, self.args.detail.into(), &self.options.redactor, &self.rules.catalog().version);
            self.summary.add(&record);
            let shown = self.terminal.as_mut().filter(|_| record.verdict.is_some());
            let written: Vec<Written> = self.files.iter_mut().chain(shown).map(|sink| sink.record(&record)).collect();
            self.tell(written);
        }
        // Somebody may follow the files.
        let written = self.files.iter_mut().map(Sink::flush).collect();
        self.tell(written);
    }

    fn reopen(&mut self) {
        let written = self.files.iter_mut().map(Sink::reopen).collect();
        self.tell(written);
    }

    fn finish(&mut self) {
        let mut written: Vec<Written> = self.files.iter_mut().map(|sink| sink.finish(&self.summary)).collect();
        if let Some(terminal) = &mut self.terminal {
            // In a job the words become part of its trace: the section keeps them from being evidence later.
            let marks = (std::env::var_os("CI").is_some() && self.summary.verdicts() > 0).then(|| {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
                [("start", "Why it failed"), ("end", "")].map(|(what, title)| format!("\x1b[0Ksection_{what}:{now}:whyred_verdict\r\x1b[0K{title}\n"))
            });
            written.extend(marks.iter().map(|[start, _]| terminal.put(start)));
            written.push(terminal.finish(&self.summary));
            written.extend(marks.iter().map(|[_, end]| terminal.put(end)));
            written.push(terminal.flush());
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
