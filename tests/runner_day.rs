//! A day of a busy runner host: every job's verdict, and every problem of a runner opened and closed once.

#![cfg(unix)]

mod common;
/// What makes such a day.
mod runner_day {
    pub mod day;
    pub mod job;
    pub mod line;
    pub mod messages;
    pub mod pipe;
    pub mod runner;
    pub mod told;
}

use std::fmt::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

use common::Random;
use runner_day::day::{Day, Plan};
use runner_day::line::Format;
use runner_day::pipe::pipe;
use runner_day::told::{Told, What, difference};
use whyred::facts::Facts;
use whyred::format::json_line;
use whyred::record::{Detail, Origin, Record};
use whyred::verdict::{Judgement, Options, Rules, Session};

/// The catalog of the program.
static BUILT_IN: LazyLock<Rules> = LazyLock::new(|| Rules::built_in().unwrap());
/// Of each day that the library reads.
const LINES: u64 = 10_000;
/// Of each day that passes through the program.
const WHOLE_DAY: u64 = 10_000_000;
/// The daemon's formats.
const FORMATS: [Format; 3] = [Format::Runner, Format::Text, Format::Json];

/// Records as the program writes them, read again.
fn records(judgements: &[Judgement], options: &Options) -> Vec<Told> {
    let mut lines = Vec::new();
    for judgement in judgements {
        let record = Record::new(judgement, &Origin::default(), Detail::Brief, &options.redactor, "0");
        json_line(&record, &mut lines).unwrap();
    }
    String::from_utf8(lines).unwrap().lines().map(Told::read).collect()
}

