//! What several tests need: the catalog of the folder, the fixtures, and a source of random numbers.
#![allow(dead_code)]

#[cfg(unix)]
pub mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use whyred::pattern::{Catalog, Source};
use whyred::verdict::Rules;

/// A path in the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All patterns of the folder, examples included.
pub fn catalog() -> Catalog {
    let root = project("patterns");
    let mut sources = Vec::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|e| e == "toml") {
            let path = entry.path().strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            sources.push(Source { path, text: fs::read_to_string(entry.path()).unwrap() });
        }
    }
    Catalog::build("0.0.0", &sources).unwrap_or_else(|e| panic!("{e}"))
}

/// The same, compiled once for all tests of a file.
pub static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::build(catalog()).unwrap());

/// Name and bytes of every trace of the fixtures, in order.
pub fn traces() -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for entry in fs::read_dir(project("fixtures/traces")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        out.push((name, fs::read(folder.join("trace.log")).unwrap()));
    }
    out.sort();
    assert!(out.len() >= 40, "the fixtures are not there");
    out
}

/// Numbers that look random and are the same on every run (xorshift64*).
pub struct Random(pub u64);

impl Random {
    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n.max(1)
    }
}
