//! How sure a verdict is, and what retry advice it may give.

use crate::facts::{Fact, Facts};
use crate::pattern::Retry;
use crate::trace::Outcome;

use super::Confidence;
use super::candidate::{Candidate, Standing, Weight};

/// Tools whose command must not be run twice without a thought.
const DELIVERY: [&str; 29] = [
    "terraform",
    "tofu",
    "terragrunt",
    "pulumi",
    "kubectl",
    "helm",
    "ansible",
    "argocd",
    "kustomize",
    "aws ",
    "gcloud",
    "az ",
    "serverless",
    "sls ",
    "rsync",
    "scp ",
    "fastlane",
    "release",
    "publish",
    "deploy",
    "twine",
    "docker push",
    "goreleaser",
    "glab ",
    "ssh ",
    "push",
    "apply",
    "cdk",
    "upload",
];

/// The confidence of the first candidate, given the others.
pub(super) fn of(first: &Candidate, others: &[&Candidate], outcome: Outcome, in_trace: bool, facts: &Facts) -> Confidence {
    let in_place = matches!(first.standing, Standing::Best | Standing::Failing);
    if first.pattern.rank == crate::pattern::Rank::Aftermath {
        return Confidence::Low;
    }
    if first.weight() == Weight::Generic {
        return if in_place { Confidence::Medium } else { Confidence::Low };
    }
    let rivals = others.iter().any(|c| {
        !c.explained
            && c.standing == first.standing
            && c.weight() == Weight::Specific
            && c.pattern.class() != first.pattern.class()
            && c.pattern.priority >= first.pattern.priority
    });
    let consistent = match outcome {
        Outcome::Canceled => first.pattern.class() == "canceled",
        Outcome::TimedOut => first.pattern.class() == "timeout",
        // A job that may still run, or whose log was cut, may yet pass.
        Outcome::Unknown => !in_trace,
        _ => exit_code_fits(first.pattern.class(), facts),
    };
    let best = first.standing == Standing::Best && first.weight() == Weight::Specific;
    if best && !first.unknown_facts && !rivals && consistent { Confidence::High } else { Confidence::Medium }
}

/// A shell says by 126 and 127 what it could not run.
fn exit_code_fits(class: &str, facts: &Facts) -> bool {
    match facts.number(Fact::JobExitCode) {
        Some(126) => matches!(class, "permission-denied" | "command-not-found" | "executor-failure" | "ci-config" | "file-not-found"),
        Some(127) => matches!(class, "command-not-found" | "file-not-found" | "dependency" | "ci-config"),
        _ => true,
    }
}

/// Retry advice: a wrong `yes` repeats a deployment.
pub(super) fn retry(advice: Retry, confidence: Confidence, facts: &Facts) -> Retry {
    if advice != Retry::Yes {
        return advice;
    }
    let command = facts.text(Fact::CommandLast).unwrap_or_default().to_ascii_lowercase();
    let traced = facts.text(Fact::CommandTraced).unwrap_or_default().to_ascii_lowercase();
    let in_script = facts.text(Fact::JobFailedSection).is_some_and(|s| s.starts_with("step_") || s == "build_script");
    // Of several lines the runner echoes only the first.
    let hidden = in_script && (command.is_empty() || command.ends_with("# collapsed multi-line command"));
    let delivers = DELIVERY.iter().any(|tool| command.contains(tool) || traced.contains(tool)) || facts.text(Fact::JobEnvironment).is_some() || hidden;
    if confidence == Confidence::High && !delivers { Retry::Yes } else { Retry::Maybe }
}
