//! Hits to verdicts: which one hit explains the failure, and why.
//!
//! The [`Session`] is the one road from bytes to verdicts; files, streams and examples of patterns all take it. The rules
//! are arithmetic on where hits stand:
//!
//! 1. the outcome first: a job that passed has no verdict;
//! 2. place: output behind the last command of the failing section, then the rest of that section, then other sections
//!    that did not end well; a section that was followed by the next stage went well;
//! 3. then rank, priority, the earliest line.

mod candidate;
mod cause;
mod confidence;
mod context;
mod failed_tests;
mod fallback;
mod fingerprint;
mod gathered;
mod hits;
mod passed_test;
mod problems;
mod quote;
mod reader;
mod rules;
mod runner;
mod session;

use std::collections::BTreeMap;

use crate::facts::{Fact, FactValue, Facts};
use crate::pattern::{Cause, Owner, PatternId, Retry};
use crate::redact::Redacted;
use crate::text::{ByteSpan, LineNumber};
use crate::trace::{Outcome, Section, Silence};

pub use failed_tests::FailedTests;
pub use rules::{Options, Rules, built_in_catalog};
pub use session::Session;

/// How sure a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Something failed, and this is the best that stands there.
    Low,
    /// A specific hit out of place or with unknown facts, or a generic one in place.
    Medium,
    /// A specific hit in the best place, consistent with the outcome.
    High,
}

impl Confidence {
    /// The word of records.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }

    /// The confidence of a word.
    pub fn from_word(word: &str) -> Option<Confidence> {
        [Confidence::Low, Confidence::Medium, Confidence::High].into_iter().find(|c| c.word() == word)
    }
}

/// A line that proves something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceLine {
    /// The physical line.
    pub number: LineNumber,
    /// Its raw bytes.
    pub span: ByteSpan,
    /// The runner's section; `None`: outside of all.
    pub section: Option<String>,
    /// The clean line, at most 500 bytes.
    pub text: Redacted,
    /// Up to two lines before.
    pub before: Vec<Redacted>,
    /// Up to two lines after.
    pub after: Vec<Redacted>,
}

/// What lifted a cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CauseEvidence {
    /// A fact and its value, as it may be shown.
    Fact(Fact, Redacted),
    /// A line.
    Line(LineNumber, Redacted),
}

/// A cause, ranked, in the words that fit the facts.
#[derive(Clone, Debug)]
pub struct RankedCause {
    /// The cause; wording and steps that do not apply are taken out.
    pub cause: Cause,
    /// Its commands, placeholders filled where the value is plain.
    pub commands: Vec<Redacted>,
    /// What lifted it; empty: nothing.
    pub evidence: Vec<CauseEvidence>,
}

/// Why a job failed.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The class.
    pub class: String,
    /// The pattern; `None` for the fallback.
    pub pattern: Option<PatternId>,
    /// The pattern's title.
    pub title: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// Who must act.
    pub owner: Owner,
    /// Whether a retry can help.
    pub retry: Retry,
    /// Equal for equal failures of many jobs.
    pub fingerprint: String,
    /// The line that proves it, then lines of its context. Empty where a fact alone is the proof.
    pub evidence: Vec<EvidenceLine>,
    /// Facts that prove it.
    pub facts: Vec<(Fact, FactValue)>,
    /// Values from the lines.
    pub captures: BTreeMap<String, Redacted>,
    /// The failed tests of the same command, where tests failed and its output counts or names them.
    pub failed_tests: Option<FailedTests>,
    /// Causes, the likeliest first.
    pub causes: Vec<RankedCause>,
}

/// What another hit is to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It only follows from another.
    Aftermath,
    /// It could stand alone.
    Other,
    /// It is worth knowing.
    Notice,
}

impl Role {
    /// The word of records.
    pub fn word(self) -> &'static str {
        match self {
            Role::Aftermath => "aftermath",
            Role::Other => "other",
            Role::Notice => "notice",
        }
    }
}

/// A hit that is not the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its pattern.
    pub pattern: PatternId,
    /// What it is.
    pub role: Role,
    /// Its first line.
    pub line: LineNumber,
    /// The clean text of that line, at most 500 bytes.
    pub text: Redacted,
    /// It is an aftermath, and other hits say more of every line on which it stands. Records leave it out.
    pub told: bool,
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A job's trace.
    JobTrace,
    /// A job in a runner's log.
    RunnerJob,
    /// A problem of a runner.
    RunnerProblem,
    /// Any other text.
    Text,
    /// Nothing was there.
    None,
}

impl Subject {
    /// The word of records.
    pub fn word(self) -> &'static str {
        match self {
            Subject::JobTrace => "job-trace",
            Subject::RunnerJob => "runner-job",
            Subject::RunnerProblem => "runner-problem",
            Subject::Text => "text",
            Subject::None => "none",
        }
    }
}

/// How the log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The runner's last line is there.
    Seen,
    /// It is not.
    Missing,
    /// The runner's output limit cut the log off.
    LogLimit,
}

impl End {
    /// The word of records.
    pub fn word(self) -> &'static str {
        match self {
            End::Seen => "seen",
            End::Missing => "missing",
            End::LogLimit => "log_limit",
        }
    }
}

/// How often and when a runner had a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Lines that tell of it.
    pub count: u64,
    /// Seconds since 1970 of the first, where the log has times.
    pub first: Option<i64>,
    /// Of the last.
    pub last: Option<i64>,
    /// The same call went well afterwards.
    pub over: bool,
}

/// All that is known of one job, runner problem or text.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// What it is about.
    pub subject: Subject,
    /// Bytes of the log; for a job in a runner's log, up to its end.
    pub bytes: u64,
    /// Physical lines of the log; for a job in a runner's log, up to its end.
    pub lines: u64,
    /// How the log ended.
    pub end: End,
    /// How the job ended.
    pub outcome: Outcome,
    /// Everything known of it.
    pub facts: Facts,
    /// The runner's sections, the first is outside of all.
    pub sections: Vec<Section>,
    /// Seconds since 1970 when it began.
    pub started: Option<i64>,
    /// How long it took.
    pub seconds: Option<f64>,
    /// The longest time without a line.
    pub silence: Option<Silence>,
    /// Number of the job, in a runner's log.
    pub job: Option<u64>,
    /// Why it failed; `None`: it passed, or nothing is known.
    pub verdict: Option<Verdict>,
    /// Other hits.
    pub findings: Vec<Finding>,
    /// Where the log and the facts from outside do not agree.
    pub conflicts: Vec<String>,
    /// What a limit cut.
    pub limits: Vec<&'static str>,
    /// Count and times, for a runner's problem.
    pub problem: Option<Problem>,
}
