//! `whyred patterns list`.

use std::fmt::Write;

use crate::pattern::Pattern;

use super::args::ListArgs;
use super::explain::print;
use super::message::{Status, error, help};
use super::packs;

pub(super) fn run(args: &ListArgs) -> Status {
    let catalog = match packs::catalog(&args.common) {
        Ok(catalog) => catalog,
        Err(status) => return status,
    };
    if let Some(class) = &args.class
        && catalog.class(class).is_none()
    {
        error(&format!("--class {class}: no such class"));
        help("`whyred patterns list` shows all classes");
        return Status::Usage;
    }
    if let Some(tool) = &args.tool
        && !catalog.patterns.iter().any(|p| p.tools.contains(tool))
    {
        error(&format!("--tool {tool}: no pattern names that tool"));
        help("`whyred patterns list --json` names the tools of each pattern");
        return Status::Usage;
    }
    let mut out = String::new();
    for class in catalog.classes.iter().filter(|c| args.class.as_ref().is_none_or(|w| *w == c.id)) {
        let of_tool = |p: &&Pattern| args.tool.as_ref().is_none_or(|t| p.tools.contains(t));
        let patterns: Vec<&Pattern> = catalog.patterns.iter().filter(|p| p.class() == class.id).filter(of_tool).collect();
        if patterns.is_empty() && args.tool.is_some() {
            continue;
        }
        if args.json {
            for p in patterns {
                let line = serde_json::json!({
                    "pattern": p.id.as_str(), "class": p.class(), "title": p.title, "rank": p.rank.word(),
                    "owner": p.owner.word(), "retry": p.retry.word(), "tools": p.tools, "pack": p.pack,
                });
                let _ = writeln!(out, "{line}");
            }
            continue;
        }
        let _ = writeln!(out, "{}  {}", class.id, class.title);
        for p in patterns {
            let pack = p.pack.as_ref().map(|p| format!(" [{p}]")).unwrap_or_default();
            let _ = writeln!(out, "  {:<52} {:<10} {}{pack}", p.id, p.rank, p.title);
        }
    }
    print(&out)
}
