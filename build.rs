//! Checks `patterns/` and embeds it: the catalog, and the tables of its engine.
//!
//! The pattern floor and the engine's tables are compiled into this program, so that a pattern file is read, checked and
//! turned into bytes by the very code that reads users' packs.

use std::fs;
use std::path::{Path, PathBuf};

#[allow(dead_code, unused_imports, missing_docs)]
#[path = "src/engine"]
mod engine {
    #[path = "tables/mod.rs"]
    pub mod tables;
}
#[allow(dead_code, unused_imports, missing_docs)]
#[path = "src/facts/mod.rs"]
mod facts;
#[allow(dead_code, unused_imports, missing_docs)]
#[path = "src/pattern/mod.rs"]
mod pattern;
#[allow(dead_code, unused_imports, missing_docs)]
#[path = "src/text/mod.rs"]
mod text;

fn main() {
    println!("cargo::rerun-if-changed=patterns");
    for floor in ["src/engine/tables", "src/facts", "src/pattern", "src/text", "build.rs"] {
        println!("cargo::rerun-if-changed={floor}");
    }
    let root = Path::new("patterns");
    let mut files = Vec::new();
    list(root, &mut files);
    files.sort();
    let sources: Vec<_> = files
        .iter()
        .map(|file| pattern::Source {
            path: file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/"),
            text: fs::read_to_string(file).unwrap_or_else(|e| fail(&format!("{}: {e}", file.display()))),
        })
        .collect();
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let catalog = pattern::Catalog::build(&version, &sources).unwrap_or_else(|e| fail(&e.to_string()));
    let bytes = pattern::encode(&catalog).unwrap_or_else(|e| fail(&e.to_string()));
    let tables = engine::tables::Tables::build(&catalog, &engine::tables::Known::default());
    let needs = tables.needs_to_bytes().unwrap_or_else(|e| fail(&e.to_string()));
    let tables = tables.to_bytes().unwrap_or_else(|e| fail(&e.to_string()));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    for (name, bytes) in [("catalog.bin", bytes), ("tables.bin", tables), ("needs.bin", needs)] {
        let path = out.join(name);
        fs::write(&path, bytes).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| fail(&format!("{}: {e}", folder.display())));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
}

fn fail(message: &str) -> ! {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
    std::process::exit(1);
}
