//! A runner's own problems, as its daemon log tells of them.
//!
//! A problem is a runner, a pattern and a host; it is over at the first success of the same call. Problems are kept up to a
//! limit: until the log ends, or where it never does ([`Options::live`]) until they are over.

use std::collections::BTreeMap;

use crate::engine::PatternIndex;
use crate::facts::{Fact, Facts};
use crate::pattern::Rank;
use crate::redact::Redacted;
use crate::trace::Call;

use super::hits::{Hits, Spot};
use super::rules::{Options, Rules};
use super::runner::{Told, blank, verdict};
use super::{Confidence, Judgement, Problem, Subject};

/// Distinct problems that are kept.
const MAX_PROBLEMS: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Problems<'r> {
    kept: BTreeMap<Key, Entry<'r>>,
    /// There were more than are kept.
    dropped: bool,
    /// Some was more than what follows from another, whether it is kept or not.
    leading: bool,
}

/// Runner, pattern, host.
type Key = (Option<String>, PatternIndex, Option<Redacted>);

#[derive(Debug)]
struct Entry<'r> {
    spot: Spot<'r>,
    call: Option<Call>,
    problem: Problem,
}

impl<'r> Problems<'r> {
    /// Takes a line that tells of a problem. Gives what is to be told at once.
    pub(super) fn line(&mut self, index: PatternIndex, spot: Spot<'r>, told: &Told, rules: &Rules, options: &Options, hits: &Hits) -> Option<Judgement> {
        let line = told.daemon;
        let host = spot.quote.captures().iter().find(|(name, _)| name == "host").map(|(_, v)| v.clone());
        let key = (line.runner.clone(), index, host);
        let is_new = !self.kept.contains_key(&key);
        self.leading |= !is_aftermath(index, rules);
        if is_new && self.kept.len() == MAX_PROBLEMS {
            self.dropped = true;
            // Of a log without end the latest matter: the one that began first may never be over.
            let first = self.kept.iter().filter(|_| options.live).min_by_key(|(_, e)| e.spot.seq).map(|(k, _)| k.clone())?;
            self.kept.remove(&first);
        }
        let problem = Problem { count: 0, first: line.seconds, last: line.seconds, over: false };
        let entry = self.kept.entry(key.clone()).or_insert_with(|| Entry { spot, call: line.call, problem });
        entry.problem.count += 1;
        entry.problem.last = line.seconds.or(entry.problem.last);
        entry.problem.over = false;
        let begins = is_new && options.live && !is_aftermath(index, rules);
        let mut judgement = begins.then(|| judgement(&key, entry, rules, options, hits))?;
        (judgement.bytes, judgement.lines) = (told.span.offset + told.span.length, told.number.0);
        if std::mem::take(&mut self.dropped) {
            judgement.limits.push("problems");
        }
        Some(judgement)
    }

    /// A call of the line's runner went well. Gives what is over and to be told at once.
    pub(super) fn success(&mut self, call: Call, told: &Told, rules: &Rules, options: &Options, hits: &Hits) -> Vec<Judgement> {
        let ends = |key: &Key, entry: &Entry| key.0 == told.daemon.runner && entry.call == Some(call);
        self.kept.iter_mut().filter(|(key, entry)| ends(key, entry)).for_each(|(_, entry)| entry.problem.over = true);
        if !options.live {
            return Vec::new();
        }
        let mut over: Vec<_> = self.kept.extract_if(.., |key, entry| ends(key, entry)).collect();
        over.sort_by_key(|(_, entry)| entry.spot.seq);
        let told_of = over.iter().filter(|((_, index, _), _)| !is_aftermath(*index, rules));
        let end = (told.span.offset + told.span.length, told.number.0);
        told_of.map(|(key, entry)| Judgement { bytes: end.0, lines: end.1, ..judgement(key, entry, rules, options, hits) }).collect()
    }

    /// What was not told at once, in the order in which it began.
    pub(super) fn finish(self, rules: &Rules, options: &Options, hits: &Hits) -> Vec<Judgement> {
        let tells = |index: PatternIndex| if is_aftermath(index, rules) { !self.leading } else { !options.live };
        let mut rest: Vec<_> = self.kept.into_iter().filter(|((_, index, _), _)| tells(*index)).collect();
        rest.sort_by_key(|(_, e)| e.spot.seq);
        let mut out: Vec<Judgement> = rest.iter().map(|(key, entry)| judgement(key, entry, rules, options, hits)).collect();
        if self.dropped
            && let Some(last) = out.last_mut()
        {
            last.limits.push("problems");
        }
        out
    }
}

/// What only follows from another problem is told where nothing else is.
fn is_aftermath(index: PatternIndex, rules: &Rules) -> bool {
    rules.catalog().patterns[index.0 as usize].rank == Rank::Aftermath
}

fn judgement(key: &Key, entry: &Entry, rules: &Rules, options: &Options, hits: &Hits) -> Judgement {
    let (runner, index, _) = key;
    let mut facts = Facts::new();
    facts.set_text(Fact::JobRunner, runner.clone().unwrap_or_default());
    let sure = if is_aftermath(*index, rules) { Confidence::Low } else { Confidence::High };
    let verdict = verdict(&rules.catalog().patterns[index.0 as usize], &entry.spot, sure, &facts, rules, options, hits);
    Judgement { verdict: Some(verdict), problem: Some(entry.problem), started: entry.problem.first, ..blank(Subject::RunnerProblem, facts) }
}
