//! Which of a pattern's causes stands first.

use std::collections::BTreeMap;

use regex::bytes::Regex;
use std::sync::LazyLock;

use crate::engine::Program;
use crate::facts::{Fact, Facts, Known};
use crate::pattern::{Cause, Evidence};
use crate::redact::{Redacted, Redactor};
use crate::text::dialect;

use super::hits::Hits;
use super::rules::Options;
use super::{CauseEvidence, RankedCause};

/// Values that may be put into a command that people copy: anything else could be a command of its own.
static PLAIN: LazyLock<Option<Regex>> = LazyLock::new(|| dialect(r"^[A-Za-z0-9][A-Za-z0-9._/@:+-]{0,199}$").ok());

/// The causes in the order in which they explain the trace at hand.
pub(super) fn rank(
    causes: &[Cause],
    program: &Program,
    hits: &Hits,
    facts: &Facts,
    captures: &BTreeMap<String, Redacted>,
    options: &Options,
) -> Vec<RankedCause> {
    let values = placeholders(captures, facts, &options.redactor);
    let mut ranked: Vec<RankedCause> = causes
        .iter()
        .filter(|c| options.allow(c.applies.as_ref()))
        .map(|cause| {
            let evidence = evidence(cause, program, hits, facts, &options.redactor);
            let cause = in_fitting_words(cause, facts, options);
            let commands = cause.commands.iter().map(|c| fill(c, &values)).collect();
            RankedCause { cause, commands, evidence }
        })
        .filter(|r| !r.cause.only_when_lifted || !r.evidence.is_empty())
        .collect();
    ranked.sort_by_key(|r| r.evidence.is_empty());
    ranked
}

fn evidence(cause: &Cause, program: &Program, hits: &Hits, facts: &Facts, redactor: &Redactor) -> Vec<CauseEvidence> {
    let mut out = Vec::new();
    for evidence in &cause.evidence {
        match evidence {
            Evidence::Fact(test) if test.check(facts) == Known::Yes => {
                if let Some(value) = facts.get(test.fact) {
                    out.push(CauseEvidence::Fact(test.fact, redactor.redact(value.to_string().as_bytes())));
                }
            }
            Evidence::Fact(_) => {}
            Evidence::Line(regex) => {
                let spot = program.probe_of(&regex.source).and_then(|p| hits.probe(p).next());
                out.extend(spot.map(|s| CauseEvidence::Line(s.number, s.quote.text().clone())));
            }
        }
    }
    out
}

/// The cause with the first wording whose facts are known to hold, and without steps that do not apply.
fn in_fitting_words(cause: &Cause, facts: &Facts, options: &Options) -> Cause {
    let mut cause = cause.clone();
    let fits = cause.wordings.iter().position(|w| w.when.iter().all(|t| t.check(facts) == Known::Yes));
    if let Some(wording) = fits.map(|i| cause.wordings.swap_remove(i)) {
        cause.diagnosis = wording.diagnosis.unwrap_or(cause.diagnosis);
        cause.fix = wording.fix.unwrap_or(cause.fix);
        cause.why = wording.why.unwrap_or(cause.why);
        cause.commands = wording.commands.unwrap_or(cause.commands);
    }
    cause.wordings.clear();
    cause.fix.retain(|s| options.allow(s.applies.as_ref()));
    cause
}

/// What placeholders stand for: captures, and where no capture has the name, the last push.
fn placeholders(captures: &BTreeMap<String, Redacted>, facts: &Facts, redactor: &Redactor) -> BTreeMap<String, Redacted> {
    let mut values = captures.clone();
    for (name, fact) in [("branch", Fact::PushRef), ("host", Fact::PushHost), ("project", Fact::PushProject)] {
        if let Some(text) = facts.text(fact) {
            values.entry(name.to_owned()).or_insert_with(|| redactor.redact(text.as_bytes()));
        }
    }
    values
}

/// A command with its placeholders filled where the capture is plain.
fn fill(command: &str, captures: &BTreeMap<String, Redacted>) -> Redacted {
    let is_plain = |v: &&Redacted| PLAIN.as_ref().is_some_and(|p| p.is_match(v.as_str().as_bytes()));
    Redacted::from_template(command, |name| captures.get(name).filter(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_values_are_filled_in() {
        let redactor = Redactor::new();
        let value = |v: &str| BTreeMap::from([("branch".to_owned(), redactor.redact(v.as_bytes()))]);
        let filled = |v: &str| fill("git push origin HEAD:<branch> <tag>", &value(v)).to_string();
        assert_eq!(filled("release/1.4"), "git push origin HEAD:release/1.4 <tag>");
        for hostile in ["$(reboot)", "a;b", "-f", "a b", ""] {
            assert_eq!(filled(hostile), "git push origin HEAD:<branch> <tag>", "{hostile}");
        }
    }
}
