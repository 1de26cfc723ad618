//! Facts in the runner's own lines: versions, executor, image, what was cloned and checked out.
//!
//! Wordings: `common/build.go`, `shells/abstract.go` and `executors/*` of GitLab Runner, old ones from its releases
//! before 13.

use crate::facts::{Fact, Facts};

use super::remote::{Remote, project_of_path};
use super::section::Stage;

/// Reads one clean line of a section of the runner; fills what it tells.
pub(super) fn read(line: &[u8], stage: Stage, facts: &mut Facts) {
    if !matches!(stage, Stage::Outside | Stage::Prepare | Stage::Sources) {
        return;
    }
    let Ok(line) = std::str::from_utf8(line) else { return };
    match line.as_bytes()[0] {
        b'R' => header(line, facts),
        b' ' if line.starts_with("  on ") => runner(line, facts),
        b'P' => {
            if let Some(executor) = line.strip_prefix("Preparing the \"").and_then(|r| r.split('"').next()) {
                facts.set_text(Fact::JobExecutor, executor);
            }
        }
        b'U' => executor(line, facts),
        b'F' | b'C' => sources(line, facts),
        b'I' => repository(line, "Initialized empty Git repository in ", facts),
        b'f' => clone_error(line, facts),
        _ => {}
    }
}

/// Whether a line is the header that every job trace has.
pub(super) fn is_header(line: &[u8]) -> bool {
    line.starts_with(b"Running with gitlab-runner ")
        || line.starts_with(b"Running with gitlab-ci-multi-runner ")
        || line.starts_with(b"gitlab-ci-multi-runner ")
}

fn header(line: &str, facts: &mut Facts) {
    let version = line.strip_prefix("Running with gitlab-runner ").or_else(|| line.strip_prefix("Running with gitlab-ci-multi-runner "));
    if let Some(version) = version.and_then(|v| v.split_whitespace().next()) {
        facts.set_text(Fact::JobRunnerVersion, version);
    }
    repository(line, "Reinitialized existing Git repository in ", facts);
}

/// `  on my-runner abCdEfGhI, system ID: s_0123456789ab`
fn runner(line: &str, facts: &mut Facts) {
    let rest = line["  on ".len()..].split(", system ID:").next().unwrap_or_default().trim_end();
    let name = rest.rsplit_once(' ').map_or(rest, |(name, _token)| name).trim();
    facts.set_text(Fact::JobRunner, name.trim_end_matches(" ("));
}

fn executor(line: &str, facts: &mut Facts) {
    const KNOWN: [(&str, &str); 8] = [
        ("Using Docker executor", "docker"),
        ("Using Kubernetes executor", "kubernetes"),
        ("Using Shell", "shell"),
        ("Using SSH executor", "ssh"),
        ("Using Custom executor", "custom"),
        ("Using VirtualBox", "virtualbox"),
        ("Using Parallels", "parallels"),
        ("Using Instance executor", "instance"),
    ];
    if let Some((_, name)) = KNOWN.iter().find(|(start, _)| line.starts_with(start))
        && facts.get(Fact::JobExecutor).is_none()
    {
        facts.set_text(Fact::JobExecutor, *name);
    }
    if let Some((_, rest)) = line.split_once(" executor with image ") {
        facts.set_text(Fact::JobImage, rest.trim_end_matches("...").trim());
    }
}

fn sources(line: &str, facts: &mut Facts) {
    if let Some((_, rest)) = line.split_once("git depth set to ") {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(depth) = digits.parse() {
            facts.set_number(Fact::CloneDepth, depth);
        }
    } else if line.starts_with("Fetching changes...") || line.starts_with("Cloning repository...") {
        facts.set_number(Fact::CloneDepth, 0);
    } else if let Some(rest) = line.strip_prefix("Checking out ") {
        // `3c40ce99 as main...` or `3c40ce99 as detached HEAD (ref is main)...`
        let Some((sha, rest)) = rest.split_once(" as ") else { return };
        let name = rest.trim_end_matches("...");
        let name = name.split_once("(ref is ").map_or(name, |(_, r)| r.trim_end_matches(')'));
        facts.set_text(Fact::CheckoutSha, sha);
        facts.set_text(Fact::CheckoutRef, name);
    }
}

fn repository(line: &str, head: &str, facts: &mut Facts) {
    if let Some(project) = line.strip_prefix(head).and_then(project_of_path) {
        facts.set_text(Fact::JobProject, project);
    }
}

/// A clone that failed names the project in its URL.
fn clone_error(line: &str, facts: &mut Facts) {
    let url = line.starts_with("fatal: ").then(|| line.split('\'').nth(1)).flatten();
    if let Some(remote) = url.filter(|u| u.contains("://")).and_then(Remote::parse)
        && facts.get(Fact::JobProject).is_none()
    {
        facts.set_text(Fact::JobProject, remote.project);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(lines: &[&str]) -> Facts {
        let mut facts = Facts::new();
        lines.iter().for_each(|l| read(l.as_bytes(), Stage::Sources, &mut facts));
        facts
    }

    #[test]
    fn a_docker_job() {
        let facts = facts(&[
            "Running with gitlab-runner 17.5.0 (abcd1234)",
            "  on my runner abCdEfGhI, system ID: s_0123456789ab",
            "Preparing the \"docker+machine\" executor",
            "Using Docker executor with image python:3.12 ...",
            "Fetching changes with git depth set to 20...",
            "Initialized empty Git repository in /builds/group/app/.git/",
            "Checking out 1a2b3c4d as detached HEAD (ref is feature/x)...",
        ]);
        for (fact, want) in [
            (Fact::JobRunnerVersion, "17.5.0"),
            (Fact::JobRunner, "my runner"),
            (Fact::JobExecutor, "docker+machine"),
            (Fact::JobImage, "python:3.12"),
            (Fact::JobProject, "group/app"),
            (Fact::CheckoutSha, "1a2b3c4d"),
            (Fact::CheckoutRef, "feature/x"),
        ] {
            assert_eq!(facts.text(fact), Some(want), "{fact}");
        }
        assert_eq!(facts.number(Fact::CloneDepth), Some(20));
    }

    #[test]
    fn older_words() {
        let facts = facts(&["Using Shell executor...", "Cloning repository...", "Checking out 3c40ce99 as master..."]);
        assert_eq!(facts.text(Fact::JobExecutor), Some("shell"));
        assert_eq!(facts.number(Fact::CloneDepth), Some(0));
        assert_eq!(facts.text(Fact::CheckoutRef), Some("master"));
    }
}
