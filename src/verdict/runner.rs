//! A runner's daemon log: its failed jobs. Its own problems are [`Problems`]'s.
//!
//! Jobs are kept until they end, up to a limit.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::engine::PatternIndex;
use crate::facts::{Fact, Facts, Known};
use crate::pattern::{Channel, Pattern, Rank};
use crate::redact::Redacted;
use crate::text::{ByteSpan, LineNumber};
use crate::trace::{DaemonLine, Level, Outcome, Role};

use super::fingerprint::fingerprint;
use super::hits::{Hits, Spot};
use super::problems::Problems;
use super::rules::{Options, Rules};
use super::session::{MAX_SHOWN_BYTES, evidence_line, unexplained};
use super::{Confidence, End, EvidenceLine, Judgement, Subject, Verdict, cause, confidence};

/// A line of the daemon, and where it stands.
pub(super) struct Told<'a> {
    pub(super) daemon: &'a DaemonLine,
    pub(super) role: Role,
    pub(super) number: LineNumber,
    pub(super) span: ByteSpan,
}

/// Jobs under way at a time of which hits are kept.
const MAX_JOBS: usize = 4096;
/// Ended jobs that are remembered.
const MAX_ENDED: usize = 256;
/// Hits of one job.
const MAX_JOB_HITS: usize = 8;

#[derive(Debug, Default)]
pub(super) struct RunnerLog<'r> {
    jobs: HashMap<u64, Vec<(PatternIndex, Spot<'r>)>>,
    order: VecDeque<u64>,
    problems: Problems<'r>,
    finished: Vec<Judgement>,
    /// The last jobs that ended: what is said of them later is of no account.
    ended: VecDeque<u64>,
    /// Those of all jobs that ended whose state GitLab does not have yet: that can take an hour.
    reporting: HashSet<u64>,
    dropped: bool,
    /// The last of `finished` waits for the error text of its last line.
    waits: bool,
}

