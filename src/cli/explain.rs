//! `whyred explain` and `whyred patterns show`.

use std::io::Write;

use crate::format::{Guide, Page, explain_json, explain_markdown};
use crate::pattern::Catalog;

use super::args::{ExplainArgs, GuideFormat};
use super::message::{Status, error, help};
use super::{packs, terminal};

/// Explains an id as it is in force: defaults of its class, extensions of packs.
pub(super) fn run(args: &ExplainArgs) -> Status {
    let catalog = match packs::catalog(&args.common) {
        Ok(catalog) => catalog,
        Err(status) => return status,
    };
    let Some(guide) = Guide::find(&catalog, &args.id) else {
        error(&format!("{}: no such class, pattern or cause", args.id));
        match nearest(&catalog, &args.id) {
            Some(id) => help(&format!("a similar one exists: `{id}`")),
            None => help("`whyred patterns list` shows all"),
        }
        return Status::Usage;
    };
    print(&match args.format {
        GuideFormat::Markdown => explain_markdown(guide, &catalog),
        GuideFormat::Json => format!("{:#}\n", explain_json(guide, &catalog)),
        GuideFormat::Human => {
            let mut page = Page::new(terminal::colour(), terminal::width());
            guide.show(&catalog, &mut page);
            page.take()
        }
    })
}

/// Writes to standard output; a closed pipe is a success.
pub(super) fn print(text: &str) -> Status {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => Status::Done,
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Status::Done,
        Err(e) => {
            error(&format!("standard output: {e}"));
            Status::Trouble
        }
    }
}

/// The id that shares most of its letters' pairs.
pub(super) fn nearest<'a>(catalog: &'a Catalog, id: &str) -> Option<&'a str> {
    let pairs = |text: &str| -> Vec<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let wanted = pairs(id);
    let ids = catalog.classes.iter().map(|c| c.id.as_str()).chain(catalog.patterns.iter().map(|p| p.id.as_str()));
    let score = |candidate: &str| {
        let have = pairs(candidate);
        let shared = wanted.iter().filter(|p| have.contains(p)).count();
        shared * 200 / (wanted.len() + have.len()).max(1)
    };
    ids.map(|i| (score(i), i)).filter(|(s, _)| *s >= 55).max_by_key(|(s, _)| *s).map(|(_, i)| i)
}
