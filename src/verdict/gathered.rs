//! Lines on their way from the anatomy to the engine.

use std::ops::Range;

use crate::engine::Block;
use crate::text::{ByteSpan, LineNumber};
use crate::trace::{DaemonLine, Place};

/// Lines shown before and after one.
pub(super) const AROUND: usize = 2;

/// What is known of a line beside its text.
#[derive(Debug)]
pub(super) struct LineInfo {
    pub(super) seq: u64,
    pub(super) number: LineNumber,
    pub(super) span: ByteSpan,
    pub(super) place: Place,
    pub(super) daemon: Option<Box<DaemonLine>>,
}

/// A run of lines. The first of them may be scanned already: they are the context of others, as the last ones are.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) block: Block,
    pub(super) lines: Vec<LineInfo>,
    /// Lines that were scanned before.
    scanned: usize,
}

impl Gathered {
    pub(super) fn push(&mut self, text: &[u8], info: LineInfo) {
        self.block.push(text);
        self.lines.push(info);
    }

    /// The lines to scan; without the last ones as long as more can come behind them.
    pub(super) fn waiting(&self, last: bool) -> Range<usize> {
        let end = if last { self.block.len() } else { self.block.len().saturating_sub(AROUND) };
        self.scanned..end.max(self.scanned)
    }

    /// Everything up to `end` was scanned: what is no context is forgotten.
    pub(super) fn forget(&mut self, end: usize) {
        let gone = end.saturating_sub(AROUND);
        self.block.drop_front(gone);
        self.lines.drain(..gone);
        self.scanned = end - gone;
    }

    /// A run that goes on where this one can be scanned to, with what is context for both.
    pub(super) fn next(&mut self) -> Gathered {
        let end = self.waiting(false).end;
        let from = end.saturating_sub(AROUND);
        let mut next = Gathered { scanned: end - from, ..Gathered::default() };
        for at in from..end {
            let LineInfo { seq, number, span, place, .. } = self.lines[at];
            next.push(self.block.line(at), LineInfo { seq, number, span, place, daemon: None });
        }
        for (at, info) in (end..).zip(self.lines.drain(end..)) {
            next.push(self.block.line(at), info);
        }
        next
    }
}
