//! The curves: what grows, and what is run at each point.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::{Planned, Shape, Task, text};
use crate::args::Args;
use crate::error::Error;
use crate::generate;
use crate::ours::{self, Judge};
use crate::processes::{Invocation, Out};

/// Plans a curve with the program, and writes what it reads below a folder.
pub type Plan = fn(&Args, &Path, &Path) -> Result<Planned, Error>;

/// All curves, by key.
pub const ALL: [(&str, Plan); 6] = [("patterns", patterns), ("files", files), ("size", size), ("threads", threads), ("density", density), ("colour", colour)];

/// Points of the curves. In `patterns` the number of the project's own comes among them.
const PATTERNS: [usize; 6] = [10, 100, 300, 600, 2_500, 5_000];
const FILES: [usize; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
const SIZES: [u64; 7] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
const THREADS: [usize; 4] = [1, 2, 4, 8];
const SHARES: [f64; 6] = [0.0, 0.001, 0.01, 0.1, 0.5, 1.0];
const ESCAPES: [f64; 7] = [0.0, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0];

/// Traces that are held in memory for the curve of patterns.
const HELD: usize = 400;
/// Files that the threads share.
const SHARED: usize = 2_000;
/// Bytes of one file of a curve of what stands in it.
const ONE_BYTES: usize = 10_000_000;
/// The program is stopped when it takes longer.
const LIMIT: Duration = Duration::from_secs(3_600);

fn patterns(args: &Args, _whyred: &Path, _scratch: &Path) -> Result<Planned, Error> {
    let mut planned = Planned::new("patterns", "Time of the same text as patterns are added", "patterns", Shape::Flat);
    let (sources, examples) = (ours::sources()?, ours::examples()?);
    let lines = ours::example_lines(&sources)?;
    let own = sources.iter().filter(|s| !s.path.ends_with("class.toml")).count();
    let plan = text::plan(args, HELD);
    let traces: Rc<Vec<Vec<u8>>> = Rc::new((0..HELD).map(|i| generate::trace(&plan, i, None, &examples)).collect());
    let bytes = traces.iter().map(|t| t.len() as u64).sum();
    let mut counts = PATTERNS.to_vec();
    counts.push(own);
    counts.sort_unstable();
    for count in counts {
        let judge = Judge::build(&text::patterns(&sources, &lines, count, args.seed)?)?;
        let label = if count == own { format!("{} (all built-in)", grouped(count)) } else { grouped(count) };
        let traces = Rc::clone(&traces);
        let task = move || {
            let start = Instant::now();
            let found: usize = traces.iter().map(|t| judge.judge(t)).sum();
            std::hint::black_box(found);
            Ok(start.elapsed().as_secs_f64())
        };
        planned.push(count as f64, label, bytes, Box::new(task));
    }
    Ok(planned)
}

fn files(args: &Args, whyred: &Path, scratch: &Path) -> Result<Planned, Error> {
    let mut planned = Planned::new("files", "Time of many files of 4 KB, one thread", "files", Shape::Proportional);
    let originals = text::originals(args, &scratch.join("originals"), &ours::examples()?)?;
    for count in FILES.into_iter().filter(|n| *n <= args.most_files) {
        let folder = scratch.join(format!("{count}"));
        let bytes = text::tree(&originals, &folder, count)?;
        planned.push(count as f64, grouped(count), bytes, scan(whyred, 1, &folder, scratch, count));
    }
    Ok(planned)
}

fn size(args: &Args, whyred: &Path, scratch: &Path) -> Result<Planned, Error> {
    let mut planned = Planned::new("size", "Time of one file, one thread", "bytes of the file", Shape::Proportional);
    let largest = (args.largest > 1).then_some(args.largest << 30);
    for bytes in SIZES.into_iter().chain(largest) {
        let path = scratch.join(format!("{bytes}.log"));
        let written = text::long(&path, args.seed, bytes)?;
        planned.push(bytes as f64, size_name(bytes), written, scan(whyred, 1, &path, scratch, 1));
    }
    Ok(planned)
}

fn threads(args: &Args, whyred: &Path, scratch: &Path) -> Result<Planned, Error> {
    let title = format!("Time of {} files, by threads", grouped(SHARED));
    let mut planned = Planned::new("threads", &title, "threads", Shape::Shared);
    let folder = scratch.join("files");
    generate::write(&text::plan(args, SHARED), &folder)?;
    let bytes = bytes_below(&folder)?;
    for threads in THREADS {
        planned.push(threads as f64, threads.to_string(), bytes, scan(whyred, threads, &folder, scratch, SHARED));
    }
    Ok(planned)
}

fn density(args: &Args, whyred: &Path, scratch: &Path) -> Result<Planned, Error> {
    let title = "Time of one file of 10 MB, by lines that match a pattern";
    let mut planned = Planned::new("density", title, "share of lines that match", Shape::FlatSteps);
    let lines = ours::example_lines(&ours::sources()?)?;
    for share in SHARES {
        // Examples may look like lines of a runner's own log.
        let text = generate::first_line(args.seed) + &text::dense(args.seed, ONE_BYTES, share, &lines);
        push_text(&mut planned, whyred, scratch, share, format!("{}%", share * 100.0), &text)?;
    }
    Ok(planned)
}

fn colour(args: &Args, whyred: &Path, scratch: &Path) -> Result<Planned, Error> {
    let title = "Time of one file with 10 MB of visible text, by escape sequences";
    let mut planned = Planned::new("colour", title, "escape sequences a line", Shape::Flat);
    let visible = generate::first_line(args.seed) + &generate::harmless(args.seed, ONE_BYTES);
    for each in ESCAPES {
        let text = text::coloured(&visible, each, args.seed);
        push_text(&mut planned, whyred, scratch, each, each.to_string(), &text)?;
    }
    Ok(planned)
}

/// A point that is one file with this text.
fn push_text(planned: &mut Planned, whyred: &Path, scratch: &Path, x: f64, label: String, text: &str) -> Result<(), Error> {
    let path = scratch.join(format!("{x}.log"));
    fs::write(&path, text).map_err(|e| Error::path(&path, e))?;
    planned.push(x, label, text.len() as u64, scan(whyred, 1, &path, scratch, 1));
    Ok(())
}

/// The whole program, from start to end. It must write a record for each file.
fn scan(whyred: &Path, threads: usize, input: &Path, scratch: &Path, files: usize) -> Task {
    let words = ["scan", "--quiet", "--format", "jsonl", "--detail", "brief", "--threads"].map(OsString::from);
    let rest = [OsString::from(threads.to_string()), "--".into(), input.into()];
    let out = Out::File(scratch.join("records.jsonl"), Some(files as u64));
    let invocation = Invocation { out, ..Invocation::new(whyred, words.into_iter().chain(rest), LIMIT) };
    Box::new(move || {
        let late = || Error::World(format!("{}: took longer than {} s", invocation.program.display(), LIMIT.as_secs()));
        invocation.run()?.ok_or_else(late)
    })
}

fn bytes_below(folder: &Path) -> Result<u64, Error> {
    let entries = fs::read_dir(folder).map_err(|e| Error::path(folder, e))?;
    let mut bytes = 0;
    for path in entries.flatten().map(|e| e.path()).collect::<Vec<PathBuf>>() {
        bytes += if path.is_dir() { bytes_below(&path)? } else { fs::metadata(&path).map_err(|e| Error::path(&path, e))?.len() };
    }
    Ok(bytes)
}

/// `12,345`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        out.push_str(if index > 0 && (digits.len() - index).is_multiple_of(3) { "," } else { "" });
        out.push(digit);
    }
    out
}

/// `10 KB`; `16 GiB` where that is what it is.
fn size_name(bytes: u64) -> String {
    match bytes {
        b if b > 0 && b.is_multiple_of(1 << 30) => format!("{} GiB", b >> 30),
        b if b >= 1_000_000_000 => format!("{} GB", b / 1_000_000_000),
        b if b >= 1_000_000 => format!("{} MB", b / 1_000_000),
        b => format!("{} KB", b / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_numbers() {
        assert_eq!([1, 999, 1_000, 1_129, 1_000_000].map(grouped), ["1", "999", "1,000", "1,129", "1,000,000"]);
        assert_eq!([1_000, 10_000_000, 1_000_000_000, 16 << 30].map(size_name), ["1 KB", "10 MB", "1 GB", "16 GiB"]);
    }
}
