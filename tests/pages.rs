//! `docs/patterns/`: a page a class and an index, made from the patterns and kept current.
//!
//! `WHYRED_BLESS=1 cargo test --test pages` writes them anew.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use common::{RULES, project};
use whyred::format::{Guide, explain_markdown};

fn pages() -> Vec<(String, String)> {
    let catalog = RULES.catalog();
    let mut index = format!(
        "# Patterns\n\n{} patterns in {} classes. These pages are made from `patterns/`; `whyred explain ID` shows the same.\n\n| class | group | patterns | owner | retry | |\n|---|---|---|---|---|---|\n",
        catalog.patterns.len(),
        catalog.classes.len()
    );
    let mut out = Vec::new();
    let mut classes: Vec<_> = catalog.classes.iter().collect();
    classes.sort_by(|a, b| (&a.group, &a.id).cmp(&(&b.group, &b.id)));
    for class in classes {
        let count = catalog.patterns.iter().filter(|p| p.class() == class.id).count();
        let _ = writeln!(index, "| [{0}]({0}.md) | {1} | {count} | {2} | {3} | {4} |", class.id, class.group, class.owner, class.retry, class.title);
        let page = explain_markdown(Guide::Class(class), catalog);
        out.push((format!("{}.md", class.id), page.trim_end().to_owned() + "\n"));
    }
    out.push(("README.md".to_owned(), index));
    out
}

#[test]
fn every_class_has_a_current_page() {
    let folder = project("docs/patterns");
    let pages = pages();
    if std::env::var_os("WHYRED_BLESS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        pages.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
    }
    let stale: Vec<_> = pages.iter().filter(|(name, text)| fs::read_to_string(folder.join(name)).unwrap_or_default() != *text).map(|(n, _)| n).collect();
    assert!(stale.is_empty(), "see the module's doc: {stale:?}");
    let wanted: BTreeSet<_> = pages.into_iter().map(|(name, _)| name).collect();
    let there: BTreeSet<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(there, wanted);
}

#[test]
fn classes_are_the_closed_list() {
    const GROUPS: [(&str, &[&str]); 10] = [
        ("access", &["protected-branch", "protected-tag", "push-rejected", "forbidden", "unauthorized", "secrets"]),
        ("git", &["shallow-clone", "ref-not-found", "merge-conflict", "submodule", "git-lfs", "git-transport", "workspace"]),
        (
            "runner",
            &["runner-unreachable", "runner-interrupted", "runner-misconfigured", "executor-failure", "service-container", "kubernetes-pod", "image-pull"],
        ),
        ("limits", &["timeout", "canceled", "out-of-memory", "disk-full", "log-limit"]),
        ("network", &["dns", "tls", "network", "rate-limited", "service-unavailable"]),
        ("storage", &["artifacts", "cache"]),
        ("config", &["ci-config", "ci-variable", "not-started", "command-not-found", "permission-denied", "file-not-found"]),
        ("toolchain", &["dependency", "container-build", "compile-error", "test-failure", "lint", "quality-gate", "security-scan"]),
        ("delivery", &["deploy", "release"]),
        ("runtime", &["crash", "unexplained"]),
    ];
    let wanted: BTreeSet<(&str, &str)> = GROUPS.iter().flat_map(|(group, ids)| ids.iter().map(|id| (*group, *id))).collect();
    let there: BTreeSet<(&str, &str)> = RULES.catalog().classes.iter().map(|c| (c.group.as_str(), c.id.as_str())).collect();
    assert_eq!(there, wanted);
}
