//! The catalog in force: the built-in one, and the packs that were asked for.

use std::path::Path;

use crate::pattern::{Catalog, PackError, Source};
use crate::verdict::{Rules, built_in_catalog};

use super::args::Common;
use super::message::{Status, error, help};

/// The built-in catalog with the packs. On a pack that cannot be used the messages are out already.
pub(super) fn catalog(common: &Common) -> Result<Catalog, Status> {
    let mut catalog = built_in_catalog();
    for folder in &common.patterns {
        let sources = read_folder(folder)?;
        let name = folder.file_name().map_or_else(|| folder.to_string_lossy(), |n| n.to_string_lossy()).into_owned();
        if let Err(e) = catalog.add_pack(&name, &sources) {
            tell(&e, folder);
            help("`whyred patterns check` tells all that is wrong with a folder of patterns");
            return Err(Status::Trouble);
        }
    }
    Ok(catalog)
}

/// Says what is wrong with the files of a folder.
pub(super) fn tell(e: &PackError, folder: &Path) {
    for file in &e.files {
        error(&format!("{}: {}", folder.join(&file.path).display(), file.message.trim_end()));
    }
}

/// The catalog, compiled. It lives as long as the process: to free it piece by piece would cost more than to make it.
pub(super) fn rules(common: &Common) -> Result<&'static Rules, Status> {
    let rules = if common.patterns.is_empty() { Rules::built_in() } else { Rules::build(catalog(common)?) };
    rules.map(|r| &*Box::leak(Box::new(r))).map_err(|e| {
        error(&e.to_string());
        Status::Trouble
    })
}

/// The files of a folder of patterns, in byte order of their paths.
pub(super) fn read_folder(folder: &Path) -> Result<Vec<Source>, Status> {
    let mut sources = Vec::new();
    let mut failed = false;
    if !folder.is_dir() {
        error(&format!("{}: no such folder of patterns", folder.display()));
        return Err(Status::Trouble);
    }
    for entry in walkdir::WalkDir::new(folder).sort_by(|a, b| a.file_name().cmp(b.file_name())) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                error(&format!("{}: {e}", folder.display()));
                failed = true;
                continue;
            }
        };
        if !entry.file_type().is_file() || entry.path().extension().is_none_or(|e| e != "toml") {
            continue;
        }
        match std::fs::read_to_string(entry.path()) {
            Ok(text) => {
                let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                sources.push(Source { path: below.to_string_lossy().replace('\\', "/"), text });
            }
            Err(e) => {
                error(&format!("{}: {e}", entry.path().display()));
                failed = true;
            }
        }
    }
    if failed { Err(Status::Trouble) } else { Ok(sources) }
}
