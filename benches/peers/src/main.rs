//! Times whyred beside its peers, after it has shown that it finds what they find. See README.md.

mod agreement;
mod args;
mod corpus;
mod error;
mod facts;
mod generate;
mod growth;
mod lines;
mod ours;
mod peers;
mod processes;
mod record;
mod report;
mod rows;
#[cfg(feature = "vectorscan")]
mod sets;
mod templates;
mod translate;
mod twin;
#[cfg(feature = "vectorscan")]
mod vectorscan;
#[cfg(feature = "vectorscan")]
mod vectorscan_database;
#[cfg_attr(not(feature = "vectorscan"), path = "vectorscan_absent.rs")]
mod vectorscan_rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;

use args::Args;
use corpus::Corpus;
use error::Error;
use facts::Machine;
use lines::Lines;
use ours::Ours;
use peers::{Floor, Literals};
use record::{CorpusFacts, PatternFacts, Record, Row};
use rows::{Rows, wants};
use twin::Twin;
use vectorscan_rows::Vectorscan;

/// Crates of which the version is named.
const CRATES: [&str; 5] = ["aho-corasick", "memchr", "regex", "regex-automata", "regex-syntax"];

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("whyred-peers: {e}");
            ExitCode::from(e.status())
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    if args.rounds == 0 {
        return Err(Error::Usage("--rounds: at least one must count".to_owned()));
    }
    if cfg!(debug_assertions) {
        return Err(Error::Usage("a build without optimisation measures nothing\nhelp: cargo run --release".to_owned()));
    }
    let mut notes = Vec::new();
    let whyred = whyred_binary(args, &mut notes)?;
    if let Some(to) = &args.growth {
        return growth::run(args, &whyred, to, notes);
    }
    let mut versions = versions(&whyred)?;
    let scratch = tempfile::tempdir().map_err(|e| Error::World(format!("no folder for what is written on the way: {e}")))?;
    let (date, mut machine) = (facts::now(), Machine::read());
    let corpus = Corpus::open(args, scratch.path())?;

    let ours = Ours::build()?;
    let probes = ours.probes();
    let active: Vec<(u32, &str)> = (0..).zip(&probes).filter(|(_, p)| p.active).map(|(i, p)| (i, p.source.as_str())).collect();
    let sources: Vec<&str> = active.iter().map(|(_, source)| *source).collect();
    let literals: BTreeSet<Vec<u8>> = probes.iter().filter(|p| p.active).flat_map(|p| p.literals.iter().cloned()).collect();
    let literals: Vec<Vec<u8>> = literals.into_iter().collect();

    let twin = Twin::new(probes.clone());
    let exact = agreement::compare(&ours, &twin, &corpus.traces, args.check)?;
    let vectorscan = Vectorscan::build(args, &active, &literals, &mut notes)?;
    vectorscan.add_version(&mut versions);
    let sets = vectorscan.compare(&ours, &twin, &corpus.traces, args.sets)?;

    let automaton = wants(args, "files/aho-corasick/1").then(|| Literals::build(&literals)).transpose()?;
    let piece = args.piece * 1000;
    let wants_lines = cfg!(feature = "lazy-dfa") && wants(args, "files/regexset/1");
    let lines = wants_lines.then(|| Lines::build(&sources, &corpus.one, args.rounds + 1, piece)).transpose()?;
    if !cfg!(feature = "lazy-dfa") {
        notes.push("built without the feature lazy-dfa: the row of RegexSet is missing".to_owned());
    }
    let mut rows = Rows::new(args, &corpus);
    for threads in [1, 2] {
        rows.engine("floor", "floor: read + newline count", &Floor, threads)?;
    }
    for threads in [1, 2] {
        rows.engine("ours", "whyred, engine only: clean lines, all pairs of a regex and a line", &ours, threads)?;
    }
    vectorscan.add_rows(&mut rows)?;
    if let Some(automaton) = &automaton {
        rows.engine("aho-corasick", "aho-corasick DFA, literals only, in a copy in lower case", automaton, 1)?;
        notes.push(format!("aho-corasick's automaton: {} MB", automaton.bytes() / 1_000_000));
    }
    if let Some(lines) = &lines {
        rows.lines(lines);
    }
    rows.programs_over_files(&whyred, scratch.path())?;
    rows.programs_over_one(&whyred, scratch.path(), &literals, &sources)?;
    let rows = rows.measure()?;

    machine.load_after = facts::load();
    let traces = &corpus.traces;
    let varied = |row: &Row| format!("{}: found {} in one pass, {:?} in others", row.name, row.found.unwrap_or_default(), row.found_otherwise);
    notes.extend(rows.iter().filter(|row| !row.found_otherwise.is_empty()).map(varied));
    let record = Record {
        schema: "whyred.peers/1",
        date,
        commit: facts::commit(),
        catalog: ours.catalog.clone(),
        machine,
        versions,
        corpus: CorpusFacts { origin: corpus.origin.clone(), files: traces.len(), bytes: traces.bytes(), one_bytes: corpus.one_bytes },
        patterns: PatternFacts { patterns: ours.patterns, regexes: sources.len(), literals: literals.len() },
        rounds: args.rounds,
        in_memory: args.in_memory,
        exact,
        sets,
        refused: vectorscan.refused(&sources),
        rows,
        notes,
    };
    print!("{}", report::markdown(&record));
    if let Some(to) = &args.record {
        eprintln!("record: {}", record.write(to)?.display());
    }
    Ok(())
}

/// The program to time. One that is older than the sources is told of: it may be another engine than the one in process.
fn whyred_binary(args: &Args, notes: &mut Vec<String>) -> Result<PathBuf, Error> {
    let path = args.whyred.clone().unwrap_or_else(|| ours::project().join("target/release/whyred"));
    let built = path.metadata().and_then(|m| m.modified());
    let built = built.map_err(|e| Error::World(format!("{}: {e}\nhelp: cargo build --release, or --whyred PATH", path.display())))?;
    let project = ours::project();
    if ["src", "patterns"].iter().any(|folder| newest(&project.join(folder)).is_some_and(|t| t > built)) {
        notes.push("the program is older than the newest file of src/ or patterns/: it may not be what the rows of this process run".to_owned());
    }
    Ok(path)
}

fn newest(folder: &Path) -> Option<SystemTime> {
    let time = |entry: std::fs::DirEntry| {
        let path = entry.path();
        if path.is_dir() { newest(&path) } else { entry.metadata().and_then(|m| m.modified()).ok() }
    };
    std::fs::read_dir(folder).ok()?.flatten().filter_map(time).max()
}

fn versions(whyred: &Path) -> Result<BTreeMap<String, String>, Error> {
    let mut versions = BTreeMap::new();
    for name in CRATES {
        versions.insert(format!("crate {name}"), facts::crate_version(name));
    }
    versions.insert("rustc".to_owned(), env!("RUSTC_VERSION").to_owned());
    for (name, program) in [("whyred", whyred.as_os_str()), ("rg", "rg".as_ref()), ("wc", "wc".as_ref()), ("xargs", "xargs".as_ref())] {
        let line = processes::version_of(program)?;
        // `ripgrep 13.0.0`, `wc (GNU coreutils) 9.1`: the version is what begins with a digit.
        let version = line.split(' ').find(|w| w.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(&line);
        versions.insert(name.to_owned(), version.to_owned());
    }
    Ok(versions)
}
