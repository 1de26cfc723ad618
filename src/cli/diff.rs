//! `whyred diff`.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::comparison::{Change, Comparison, Difference, Tally};
use crate::format::{Page, change_json, show_changes};
use crate::record::Outline;

use super::args::{DiffArgs, LineFormat};
use super::message::{Status, error, help};
use super::rows::Rows;
use super::{explain, terminal};

/// Mistakes of one file that are told one by one.
const MAX_TOLD: u64 = 5;

pub(super) fn run(args: &DiffArgs) -> Status {
    if args.old.as_os_str() == "-" && args.new.as_os_str() == "-" {
        error("standard input can be one of the two files only");
        return Status::Usage;
    }
    let (mut old, mut new) = match (Lines::open(&args.old), Lines::open(&args.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            for e in [old.err(), new.err()].into_iter().flatten() {
                error(&e);
            }
            return Status::Trouble;
        }
    };
    let mut told = Told { format: LineFormat::or_fitting(args.format), rows: Rows::new(), tally: Tally::default() };
    let mut comparison = Comparison::default();
    // Line by line from both: where the order is the same, next to nothing waits.
    loop {
        let (a, b) = (old.next(), new.next());
        if (a.is_none() && b.is_none()) || !told.rows.is_open() {
            break;
        }
        let changes = [a.and_then(|o| comparison.before(o)), b.and_then(|o| comparison.after(o))];
        changes.into_iter().flatten().for_each(|c| told.change(&c));
    }
    comparison.finish().iter().for_each(|c| told.change(c));
    let status = told.finish();
    if status != Status::Done || old.finish() | new.finish() {
        Status::Trouble
    } else if args.exit_code && told.tally.changed() > 0 {
        Status::Failed
    } else {
        Status::Done
    }
}

/// Where changes go.
struct Told {
    format: LineFormat,
    rows: Rows,
    tally: Tally,
}

impl Told {
    fn change(&mut self, change: &Change) {
        self.tally.add(change);
        if self.format == LineFormat::Jsonl && change.difference() != Difference::Same {
            self.rows.put(&change_json(change));
        }
    }

    fn finish(&mut self) -> Status {
        if self.format == LineFormat::Human {
            let mut page = Page::new(terminal::colour(), terminal::width());
            show_changes(&self.tally, self.tally.changed() + self.tally.same(), &mut page);
            return explain::print(&page.take());
        }
        self.rows.finish()
    }
}

/// The records of a file, one a line; a line that is none is told and left out.
struct Lines {
    name: String,
    lines: Box<dyn BufRead>,
    number: u64,
    wrong: u64,
    ended: bool,
}

impl Lines {
    fn open(path: &Path) -> Result<Lines, String> {
        let name = path.display().to_string();
        let lines: Box<dyn BufRead> = if path.as_os_str() == "-" {
            Box::new(BufReader::new(io::stdin()))
        } else {
            Box::new(BufReader::with_capacity(1 << 18, File::open(path).map_err(|e| format!("{name}: {e}"))?))
        };
        Ok(Lines { name, lines, number: 0, wrong: 0, ended: false })
    }

    fn next(&mut self) -> Option<Outline> {
        let mut line = Vec::new();
        while !self.ended {
            line.clear();
            match self.lines.read_until(b'\n', &mut line) {
                Ok(0) => self.ended = true,
                Ok(_) => {
                    self.number += 1;
                    if line.trim_ascii().is_empty() {
                        continue;
                    }
                    match Outline::parse(&line) {
                        Ok(outline) => return Some(outline),
                        Err(e) => self.wrong(&format!("line {}: {e}", self.number)),
                    }
                }
                Err(e) => {
                    self.wrong(&e.to_string());
                    self.ended = true;
                }
            }
        }
        None
    }

    fn wrong(&mut self, reason: &str) {
        self.wrong += 1;
        if self.wrong <= MAX_TOLD {
            error(&format!("{}: {reason}", self.name));
        }
    }

    /// Whether something was wrong.
    fn finish(&self) -> bool {
        if self.wrong > MAX_TOLD {
            error(&format!("{}: {} more lines that are no records", self.name, self.wrong - MAX_TOLD));
        }
        if self.wrong > 0 {
            help("records are written by `whyred scan --format jsonl`");
        }
        self.wrong > 0
    }
}
