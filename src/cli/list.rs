//! `whyred patterns list`.

use std::fmt::Write;

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
    let mut out = String::new();
    for class in catalog.classes.iter().filter(|c| args.class.as_ref().is_none_or(|w| *w == c.id)) {
        let patterns = catalog.patterns.iter().filter(|p| p.class() == class.id);
        if args.json {
            for p in patterns {
                let line = serde_json::json!({
                    "pattern": p.id.as_str(), "class": p.class(), "title": p.title, "rank": p.rank.word(),
                    "owner": p.owner.word(), "retry": p.retry.word(), "pack": p.pack,
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
