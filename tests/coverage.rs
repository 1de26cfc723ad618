//! What share of the messages of GitLab, git, registries and the runner is recognised, in every format in which a log has them.
//!
//! `coverage/messages.tsv` has one line of a log per row: its class (`-`: the line decides nothing, for the `reason`),
//! other classes that can be defended, the section of a job's trace in which it stands. `coverage/failure-reasons.tsv`
//! has GitLab's reasons for a failed job. `cargo test --test coverage -- --nocapture` prints the figures.

mod common;

use std::fmt::Write;
use std::fs;

use common::{RULES, project};
use whyred::facts::{Fact, Facts};
use whyred::verdict::{Confidence, Judgement, Options, Session};

/// Rows of `coverage/messages.tsv`.
const ROWS: usize = 1176;
/// Rows of `coverage/failure-reasons.tsv`.
const REASONS: usize = 55;
/// Judged lines: three forms of every line of a trace and of a runner's log, one of any other.
const JUDGED: usize = 3 * (916 + 193) + 67;
/// Least percent of the rows with a class whose verdict is right or acceptable, and the same for the [`HEADLINE`] classes.
const GOALS: [(Form, f64, f64); 6] = [
    (Form::Line, 98.0, 99.0),
    (Form::Trace, 98.0, 99.0),
    (Form::StampedTrace, 98.0, 99.0),
    (Form::DaemonRunner, 98.0, 99.0),
    (Form::DaemonText, 98.0, 97.5),
    (Form::DaemonJson, 98.0, 97.5),
];
/// Verdicts of more than low confidence on rows of the [`QUIET`] reasons, over all forms.
const FALSE_ALARMS: usize = 0;
/// The classes that must not be missed.
const HEADLINE: [&str; 8] =
    ["protected-branch", "protected-tag", "push-rejected", "forbidden", "unauthorized", "shallow-clone", "runner-unreachable", "runner-misconfigured"];
/// Reasons of rows on which a verdict of more than low confidence is a false alarm.
const QUIET: [&str; 3] = ["info", "warning", "outcome"];

/// A row of `coverage/messages.tsv`.
struct Row<'a> {
    id: &'a str,
    surface: &'a str,
    section: &'a str,
    class: &'a str,
    also: Vec<&'a str>,
    reason: &'a str,
    line: &'a str,
}

impl<'a> Row<'a> {
    fn read(text: &'a str) -> Row<'a> {
        let [id, surface, section, class, also, reason, line] = text.split('\t').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{text}"));
        Row { id, surface, section, class, also: also.split(',').filter(|a| *a != "-").collect(), reason, line }
    }

    /// The formats in which a log can have the line.
    fn forms(&self) -> &'static [Form] {
        match self.surface {
            "trace" => &[Form::Line, Form::Trace, Form::StampedTrace],
            "runner-log" => &[Form::DaemonRunner, Form::DaemonText, Form::DaemonJson],
            "text" => &[Form::Line],
            other => panic!("{}: surface {other}", self.id),
        }
    }

    /// The runner ends a trace with it.
    fn is_last_line(&self) -> bool {
        self.line == "Job succeeded" || self.line.starts_with("ERROR: Job failed")
    }

    fn log(&self, form: Form) -> String {
        match form {
            Form::Line => format!("{}\n", self.line),
            Form::Trace => trace(self, false),
            Form::StampedTrace => trace(self, true),
            Form::DaemonRunner => DaemonLine::read(self.line).runner(),
            Form::DaemonText => DaemonLine::read(self.line).text(),
            Form::DaemonJson => DaemonLine::read(self.line).json(),
        }
    }
}

/// A format of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The line alone.
    Line,
    /// A whole job's trace without time stamps.
    Trace,
    /// A whole job's trace with a header of 32 bytes before every line.
    StampedTrace,
    /// `log_format = "runner"`, with its colours.
    DaemonRunner,
    /// `log_format = "text"`.
    DaemonText,
    /// `log_format = "json"`.
    DaemonJson,
}

