//! `whyred tee`.

use crate::facts::Facts;
use crate::live::{End, Event, Queue, Signals, copy, judge};
use crate::verdict::Session;

use super::args::TeeArgs;
use super::message::{Status, error, note};
use super::packs;
use super::records::Records;

pub(super) fn run(args: &TeeArgs) -> Status {
    let files = match Records::files(&args.records.output) {
        Ok(files) => files,
        Err(status) => return status,
    };
    let rules = match packs::rules(&args.records.common) {
        Ok(rules) => rules,
        Err(status) => return status,
    };
    let signals = match Signals::new(!args.records.output.is_empty()) {
        Ok(signals) => signals,
        Err(e) => {
            error(&format!("signals cannot be listened for: {e}"));
            return Status::Trouble;
        }
    };
    let options = Records::options(&args.records, args.assume);
    let mut records = Records::new(rules, &options, "-".to_owned(), files, &args.records);

    let queue = Queue::new();
    let (end, (session, dropped)) = std::thread::scope(|scope| {
        let judging = scope.spawn(|| {
            let session = Session::new(rules, &options, Facts::new());
            judge(&queue, session, |event, _| match event {
                Event::Judged(judgements) => records.take(&judgements),
                Event::Woken => records.reopen(),
            })
        });
        let end = copy(&queue, &signals);
        (end, judging.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    records.take(&session.finish());
    // What was copied stands on the terminal by now: the verdict comes last.
    records.finish_with_verdict();
    if dropped > 0 && !args.records.quiet {
        note(&format!("{dropped} bytes came faster than they could be judged and were only passed on; `whyred scan -` judges all"));
    }
    match end {
        Err(e) => {
            error(&e.to_string());
            Status::Trouble
        }
        Ok(End::Signal(number)) => Status::Signal(number),
        Ok(_) if records.trouble() => Status::Trouble,
        Ok(End::Input | End::Output) => Status::Done,
    }
}
