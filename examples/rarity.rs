//! Trains the table by which the catalog's fragments are chosen: `rarity PATH... > src/pattern/needs/rarity.bin`.
//! Each path is a log, or a folder of logs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use whyred::pattern::Rarity;

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    for path in std::env::args_os().skip(1) {
        list(Path::new(&path), &mut files)?;
    }
    files.sort();
    let texts = files.iter().map(std::fs::read).collect::<io::Result<Vec<_>>>()?;
    io::stdout().write_all(&Rarity::train(texts.iter().map(Vec::as_slice)))
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        list(&entry?.path(), files)?;
    }
    Ok(())
}
