//! Raw lines of a stamped trace that a later line of their stream may still continue.

use std::collections::VecDeque;

use super::split::{MAX_LINE_BYTES, Place};
use super::stamp::Stamp;

/// Lines that wait for a possible continuation. GitLab Runner writes a continuation at once; the bound keeps a stream
/// that fell silent from holding the others back.
pub(super) const MAX_WAITING: usize = 64;

/// Lines in the order in which they start.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    lines: VecDeque<Line>,
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Line {
    stamp: Stamp,
    place: Place,
    raw: Vec<u8>,
    /// It can be continued.
    open: bool,
}

impl Waiting {
    /// Whether none waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Queues a raw line, or joins it to the open one of its stream.
    pub(super) fn push(&mut self, raw: &[u8], place: Place, stamp: Stamp, starts_line: bool, ends_line: bool) {
        let open = starts_line.then(|| self.lines.iter_mut().rev().find(|w| w.open && w.stamp.stream == stamp.stream)).flatten();
        if let Some(open) = open {
            if stamp.continues {
                let room = MAX_LINE_BYTES.saturating_sub(open.raw.len());
                open.raw.extend_from_slice(&raw[..raw.len().min(room)]);
                open.place.cut |= place.cut || raw.len() > room;
                open.place.end = place.end;
                open.open = ends_line;
                return;
            }
            open.open = false;
        }
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.clear();
        bytes.extend_from_slice(raw);
        self.lines.push_back(Line { stamp, place, raw: bytes, open: ends_line && !raw.is_empty() });
    }

    /// The first line, if nothing can continue it any more; `all`: whatever may come. Give it back with [`Waiting::reuse`].
    pub(super) fn pop(&mut self, all: bool) -> Option<(Vec<u8>, Place)> {
        let ready = all || self.lines.len() > MAX_WAITING || self.lines.front().is_some_and(|w| !w.open);
        let line = if ready { self.lines.pop_front()? } else { return None };
        Some((line.raw, line.place))
    }

    pub(super) fn reuse(&mut self, raw: Vec<u8>) {
        self.spare.push(raw);
    }
}
