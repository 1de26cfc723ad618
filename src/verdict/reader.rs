//! Clean lines to hits: lines are gathered into blocks, each block is scanned once, and what is found is kept.

use std::ops::Range;

use crate::engine::{Found, Hit, ProbeId, Scratch};
use crate::text::CleanLine;
use crate::trace::{Anatomy, Fed, Role};

use super::failed_tests::Ledger;
use super::fallback::Tails;
use super::gathered::{AROUND, Gathered, LineInfo};
use super::hits::{Hits, Spot};
use super::passed_test::reports_no_failure;
use super::quote::{Quote, captures};
use super::rules::{Options, Rules};
use super::runner::{RunnerLog, Told};

/// A block of lines is scanned when it has this many bytes: it stays in a core's cache.
const BLOCK_BYTES: usize = 128 * 1024;
/// Lines of a block, however short.
const MAX_BLOCK_LINES: usize = 64 * 1024;
/// All that takes lines: apart from the splitter, which hands them out.
#[derive(Debug)]
pub(super) struct Reader<'r> {
    rules: &'r Rules,
    options: &'r Options,
    pub(super) anatomy: Anatomy,
    now: Gathered,
    seq: u64,
    scratch: Scratch,
    found: Vec<Hit>,
    pub(super) hits: Hits<'r>,
    pub(super) failed_tests: Ledger,
    pub(super) tails: Tails,
    pub(super) runner: RunnerLog<'r>,
    pub(super) cut: bool,
}

impl<'r> Reader<'r> {
    pub(super) fn new(rules: &'r Rules, options: &'r Options) -> Reader<'r> {
        Reader {
            rules,
            options,
            anatomy: Anatomy::new(),
            now: Gathered::default(),
            seq: 0,
            scratch: Scratch::default(),
            found: Vec::new(),
            hits: Hits::default(),
            failed_tests: Ledger::default(),
            tails: Tails::default(),
            runner: RunnerLog::default(),
            cut: false,
        }
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, line: &CleanLine) {
        self.gather(line);
        if self.now.block.bytes() >= BLOCK_BYTES || self.now.lines.len() >= MAX_BLOCK_LINES {
            self.flush(false);
        }
    }

    /// Takes the lines that `fill` gives to [`Reader::gather`], while other threads of the current pool scan those before.
    pub(super) fn ahead(&mut self, fill: impl FnOnce(&mut Reader<'r>) + Send) {
        let next = self.now.next();
        let mut before = std::mem::replace(&mut self.now, next);
        // Its last lines went on to the next; they are context here.
        let waiting = before.waiting(false);
        let (rules, mut found) = (self.rules, Vec::new());
        rayon::join(|| fill(self), || rules.engine().scan_parallel(&before.block, waiting.clone(), &mut found));
        self.take(&mut before, waiting, &found);
    }

    /// Reads a line without scanning it.
    pub(super) fn gather(&mut self, line: &CleanLine) {
        let (now, tails, seq, cut) = (&mut self.now, &mut self.tails, &mut self.seq, &mut self.cut);
        self.anatomy.line(line, &mut |fed: Fed| {
            *cut |= fed.cut;
            tails.line(fed.place, fed.number, fed.span, fed.text);
            now.push(fed.text, LineInfo { seq: *seq, number: fed.number, span: fed.span, place: fed.place, daemon: fed.daemon.map(Box::new) });
            *seq += 1;
        });
    }

    /// Scans what was not scanned, but for the last lines as long as more can come: they are the context of others.
    pub(super) fn flush(&mut self, last: bool) {
        let mut now = std::mem::take(&mut self.now);
        let waiting = now.waiting(last);
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        self.rules.engine().scan(&now.block, waiting.clone(), &mut self.scratch, &mut found);
        self.take(&mut now, waiting.clone(), &found);
        now.forget(waiting.end);
        (self.now, self.found) = (now, found);
    }

    /// Keeps what was found on lines that were scanned.
    fn take(&mut self, from: &mut Gathered, scanned: Range<usize>, found: &[Hit]) {
        let mut next = found.iter().copied().peekable();
        for line in scanned {
            let start = next.clone();
            let mut count = 0;
            while next.next_if(|h| h.line as usize == line).is_some() {
                count += 1;
            }
            if count > 0 || from.lines[line].daemon.is_some() {
                self.take_line(from, line, start.take(count));
            }
        }
    }

    fn take_line(&mut self, from: &mut Gathered, line: usize, hits: impl Iterator<Item = Hit>) {
        let daemon = from.lines[line].daemon.take();
        let from = &*from;
        let mut patterns = Vec::new();
        for hit in hits {
            match hit.found {
                Found::Probe(probe) => {
                    let spot = self.spot(from, line, probe, daemon.is_some(), 0);
                    self.hits.add_probe(spot);
                }
                Found::Pattern(pattern, probe) if daemon.is_some() => patterns.push((pattern, self.spot(from, line, probe, true, AROUND))),
                Found::Pattern(pattern, probe) => {
                    let place = from.lines[line].place;
                    if place.role == Role::Command {
                        continue;
                    }
                    let spot = self.hits.wants(pattern, place).then(|| self.spot(from, line, probe, false, AROUND));
                    if Ledger::wants(&self.rules.catalog().patterns[pattern.0 as usize]) && !reports_no_failure(from.block.line(line)) {
                        match &spot {
                            Some(spot) => self.failed_tests.line(place, spot.quote.captures()),
                            None => self.failed_tests.line(place, &captures(self.rules, self.options, probe, from.block.line(line))),
                        }
                    }
                    if let Some(spot) = spot {
                        self.hits.add(pattern, spot);
                    }
                }
            }
        }
        if let Some(daemon) = daemon {
            let LineInfo { place, number, span, .. } = from.lines[line];
            let told = Told { daemon: &daemon, role: place.role, number, span };
            self.runner.line(&told, patterns, self.rules, self.options, &self.hits);
        }
    }

    /// A line as it is kept, with `around` lines on either side.
    fn spot(&self, from: &Gathered, line: usize, probe: ProbeId, daemon: bool, around: usize) -> Spot<'r> {
        let LineInfo { seq, number, span, place, .. } = from.lines[line];
        let first = line.saturating_sub(around);
        let lines = first..from.block.len().min(line + 1 + around);
        let quote = Quote::new(self.rules, self.options, probe, lines.map(|i| from.block.line(i)), line - first);
        Spot { seq, number, span, place, daemon, probe, quote }
    }
}
