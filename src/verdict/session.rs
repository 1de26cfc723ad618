//! Bytes in, judgements out.

use std::collections::{BTreeMap, HashSet};

use crate::facts::{Fact, Facts};
use crate::pattern::{Owner, PatternId, Rank, Retry};
use crate::text::{Gap, LineNumber, Splitter};
use crate::trace::{Kind, Outcome, Place, Stage};

use super::candidate::{Candidate, add_captures, gather};
use super::context::Surroundings;
use super::failed_tests::{FailedTests, Ledger};
use super::fallback::TailLine;
use super::fingerprint::fingerprint;
use super::hits::{Hits, Spot};
use super::reader::Reader;
use super::rules::{Options, Rules};
use super::{Confidence, End, EvidenceLine, Finding, Judgement, Subject, Verdict, cause, confidence};

/// Bytes of a line that are shown.
pub(super) const MAX_SHOWN_BYTES: usize = 500;
/// Further lines that the verdict's pattern matched, as evidence: tools spread what they say over several.
const MAX_AGAIN: usize = 3;
/// A log of more than this is shared out over threads, where that is wanted.
const WIDE_FROM_BYTES: u64 = 1 << 20;
/// What one thread reads while others scan what it read before.
const PART_BYTES: usize = 1 << 20;
/// Findings of a record.
const MAX_FINDINGS: usize = 50;

/// Judges one log: push its bytes in chunks of any size, then finish.
///
/// Memory is bounded by a constant whatever comes in; a runner's log that never ends is drained with
/// [`Session::take_finished`].
#[derive(Debug)]
pub struct Session<'r> {
    rules: &'r Rules,
    options: &'r Options,
    given: Facts,
    splitter: Splitter,
    reader: Reader<'r>,
    /// Bytes went by unread.
    skipped: bool,
    /// Something was decided and taken before the end.
    taken: bool,
}

