//! What several benches need: the patterns of the folder, and the fixtures.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use whyred::pattern::{Catalog, Source};
use whyred::verdict::Rules;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All files below a folder that `keep` wants, in order.
fn files(folder: &str, keep: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(project(folder)).sort_by_file_name().into_iter();
    all.map(|e| e.expect("the folder can be listed").into_path()).filter(|p| keep(p)).collect()
}

/// The files of all patterns and classes.
pub fn sources() -> Vec<Source> {
    let root = project("patterns");
    let source = |p: PathBuf| Source {
        path: p.strip_prefix(&root).expect("below the folder").to_string_lossy().replace('\\', "/"),
        text: std::fs::read_to_string(&p).expect("a pattern can be read"),
    };
    files("patterns", |p| p.extension().is_some_and(|e| e == "toml")).into_iter().map(source).collect()
}

/// The patterns of these files, compiled.
pub fn rules(sources: &[Source]) -> Rules {
    Rules::build(Catalog::build("0.0.0", sources).unwrap_or_else(|e| panic!("{e}"))).expect("the catalog compiles")
}

/// The bytes of each trace of the fixtures.
pub fn traces() -> Vec<Vec<u8>> {
    files("fixtures/traces", |p| p.ends_with("trace.log")).iter().map(|p| std::fs::read(p).expect("a trace can be read")).collect()
}
