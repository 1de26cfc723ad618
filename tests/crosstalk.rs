//! Patterns do not take each other's messages, and not those of jobs that passed.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{RULES, traces};
use whyred::facts::Facts;
use whyred::pattern::{Channel, Rank};
use whyred::proof::{prove, run};
use whyred::trace::Outcome;
use whyred::verdict::{Confidence, Judgement, Options, Role, Session};

/// Passing jobs that would get a verdict of high confidence if their last line said that they failed, with the reason why
/// that is no defect of the pattern.
const WOULD_BE_SURE: [(&str, &str, &str); 12] = [
    ("pass-cats-failed-job-log-plain", "test-failure/pytest", "it prints the whole log of a job that failed so"),
    ("pass-curl-retry-503", "service-unavailable/gateway-error", "curl prints nothing when its last attempt goes well"),
    ("pass-expected-failures", "forbidden/git-repository-not-found", "a test prints git's words, and pytest repeats them"),
    ("pass-hadolint-below-threshold", "lint/hadolint", "findings below the threshold look like those above it"),
    ("pass-heap-limits-provoked", "crash/aborted", "a program was aborted, and the script went on"),
    ("pass-java-handled-stack-traces", "file-not-found/input-file-missing", "a handled exception is printed as one that is not"),
    ("pass-node-test-todo", "tls/unknown-authority", "a test marked as to do fails for that reason"),
    ("pass-npm-err-old-style", "forbidden/npm-refused", "npm fails, and the script allows it in a line before"),
    ("pass-prints-job-failed", "runner-interrupted/aborted-by-signal", "it prints a runner's words"),
    ("pass-prints-job-failed-stamped", "timeout/job-execution-limit", "it prints a runner's words"),
    ("pass-retry-then-ok", "service-unavailable/gateway-error", "a loop of the script tries again"),
    ("pass-smoke-test-wants-403", "unauthorized/http-basic-denied", "the refusal is what the test wants"),
];

fn judge(bytes: &[u8]) -> Judgement {
    let options = Options::default();
    let mut session = Session::new(&RULES, &options, Facts::new());
    session.push(bytes);
    session.finish().remove(0)
}

/// On each example the verdict is its own pattern; another of the same rank or a better one, and of another class, hits
/// only if one explains the other.
#[test]
fn no_pattern_takes_the_examples_of_another() {
    let all: Vec<usize> = (0..RULES.catalog().patterns.len()).collect();
    let complaints: Vec<String> = prove(&RULES, &all).iter().map(ToString::to_string).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Prints how often patterns meet: the figure tells when a catalog grows by overlap.
#[test]
fn where_patterns_meet_one_is_chosen_by_rule() {
    let (mut examples, mut met) = (0, 0);
    let mut pairs: BTreeMap<(String, String), usize> = BTreeMap::new();
    for pattern in RULES.catalog().patterns.iter().filter(|p| p.rank == Rank::Specific && p.channel != Channel::RunnerLog) {
        for example in &pattern.must_match {
            let judgement = run(&RULES, example).remove(0);
            examples += 1;
            let others: BTreeSet<String> = judgement.findings.iter().filter(|f| f.role == Role::Other).map(|f| f.pattern.to_string()).collect();
            met += usize::from(!others.is_empty());
            for other in others {
                *pairs.entry((pattern.id.to_string(), other)).or_default() += 1;
            }
        }
    }
    println!("{examples} examples of specific patterns, {met} hit by another one that nothing explains: {} pairs", pairs.len());
    // Of those all are of a lower rank, or of the same class.
    for (pattern, other) in pairs.keys() {
        let [a, b] = [pattern, other].map(|id| RULES.catalog().pattern(id).unwrap());
        assert!(b.rank > a.rank || a.class() == b.class(), "{pattern} and {other} meet, and no rule says which one it is");
    }
}

#[test]
fn a_job_that_passed_has_no_verdict_and_few_could_be_mistaken() {
    let mut sure = Vec::new();
    let mut passing = 0;
    for (name, bytes) in traces() {
        let judgement = judge(&bytes);
        if judgement.outcome != Outcome::Passed {
            continue;
        }
        passing += 1;
        assert!(judgement.verdict.is_none(), "{name}");
        let end = memchr::memmem::rfind(&bytes, b"Job succeeded").unwrap_or_else(|| panic!("{name}: no last line"));
        let mut failed = bytes[..end].to_vec();
        failed.extend_from_slice(b"ERROR: Job failed: exit code 1");
        failed.extend_from_slice(&bytes[end + b"Job succeeded".len()..]);
        if let Some(verdict) = judge(&failed).verdict
            && verdict.confidence == Confidence::High
        {
            sure.push((name, verdict.pattern.map(|p| p.to_string()).unwrap_or_default()));
        }
    }
    println!("{passing} passing jobs, {} of which would get a verdict of high confidence had they failed", sure.len());
    assert!(passing >= 60, "{passing}");
    let declared: Vec<_> = WOULD_BE_SURE.iter().map(|(name, pattern, _)| ((*name).to_owned(), (*pattern).to_owned())).collect();
    assert_eq!(sure, declared);
}
