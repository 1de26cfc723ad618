//! `whyred patterns check`.

use std::path::Path;

use crate::pattern::{Catalog, Complaint, Source, Weight, lint};
use crate::proof::prove;
use crate::verdict::Rules;

use super::args::{CheckArgs, Common};
use super::explain::print;
use super::message::{Status, error};
use super::packs;

pub(super) fn run(args: &CheckArgs) -> Status {
    let sources = match packs::read_folder(&args.folder) {
        Ok(sources) => sources,
        Err(status) => return status,
    };
    let catalog = match build(&sources, &args.folder) {
        Ok(catalog) => catalog,
        Err(status) => return status,
    };
    let mut complaints = lint(&catalog);
    let checked: Vec<usize> =
        (0..catalog.patterns.len()).filter(|i| !catalog.patterns[*i].must_match.is_empty() || catalog.patterns[*i].pack.is_some()).collect();
    let ours = |c: &Complaint| checked.iter().any(|i| catalog.patterns[*i].id.as_str() == c.id) || catalog.class(&c.id).is_some();
    complaints.retain(ours);
    let count = checked.len();
    let rules = match Rules::build(catalog) {
        Ok(rules) => rules,
        Err(e) => {
            error(&e.to_string());
            return Status::Failed;
        }
    };
    complaints.extend(prove(&rules, &checked));
    complaints.sort();
    complaints.dedup();
    let bad = complaints.iter().filter(|c| args.strict || c.weight == Weight::Error).count();
    let mut out: String = complaints.iter().map(|c| format!("{c}\n")).collect();
    out.push_str(&format!("{count} patterns checked, {} complaints\n", complaints.len()));
    match print(&out) {
        Status::Done if bad > 0 => Status::Failed,
        status => status,
    }
}

/// A folder with classes is a catalog of its own; any other is a pack over the built-in one.
fn build(sources: &[Source], folder: &Path) -> Result<Catalog, Status> {
    let built = if is_whole(sources) {
        Catalog::build(env!("CARGO_PKG_VERSION"), sources)
    } else {
        let mut catalog = packs::catalog(&Common { patterns: Vec::new(), gitlab: None, tier: None })?;
        catalog.add_pack("checked", sources).map(|()| catalog)
    };
    built.map_err(|e| {
        packs::tell(&e, folder);
        Status::Failed
    })
}

/// Whether a folder stands for the whole catalog.
pub(super) fn is_whole(sources: &[Source]) -> bool {
    sources.iter().any(|s| s.path.ends_with("/class.toml"))
}
