//! From a judgement to a record.

use std::collections::BTreeMap;

use crate::facts::{Fact, Facts, KnownJob};
use crate::redact::{Redacted, Redactor};
use crate::trace::{Section, rfc3339};
use crate::verdict::{self, CauseEvidence as Lifted, Judgement, RankedCause};

use super::{Cause, CauseEvidence, Evidence, FailedTests, Finding, Job, OtherCause, Problem, Record, SCHEMA, SectionTime, Silence, Verdict};

/// How much of a verdict is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// No causes.
    Brief,
    /// The likeliest cause, the others by name.
    #[default]
    Normal,
    /// All causes.
    Full,
}

/// Where a log came from, and what is known of its job from outside.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The path, or `-`.
    pub trace: String,
    /// The member of an archive.
    pub member: Option<String>,
    /// What could not be read of it.
    pub errors: Vec<String>,
    /// What is known of the job beside its facts.
    pub job: KnownJob,
}

impl Record {
    /// The record of a judgement.
    pub fn new(judgement: &Judgement, origin: &Origin, detail: Detail, redactor: &Redactor, catalog: &str) -> Record {
        let redact = |text: &str| redactor.redact(text.as_bytes());
        let facts = &judgement.facts;
        Record {
            schema: SCHEMA,
            trace: redact(&origin.trace),
            member: origin.member.as_deref().map(redact),
            kind: judgement.subject.word(),
            bytes: judgement.bytes,
            lines: judgement.lines,
            end: judgement.end.word(),
            job: job(judgement, origin, facts, redactor),
            verdict: judgement.verdict.as_ref().map(|v| verdict_of(v, detail, redactor)),
            findings: judgement
                .findings
                .iter()
                .filter(|f| !f.told)
                .map(|f| Finding { pattern: f.pattern.to_string(), class: f.pattern.class().to_owned(), role: f.role.word(), line: f.line.0 })
                .collect(),
            problem: judgement.problem.map(|p| Problem { count: p.count, first: p.first.and_then(rfc3339), last: p.last.and_then(rfc3339), over: p.over }),
            conflicts: judgement.conflicts.clone(),
            limits: judgement.limits.clone(),
            errors: origin.errors.iter().map(|e| redact(e)).collect(),
            catalog: catalog.to_owned(),
        }
    }

    /// Whether the job did not do what it should.
    pub fn is_bad(&self) -> bool {
        matches!(self.job.outcome, "failed" | "canceled" | "timed_out")
    }
}

fn job(judgement: &Judgement, origin: &Origin, facts: &Facts, redactor: &Redactor) -> Job {
    let redact = |text: &str| redactor.redact(text.as_bytes());
    let text = |fact: Fact| facts.text(fact).map(|t| redactor.redact(t.as_bytes()));
    Job {
        outcome: judgement.outcome.word(),
        exit_code: facts.number(Fact::JobExitCode),
        system_failure: facts.flag(Fact::JobSystemFailure),
        failed_section: text(Fact::JobFailedSection),
        executor: text(Fact::JobExecutor),
        image: text(Fact::JobImage),
        runner_version: text(Fact::JobRunnerVersion),
        started: judgement.started.and_then(rfc3339),
        seconds: judgement.seconds,
        silence: judgement.silence.as_ref().map(|s| Silence {
            seconds: s.seconds,
            line: s.line,
            section: Some(redact(&s.section)).filter(|s| !s.as_str().is_empty()),
            command: s.command.as_deref().map(redact),
        }),
        id: judgement.job.or(origin.job.id),
        name: origin.job.name.as_deref().map(redact),
        stage: origin.job.stage.as_deref().map(redact),
        project: text(Fact::JobProject),
        r#ref: text(Fact::JobRef),
        sha: text(Fact::JobSha).or_else(|| text(Fact::CheckoutSha)),
        pipeline_id: origin.job.pipeline_id,
        url: origin.job.url.as_deref().map(redact),
        runner: text(Fact::JobRunner),
        environment: text(Fact::JobEnvironment),
        allow_failure: origin.job.allow_failure,
        failure_reason: text(Fact::JobFailureReason),
        clone_depth: facts.number(Fact::CloneDepth),
        sections: judgement.sections.iter().skip(1).map(|s| section(s, redactor)).collect(),
    }
}

fn section(section: &Section, redactor: &Redactor) -> SectionTime {
    let seconds = section.ended.zip(section.started).map(|(end, start)| end - start);
    SectionTime { name: redactor.redact(section.name.as_bytes()), seconds }
}

fn verdict_of(v: &verdict::Verdict, detail: Detail, redactor: &Redactor) -> Verdict {
    let mut causes = v.causes.iter();
    let first = causes.next().filter(|_| detail != Detail::Brief);
    let others = causes.map(|c| match detail {
        Detail::Full => OtherCause::Full(cause(c)),
        _ => OtherCause::Brief { id: c.cause.id.clone(), title: c.cause.title.clone(), references: c.cause.references.clone() },
    });
    Verdict {
        class: v.class.clone(),
        pattern: v.pattern.as_ref().map(ToString::to_string),
        title: v.title.clone(),
        confidence: v.confidence.word(),
        owner: v.owner.word(),
        retry: v.retry.word(),
        fingerprint: v.fingerprint.clone(),
        evidence: v
            .evidence
            .iter()
            .map(|e| Evidence {
                line: e.number.0,
                offset: e.span.offset,
                length: e.span.length,
                section: e.section.as_ref().map(|s| redactor.redact(s.as_bytes())),
                text: e.text.clone(),
                before: e.before.clone(),
                after: e.after.clone(),
            })
            .collect(),
        facts: v.facts.iter().map(|(f, value)| (f.name().to_owned(), redactor.redact(value.to_string().as_bytes()))).collect::<BTreeMap<String, Redacted>>(),
        captures: v.captures.clone(),
        failed_tests: v.failed_tests.as_ref().map(|t| FailedTests { count: t.count, names: t.names.clone() }),
        cause: first.map(cause),
        other_causes: (detail != Detail::Brief).then(|| others.collect()),
    }
}

fn cause(ranked: &RankedCause) -> Cause {
    let c = &ranked.cause;
    Cause {
        id: c.id.clone(),
        title: c.title.clone(),
        diagnosis: c.diagnosis.clone(),
        fix: c.fix.iter().map(|s| s.text.clone()).collect(),
        why: c.why.clone(),
        commands: ranked.commands.clone(),
        references: c.references.clone(),
        evidence: ranked
            .evidence
            .iter()
            .map(|e| match e {
                Lifted::Fact(fact, value) => CauseEvidence { fact: Some(fact.name()), value: Some(value.clone()), line: None, text: None },
                Lifted::Line(number, text) => CauseEvidence { fact: None, value: None, line: Some(number.0), text: Some(text.clone()) },
            })
            .collect(),
    }
}