/// The runner's sections in order, each with its title and a line of a job in which all goes well.
const SECTIONS: [(&str, &str, &str); 12] = [
    ("resolve_secrets", "Resolving secrets", "Resolving secret \"STRIPE_KEY\"..."),
    ("prepare_executor", "Preparing the \"docker\" executor", "Using Docker executor with image python:3.13-slim ..."),
    ("prepare_script", "Preparing environment", "Running on runner-zt4xq9vwk-project-90317-concurrent-3 via build-07..."),
    ("get_sources", "Getting source from Git repository", "Fetching changes with git depth set to 20..."),
    ("clear_worktree", "Deleting all tracked and untracked files due to source fetch failure", "Deleting tracked and untracked files..."),
    ("restore_cache", "Restoring cache", "Checking cache for yarn-lock-protected..."),
    ("download_artifacts", "Downloading artifacts", "Downloading artifacts for lint (8104412)..."),
    ("step_script", "Executing \"step_script\" stage of the job script", "\x1b[32;1m$ make all\x1b[0;m"),
    ("after_script", "Running after_script", "Running after script..."),
    ("archive_cache", "Saving cache for successful job", "Creating cache yarn-lock-protected..."),
    ("upload_artifacts_on_success", "Uploading artifacts for successful job", "Uploading artifacts..."),
    ("cleanup_file_variables", "Cleaning up project directory and file based variables", "Cleaning up..."),
];
/// Sections that a job has only for a reason of its own.
const RARE: [&str; 2] = ["resolve_secrets", "clear_worktree"];
/// The stream of the runner itself, as the header of a line names it.
const RUNNER: &str = "00O";
/// The stream of scripts.
const SCRIPT: &str = "01E";

/// Writes a trace as the runner does.
struct TraceWriter {
    stamped: bool,
    out: String,
    seconds: usize,
    /// A section mark was the runner's last: its stream goes on behind it.
    behind_mark: bool,
}

impl TraceWriter {
    fn physical_line(&mut self, stream: &str, continues: bool, text: &str) {
        if self.stamped {
            let sign = if continues { '+' } else { ' ' };
            write!(self.out, "2026-11-03T07:{:02}:{:02}.004200Z {stream}{sign}", self.seconds / 60, self.seconds % 60).unwrap();
        }
        self.out.push_str(text);
        self.out.push('\n');
        self.seconds += 1;
    }

    fn line(&mut self, stream: &str, text: &str) {
        let continues = stream == RUNNER && std::mem::take(&mut self.behind_mark);
        self.physical_line(stream, continues, text);
    }

    fn mark(&mut self, word: &str, section: &str) {
        let text = format!("section_{word}:{}:{section}\r\x1b[0K", 1_793_691_720 + self.seconds);
        if self.stamped {
            self.physical_line(RUNNER, self.behind_mark, &text);
        } else {
            self.out.push_str(&text);
        }
        self.behind_mark = true;
    }
}

/// A job that went well up to the row's section, in which it ends.
fn trace(row: &Row, stamped: bool) -> String {
    let mut trace = TraceWriter { stamped, out: String::new(), seconds: 0, behind_mark: false };
    trace.line(RUNNER, "\x1b[0KRunning with gitlab-runner 17.11.3 (52bf8fe8)\x1b[0;m");
    trace.line(RUNNER, "\x1b[0K  on build-07 zT4xQ9vWk, system ID: s_cfff497681a5\x1b[0;m");
    let at = SECTIONS.iter().position(|s| s.0 == row.section).unwrap_or_else(|| panic!("{}: section {}", row.id, row.section));
    let sources = SECTIONS.iter().position(|s| s.0 == "get_sources").unwrap();
    for (i, (section, title, line)) in SECTIONS.iter().enumerate() {
        let is_cleanup = i + 1 == SECTIONS.len() && at >= sources;
        if i != at && !is_cleanup && (i > at || RARE.contains(section)) {
            continue;
        }
        trace.mark("start", section);
        trace.line(RUNNER, &format!("\x1b[0K\x1b[36;1m{title}\x1b[0;m\x1b[0;m"));
        trace.line(if i < sources { RUNNER } else { SCRIPT }, line);
        if i == at && !row.is_last_line() {
            trace.line(if i < sources { RUNNER } else { SCRIPT }, row.line);
        }
        trace.mark("end", section);
    }
    // The last line comes from a logger of its own.
    trace.behind_mark = false;
    let last = if row.is_last_line() { row.line } else { "ERROR: Job failed: exit code 1" };
    let colour = if last == "Job succeeded" { "\x1b[32;1m" } else { "\x1b[31;1m" };
    trace.line(RUNNER, &format!("{colour}{last}\x1b[0;m"));
    trace.out
}