impl<'r> Session<'r> {
    /// A session for one log. `given` are facts of the job from outside.
    pub fn new(rules: &'r Rules, options: &'r Options, given: Facts) -> Session<'r> {
        Session { rules, options, given, splitter: Splitter::new(), reader: Reader::new(rules, options), skipped: false, taken: false }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let Session { splitter, reader, options, .. } = self;
        for part in bytes.chunks(PART_BYTES) {
            if options.wide && splitter.bytes() >= WIDE_FROM_BYTES {
                reader.ahead(|reader| splitter.push(part, |line| reader.gather(&line)));
            } else {
                splitter.push(part, |line| reader.line(&line));
            }
        }
    }

    /// Bytes of the log went by that nobody kept: the record says so among its limits.
    pub fn skip(&mut self, gap: Gap) {
        let Session { splitter, reader, .. } = self;
        splitter.skip(gap, |line| reader.line(&line));
        self.skipped = true;
    }

    /// Nothing more may come for a while: what came is scanned, so that [`Session::take_finished`] has every job that ended.
    /// Lines behind the last are not shown as its surroundings then. Nothing is done for a job's trace, which is judged at its
    /// end.
    pub fn settle(&mut self) {
        if self.reader.anatomy.kind() == Kind::RunnerLog {
            self.reader.flush(true);
        }
    }

    /// Adds facts of the job from outside, which are known only later.
    pub fn give(&mut self, facts: &Facts) {
        facts.iter().for_each(|(fact, value)| self.given.set(fact, value.clone()));
    }

    /// Whether nothing more can come that matters: the runner has said how the job of this trace ended.
    pub fn is_over(&self) -> bool {
        self.reader.anatomy.kind() == Kind::JobTrace && self.reader.anatomy.ending().is_some()
    }

    /// The log goes on in another file, of which the lines are counted anew: log rotation. False for anything but a runner's
    /// log, of which a file is a whole.
    pub fn rotate(&mut self) -> bool {
        if self.reader.anatomy.kind() != Kind::RunnerLog {
            return false;
        }
        let Session { splitter, reader, .. } = self;
        std::mem::take(splitter).finish(|line| reader.line(&line));
        *splitter = Splitter::new();
        reader.flush(true);
        true
    }

    /// What can be said of a job's trace or a text by now, were this its end. Lines behind the last are not shown as its
    /// surroundings from then on.
    pub fn so_far(&mut self) -> Judgement {
        self.reader.flush(true);
        self.judge()
    }

    /// What is decided already: jobs that ended in a runner's log, with [`Options::live`] also its problems. Empty for a job's
    /// trace.
    pub fn take_finished(&mut self) -> Vec<Judgement> {
        let finished = self.reader.runner.take_finished();
        self.taken |= !finished.is_empty();
        finished
    }

    /// The log is at its end. A job's trace and plain text give one judgement; a runner's log those of its failed jobs
    /// and of its problems that were not taken yet, and one of itself where it has told of neither.
    pub fn finish(mut self) -> Vec<Judgement> {
        let reader = &mut self.reader;
        self.splitter.finish(|line| reader.line(&line));
        reader.flush(true);
        if self.reader.anatomy.kind() == Kind::RunnerLog {
            let bytes = self.splitter.bytes();
            let lines = self.splitter.physical_lines();
            let mut all = std::mem::take(&mut self.reader.runner).finish(self.rules, self.options, &self.reader.hits);
            if self.taken || !all.is_empty() {
                all.iter_mut().filter(|j| j.bytes == 0).for_each(|j| (j.bytes, j.lines) = (bytes, lines));
                return all;
            }
        }
        vec![self.judge()]
    }

    fn judge(&self) -> Judgement {
        let anatomy = &self.reader.anatomy;
        let kind = anatomy.kind();
        let ending = anatomy.ending();
        let mut facts = anatomy.facts();
        for (fact, value) in self.given.iter() {
            facts.set(fact, value.clone());
        }
        let outcome = match ending {
            Some(ending) => ending.outcome,
            None => self.outcome_from_outside(),
        };
        let conflicts = self.conflicts(ending.map(|e| e.outcome));
        if outcome != Outcome::Unknown {
            facts.set_text(Fact::JobOutcome, outcome.word());
        }
        let failed = anatomy.failed_section();
        let sections = anatomy.sections();
        let around = Surroundings { program: self.rules.engine().program(), hits: &self.reader.hits, facts: &facts, sections, kind };
        let (candidates, notices) = gather(self.rules, &around, failed, self.options);

        let silent = outcome == Outcome::Passed || (anatomy.log_cut() && outcome == Outcome::Unknown);
        let best = candidates.iter().position(Candidate::can_stand).filter(|_| !silent);
        let verdict = match best {
            Some(i) => Some(self.verdict(&candidates[i], &candidates, outcome, &facts, kind)),
            None if outcome.is_bad() => Some(self.unexplained(failed, &facts)),
            None => None,
        };
        let mut limits = Vec::new();
        if self.reader.cut {
            limits.push("line_bytes");
        }
        if self.reader.hits.dropped() {
            limits.push("hits");
        }
        if self.skipped {
            limits.push("skipped");
        }
        let findings = findings(&candidates, &notices, verdict.as_ref(), &mut limits);
        Judgement {
            subject: match kind {
                Kind::JobTrace => Subject::JobTrace,
                Kind::Empty => Subject::None,
                _ => Subject::Text,
            },
            bytes: self.splitter.bytes(),
            lines: self.splitter.physical_lines(),
            end: if ending.is_some() {
                End::Seen
            } else if anatomy.log_cut() {
                End::LogLimit
            } else {
                End::Missing
            },
            outcome,
            sections: sections.to_vec(),
            started: anatomy.started(),
            seconds: anatomy.seconds().map(|s| s as f64),
            silence: anatomy.silence().cloned(),
            facts,
            job: None,
            verdict,
            findings,
            conflicts,
            limits,
            problem: None,
        }
    }

    /// What the log and the facts from outside say differently.
    fn conflicts(&self, outcome: Option<Outcome>) -> Vec<String> {
        let outside = self.given.text(Fact::JobOutcome).and_then(Outcome::from_word);
        match (outcome, outside) {
            // A job whose time ran out on the server is simply failed in one of the two.
            (Some(log), Some(outside)) if (log == Outcome::Passed) != (outside == Outcome::Passed) => {
                vec![format!("outcome: the log says {}, the job's facts say {}", log.word(), outside.word())]
            }
            _ => Vec::new(),
        }
    }

    fn outcome_from_outside(&self) -> Outcome {
        let named = self.given.text(Fact::JobOutcome).and_then(Outcome::from_word);
        named.unwrap_or(match self.given.text(Fact::JobFailureReason) {
            Some(_) => Outcome::Failed,
            None if self.options.assume_failed && self.splitter.bytes() > 0 => Outcome::Failed,
            None => Outcome::Unknown,
        })
    }

    fn verdict(&self, best: &Candidate, all: &[Candidate], outcome: Outcome, facts: &Facts, kind: Kind) -> Verdict {
        let others: Vec<&Candidate> = all.iter().filter(|c| !std::ptr::eq(*c, best)).collect();
        let sure = confidence::of(best, &others, outcome, kind == Kind::JobTrace, facts);
        let section = |spot: &Spot| self.section_name(spot.place, kind);
        let mut evidence: Vec<EvidenceLine> = best.spot.iter().map(|s| evidence_line(s, section(s))).collect();
        evidence.extend(best.near.iter().map(|s| evidence_line(s, section(s))));
        let again = others.iter().filter(|c| c.pattern.id == best.pattern.id && c.standing == best.standing).filter_map(|c| c.spot);
        let mut captures = best.captures();
        for spot in again.take(MAX_AGAIN) {
            evidence.push(evidence_line(spot, section(spot)));
            add_captures(&mut captures, spot);
        }
        if best.pattern.rank != Rank::Specific
            && let Some(spot) = best.spot
        {
            // The pattern says only that something failed: what the tool wrote at its end may say more.
            evidence.extend(self.lines_of(spot.place.section, self.reader.tails.errors(spot.place.section)));
        }
        let mut seen = HashSet::new();
        evidence.retain(|e| seen.insert(e.text.clone()));
        let failed_tests = self.failed_tests(best, all);
        if let Some(name) = failed_tests.as_ref().and_then(|t| t.names.first()) {
            captures.entry("test".to_owned()).or_insert_with(|| name.clone());
        }
        let engine = self.rules.engine();
        let causes = cause::rank(&best.pattern.causes, engine.program(), &self.reader.hits, facts, &captures, self.options);
        let text = evidence.first().map_or(String::new(), |e| e.text.to_string());
        Verdict {
            class: best.pattern.class().to_owned(),
            pattern: Some(best.pattern.id.clone()),
            title: best.pattern.title.clone(),
            confidence: sure,
            owner: best.pattern.owner,
            retry: confidence::retry(best.pattern.retry, sure, facts),
            fingerprint: fingerprint(best.pattern.id.as_str(), &text),
            evidence,
            failed_tests,
            facts: best.pattern.when.iter().filter(|_| best.spot.is_none()).filter_map(|t| facts.get(t.fact).map(|v| (t.fact, v.clone()))).collect(),
            captures,
            causes,
        }
    }

    /// The failed tests of the command in which the best hit stands; `None` if no tests failed, or nothing tells which.
    fn failed_tests(&self, best: &Candidate, all: &[Candidate]) -> Option<FailedTests> {
        let place = best.spot.filter(|_| Ledger::concerns(best.pattern))?.place;
        let mut tests = self.reader.failed_tests.of(place).cloned().unwrap_or_default();
        // Patterns that look at the lines around are known to hold only now.
        let mut late: Vec<_> = all.iter().filter(|c| Ledger::concerns(c.pattern) && !Ledger::wants(c.pattern)).filter_map(|c| c.spot).collect();
        late.sort_by_key(|spot| spot.seq);
        for spot in late.into_iter().filter(|s| (s.place.section, s.place.command) == (place.section, place.command)) {
            tests.take(spot.quote.captures());
        }
        (tests.count > 0).then_some(tests)
    }

    /// The fallback: honest, and useful by the lines that it shows.
    fn unexplained(&self, failed: Option<usize>, facts: &Facts) -> Verdict {
        let section = failed.unwrap_or(0);
        let name = Some(self.reader.anatomy.sections()[section].name.clone()).filter(|n| !n.is_empty());
        let evidence = self.lines_of(section as u32, self.reader.tails.telling(section as u32));
        let in_script = match name.as_deref() {
            Some(section) => Stage::of_name(section) == Some(Stage::Script),
            None => facts.text(Fact::JobFailureReason) == Some("script_failure"),
        };
        unexplained(self.rules, evidence, in_script, facts, self.options)
    }

    /// Lines of the end of a section, as evidence.
    fn lines_of(&self, section: u32, lines: Vec<&TailLine>) -> Vec<EvidenceLine> {
        let name = Some(self.reader.anatomy.sections()[section as usize].name.clone()).filter(|n| !n.is_empty());
        let redact = |text: &[u8]| self.options.redactor.redact(text).cut(MAX_SHOWN_BYTES);
        lines
            .into_iter()
            .map(|l| EvidenceLine { number: l.number, span: l.span, section: name.clone(), text: redact(&l.text), before: Vec::new(), after: Vec::new() })
            .collect()
    }

    fn section_name(&self, place: Place, kind: Kind) -> Option<String> {
        let sections = self.reader.anatomy.sections();
        Some(sections[place.section as usize].name.clone()).filter(|n| kind == Kind::JobTrace && !n.is_empty())
    }
}

