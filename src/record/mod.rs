//! The record: what is written for one job, as other people's programs read it.
//!
//! Owns the schema `whyred.record/1`, how a judgement becomes a record, and how a written one is read again in short. A field is added, never renamed. Text from a
//! log gets in as [`Redacted`] only.

mod from;
mod outline;
mod schema;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::redact::Redacted;

pub use from::{Detail, Origin};
pub use outline::{Outline, OutlineError, Subject, VerdictOutline};
pub use schema::json_schema;

/// The name of the schema, in every record.
pub const SCHEMA: &str = "whyred.record/1";

/// One job, runner problem, or text.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Record {
    /// Name and version of the schema.
    pub schema: &'static str,
    /// Where the log came from: a path as it was given or found, `-` for standard input.
    #[schemars(with = "String")]
    pub trace: Redacted,
    /// The member of an archive.
    #[schemars(with = "Option<String>")]
    pub member: Option<Redacted>,
    /// What the record is about.
    #[schemars(with = "schema::KindWord")]
    pub kind: &'static str,
    /// Bytes of the log; for a job in a runner's log, up to its end.
    pub bytes: u64,
    /// Physical lines of the log; for a job in a runner's log, up to its end.
    pub lines: u64,
    /// How the log ended.
    #[schemars(with = "schema::EndWord")]
    pub end: &'static str,
    /// The job.
    pub job: Job,
    /// Why it failed; null: it passed, or nothing is known.
    pub verdict: Option<Verdict>,
    /// Other hits.
    pub findings: Vec<Finding>,
    /// How often and when, for a runner's problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Where the log and the job's facts from outside do not agree.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// What a limit cut.
    pub limits: Vec<&'static str>,
    /// What could not be read.
    #[schemars(with = "Vec<String>")]
    pub errors: Vec<Redacted>,
    /// The catalog in force.
    pub catalog: String,
}

/// What is known of a job.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Job {
    /// How it ended.
    #[schemars(with = "schema::OutcomeWord")]
    pub outcome: &'static str,
    /// The exit code that the runner named.
    pub exit_code: Option<i64>,
    /// The runner wrote `(system failure)`; null: no last line.
    pub system_failure: Option<bool>,
    /// The runner's section in which it died.
    #[schemars(with = "Option<String>")]
    pub failed_section: Option<Redacted>,
    /// The executor.
    #[schemars(with = "Option<String>")]
    pub executor: Option<Redacted>,
    /// The image.
    #[schemars(with = "Option<String>")]
    pub image: Option<Redacted>,
    /// Version of the runner.
    #[schemars(with = "Option<String>")]
    pub runner_version: Option<Redacted>,
    /// When it began, RFC 3339.
    pub started: Option<String>,
    /// How long it took.
    pub seconds: Option<f64>,
    /// The longest time without a line, where it is at least a minute and the lines have times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence: Option<Silence>,
    /// Number of the job.
    pub id: Option<u64>,
    /// Name of the job.
    #[schemars(with = "Option<String>")]
    pub name: Option<Redacted>,
    /// Stage of the job.
    #[schemars(with = "Option<String>")]
    pub stage: Option<Redacted>,
    /// Path of its project.
    #[schemars(with = "Option<String>")]
    pub project: Option<Redacted>,
    /// Its ref.
    #[schemars(with = "Option<String>")]
    pub r#ref: Option<Redacted>,
    /// Its commit.
    #[schemars(with = "Option<String>")]
    pub sha: Option<Redacted>,
    /// Number of its pipeline.
    pub pipeline_id: Option<u64>,
    /// Its page.
    #[schemars(with = "Option<String>")]
    pub url: Option<Redacted>,
    /// Name of the runner.
    #[schemars(with = "Option<String>")]
    pub runner: Option<Redacted>,
    /// The environment to which it deploys.
    #[schemars(with = "Option<String>")]
    pub environment: Option<Redacted>,
    /// Whether the pipeline goes on without it.
    pub allow_failure: Option<bool>,
    /// GitLab's reason.
    #[schemars(with = "Option<String>")]
    pub failure_reason: Option<Redacted>,
    /// Depth of the clone; 0 is a full one.
    pub clone_depth: Option<i64>,
    /// The runner's sections, in order, with the seconds that each took.
    pub sections: Vec<SectionTime>,
}