impl<'r> RunnerLog<'r> {
    /// Takes a line with what was found on it.
    pub(super) fn line(&mut self, told: &Told, found: Vec<(PatternIndex, Spot<'r>)>, rules: &Rules, options: &Options, hits: &Hits) {
        let line = told.daemon;
        // The error text is the very next line.
        self.waits = false;
        let patterns = &rules.catalog().patterns;
        let reads = |p: &Pattern, s: &Spot| match p.channel {
            Channel::Trace => s.place.role == Role::OutcomeText,
            _ => true,
        };
        let mut found: Vec<_> =
            found.into_iter().filter(|(i, s)| reads(&patterns[i.0 as usize], s) && options.allow(patterns[i.0 as usize].applies.as_ref())).collect();
        found.sort_by_key(|(i, _)| order(&patterns[i.0 as usize]));
        if line.success
            && let Some(call) = line.call
        {
            self.finished.extend(self.problems.success(call, told, rules, options, hits));
        }
        // A pattern that reads nothing but daemon logs tells of the runner, also where a job is named.
        let of_runner = found.first().is_some_and(|(i, _)| patterns[i.0 as usize].channel == Channel::RunnerLog);
        // GitLab refuses to hear more of a job that was ended there: that is the job's story.
        let ended_there = found.first().is_some_and(|(i, _)| patterns[i.0 as usize].class() == "canceled");
        let of_job = line.job.filter(|_| ended_there || (line.call.is_none() && (line.end.is_some() || !of_runner)));
        match of_job {
            Some(job) => {
                self.job_line(job, told, found, rules, options, hits);
                if let Some(last) = self.finished.last_mut().filter(|j| line.end.is_some() && j.job == Some(job) && j.verdict.is_none()) {
                    last.verdict = Some(unexplained(rules, vec![last_line(told, options)], last.facts.get(Fact::JobExitCode).is_some(), &last.facts, options));
                }
            }
            None => {
                let best = found.into_iter().find(|(i, _)| patterns[i.0 as usize].rank != Rank::Notice);
                if let Some((index, spot)) = best.filter(|_| line.level != Level::Info) {
                    self.finished.extend(self.problems.line(index, spot, told, rules, options, hits));
                }
            }
        }
    }

    /// What is decided. A job whose error text was not read yet is not.
    pub(super) fn take_finished(&mut self) -> Vec<Judgement> {
        let decided = self.finished.len() - usize::from(self.waits);
        self.finished.drain(..decided).collect()
    }

    /// Jobs that ended, then problems in the order in which they began.
    pub(super) fn finish(mut self, rules: &Rules, options: &Options, hits: &Hits) -> Vec<Judgement> {
        let mut out = std::mem::take(&mut self.finished);
        let patterns = &rules.catalog().patterns;
        for job in std::mem::take(&mut self.order) {
            let found = self.jobs.remove(&job).unwrap_or_default();
            if let Some((index, spot)) = best(found, rules) {
                let pattern = &patterns[index.0 as usize];
                // A job that did not end may yet pass, unless GitLab ended it.
                let ended_there = pattern.class() == "canceled";
                let (sure, outcome) = if ended_there { (Confidence::High, Outcome::Canceled) } else { (Confidence::Medium, Outcome::Unknown) };
                let facts = Facts::new();
                let verdict = verdict(pattern, &spot, sure, &facts, rules, options, hits);
                out.push(Judgement { outcome, job: Some(job), verdict: Some(verdict), ..blank(Subject::RunnerJob, facts) });
            }
        }
        out.extend(std::mem::take(&mut self.problems).finish(rules, options, hits));
        if self.dropped
            && let Some(last) = out.last_mut().filter(|j| j.limits.is_empty())
        {
            last.limits.push("problems");
        }
        out
    }

    fn job_line(&mut self, job: u64, told: &Told, found: Vec<(PatternIndex, Spot<'r>)>, rules: &Rules, options: &Options, hits: &Hits) {
        let line = told.daemon;
        if (self.reporting.contains(&job) || self.ended.contains(&job)) && told.role != Role::OutcomeText {
            if line.canonical.starts_with("Removed job from processing list") {
                self.reporting.remove(&job);
            }
            return;
        }
        if !self.jobs.contains_key(&job) && !found.is_empty() {
            if self.order.len() == MAX_JOBS
                && let Some(oldest) = self.order.pop_front()
            {
                self.jobs.remove(&oldest);
                self.dropped = true;
            }
            self.order.push_back(job);
            self.jobs.insert(job, Vec::new());
        }
        if let Some(kept) = self.jobs.get_mut(&job) {
            kept.extend(found);
            kept.truncate(MAX_JOB_HITS);
        }
        // The line's error text comes as a line of its own behind it: the job is judged then.
        let Some(end) = &line.end else { return self.judge_waiting(job, rules, options, hits) };
        if self.ended.len() == MAX_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(job);
        if self.reporting.len() < MAX_JOBS {
            self.reporting.insert(job);
        }
        if end.ending.outcome == Outcome::Passed {
            self.forget(job);
            return;
        }
        let mut facts = Facts::new();
        facts.set_text(Fact::JobRunner, line.runner.clone().unwrap_or_default());
        facts.set_text(Fact::JobProject, line.project.clone().unwrap_or_default());
        facts.set_text(Fact::JobOutcome, end.ending.outcome.word());
        facts.set_flag(Fact::JobSystemFailure, end.ending.system_failure);
        facts.set_text(Fact::JobFailureReason, end.failure_reason.clone().unwrap_or_default());
        if let Some(code) = end.ending.exit_code {
            facts.set_number(Fact::JobExitCode, code);
        }
        self.waits = true;
        let started = line.seconds.zip(end.seconds).map(|(at, took)| at - took as i64);
        self.finished.push(Judgement {
            bytes: told.span.offset + told.span.length,
            lines: told.number.0,
            outcome: end.ending.outcome,
            end: End::Seen,
            started,
            seconds: end.seconds,
            silence: None,
            job: Some(job),
            ..blank(Subject::RunnerJob, facts)
        });
    }

    /// Judges the job whose last line just came, with what is known of it by now.
    fn judge_waiting(&mut self, job: u64, rules: &Rules, options: &Options, hits: &Hits) {
        let Some(waiting) = self.finished.last_mut().filter(|j| j.job == Some(job)) else { return };
        let patterns = &rules.catalog().patterns;
        let found = self.jobs.remove(&job).unwrap_or_default();
        self.order.retain(|j| *j != job);
        let hit = best(found, rules).map(|(index, spot)| (&patterns[index.0 as usize], spot));
        let fact = of_facts(&waiting.facts, rules, options);
        let sure = |pattern: &Pattern| if pattern.rank == Rank::Specific { Confidence::High } else { Confidence::Medium };
        // A line proves more than a fact of the same class.
        let beaten = |hit: &Pattern| fact.is_some_and(|fact| order(fact) < order(hit) && fact.class() != hit.class());
        waiting.verdict = match (hit.filter(|(pattern, _)| !beaten(pattern)), fact) {
            (Some((pattern, spot)), _) => Some(verdict(pattern, &spot, sure(pattern), &waiting.facts, rules, options, hits)),
            // The last line proves the fact, as it does that nothing explains the job.
            (None, Some(fact)) => waiting.verdict.take().map(|v| verdict_of_fact(fact, sure(fact), &waiting.facts, v, rules, options, hits)),
            (None, None) => waiting.verdict.take(),
        };
    }

    fn forget(&mut self, job: u64) {
        self.jobs.remove(&job);
        self.order.retain(|j| *j != job);
    }
}

/// The job's last line, as the proof that it failed.
fn last_line(told: &Told, options: &Options) -> EvidenceLine {
    let text = options.redactor.redact(told.daemon.canonical.as_bytes()).cut(MAX_SHOWN_BYTES);
    EvidenceLine { number: told.number, span: told.span, section: None, text, before: Vec::new(), after: Vec::new() }
}

/// The hit that explains a job: rank, priority, the earliest.
fn best<'r>(found: Vec<(PatternIndex, Spot<'r>)>, rules: &Rules) -> Option<(PatternIndex, Spot<'r>)> {
    let patterns = &rules.catalog().patterns;
    let worth = found.into_iter().filter(|(i, _)| patterns[i.0 as usize].rank != Rank::Notice);
    worth.min_by_key(|(i, s)| (order(&patterns[i.0 as usize]), s.seq, *i))
}