/// The verdict on a job that nothing explains.
pub(super) fn unexplained(rules: &Rules, evidence: Vec<EvidenceLine>, in_script: bool, facts: &Facts, options: &Options) -> Verdict {
    const CLASS: &str = "unexplained";
    let class = rules.catalog().class(CLASS);
    let causes = class.map_or(&[][..], |c| &c.causes);
    let none = Hits::default();
    let text = evidence.last().map_or(String::new(), |e| e.text.to_string());
    Verdict {
        class: CLASS.to_owned(),
        pattern: None,
        title: class.map_or(CLASS.to_owned(), |c| c.title.clone()),
        confidence: Confidence::Low,
        owner: if in_script { Owner::Code } else { Owner::Platform },
        retry: Retry::No,
        fingerprint: fingerprint(CLASS, &text),
        evidence,
        facts: Vec::new(),
        captures: BTreeMap::new(),
        failed_tests: None,
        causes: cause::rank(causes, rules.engine().program(), &none, facts, &BTreeMap::new(), options),
    }
}

pub(super) fn evidence_line(spot: &Spot, section: Option<String>) -> EvidenceLine {
    let (text, before, after) = (spot.quote.text().clone(), spot.quote.before().to_vec(), spot.quote.after().to_vec());
    EvidenceLine { number: spot.number, span: spot.span, section, text, before, after }
}