/// A line of a runner's log, taken apart.
struct DaemonLine<'a> {
    /// Of the `runner` format.
    prefix: &'static str,
    /// Of the other formats.
    level: &'static str,
    /// Of the `runner` format.
    colour: &'static str,
    message: &'a str,
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> DaemonLine<'a> {
    /// Reads `<LEVEL: >message  key=value key=value`: at least two spaces stand before the first key.
    fn read(line: &'a str) -> DaemonLine<'a> {
        const LEVELS: [(&str, &str, &str); 5] = [
            ("WARNING: ", "warning", "\x1b[0;33m"),
            ("ERROR: ", "error", "\x1b[31;1m"),
            ("FATAL: ", "fatal", "\x1b[31;1m"),
            ("PANIC: ", "panic", "\x1b[31;1m"),
            ("", "info", ""),
        ];
        let (prefix, level, colour) = LEVELS.into_iter().find(|l| line.starts_with(l.0)).unwrap();
        let body = &line[prefix.len()..];
        let key_at = |space: usize| {
            let (key, _) = body[space + 1..].split_once('=')?;
            (!key.is_empty() && key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-')).then_some((space, key))
        };
        let keys = body.match_indices(' ').filter_map(|(space, _)| key_at(space));
        let keys: Vec<(usize, &str)> = keys.skip_while(|(space, _)| !body[..*space].ends_with(' ')).collect();
        let end = |i: usize| keys.get(i).map_or(body.len(), |k| k.0);
        let fields = keys.iter().enumerate().map(|(i, (space, key))| (*key, &body[space + key.len() + 2..end(i + 1)])).collect();
        DaemonLine { prefix, level, colour, message: body[..end(0)].trim_end(), fields }
    }

    fn runner(&self) -> String {
        let mut out = format!("{}{:<50}\x1b[0;m ", self.colour, format!("{}{}", self.prefix, self.message));
        for (key, value) in &self.fields {
            write!(out, " {}{key}\x1b[0;m={value}", self.colour).unwrap();
        }
        out + "\n"
    }

    fn text(&self) -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._/@^+".contains(&b);
        let quoted = |v: &str| if v.bytes().all(plain) { v.to_owned() } else { format!("{v:?}") };
        let mut out = format!("time=\"2026-11-03T07:42:19+01:00\" level={} msg={}", self.level, quoted(self.message));
        for (key, value) in &self.fields {
            write!(out, " {key}={}", quoted(value)).unwrap();
        }
        out + "\n"
    }

    fn json(&self) -> String {
        let mut object = serde_json::Map::new();
        for (key, value) in [("level", self.level), ("msg", self.message), ("time", "2026-11-03T07:42:19.004200117+01:00")] {
            object.insert(key.to_owned(), value.into());
        }
        for (key, value) in &self.fields {
            object.insert((*key).to_owned(), value.parse::<i64>().map_or_else(|_| (*value).into(), Into::into));
        }
        serde_json::Value::Object(object).to_string() + "\n"
    }
}

/// What a verdict is to the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grade {
    /// The class of the row. No verdict is that of a job that passed and of what nothing explains.
    Right,
    /// One of the other classes that can be defended.
    Acceptable,
    /// No class.
    Unrecognised,
    /// Any other class.
    Wrong,
}

fn grade(row: &Row, class: Option<&str>) -> Grade {
    let got = class.unwrap_or(if row.class == "passed" { "passed" } else { "unexplained" });
    if got == row.class {
        Grade::Right
    } else if row.also.contains(&got) {
        Grade::Acceptable
    } else if got == "unexplained" {
        Grade::Unrecognised
    } else {
        Grade::Wrong
    }
}