/// The pattern that needs no line, since what is known of the job is the hit.
fn of_facts<'r>(facts: &Facts, rules: &'r Rules, options: &Options) -> Option<&'r Pattern> {
    let holds = |p: &&Pattern| p.matches.is_empty() && options.allow(p.applies.as_ref()) && p.when.iter().all(|test| test.check(facts) == Known::Yes);
    rules.catalog().patterns.iter().filter(holds).min_by_key(|p| order(p))
}

fn order(pattern: &Pattern) -> (Rank, std::cmp::Reverse<i32>) {
    (pattern.rank, std::cmp::Reverse(pattern.priority))
}

pub(super) fn blank(subject: Subject, facts: Facts) -> Judgement {
    Judgement {
        subject,
        bytes: 0,
        lines: 0,
        end: End::Missing,
        outcome: Outcome::Unknown,
        facts,
        sections: Vec::new(),
        started: None,
        seconds: None,
        silence: None,
        job: None,
        verdict: None,
        findings: Vec::new(),
        conflicts: Vec::new(),
        limits: Vec::new(),
        problem: None,
    }
}

/// A verdict that rests on a line.
pub(super) fn verdict(pattern: &Pattern, spot: &Spot, sure: Confidence, facts: &Facts, rules: &Rules, options: &Options, hits: &Hits) -> Verdict {
    let captures = spot.quote.captures().iter().cloned().collect();
    Verdict {
        fingerprint: fingerprint(pattern.id.as_str(), spot.quote.text().as_str()),
        evidence: vec![evidence_line(spot, None)],
        ..unproven(pattern, captures, sure, facts, rules, options, hits)
    }
}

/// A verdict that rests on facts, with the evidence of the one that it stands for.
fn verdict_of_fact(pattern: &Pattern, sure: Confidence, facts: &Facts, instead_of: Verdict, rules: &Rules, options: &Options, hits: &Hits) -> Verdict {
    Verdict {
        fingerprint: fingerprint(pattern.id.as_str(), ""),
        evidence: instead_of.evidence,
        facts: pattern.when.iter().filter_map(|test| facts.get(test.fact).map(|value| (test.fact, value.clone()))).collect(),
        ..unproven(pattern, instead_of.captures, sure, facts, rules, options, hits)
    }
}

/// What a pattern says, without the proof.
fn unproven(
    pattern: &Pattern,
    captures: BTreeMap<String, Redacted>,
    sure: Confidence,
    facts: &Facts,
    rules: &Rules,
    options: &Options,
    hits: &Hits,
) -> Verdict {
    Verdict {
        class: pattern.class().to_owned(),
        pattern: Some(pattern.id.clone()),
        title: pattern.title.clone(),
        confidence: sure,
        owner: pattern.owner,
        retry: confidence::retry(pattern.retry, sure, facts),
        fingerprint: String::new(),
        evidence: Vec::new(),
        failed_tests: None,
        facts: Vec::new(),
        causes: cause::rank(&pattern.causes, rules.engine().program(), hits, facts, &captures, options),
        captures,
    }
}
