//! A file imports only from floors below its own.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules, low to high; those of one line do not import each other.
const FLOORS: [&[&str]; 12] = [
    &["text"],
    &["redact", "facts"],
    &["pattern", "trace"],
    &["engine", "draft"],
    &["verdict"],
    &["proof"],
    &["record"],
    &["comparison"],
    &["source"],
    &["format"],
    &["batch", "live"],
    &["cli"],
];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|f| f.contains(&module))
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The modules that a line of code names: `crate::text::..` and `use crate::{text, ..}`.
fn imports(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("crate::")
        .flat_map(|(at, word)| {
            let rest = &code[at + word.len()..];
            let list = rest.strip_prefix('{').and_then(|r| r.split('}').next()).unwrap_or(rest);
            let one = !rest.starts_with('{');
            list.split(',')
                .take(if one { 1 } else { usize::MAX })
                .map(|m| m.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
        })
        .collect()
}

#[test]
fn no_import_climbs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut climbs = Vec::new();
    let mut seen = 0;
    for file in all {
        let below = file.strip_prefix(&root).unwrap();
        let module = below.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        let Some(own) = floor(&module) else {
            assert!(["lib", "main"].contains(&module.as_str()), "{module} has no floor");
            continue;
        };
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            for import in imports(line) {
                seen += 1;
                let fine = import == module || floor(import).is_some_and(|f| f < own);
                if !fine {
                    climbs.push(format!("{}:{}: {module} imports {import}", below.display(), number + 1));
                }
            }
        }
    }
    assert!(seen > 60, "the imports were not found");
    assert!(climbs.is_empty(), "{}", climbs.join("\n"));
}

#[test]
fn imports_are_found() {
    assert_eq!(imports("use crate::text::{cut, trim};"), ["text"]);
    assert_eq!(imports("use crate::{text, facts};"), ["text", "facts"]);
    assert_eq!(imports("let x = crate::engine::Block::new(); // crate::cli"), ["engine"]);
}