/// The longest time without a line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Silence {
    /// How long.
    pub seconds: i64,
    /// The physical line behind which it began.
    pub line: u64,
    /// The runner's section in which it began.
    #[schemars(with = "Option<String>")]
    pub section: Option<Redacted>,
    /// The command that ran meanwhile, as it was echoed.
    #[schemars(with = "Option<String>")]
    pub command: Option<Redacted>,
}

/// A section of the runner.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SectionTime {
    /// Its name.
    #[schemars(with = "String")]
    pub name: Redacted,
    /// How long it took; null: the trace does not say.
    pub seconds: Option<i64>,
}

/// Why a job failed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Verdict {
    /// The class. New ones may come: treat an unknown one as `unexplained`.
    pub class: String,
    /// The pattern; null for the fallback.
    pub pattern: Option<String>,
    /// What the log shows, in one line.
    pub title: String,
    /// How sure.
    #[schemars(with = "schema::ConfidenceWord")]
    pub confidence: &'static str,
    /// Who must act.
    #[schemars(with = "schema::OwnerWord")]
    pub owner: &'static str,
    /// Whether running the same job again can help.
    #[schemars(with = "schema::RetryWord")]
    pub retry: &'static str,
    /// Version of the algorithm, `:`, a hash: equal for equal failures.
    pub fingerprint: String,
    /// The line that proves it, then lines of its context.
    pub evidence: Vec<Evidence>,
    /// Facts that prove it, where no line does.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub facts: BTreeMap<String, Redacted>,
    /// Values from the lines.
    #[schemars(with = "BTreeMap<String, String>")]
    pub captures: BTreeMap<String, Redacted>,
    /// The failed tests of the command that failed; absent where no tests failed or the output neither counts nor names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_tests: Option<FailedTests>,
    /// The likeliest cause; absent at `--detail brief`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The others; absent at `--detail brief`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_causes: Option<Vec<OtherCause>>,
}

/// Tests that failed, as the output tells.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FailedTests {
    /// How many: the largest number that the tool printed, and no less than there are names.
    pub count: u64,
    /// Their names in the order of the output, as it prints them; at most 50.
    #[schemars(with = "Vec<String>")]
    pub names: Vec<Redacted>,
}

/// A line of a log.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Evidence {
    /// The physical line, as sed and editors count.
    pub line: u64,
    /// Its first raw byte in the log.
    pub offset: u64,
    /// Its raw bytes.
    pub length: u64,
    /// The runner's section.
    #[schemars(with = "Option<String>")]
    pub section: Option<Redacted>,
    /// The clean line, at most 500 bytes.
    #[schemars(with = "String")]
    pub text: Redacted,
    /// Up to two lines before.
    #[schemars(with = "Vec<String>")]
    pub before: Vec<Redacted>,
    /// Up to two lines after.
    #[schemars(with = "Vec<String>")]
    pub after: Vec<Redacted>,
}

/// A cause and its fix.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cause {
    /// Unique within the pattern.
    pub id: String,
    /// One line.
    pub title: String,
    /// What happened.
    pub diagnosis: String,
    /// What to do, in order.
    pub fix: Vec<String>,
    /// Why that works.
    pub why: String,
    /// Commands to copy.
    #[schemars(with = "Vec<String>")]
    pub commands: Vec<Redacted>,
    /// Pages that say so.
    pub references: Vec<String>,
    /// What in the log, or in the job's facts, speaks for it.
    pub evidence: Vec<CauseEvidence>,
}

/// What speaks for a cause: a fact, or a line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CauseEvidence {
    /// The fact's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<&'static str>,
    /// The fact's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub value: Option<Redacted>,
    /// The physical line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The clean line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub text: Option<Redacted>,
}

/// A less likely cause; with its whole text at `--detail full`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OtherCause {
    /// All of it.
    Full(Cause),
    /// Its name.
    Brief {
        /// Unique within the pattern.
        id: String,
        /// One line.
        title: String,
        /// Pages that say so.
        references: Vec<String>,
    },
}

/// A hit that is not the verdict.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Its pattern.
    pub pattern: String,
    /// The pattern's class.
    pub class: String,
    /// What it is to the verdict.
    #[schemars(with = "schema::RoleWord")]
    pub role: &'static str,
    /// Its first line.
    pub line: u64,
}

/// How often and when a runner had a problem.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// Lines that tell of it.
    pub count: u64,
    /// The first, RFC 3339; null: the log has no times.
    pub first: Option<String>,
    /// The last.
    pub last: Option<String>,
    /// The same call went well afterwards.
    pub over: bool,
}
