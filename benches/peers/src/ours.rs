//! The engine under test. All that the bench knows of its interface stands here.

use std::path::{Path, PathBuf};

use whyred::engine::{Block, Engine, Found, Hit, PatternIndex, ProbeId, Scratch};
use whyred::facts::Facts;
pub use whyred::pattern::Source;
use whyred::pattern::{Catalog, Channel, Fragment, needs};
use whyred::text::Splitter;
use whyred::verdict::{Options, Rules, Session};

use crate::error::Error;

/// A block of lines is scanned when it has this many bytes, as the product does.
const BLOCK_BYTES: usize = 128 * 1024;
/// Bytes that a session gets at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// One regex of the catalog.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its source.
    pub source: String,
    /// In lower case; one of them stands in every line that it matches. Empty: there is none.
    pub literals: Vec<Vec<u8>>,
    /// It is looked for on every line; others are only tried where one of these matched.
    pub active: bool,
    /// A match is reported, whatever else stands on the line.
    pub silent: bool,
    /// For each pattern that it is a match of, the probes that void it on the same line.
    pub exceptions: Vec<Vec<u32>>,
}

/// The built-in catalog, ready to scan.
#[derive(Debug)]
pub struct Ours {
    rules: Rules,
    /// `<version>+<hash of the pattern files>`.
    pub catalog: String,
    /// Number of patterns.
    pub patterns: usize,
}

impl Ours {
    /// Compiles the built-in catalog.
    pub fn build() -> Result<Ours, Error> {
        let rules = Rules::built_in().map_err(|e| Error::World(e.to_string()))?;
        let (catalog, patterns) = (rules.catalog().version.clone(), rules.catalog().patterns.len());
        Ok(Ours { rules, catalog, patterns })
    }

    /// All regexes; a probe's number is its index.
    pub fn probes(&self) -> Vec<Probe> {
        let program = self.rules.engine().program();
        let exceptions = |pattern: &PatternIndex| program.except(*pattern).iter().map(|p| p.0).collect();
        let mut probes = Vec::new();
        for p in program.probes() {
            probes.push(Probe {
                source: p.source.clone(),
                literals: literals(&p.source),
                active: !p.passive,
                silent: p.silent,
                exceptions: p.patterns.iter().map(exceptions).collect(),
            });
        }
        probes
    }

    /// What one thread needs to scan.
    pub fn scanner(&self) -> Scanner<'_> {
        Scanner { engine: self.rules.engine(), block: Block::new(), scratch: Scratch::default(), hits: Vec::new() }
    }
}

/// The fragments that the engine searches for, as literals: of each the longest part without a free digit.
fn literals(source: &str) -> Vec<Vec<u8>> {
    let needs = needs(source);
    let fragments = needs.branches.iter().flat_map(|b| &b.search.fragments);
    let mut literals: Vec<Vec<u8>> = fragments.map(longest_literal).collect();
    literals.sort();
    literals.dedup();
    literals
}

fn longest_literal(fragment: &Fragment) -> Vec<u8> {
    let is_free_digit = |mask: u8| mask & 0x0f == 0;
    let bytes: Vec<(u8, u8)> =
        fragment.words().iter().flat_map(|(value, mask)| value.to_le_bytes().into_iter().zip(mask.to_le_bytes())).take(fragment.len()).collect();
    let longest = bytes.split(|(_, mask)| is_free_digit(*mask)).max_by_key(|part| part.len()).unwrap_or_default();
    longest.iter().map(|(value, _)| value.to_ascii_lowercase()).collect()
}

/// Scans trace after trace.
#[derive(Debug)]
pub struct Scanner<'o> {
    engine: &'o Engine,
    block: Block,
    scratch: Scratch,
    hits: Vec<Hit>,
}

impl Scanner<'_> {
    /// Raw bytes to clean lines to hits: calls `found` with a probe and the number of the clean line, from 0. The same
    /// pair may come more than once.
    pub fn scan(&mut self, trace: &[u8], found: &mut impl FnMut(u32, u64)) {
        let Scanner { engine, block, scratch, hits } = self;
        let mut first = 0;
        let mut flush = |block: &mut Block| {
            hits.clear();
            engine.scan(block, 0..block.len(), scratch, hits);
            for hit in &*hits {
                let (Found::Pattern(_, ProbeId(probe)) | Found::Probe(ProbeId(probe))) = hit.found;
                found(probe, first + u64::from(hit.line));
            }
            first += block.len() as u64;
            block.drop_front(block.len());
        };
        clean_lines(trace, |line| {
            block.push(line);
            if block.bytes() >= BLOCK_BYTES {
                flush(block);
            }
        });
        if !block.is_empty() {
            flush(block);
        }
    }
}

/// The clean lines of a trace, in order: what regexes see.
pub fn clean_lines(trace: &[u8], mut line: impl FnMut(&[u8])) {
    let mut splitter = Splitter::new();
    splitter.push(trace, |l| line(l.text));
    splitter.finish(|l| line(l.text));
}

/// The lines on which each pattern of the project must be the verdict: what the pattern files give as examples.
pub fn examples() -> Result<Vec<String>, Error> {
    let catalog = catalog(&sources()?)?;
    Ok(catalog.patterns.into_iter().flat_map(|p| p.must_match).map(|e| e.log).filter(|l| !l.is_empty()).collect())
}

/// The lines that are an example by themselves, wherever in a trace they stand, with the folder of their pattern's class.
pub fn example_lines(sources: &[Source]) -> Result<Vec<(String, String)>, Error> {
    let catalog = catalog(sources)?;
    let mut lines = Vec::new();
    for pattern in catalog.patterns.iter().filter(|p| p.channel == Channel::Trace) {
        let folder = catalog.class(pattern.class()).map(|c| format!("{}/{}", c.group, c.id)).unwrap_or_default();
        let examples = pattern.must_match.iter().filter(|e| e.section.is_none() && e.facts.is_empty() && !e.log.contains('\n'));
        lines.extend(examples.filter(|e| !e.log.is_empty()).map(|e| (folder.clone(), e.log.clone())));
    }
    Ok(lines)
}

/// Any patterns, ready to judge.
#[derive(Debug)]
pub struct Judge {
    rules: Rules,
    options: Options,
}

impl Judge {
    /// Compiles the patterns of these files.
    pub fn build(sources: &[Source]) -> Result<Judge, Error> {
        let rules = Rules::build(catalog(sources)?).map_err(|e| Error::World(e.to_string()))?;
        Ok(Judge { rules, options: Options::default() })
    }

    /// Judges one trace, as the product does. How many findings it has.
    pub fn judge(&self, trace: &[u8]) -> usize {
        let mut session = Session::new(&self.rules, &self.options, Facts::new());
        trace.chunks(CHUNK_BYTES).for_each(|c| session.push(c));
        session.finish().iter().map(|j| j.findings.len()).sum()
    }
}

/// The pattern files of the project, in order.
pub fn sources() -> Result<Vec<Source>, Error> {
    let root = project().join("patterns");
    let mut sources = Vec::new();
    read_sources(&root, &root, &mut sources)?;
    Ok(sources)
}

fn catalog(sources: &[Source]) -> Result<Catalog, Error> {
    Catalog::build("0.0.0", sources).map_err(|e| Error::World(e.to_string()))
}

/// The folder of the project.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read_sources(root: &Path, folder: &Path, out: &mut Vec<Source>) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::path(folder, e))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_sources(root, &path, out)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path).map_err(|e| Error::path(&path, e))?;
            let path = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            out.push(Source { path, text });
        }
    }
    Ok(())
}
