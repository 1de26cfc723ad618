//! Clean lines to hits: lines are gathered into blocks, each block is scanned once, and what is found is kept.

use crate::engine::{Block, Found, Hit, ProbeId, Scratch};
use crate::text::{ByteSpan, CleanLine, LineNumber};
use crate::trace::{Anatomy, DaemonLine, Fed, Place, Role};

use super::failed_tests::Ledger;
use super::fallback::Tails;
use super::hits::{Hits, Spot};
use super::passed_test::reports_no_failure;
use super::quote::{Quote, captures};
use super::rules::{Options, Rules};
use super::runner::{RunnerLog, Told};

/// A block of lines is scanned when it has this many bytes: it stays in a core's cache.
const BLOCK_BYTES: usize = 128 * 1024;
/// A block that is shared out over threads.
const WIDE_BLOCK_BYTES: usize = 4 << 20;
/// Lines of a block, however short.
const MAX_BLOCK_LINES: usize = 64 * 1024;
/// A log of at least this size is shared out.
const WIDE_FROM_BYTES: u64 = 16 << 20;
/// Lines shown before and after one.
const AROUND: usize = 2;

/// All that takes lines: apart from the splitter, which hands them out.
#[derive(Debug)]
pub(super) struct Reader<'r> {
    rules: &'r Rules,
    options: &'r Options,
    pub(super) anatomy: Anatomy,
    block: Block,
    lines: Vec<LineInfo>,
    /// Lines of the block that were scanned before.
    scanned: usize,
    seq: u64,
    scratch: Scratch,
    found: Vec<Hit>,
    pub(super) hits: Hits<'r>,
    pub(super) failed_tests: Ledger,
    pub(super) tails: Tails,
    pub(super) runner: RunnerLog<'r>,
    pub(super) cut: bool,
}

#[derive(Debug)]
struct LineInfo {
    seq: u64,
    number: LineNumber,
    span: ByteSpan,
    place: Place,
    daemon: Option<Box<DaemonLine>>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(rules: &'r Rules, options: &'r Options) -> Reader<'r> {
        Reader {
            rules,
            options,
            anatomy: Anatomy::new(),
            block: Block::new(),
            lines: Vec::new(),
            scanned: 0,
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
        let (block, lines, tails, seq) = (&mut self.block, &mut self.lines, &mut self.tails, &mut self.seq);
        let mut cut = false;
        self.anatomy.line(line, &mut |fed: Fed| {
            cut |= fed.cut;
            block.push(fed.text);
            tails.line(fed.place, fed.number, fed.span, fed.text);
            lines.push(LineInfo { seq: *seq, number: fed.number, span: fed.span, place: fed.place, daemon: fed.daemon.map(Box::new) });
            *seq += 1;
        });
        self.cut |= cut;
        let wide = self.options.wide && line.span.offset >= WIDE_FROM_BYTES;
        let full = if wide { WIDE_BLOCK_BYTES } else { BLOCK_BYTES };
        if self.block.bytes() >= full || self.lines.len() >= MAX_BLOCK_LINES {
            self.flush(false);
        }
    }

    /// Scans what was not scanned, but for the last lines as long as more can come: they are the context of others.
    pub(super) fn flush(&mut self, last: bool) {
        let end = if last { self.block.len() } else { self.block.len().saturating_sub(AROUND) };
        if end > self.scanned {
            self.found.clear();
            if self.block.bytes() >= WIDE_BLOCK_BYTES {
                self.rules.engine().scan_parallel(&self.block, self.scanned..end, &mut self.found);
            } else {
                self.rules.engine().scan(&self.block, self.scanned..end, &mut self.scratch, &mut self.found);
            }
            let found = std::mem::take(&mut self.found);
            let mut next = found.iter().copied().peekable();
            for line in self.scanned..end {
                let start = next.clone();
                let mut count = 0;
                while next.next_if(|h| h.line as usize == line).is_some() {
                    count += 1;
                }
                if count > 0 || self.lines[line].daemon.is_some() {
                    self.take_line(line, start.take(count));
                }
            }
            self.found = found;
            self.scanned = end;
        }
        let gone = self.scanned.saturating_sub(AROUND);
        self.block.drop_front(gone);
        self.lines.drain(..gone);
        self.scanned -= gone;
    }

    fn take_line(&mut self, line: usize, hits: impl Iterator<Item = Hit>) {
        let daemon = self.lines[line].daemon.take();
        let mut patterns = Vec::new();
        for hit in hits {
            match hit.found {
                Found::Probe(probe) => {
                    let spot = self.spot(line, probe, daemon.is_some(), 0);
                    self.hits.add_probe(spot);
                }
                Found::Pattern(pattern, probe) if daemon.is_some() => patterns.push((pattern, self.spot(line, probe, true, AROUND))),
                Found::Pattern(pattern, probe) => {
                    let place = self.lines[line].place;
                    if matches!(place.role, Role::Command | Role::Own) {
                        continue;
                    }
                    let spot = self.hits.wants(pattern, place).then(|| self.spot(line, probe, false, AROUND));
                    if Ledger::wants(&self.rules.catalog().patterns[pattern.0 as usize]) && !reports_no_failure(self.block.line(line)) {
                        match &spot {
                            Some(spot) => self.failed_tests.line(place, spot.quote.captures()),
                            None => self.failed_tests.line(place, &captures(self.rules, self.options, probe, self.block.line(line))),
                        }
                    }
                    if let Some(spot) = spot {
                        self.hits.add(pattern, spot);
                    }
                }
            }
        }
        if let Some(daemon) = daemon {
            let LineInfo { place, number, span, .. } = self.lines[line];
            let told = Told { daemon: &daemon, role: place.role, number, span };
            self.runner.line(&told, patterns, self.rules, self.options, &self.hits);
        }
    }

    /// A line as it is kept, with `around` lines on either side.
    fn spot(&self, line: usize, probe: ProbeId, daemon: bool, around: usize) -> Spot<'r> {
        let LineInfo { seq, number, span, place, .. } = self.lines[line];
        let from = line.saturating_sub(around);
        let lines = from..self.block.len().min(line + 1 + around);
        let quote = Quote::new(self.rules, self.options, probe, lines.map(|i| self.block.line(i)), line - from);
        Spot { seq, number, span, place, daemon, probe, quote }
    }
}