#[test]
fn jobs_and_problems_are_told_once_and_right_however_the_bytes_come() {
    let mut wrong = Vec::new();
    for (format, seed) in FORMATS.into_iter().zip(1..) {
        for seed in [seed, seed + 10] {
            let (mut day, mut random) = (Day::new(Plan { format, seed, lines: LINES, lines_per_problem: 100, longest: 400 }), Random(seed));
            let options = Options { live: true, ..Options::default() };
            let mut session = Session::new(&BUILT_IN, &options, Facts::new());
            let (mut lines, mut expected, mut judged) = (Vec::new(), Vec::new(), Vec::new());
            let (mut goes_on, mut some) = (true, 0);
            while goes_on {
                goes_on = day.go_on(&mut lines, &mut expected);
                if goes_on && lines.len() < some {
                    continue;
                }
                // Chunks from one byte up to what a pipe holds at most.
                let size = [3, 100, 5000, 65_536][random.below(4)];
                for chunk in lines.chunks(1 + random.below(size)) {
                    session.push(chunk);
                    judged.extend(session.take_finished());
                }
                // As where nothing came for a while.
                if random.below(4) == 0 {
                    session.settle();
                    judged.extend(session.take_finished());
                }
                lines.clear();
                some = random.below(200_000);
            }
            judged.extend(session.finish());
            let counts = day.counts;
            assert!(counts.failed_jobs > 20 && counts.over > 20, "{counts:?}");
            wrong.extend(difference(&expected, &records(&judged, &options)).map(|d| format!("{format:?}, seed {seed}: {d}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is told of a log that comes in pieces, each of one line; `slowly`: each is judged before the next comes.
fn told(log: &str, slowly: bool) -> Vec<Told> {
    let options = Options { live: true, ..Options::default() };
    let mut session = Session::new(&BUILT_IN, &options, Facts::new());
    let mut judged = Vec::new();
    for line in log.split_inclusive('\n') {
        session.push(line.as_bytes());
        if slowly {
            session.settle();
        }
        judged.extend(session.take_finished());
    }
    judged.extend(session.finish());
    records(&judged, &options)
}

/// Classes of jobs, and of problems with whether they are over.
fn shapes(log: &str, slowly: bool) -> Vec<(String, Option<bool>)> {
    let shape = |told: Told| match told.what {
        What::Job { .. } => (told.class, None),
        What::Problem { over, .. } => (told.class, Some(over)),
        What::Other(words) => panic!("{words}"),
    };
    told(log, slowly).into_iter().map(shape).collect()
}

/// A line of a job of which nothing is to be told, up to its number.
const ADDED: &str = "Added job to processing list    builds=1 job=";

#[test]
fn a_canceled_job_needs_no_line_that_says_so_before() {
    let line = "WARNING: Job failed: canceled    error=canceled failure_reason=job_canceled gitlab_scoped_user_id=12 gitlab_user_id=7 job=1 runner=a runner_name=r 1\n";
    let told = told(line, true);
    let what = What::Job { id: 1, outcome: "canceled".to_owned(), project: String::new(), failure_reason: "job_canceled".to_owned() };
    assert_eq!(told, [Told { line: 1, bytes: line.len() as u64 - 1, class: "canceled".to_owned(), runner: "r 1".to_owned(), what }]);
}

#[test]
fn a_jobs_error_text_is_waited_for_at_every_end_of_a_block() {
    let mut log = String::new();
    for job in 0..5000 {
        let name = "r".repeat(1 + job % 97);
        writeln!(log, "ERROR: Job failed (system failure): no shell defined    job={job} runner=a runner_name={name}\n{ADDED}{} runner=a", job + 1).unwrap();
    }
    assert_eq!(shapes(&log, false), vec![("runner-misconfigured".to_owned(), None); 5000]);
}

#[test]
fn what_only_followed_from_a_problem_that_is_over_is_not_told() {
    let refused = "ERROR: Checking for jobs... forbidden    runner=a status=POST https://gitlab.example.com/api/v4/jobs/request: 403 Forbidden\n";
    let rests = "ERROR: Runner \"https://gitlab.example.com/a\" is unhealthy and will be disabled for 1h0m0s seconds!    runner=a unhealthy_requests=3\n";
    let log = format!("{refused}{refused}{refused}{rests}Checking for jobs... received    job=1 runner=a\n");
    let told = |over| ("runner-misconfigured".to_owned(), Some(over));
    assert_eq!(shapes(&log, true), [told(false), told(true)]);
    assert_eq!(shapes(rests, true), [("runner-unreachable".to_owned(), Some(false))]);
}

#[test]
fn a_job_whose_end_gitlab_hears_late_is_told_once() {
    let mut log = "WARNING: Job failed: canceled    job=1 runner=a\n".to_owned();
    (2..400).for_each(|job| writeln!(log, "{ADDED}{job} runner=a\nJob succeeded    job={job} runner=a").unwrap());
    log += "WARNING: Submitting job to coordinator... job failed    code=403 job=1 runner=a status=403 Forbidden\nRemoved job from processing list    job=1 runner=a\n";
    assert_eq!(shapes(&log, true), [("canceled".to_owned(), None)]);
}

#[test]
fn a_job_is_remembered_however_many_run_beside_it() {
    let mut log = "ERROR: K8S stream error    error=error dialing backend: EOF job=1 runner=a\n".to_owned();
    (2..6000).for_each(|job| writeln!(log, "{ADDED}{job} runner=a").unwrap());
    log += "WARNING: Job failed: exit code 1    job=1 runner=a\n";
    assert_eq!(shapes(&log, true), [("kubernetes-pod".to_owned(), None)]);
}

/// One after the other: each measures time and memory.
fn whole_day(format: Format, seed: u64) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let rate = std::env::var("WHYRED_DAY_MB_PER_SECOND").map_or(20.0, |rate| rate.parse().unwrap());
    pipe(Plan { format, seed, lines: WHOLE_DAY, lines_per_problem: 2000, longest: 5000 }, rate);
}

#[test]
#[ignore = "ten million lines: some minutes"]
fn a_whole_day_in_the_runner_format() {
    whole_day(Format::Runner, 21);
}

#[test]
#[ignore = "ten million lines: some minutes"]
fn a_whole_day_in_the_text_format() {
    whole_day(Format::Text, 22);
}

#[test]
#[ignore = "ten million lines: some minutes"]
fn a_whole_day_in_the_json_format() {
    whole_day(Format::Json, 23);
}