/// The first hit of every other pattern, in the order of their lines.
fn findings(candidates: &[Candidate], notices: &[Candidate], verdict: Option<&Verdict>, limits: &mut Vec<&'static str>) -> Vec<Finding> {
    let winner = verdict.and_then(|v| v.pattern.as_ref());
    let mut told: HashSet<u64> = candidates.iter().filter(|c| c.pattern.rank != Rank::Aftermath).filter_map(|c| c.spot).map(|s| s.seq).collect();
    let mut first: BTreeMap<&PatternId, (bool, LineNumber, super::Role, &Spot)> = BTreeMap::new();
    for candidate in candidates.iter().chain(notices) {
        let Some(spot) = candidate.spot else { continue };
        let aftermath = candidate.pattern.rank == Rank::Aftermath;
        let told = aftermath && !told.insert(spot.seq);
        if Some(&candidate.pattern.id) == winner {
            continue;
        }
        let role = match candidate.pattern.rank {
            Rank::Notice => super::Role::Notice,
            _ if aftermath || candidate.explained => super::Role::Aftermath,
            _ => super::Role::Other,
        };
        let finding = (told, spot.number, role, spot);
        let entry = first.entry(&candidate.pattern.id).or_insert(finding);
        // Where it says something of its own counts more than where it came first.
        if (finding.0, finding.1) < (entry.0, entry.1) {
            *entry = finding;
        }
    }
    let mut all: Vec<_> = first.into_iter().collect();
    all.sort_by_key(|(pattern, (_, line, ..))| (*line, *pattern));
    if all.len() > MAX_FINDINGS {
        all.truncate(MAX_FINDINGS);
        limits.push("findings");
    }
    let finding = |(pattern, (told, line, role, spot)): (&PatternId, (bool, LineNumber, super::Role, &Spot))| Finding {
        pattern: pattern.clone(),
        role,
        line,
        text: spot.quote.text().clone(),
        told,
    };
    all.into_iter().map(finding).collect()
}
