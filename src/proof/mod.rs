//! The promises of patterns, tried: every example goes through the whole [`Session`].
//!
//! On each `must_match` the verdict is that pattern, with the captures and the cause that it names. Another pattern of
//! the same rank or a better one may hit there only if one of the two explains the other. On each `must_not_match` the
//! pattern does not hit.
//!
//! A [`Trial`] sets two catalogs against each other on real logs.

mod trial;

use rayon::prelude::*;

use crate::facts::{Fact, FactValue, Facts};
use crate::pattern::{Channel, Complaint, Example, Pattern, Rank, Weight};
use crate::trace::Outcome;
use crate::verdict::{Judgement, Options, Role, Rules, Session};

pub use trial::{Hit, HitRole, Touch, Trial, hit_of, is_hit};

/// Tries the examples of the patterns with these indices. Cost: a session an example.
pub fn prove(rules: &Rules, patterns: &[usize]) -> Vec<Complaint> {
    let mut all: Vec<Complaint> = patterns.par_iter().flat_map_iter(|i| one(rules, &rules.catalog().patterns[*i])).collect();
    all.sort();
    all
}

fn one(rules: &Rules, pattern: &Pattern) -> Vec<Complaint> {
    let mut out = Vec::new();
    let mut complain = |message: String| out.push(Complaint { weight: Weight::Error, id: pattern.id.to_string(), message });
    for (i, example) in pattern.must_match.iter().enumerate() {
        let judgements = run(rules, example);
        if let Err(message) = matches(pattern, example, &judgements, rules) {
            complain(format!("must_match {} ({}): {message}", i + 1, shown(example)));
        }
    }
    for (i, example) in pattern.must_not_match.iter().enumerate() {
        if run(rules, example).iter().any(|j| hits(pattern, j)) {
            complain(format!("must_not_match {} ({}): it hits", i + 1, shown(example)));
        }
    }
    out
}

/// The judgements of an example's lines, as text or, where it names a section, in a job's trace.
pub fn run(rules: &Rules, example: &Example) -> Vec<Judgement> {
    let mut given = Facts::new();
    for (fact, value) in &example.facts {
        given.set(*fact, value.clone());
    }
    let options = Options::default();
    let mut session = Session::new(rules, &options, given);
    match &example.section {
        None => session.push(example.log.as_bytes()),
        Some(section) => {
            let log = &example.log;
            let text = format!(
                "Running with gitlab-runner 18.0.0 (abcdef12)\nsection_start:1:{section}\r\n{log}\nsection_end:2:{section}\r\nERROR: Job failed: exit code 1\n"
            );
            session.push(text.as_bytes());
        }
    }
    session.finish()
}

fn hits(pattern: &Pattern, judgement: &Judgement) -> bool {
    judgement.verdict.as_ref().and_then(|v| v.pattern.as_ref()) == Some(&pattern.id) || judgement.findings.iter().any(|f| f.pattern == pattern.id)
}

fn matches(pattern: &Pattern, example: &Example, judgements: &[Judgement], rules: &Rules) -> Result<(), String> {
    let Some(judgement) = judgements.iter().find(|j| hits(pattern, j)) else {
        let instead = judgements.iter().filter_map(|j| j.verdict.as_ref()?.pattern.as_ref()).map(|p| format!(", but `{p}` does")).next();
        return Err(format!("it does not hit{}", instead.unwrap_or_default()));
    };
    let passed = judgement.outcome == Outcome::Passed || example.facts.contains(&(Fact::JobOutcome, FactValue::Text("passed".to_owned())));
    if matches!(pattern.rank, Rank::Notice | Rank::Aftermath) || passed {
        return Ok(());
    }
    let Some(verdict) = &judgement.verdict else { return Err("there is no verdict".to_owned()) };
    if verdict.pattern.as_ref() != Some(&pattern.id) {
        let other = verdict.pattern.as_ref().map_or("the fallback".to_owned(), |p| format!("`{p}`"));
        return Err(format!("the verdict is {other}"));
    }
    for finding in judgement.findings.iter().filter(|f| f.role == Role::Other) {
        let Some(other) = rules.catalog().pattern(finding.pattern.as_str()) else { continue };
        if other.rank <= pattern.rank && other.class() != pattern.class() && pattern.channel != Channel::RunnerLog {
            return Err(format!("`{}` hits too, with no lower rank and unexplained", finding.pattern));
        }
    }
    for (name, value) in &example.captures {
        match verdict.captures.get(name) {
            Some(found) if found.as_str() == value => {}
            Some(found) => return Err(format!("the capture `{name}` is `{found}`, not `{value}`")),
            None => return Err(format!("the capture `{name}` is missing")),
        }
    }
    if let Some(cause) = &example.cause {
        let first = verdict.causes.first().map(|c| c.cause.id.as_str());
        if first != Some(cause) {
            return Err(format!("the first cause is `{}`, not `{cause}`", first.unwrap_or("none")));
        }
    }
    Ok(())
}

/// The first line of an example, short.
fn shown(example: &Example) -> String {
    let line = example.log.lines().find(|l| !l.trim().is_empty()).unwrap_or("facts only").trim();
    let cut = crate::text::cut(line, 60);
    if cut.len() < line.len() { format!("{cut}...") } else { cut.to_owned() }
}