/// The judgement with a verdict, if there is one.
fn judge(log: &str, given: Facts) -> Judgement {
    let options = Options::default();
    let mut session = Session::new(&RULES, &options, given);
    session.push(log.as_bytes());
    let mut all = session.take_finished();
    all.extend(session.finish());
    let at = all.iter().position(|j| j.verdict.is_some()).unwrap_or(0);
    all.swap_remove(at)
}

/// Grades of some rows in one form.
#[derive(Default)]
struct Tally {
    grades: [usize; 4],
}

impl Tally {
    fn add(&mut self, grade: Grade) {
        self.grades[grade as usize] += 1;
    }

    /// Percent that is right or acceptable.
    fn share(&self) -> f64 {
        let fine = self.grades[Grade::Right as usize] + self.grades[Grade::Acceptable as usize];
        100.0 * fine as f64 / self.grades.iter().sum::<usize>() as f64
    }
}

#[test]
fn messages_are_recognised_in_every_format() {
    let text = fs::read_to_string(project("tests/coverage/messages.tsv")).unwrap();
    let rows: Vec<Row> = text.lines().skip(1).map(Row::read).collect();
    assert_eq!(rows.len(), ROWS);
    let mut judged = 0;
    let mut short = Vec::new();
    let mut misses = Vec::new();
    let mut alarms = Vec::new();
    for (form, goal, headline_goal) in GOALS {
        let (mut all, mut headline) = (Tally::default(), Tally::default());
        for row in rows.iter().filter(|r| r.forms().contains(&form)) {
            judged += 1;
            let judgement = judge(&row.log(form), Facts::new());
            let verdict = judgement.verdict.as_ref();
            let said =
                verdict.map_or("none".to_owned(), |v| format!("{} {}", v.confidence.word(), v.pattern.as_ref().map_or(v.class.as_str(), |p| p.as_str())));
            if row.class == "-" {
                assert_ne!(row.reason, "-", "{}", row.id);
                if QUIET.contains(&row.reason) && verdict.is_some_and(|v| v.confidence > Confidence::Low) {
                    alarms.push(format!("{form:?} {} {}: {said}\n    {}", row.id, row.reason, row.line));
                }
                continue;
            }
            let grade = grade(row, verdict.map(|v| v.class.as_str()));
            all.add(grade);
            if HEADLINE.contains(&row.class) {
                headline.add(grade);
            }
            if matches!(grade, Grade::Unrecognised | Grade::Wrong) {
                misses.push(format!("{form:?} {} {grade:?}: {said}, not {}\n    {}", row.id, row.class, row.line));
            }
        }
        println!("{form:?}: {:.1} % {:?}, headline {:.1} % {:?}", all.share(), all.grades, headline.share(), headline.grades);
        if all.share() < goal || headline.share() < headline_goal {
            short.push(format!("{form:?} {:.1} %, headline {:.1} %", all.share(), headline.share()));
        }
    }
    assert_eq!(judged, JUDGED);
    let report = format!("misses\n{}\nfalse alarms\n{}", misses.join("\n"), alarms.join("\n"));
    println!("{report}");
    assert!(short.is_empty(), "{short:?}\n{report}");
    assert!(alarms.len() == FALSE_ALARMS, "{} false alarms\n{report}", alarms.len());
}

#[test]
fn every_failure_reason_of_gitlab_has_its_class() {
    let text = fs::read_to_string(project("tests/coverage/failure-reasons.tsv")).unwrap();
    let mut wrong = Vec::new();
    let mut rows = 0;
    for line in text.lines().skip(1) {
        rows += 1;
        let [reason, class, owner, retry] = line.split('\t').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{line}"));
        let mut given = Facts::new();
        given.set_text(Fact::JobFailureReason, reason);
        let verdict = judge("", given).verdict.unwrap_or_else(|| panic!("{reason}: no verdict"));
        let got = (verdict.class.as_str(), verdict.owner.word(), verdict.retry.word());
        if got != (class, owner, retry) {
            wrong.push(format!("{reason}: {got:?}, not {:?}", (class, owner, retry)));
        }
    }
    assert_eq!(rows, REASONS);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
