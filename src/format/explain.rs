//! The guide to a class, a pattern or a cause: for a terminal, as Markdown, as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::pattern::{Applies, Catalog, Cause, Class, Pattern, Step};

use super::page::{Page, Tone};

/// What is to be explained.
#[derive(Clone, Copy, Debug)]
pub enum Guide<'a> {
    /// A class with its patterns.
    Class(&'a Class),
    /// A pattern with its causes.
    Pattern(&'a Pattern),
    /// One cause of a pattern.
    Cause(&'a Pattern, &'a Cause),
}

impl<'a> Guide<'a> {
    /// Finds `protected-branch`, `protected-branch/push-denied` or `protected-branch/push-denied/wrong-branch`.
    pub fn find(catalog: &'a Catalog, id: &str) -> Option<Guide<'a>> {
        if let Some(class) = catalog.class(id) {
            return Some(Guide::Class(class));
        }
        if let Some(pattern) = catalog.pattern(id) {
            return Some(Guide::Pattern(pattern));
        }
        let (pattern, cause) = id.rsplit_once('/')?;
        let pattern = catalog.pattern(pattern)?;
        let cause = pattern.causes.iter().find(|c| c.id == cause)?;
        Some(Guide::Cause(pattern, cause))
    }

    /// The guide as a page.
    pub fn show(self, catalog: &Catalog, page: &mut Page) {
        match self {
            Guide::Class(class) => {
                page.put(Tone::Bad, &class.id).put(Tone::Plain, "  ").put(Tone::Strong, &class.title).end();
                page.prose("", Tone::Plain, &class.definition);
                page.put(Tone::Dim, &format!("group {}  owner {}  retry {}", class.group, class.owner, class.retry)).end();
                class.causes.iter().for_each(|c| show_cause(c, page));
                page.end();
                page.put(Tone::Strong, "Patterns").end();
                for pattern in catalog.patterns.iter().filter(|p| p.class() == class.id) {
                    page.put(Tone::Plain, &format!("  {:<48} ", pattern.id.as_str())).cut(Tone::Dim, &pattern.title, 51).end();
                }
            }
            Guide::Pattern(pattern) => {
                head(pattern, page);
                for regex in &pattern.matches {
                    page.put(Tone::Dim, "  match  ").put(Tone::Plain, &regex.source).end();
                }
                pattern.causes.iter().for_each(|c| show_cause(c, page));
            }
            Guide::Cause(pattern, cause) => {
                head(pattern, page);
                show_cause(cause, page);
            }
        }
    }
}

fn head(pattern: &Pattern, page: &mut Page) {
    page.put(Tone::Bad, pattern.id.as_str()).put(Tone::Plain, "  ").put(Tone::Strong, &pattern.title).end();
    let mut facts = format!("rank {}  owner {}  retry {}", pattern.rank, pattern.owner, pattern.retry);
    if let Some(applies) = &pattern.applies {
        facts.push_str(&format!("  {}", applies_text(applies)));
    }
    if !pattern.tools.is_empty() {
        facts.push_str(&format!("  tools {}", pattern.tools.join(", ")));
    }
    page.put(Tone::Dim, &facts).end();
}

fn show_cause(cause: &Cause, page: &mut Page) {
    page.end();
    page.prose("Cause  ", Tone::Strong, &format!("{} ({})", cause.title, cause.id));
    page.prose("       ", Tone::Plain, &cause.diagnosis);
    for (i, step) in cause.fix.iter().enumerate() {
        let label = if i == 0 { "Fix    " } else { "       " };
        page.prose(&format!("{label}{}. ", i + 1), Tone::Strong, &step_text(step));
    }
    if !cause.why.is_empty() {
        page.prose("Why    ", Tone::Strong, &cause.why);
    }
    for (i, command) in cause.commands.iter().enumerate() {
        page.put(Tone::Strong, if i == 0 { "Run    " } else { "       " }).put(Tone::Plain, command).end();
    }
    for (i, link) in cause.references.iter().enumerate() {
        page.put(Tone::Strong, if i == 0 { "See    " } else { "       " }).put(Tone::Link, link).end();
    }
}

fn step_text(step: &Step) -> String {
    match &step.applies {
        Some(applies) => format!("{} [{}]", step.text, applies_text(applies)),
        None => step.text.clone(),
    }
}

fn applies_text(applies: &Applies) -> String {
    let mut parts = Vec::new();
    if let Some((major, minor)) = applies.gitlab_from {
        parts.push(format!("from GitLab {major}.{minor}"));
    }
    if let Some((major, minor)) = applies.gitlab_before {
        parts.push(format!("before GitLab {major}.{minor}"));
    }
    if !applies.tiers.is_empty() {
        parts.push(applies.tiers.join(" or "));
    }
    parts.join(", ")
}

/// The guide as Markdown.
pub fn explain_markdown(guide: Guide, catalog: &Catalog) -> String {
    let mut out = String::new();
    match guide {
        Guide::Class(class) => {
            let _ = writeln!(out, "# {}\n\n{}\n\n{}\n", class.id, class.title, class.definition);
            let _ = writeln!(out, "Owner: {}. Retry: {}.\n", class.owner, class.retry);
            class.causes.iter().for_each(|c| markdown_cause(c, "##", &mut out));
            for pattern in catalog.patterns.iter().filter(|p| p.class() == class.id) {
                markdown_pattern(pattern, "##", &mut out);
            }
        }
        Guide::Pattern(pattern) => markdown_pattern(pattern, "#", &mut out),
        Guide::Cause(pattern, cause) => {
            let _ = writeln!(out, "# {}\n\n{}\n", pattern.id, pattern.title);
            markdown_cause(cause, "##", &mut out);
        }
    }
    out
}

fn markdown_pattern(pattern: &Pattern, level: &str, out: &mut String) {
    let _ = write!(out, "{level} {}\n\n{}. Rank: {}. Owner: {}. Retry: {}.", pattern.id, pattern.title, pattern.rank, pattern.owner, pattern.retry);
    if !pattern.tools.is_empty() {
        let _ = write!(out, " Tools: {}.", pattern.tools.join(", "));
    }
    out.push_str("\n\n");
    if !pattern.inherits_causes {
        pattern.causes.iter().for_each(|c| markdown_cause(c, &format!("{level}#"), out));
    }
}

fn markdown_cause(cause: &Cause, level: &str, out: &mut String) {
    let _ = writeln!(out, "{level} {} (`{}`)\n\n{}\n", cause.title, cause.id, cause.diagnosis);
    for (i, step) in cause.fix.iter().enumerate() {
        let _ = writeln!(out, "{}. {}", i + 1, step_text(step));
    }
    if !cause.commands.is_empty() {
        let _ = writeln!(out, "\n```sh\n{}\n```", cause.commands.join("\n"));
    }
    if !cause.why.is_empty() {
        let _ = writeln!(out, "\n{}", cause.why);
    }
    for link in &cause.references {
        let _ = writeln!(out, "\n- <{link}>");
    }
    out.push('\n');
}

/// The guide as JSON.
pub fn explain_json(guide: Guide, catalog: &Catalog) -> Value {
    match guide {
        Guide::Class(class) => json!({
            "class": class.id, "group": class.group, "title": class.title, "definition": class.definition,
            "owner": class.owner.word(), "retry": class.retry.word(),
            "causes": class.causes.iter().map(json_cause).collect::<Vec<_>>(),
            "patterns": catalog.patterns.iter().filter(|p| p.class() == class.id).map(json_pattern).collect::<Vec<_>>(),
        }),
        Guide::Pattern(pattern) => json_pattern(pattern),
        Guide::Cause(pattern, cause) => {
            let mut value = json_cause(cause);
            value["pattern"] = json!(pattern.id.as_str());
            value
        }
    }
}

fn json_pattern(pattern: &Pattern) -> Value {
    json!({
        "pattern": pattern.id.as_str(), "class": pattern.class(), "title": pattern.title, "rank": pattern.rank.word(),
        "owner": pattern.owner.word(), "retry": pattern.retry.word(), "tools": pattern.tools, "pack": pattern.pack,
        "match": pattern.matches.iter().map(|m| &m.source).collect::<Vec<_>>(),
        "causes": pattern.causes.iter().map(json_cause).collect::<Vec<_>>(),
    })
}

fn json_cause(cause: &Cause) -> Value {
    json!({
        "id": cause.id, "title": cause.title, "diagnosis": cause.diagnosis,
        "fix": cause.fix.iter().map(step_text).collect::<Vec<_>>(),
        "why": cause.why, "commands": cause.commands, "references": cause.references,
    })
}
