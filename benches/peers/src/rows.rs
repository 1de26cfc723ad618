//! What is timed: every peer as a row, measured in alternating rounds.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::args::Args;
use crate::corpus::Corpus;
use crate::error::Error;
use crate::lines::Lines;
use crate::peers::{Peer, Running};
use crate::processes::{Invocation, Out};
use crate::record::Row;
use crate::translate::translate;

/// Whether the user wants a row.
pub fn wants(args: &Args, key: &str) -> bool {
    args.only.is_empty() || args.only.iter().any(|o| key.contains(o.as_str()))
}

/// What a row runs.
enum Task<'p> {
    Threads(Running<'p>),
    Lines(&'p Lines),
    Program(Invocation),
}

/// The rows of a run.
pub struct Rows<'p> {
    args: &'p Args,
    corpus: &'p Corpus,
    rows: Vec<(Row, Task<'p>)>,
}

impl<'p> Rows<'p> {
    /// No rows.
    pub fn new(args: &'p Args, corpus: &'p Corpus) -> Rows<'p> {
        Rows { args, corpus, rows: Vec::new() }
    }

    /// An engine of this process, over all files.
    pub fn engine(&mut self, key: &str, name: &str, peer: &'p dyn Peer, threads: usize) -> Result<(), Error> {
        let key = format!("files/{key}/{threads}");
        if !wants(self.args, &key) {
            return Ok(());
        }
        let traces = &self.corpus.traces;
        let name = if threads == 1 { name.to_owned() } else { format!("{name}, {threads} threads") };
        let task = Task::Threads(Running::new(peer, threads, traces)?);
        self.push(&key, &name, traces.bytes(), task);
        Ok(())
    }

    /// RegexSet, over a piece of the large file a round.
    pub fn lines(&mut self, lines: &'p Lines) {
        let bytes = lines.bytes() as u64;
        let name = format!("RegexSet, a line at a time, raw text; {bytes} bytes a round, each round others");
        self.push("files/regexset/1", &name, bytes, Task::Lines(lines));
    }

    /// Programs over all files.
    pub fn programs_over_files(&mut self, whyred: &Path, scratch: &Path) -> Result<(), Error> {
        let (corpus, bytes) = (self.corpus, self.corpus.traces.bytes());
        for threads in [1, 2] {
            let invocation = self.scan(whyred, threads, &corpus.root, Out::File(scratch.join("records.jsonl"), Some(corpus.traces.len() as u64)));
            let name = format!("process: `whyred scan --threads {threads} --format jsonl --detail brief`, to a file");
            self.push(&format!("files/whyred/{threads}"), &name, bytes, Task::Program(invocation));
        }
        let list = scratch.join("files.list");
        let mut text = Vec::new();
        for index in 0..corpus.traces.len() {
            text.extend_from_slice(corpus.traces.path(index).as_os_str().as_encoded_bytes());
            text.push(0);
        }
        std::fs::write(&list, text).map_err(|e| Error::path(&list, e))?;
        let arguments = ["-0".into(), "-a".into(), list.into_os_string(), "cat".into()];
        let cat = Invocation { out: Out::Null, ..self.program("xargs", arguments) };
        self.push("files/cat", "process: `xargs cat > /dev/null`", bytes, Task::Program(cat));
        Ok(())
    }

    /// Programs over the one large file.
    pub fn programs_over_one(&mut self, whyred: &Path, scratch: &Path, literals: &[Vec<u8>], regexes: &[&str]) -> Result<(), Error> {
        let (one, bytes) = (self.corpus.one.clone(), self.corpus.one_bytes);
        let file = |name: &str, text: Vec<u8>| {
            let path = scratch.join(name);
            std::fs::write(&path, text).map_err(|e| Error::path(&path, e))?;
            Ok::<PathBuf, Error>(path)
        };
        let wc = self.program("wc", ["-l".into(), one.clone().into_os_string()]);
        self.push("one/wc", "process: `wc -l`", bytes, Task::Program(wc));
        for threads in [1, 2] {
            let invocation = self.scan(whyred, threads, &one, Out::File(scratch.join("one.jsonl"), None));
            let name = format!("process: `whyred scan --threads {threads}`");
            self.push(&format!("one/whyred/{threads}"), &name, bytes, Task::Program(invocation));
        }
        let literals = file("literals", lines(literals.iter().map(|l| utf8_start(l))))?;
        // Older ones do not read every escape, and a name of a group can stand once in all.
        let regexes: Vec<String> = regexes.iter().filter_map(|r| translate(r).ok()).collect();
        let regexes = file("regexes", lines(regexes.iter().map(String::as_bytes)))?;
        let literal: [OsString; 6] = ["-a".into(), "-c".into(), "-F".into(), "-f".into(), literals.into(), one.clone().into()];
        let sizes = ["--no-unicode", "--regex-size-limit", "2G", "--dfa-size-limit", "1G"].map(OsString::from);
        let regex = ["-a".into(), "-c".into(), "-f".into(), regexes.into(), one.into()].into_iter().chain(sizes);
        // 1: no line matches.
        let literal = Invocation { allowed: &[0, 1], ..self.program("rg", literal) };
        let regex = Invocation { allowed: &[0, 1], ..self.program("rg", regex) };
        self.push("one/rg-literals", "process: `rg -a -c -F -f literals` (lower case only)", bytes, Task::Program(literal));
        self.push("one/rg-regexes", "process: `rg -a -c --no-unicode -f regexes`", bytes, Task::Program(regex));
        Ok(())
    }

    /// Runs every row once a round, one row after the other; the first round is dropped. A row that took too long once
    /// is not run again.
    pub fn measure(mut self) -> Result<Vec<Row>, Error> {
        for round in 0..=self.args.rounds {
            eprintln!("round {round} of {}", self.args.rounds);
            for (row, task) in self.rows.iter_mut().filter(|(row, _)| row.stopped.is_none()) {
                let seconds = match task {
                    Task::Threads(running) => {
                        let pass = running.pass()?;
                        match row.found {
                            Some(found) if found != pass.found && !row.key.contains("vectorscan") => {
                                return Err(Error::Disagreement(format!("{}: found {found} things, and then {}", row.name, pass.found)));
                            }
                            // Vectorscan's number is off by one now and then: told, and no reason to stop.
                            Some(found) if found != pass.found => drop(row.found_otherwise.insert(pass.found)),
                            _ => row.found = Some(pass.found),
                        }
                        Some(pass.seconds)
                    }
                    Task::Lines(lines) => {
                        let (seconds, found) = lines.pass(round);
                        row.found = Some(found);
                        Some(seconds)
                    }
                    Task::Program(invocation) => invocation.run()?,
                };
                match seconds {
                    None => {
                        row.stopped = Some(self.args.limit);
                        row.seconds.clear();
                    }
                    Some(seconds) if round > 0 => row.seconds.push(seconds),
                    Some(_) => {}
                }
            }
        }
        Ok(self.rows.into_iter().map(|(row, _)| row).collect())
    }

    fn scan(&self, whyred: &Path, threads: usize, input: &Path, out: Out) -> Invocation {
        let words = ["scan", "--quiet", "--format", "jsonl", "--detail", "brief", "--threads"].map(OsString::from);
        let rest = [OsString::from(threads.to_string()), "--".into(), input.into()];
        Invocation { out, ..self.program(whyred, words.into_iter().chain(rest)) }
    }

    fn program(&self, program: impl Into<OsString>, arguments: impl IntoIterator<Item = OsString>) -> Invocation {
        Invocation::new(program, arguments, Duration::from_secs(self.args.limit))
    }

    fn push(&mut self, key: &str, name: &str, bytes: u64, task: Task<'p>) {
        if wants(self.args, key) {
            let row =
                Row { key: key.to_owned(), name: name.to_owned(), bytes, found: None, found_otherwise: BTreeSet::new(), seconds: Vec::new(), stopped: None };
            self.rows.push((row, task));
        }
    }
}

fn lines<'l>(all: impl Iterator<Item = &'l [u8]>) -> Vec<u8> {
    let mut text = Vec::new();
    for line in all {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text
}

/// A literal may be cut inside a character, and ripgrep takes whole ones only.
fn utf8_start(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes,
        Err(e) => &bytes[..e.valid_up_to()],
    }
}
