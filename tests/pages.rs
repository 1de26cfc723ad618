//! `docs/patterns/`: a page a class, an index and a table of tools, made from the patterns and fixtures and kept current.
//!
//! `WHYRED_BLESS=1 cargo test --test pages` writes them anew.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use common::{RULES, project, traces};
use serde::Deserialize;
use whyred::format::{Guide, explain_markdown};
use whyred::pattern::{Catalog, Class};

#[derive(Deserialize)]
struct OriginFile {
    real: bool,
    tool: Option<String>,
    version: Option<String>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    class: String,
}

/// What the fixtures show of a tool that was run for real.
#[derive(Default)]
struct Runs {
    versions: BTreeSet<String>,
    /// The classes of its failures.
    classes: BTreeSet<String>,
    failing: usize,
    passing: usize,
}

fn runs() -> BTreeMap<String, Runs> {
    let mut out: BTreeMap<String, Runs> = BTreeMap::new();
    for (name, _) in traces() {
        let text = fs::read_to_string(project(&format!("fixtures/traces/{name}/origin.toml"))).unwrap();
        let origin: OriginFile = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (Some(tool), true) = (origin.tool, origin.real) else { continue };
        let runs = out.entry(tool).or_default();
        runs.versions.extend(origin.version);
        if origin.expect.class == "passed" {
            runs.passing += 1;
        } else {
            runs.failing += 1;
            runs.classes.insert(origin.expect.class);
        }
    }
    out
}

/// The index: classes with the numbers of their patterns and tools.
fn index(catalog: &Catalog, runs: &BTreeMap<String, Runs>) -> String {
    let all: BTreeSet<&String> = catalog.patterns.iter().flat_map(|p| &p.tools).collect();
    let mut out = format!(
        "# Patterns\n\n{} patterns in {} classes know {} [tools](tools.md), of which {} were run for real. These pages are made from `patterns/` and `fixtures/`; `whyred explain ID` shows the same.\n\n",
        catalog.patterns.len(),
        catalog.classes.len(),
        all.len(),
        runs.len(),
    );
    out.push_str("| class | group | patterns | tools | run for real | owner | retry | |\n|---|---|---|---|---|---|---|---|\n");
    for class in sorted(catalog) {
        let patterns = catalog.patterns.iter().filter(|p| p.class() == class.id);
        let tools: BTreeSet<&String> = patterns.clone().flat_map(|p| &p.tools).collect();
        let ran = runs.values().filter(|r| r.classes.contains(&class.id)).count();
        let _ = writeln!(
            out,
            "| [{0}]({0}.md) | {1} | {2} | {3} | {ran} | {4} | {5} | {6} |",
            class.id,
            class.group,
            patterns.count(),
            tools.len(),
            class.owner,
            class.retry,
            class.title
        );
    }
    out
}

/// The tools, with what was run of them.
fn tools(catalog: &Catalog, runs: &BTreeMap<String, Runs>) -> String {
    let mut out = format!(
        "# Tools\n\nThe tools whose messages the patterns know. Of {} the failures were provoked with the tool itself, in the versions named, by the scripts of `fixtures/capture/tools/`, and what it printed is kept in `fixtures/traces/`: {} jobs that fail and {} that pass. `whyred patterns list --tool NAME` lists the patterns of one.\n\n",
        runs.len(),
        runs.values().map(|r| r.failing).sum::<usize>(),
        runs.values().map(|r| r.passing).sum::<usize>(),
    );
    out.push_str("| tool | patterns | classes | run for real | failing | passing |\n|---|---|---|---|---|---|\n");
    let names: BTreeSet<&String> = catalog.patterns.iter().flat_map(|p| &p.tools).collect();
    for name in names {
        let of_tool: Vec<_> = catalog.patterns.iter().filter(|p| p.tools.contains(name)).collect();
        let classes: BTreeSet<&str> = of_tool.iter().map(|p| p.class()).collect();
        let classes: Vec<String> = classes.into_iter().map(|c| format!("[{c}]({c}.md)")).collect();
        let ran = runs
            .get(name)
            .map_or_else(|| "| |".to_owned(), |r| format!("{} | {} | {}", r.versions.iter().cloned().collect::<Vec<_>>().join(", "), r.failing, r.passing));
        let _ = writeln!(out, "| {name} | {} | {} | {ran} |", of_tool.len(), classes.join(", "));
    }
    out
}

fn sorted(catalog: &Catalog) -> Vec<&Class> {
    let mut classes: Vec<_> = catalog.classes.iter().collect();
    classes.sort_by(|a, b| (&a.group, &a.id).cmp(&(&b.group, &b.id)));
    classes
}

fn pages() -> Vec<(String, String)> {
    let catalog = RULES.catalog();
    let runs = runs();
    let page = |class: &Class| explain_markdown(Guide::Class(class), catalog).trim_end().to_owned() + "\n";
    let mut out: Vec<(String, String)> = sorted(catalog).into_iter().map(|c| (format!("{}.md", c.id), page(c))).collect();
    out.push(("README.md".to_owned(), index(catalog, &runs)));
    out.push(("tools.md".to_owned(), tools(catalog, &runs)));
    out
}

#[test]
fn every_tool_that_was_run_is_named_by_a_pattern() {
    let named: BTreeSet<&String> = RULES.catalog().patterns.iter().flat_map(|p| &p.tools).collect();
    let runs = runs();
    let unknown: Vec<&String> = runs.keys().filter(|t| !named.contains(t)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
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
