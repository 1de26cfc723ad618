//! `whyred run`.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::facts::{Fact, Facts};
use crate::live::{Ended, Event, Queue, StartError, judge, run as run_command};
use crate::record::Record;
use crate::verdict::Session;

use super::args::RunArgs;
use super::message::{Status, error, help, note};
use super::packs;
use super::records::Records;

/// How long before the end of a job's time its verdict is written, at most; of a short time a tenth.
const MARGIN: Duration = Duration::from_secs(20);

pub(super) fn run(args: &RunArgs) -> Status {
    let rules = match packs::rules(&args.records.common) {
        Ok(rules) => rules,
        Err(status) => return status,
    };
    if let Some(unknown) = args.on_class.iter().flat_map(|o| &o.classes).find(|c| rules.catalog().class(c).is_none()) {
        error(&format!("--on-class {unknown}: no such class"));
        help("`whyred patterns list` shows all classes");
        return Status::Usage;
    }
    let Some((program, arguments)) = args.command.split_first() else { return Status::Usage };
    let files = match Records::files(&args.records.output) {
        Ok(files) => files,
        Err(status) => return status,
    };
    let options = Records::options(&args.records, None);
    // The arguments may hold secrets.
    let name = program.to_string_lossy().into_owned();
    let mut records = Records::new(rules, &options, name.clone(), files, &args.records);

    let queue = Queue::new();
    let (ended, (mut session, dropped)) = std::thread::scope(|scope| {
        let judging = scope.spawn(|| {
            let session = Session::new(rules, &options, facts_before(&args.command));
            judge(&queue, session, |event, session| match event {
                Event::Judged(judgements) => records.take(&judgements),
                Event::Woken => {
                    records.say("The job's time is nearly out. What stands in its output so far:\n");
                    records.take(&[session.so_far()]);
                    records.show();
                }
            })
        });
        let ended = run_command(program, arguments, &queue, time_nearly_out());
        (ended, judging.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let ended = match ended {
        Ok(ended) => ended,
        Err(e) => {
            error(&format!("{name}: {e}"));
            return Status::Command(match e {
                StartError::NotFound(_) => 127,
                StartError::NotExecutable(_) => 126,
                StartError::Own(_) => return Status::Trouble,
            });
        }
    };
    if let Some(e) = &ended.lost {
        error(&format!("the output of {name}: {e}"));
    }
    session.give(&facts_after(&ended));
    records.take(&session.finish());
    if ended.mid_line && ended.status != 0 {
        records.end_line();
    }
    let record = records.finish_with_verdict();
    if dropped > 0 && ended.status != 0 && !args.records.quiet {
        note(&format!("{dropped} bytes came faster than they could be judged and were only passed on"));
    }
    // The command knows nothing of what was lost behind it.
    if ended.lost.is_some() && ended.status == 0 {
        return Status::Trouble;
    }
    Status::Command(status(args, &ended, record.as_ref()))
}

/// What is known before the command runs: whether it delivers something decides if it may be run again.
fn facts_before(command: &[OsString]) -> Facts {
    let mut facts = Facts::new();
    let words: Vec<_> = command.iter().map(|w| w.to_string_lossy()).collect();
    facts.set_text(Fact::CommandLast, words.join(" "));
    if let Ok(environment) = std::env::var("CI_ENVIRONMENT_NAME") {
        facts.set_text(Fact::JobEnvironment, environment);
    }
    facts
}

/// What the end of the command tells. Where this process was asked to end, so was the command: that is no failure of its own.
fn facts_after(ended: &Ended) -> Facts {
    let mut facts = Facts::new();
    if ended.status == 0 {
        facts.set_text(Fact::JobOutcome, "passed");
    } else if ended.asked.is_none() {
        facts.set_text(Fact::JobOutcome, "failed");
        facts.set_text(Fact::JobFailureReason, "script_failure");
        facts.set_number(Fact::JobExitCode, ended.status.into());
    }
    facts
}

fn status(args: &RunArgs, ended: &Ended, record: Option<&Record>) -> u8 {
    let verdict = record.and_then(|r| r.verdict.as_ref()).filter(|_| ended.status != 0);
    let Some(verdict) = verdict else { return ended.status };
    let on_class = args.on_class.iter().find(|o| o.classes.contains(&verdict.class)).map(|o| o.status);
    on_class.or(args.retryable_status.filter(|_| verdict.retry == "yes")).unwrap_or(ended.status)
}

/// Shortly before GitLab ends the job, which then gets no chance to say anything
/// (`CI_JOB_STARTED_AT`, `CI_JOB_TIMEOUT`: <https://docs.gitlab.com/ci/variables/predefined_variables/>).
fn time_nearly_out() -> Option<Instant> {
    let started: Timestamp = std::env::var("CI_JOB_STARTED_AT").ok()?.parse().ok()?;
    let timeout = Duration::from_secs(std::env::var("CI_JOB_TIMEOUT").ok()?.parse().ok()?);
    let passed = Duration::try_from(Timestamp::now().duration_since(started)).ok()?;
    let left = timeout.checked_sub(MARGIN.min(timeout / 10))?.checked_sub(passed)?;
    Instant::now().checked_add(left)
}
