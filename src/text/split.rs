//! Bytes in chunks of any size to clean lines, in the order in which they start.
//!
//! Where a chunk is cut makes no difference. Memory: one raw line of at most [`MAX_LINE_BYTES`], and at most
//! [`MAX_WAITING`](super::waiting::MAX_WAITING) lines of a stamped trace that a `+` header could still continue.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::escape::{Lead, lead_of, visible};
use super::stamp::{HEADER_BYTES, Stamp, Stream, foreign_header};
use super::waiting::Waiting;
use super::{ByteSpan, LineNumber, trim};

/// What is kept of one raw line: the bytes behind are counted and not looked at.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// Bytes of the options of a section mark.
const MAX_OPTIONS_BYTES: usize = 256;

const WIDE_BOMS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
const BOM: &[u8] = b"\xef\xbb\xbf";
const SECTION: &[u8] = b"section_";
static SECTION_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(SECTION));

/// A line as regexes see it, with its place in the file.
#[derive(Debug)]
pub struct CleanLine<'a> {
    /// The physical line on which it starts.
    pub number: LineNumber,
    /// From its first raw byte (behind a header) to its last, what stands between joined pieces included.
    pub span: ByteSpan,
    /// Seconds of the header's time stamp.
    pub seconds: Option<i64>,
    /// The writer, in a stamped trace.
    pub stream: Option<Stream>,
    /// The colour in which it begins.
    pub lead: Lead,
    /// The raw bytes, without line end and header.
    pub raw: &'a [u8],
    /// The visible text, without white space at its end. Never blank.
    pub text: &'a [u8],
    /// The raw line was longer than [`MAX_LINE_BYTES`].
    pub cut: bool,
    /// It stands behind another piece of the same raw line.
    pub glued: bool,
}

/// Bytes of a log that were counted and not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// Their number.
    pub bytes: u64,
    /// How many of them end a physical line.
    pub line_ends: u64,
    /// The last of them does.
    pub ends_line: bool,
}

impl Gap {
    /// Takes in the bytes that come next.
    pub fn add(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        self.bytes += bytes.len() as u64;
        self.line_ends += memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.ends_line = *last == b'\n';
    }
}

/// Cuts a stream of bytes into [`CleanLine`]s. Use one for one log: `push` what comes, `finish` at its end.
#[derive(Debug, Default)]
pub struct Splitter {
    /// The raw line under way, from its first byte, at most [`MAX_LINE_BYTES`] and a header.
    carry: Vec<u8>,
    /// Bytes of the raw line under way, kept or not.
    carried: u64,
    /// Where the raw line under way begins.
    offset: u64,
    number: u64,
    /// The raw line under way is the first of its physical line.
    starts_line: bool,
    /// Header of the physical line under way.
    stamp: Option<Stamp>,
    /// Header of the next one and its length, where it was read already.
    ahead: Option<(Stamp, usize)>,
    waiting: Waiting,
    clean: Vec<u8>,
    bytes: u64,
    /// The start of the line under way was skipped.
    lost: bool,
    /// The file is UTF-16, as Windows shells write it: every second byte of its ASCII is a NUL.
    wide: bool,
}

/// What stands behind a raw line.
#[derive(Clone, Copy)]
enum Ends<'t> {
    /// A carriage return.
    Return,
    /// A line end or the end of the log, and as much of what follows as is there.
    Line(&'t [u8]),
}

impl Splitter {
    /// A splitter at the start of a log. Free.
    pub fn new() -> Splitter {
        Splitter { starts_line: true, number: 1, ..Splitter::default() }
    }

    /// Takes the next bytes; calls `sink` for every line that they complete.
    pub fn push(&mut self, mut chunk: &[u8], mut sink: impl FnMut(CleanLine)) {
        self.bytes += chunk.len() as u64;
        if self.lost {
            // The end of a line of which the start was not kept.
            let end = memchr::memchr(b'\n', chunk);
            let gone = end.map_or(chunk.len(), |i| i + 1);
            (self.lost, self.offset, chunk) = (end.is_none(), self.offset + gone as u64, &chunk[gone..]);
            self.number += u64::from(end.is_some());
        }
        while let Some(end) = memchr::memchr2(b'\n', b'\r', chunk) {
            let (head, behind) = (&chunk[..end], &chunk[end + 1..]);
            let ends = if chunk[end] == b'\n' { Ends::Line(behind) } else { Ends::Return };
            if self.carried == 0 {
                self.segment(head, head.len() as u64, ends, &mut sink);
            } else {
                self.keep(head);
                let carry = std::mem::take(&mut self.carry);
                self.segment(&carry, self.carried, ends, &mut sink);
                self.carry = carry;
                self.carry.clear();
            }
            self.carried = 0;
            chunk = behind;
        }
        self.keep(chunk);
    }

    /// Bytes went by that nobody kept. What stands before them becomes lines; the next line is the first that begins behind.
    pub fn skip(&mut self, gap: Gap, mut sink: impl FnMut(CleanLine)) {
        let number = self.number + gap.line_ends;
        self.finish(&mut sink);
        self.bytes += gap.bytes;
        (self.number, self.offset) = (number, self.bytes);
        (self.stamp, self.ahead, self.starts_line, self.lost) = (None, None, true, !gap.ends_line);
        self.carry.clear();
    }

    /// The log is at its end: what is left becomes lines.
    pub fn finish(&mut self, mut sink: impl FnMut(CleanLine)) {
        if self.carried > 0 {
            let carry = std::mem::take(&mut self.carry);
            self.segment(&carry, self.carried, Ends::Line(&[]), &mut sink);
            self.carried = 0;
        }
        self.release(true, &mut sink);
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Physical lines so far; one without an end counts.
    pub fn physical_lines(&self) -> u64 {
        self.number - u64::from(self.starts_line && self.carried == 0 && !self.lost)
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = (MAX_LINE_BYTES + HEADER_BYTES).saturating_sub(self.carry.len());
        self.carry.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.carried += bytes.len() as u64;
    }

    /// One raw line: `kept` of its `length` bytes, up to a line end or a carriage return.
    fn segment(&mut self, kept: &[u8], length: u64, ends: Ends, sink: &mut impl FnMut(CleanLine)) {
        let ends_line = matches!(ends, Ends::Line(_));
        let (offset, number) = (self.offset, self.number);
        if offset == 0 && WIDE_BOMS.iter().any(|b| kept.starts_with(b)) {
            self.wide = true;
        }
        let narrow: Vec<u8>;
        let mut raw = kept;
        if self.wide {
            narrow = kept.iter().copied().filter(|b| !matches!(b, 0 | 0xfe | 0xff)).collect();
            raw = &narrow;
        }
        let visible = raw.len();
        if self.starts_line {
            if offset == 0 && raw.starts_with(BOM) {
                raw = &raw[BOM.len()..];
            }
            self.stamp = self.ahead.take().or_else(|| Stamp::parse(raw)).map(|(stamp, header)| {
                raw = &raw[header..];
                stamp
            });
            if self.stamp.is_none() {
                raw = &raw[foreign_header(raw)..];
            }
        }
        let header = (visible - raw.len()) as u64;
        let (offset, end) = (offset + header, offset + length);
        self.offset = end + 1;
        let starts_line = std::mem::replace(&mut self.starts_line, ends_line);
        self.number += u64::from(ends_line);

        let cut = raw.len() > MAX_LINE_BYTES || length > kept.len() as u64;
        raw = &raw[..raw.len().min(MAX_LINE_BYTES)];
        match self.stamp {
            None => {
                self.release(true, sink);
                self.emit(raw, Place { number, offset, end, stamp: None, cut }, sink);
            }
            Some(stamp) => {
                let place = Place { number, offset, end, stamp: Some(stamp), cut };
                if self.waiting.is_empty() && self.is_whole(raw, ends, stamp) {
                    return self.emit(raw, place, sink);
                }
                let stamp = Stamp { continues: stamp.continues && starts_line, ..stamp };
                self.waiting.push(raw, place, stamp, starts_line, ends_line);
                self.release(false, sink);
            }
        }
    }

    /// Whether nothing can continue a raw line of a stamped trace: the next line of its stream follows at once and begins anew.
    /// False where that is not known yet.
    fn is_whole(&mut self, raw: &[u8], ends: Ends, stamp: Stamp) -> bool {
        let Ends::Line(behind) = ends else { return true };
        if raw.is_empty() {
            return true;
        }
        // A whole header, with the space at its end: what stands in the next line is not looked at.
        self.ahead = behind.first_chunk::<HEADER_BYTES>().filter(|_| !self.wide).and_then(|header| Stamp::parse(header));
        self.ahead.is_some_and(|(next, _)| next.stream == stamp.stream && !next.continues)
    }

    /// Hands out lines that wait: those that nothing can continue any more, or `all`.
    fn release(&mut self, all: bool, sink: &mut impl FnMut(CleanLine)) {
        while let Some((raw, place)) = self.waiting.pop(all) {
            self.emit(&raw, place, sink);
            self.waiting.reuse(raw);
        }
    }

    /// A whole raw line; section marks become lines of their own, also where text stands before or behind them.
    fn emit(&mut self, raw: &[u8], place: Place, sink: &mut impl FnMut(CleanLine)) {
        let (mut rest, mut glued) = (0, false);
        while let Some((start, end)) = find_mark(&raw[rest..]) {
            glued |= self.emit_piece(raw, rest..rest + start, place, glued, sink);
            glued |= self.emit_piece(raw, rest + start..rest + end, place, glued, sink);
            rest += end;
        }
        self.emit_piece(raw, rest..raw.len(), place, glued, sink);
    }

    /// Whether the piece was a line: one that is blank is none.
    fn emit_piece(&mut self, raw: &[u8], piece: Range<usize>, place: Place, glued: bool, sink: &mut impl FnMut(CleanLine)) -> bool {
        let Range { start, end } = piece;
        let piece = &raw[start..end];
        let clean = visible(piece, &mut self.clean);
        let shown = trim(clean);
        if shown.is_empty() {
            return false;
        }
        // A joined line spans what stands between its pieces: only its ends are known.
        let offset = place.offset + start as u64;
        let length = if end == raw.len() { place.end.saturating_sub(offset) } else { (end - start) as u64 };
        sink(CleanLine {
            number: LineNumber(place.number),
            span: ByteSpan { offset, length },
            seconds: place.stamp.map(|s| s.seconds),
            stream: place.stamp.map(|s| s.stream),
            lead: lead_of(piece),
            raw: piece,
            text: &clean[..shown.end],
            cut: place.cut,
            glued,
        });
        true
    }
}

/// Where a raw line stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) offset: u64,
    pub(super) end: u64,
    pub(super) stamp: Option<Stamp>,
    pub(super) cut: bool,
}

/// The range of the first `section_start:<seconds>:<name>[options]` or `section_end:...` in a raw line.
fn find_mark(raw: &[u8]) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = SECTION_FINDER.find(&raw[from..]) {
        let start = from + at;
        let rest = &raw[start + SECTION.len()..];
        let word = [&b"start:"[..], b"end:"].into_iter().find(|w| rest.starts_with(w));
        if let Some(length) = word.and_then(|w| mark_tail(&rest[w.len()..]).map(|n| w.len() + n)) {
            return Some((start, start + SECTION.len() + length));
        }
        from = start + SECTION.len();
    }
    None
}

/// Bytes of `<seconds>:<name>[options]` at the start of `raw`.
fn mark_tail(raw: &[u8]) -> Option<usize> {
    let digits = raw.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || digits > 12 || raw.get(digits) != Some(&b':') {
        return None;
    }
    let name = raw[digits + 1..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"_.-".contains(b)).count();
    if name == 0 {
        return None;
    }
    let end = digits + 1 + name;
    let options = match raw.get(end) {
        Some(b'[') => raw[end..].iter().take(MAX_OPTIONS_BYTES).position(|&b| b == b']').map_or(0, |i| i + 1),
        _ => 0,
    };
    Some(end + options)
}

#[cfg(test)]
mod tests {
    use super::super::waiting::MAX_WAITING;
    use super::*;

    /// `number@offset+length text` of every clean line, the same for every cut of the input.
    fn lines(input: &[u8]) -> Vec<String> {
        let whole = cut_at(input, input.len().max(1));
        for size in 1..input.len().min(70) {
            assert_eq!(cut_at(input, size), whole, "chunks of {size}");
        }
        whole
    }

    fn cut_at(input: &[u8], size: usize) -> Vec<String> {
        let mut out = Vec::new();
        let mut splitter = Splitter::new();
        let mut show = |l: CleanLine| {
            out.push(format!("{}@{}+{} {}", l.number.0, l.span.offset, l.span.length, String::from_utf8_lossy(l.text)));
        };
        for chunk in input.chunks(size) {
            splitter.push(chunk, &mut show);
        }
        splitter.finish(&mut show);
        out
    }

    #[test]
    fn line_ends_and_carriage_returns() {
        assert_eq!(lines(b"one\ntwo\r\n\n10%\r20%\rdone  \nlast"), ["1@0+3 one", "2@4+3 two", "4@10+3 10%", "4@14+3 20%", "4@18+6 done", "5@25+4 last"]);
        assert!(lines(b"\n \r\n").is_empty());
    }

    #[test]
    fn marks_are_lines_of_their_own() {
        let got = lines(b"textsection_end:9:step_script\r\x1b[0Ksection_start:9:a.b[collapsed=true]\r\x1b[0KTitle\n");
        assert_eq!(got, ["1@0+4 text", "1@4+25 section_end:9:step_script", "1@34+35 section_start:9:a.b[collapsed=true]", "1@70+9 Title"]);
        assert_eq!(lines(b"section_started: 3\n"), ["1@0+18 section_started: 3"]);
    }

    #[test]
    fn continuations_join_in_their_stream() {
        let input = b"2026-08-22T10:00:00.000000Z 01E fatal: refusing to\n\
            2026-08-22T10:00:00.000001Z 01O between\n\
            2026-08-22T10:00:00.000002Z 01E+ merge\n\
            2026-08-22T10:00:00.000003Z 00O section_start:1:x\r\n\
            2026-08-22T10:00:00.000004Z 00O+\x1b[0KTitle\n\
            no header\n";
        let got: Vec<_> = lines(input).iter().map(|l| l.split_once(' ').unwrap().1.to_owned()).collect();
        assert_eq!(got, ["fatal: refusing to merge", "between", "section_start:1:x", "Title", "no header"]);
    }

    #[test]
    fn long_lines_are_cut_and_counted() {
        let mut input = vec![b'x'; MAX_LINE_BYTES + 1000];
        input.extend_from_slice(b"\nnext\n");
        let mut splitter = Splitter::new();
        let mut seen = Vec::new();
        for chunk in input.chunks(777) {
            splitter.push(chunk, |l| seen.push((l.text.len(), l.span, l.cut)));
        }
        assert_eq!(seen[0], (MAX_LINE_BYTES, ByteSpan { offset: 0, length: MAX_LINE_BYTES as u64 + 1000 }, true));
        assert_eq!(seen[1].1.offset, MAX_LINE_BYTES as u64 + 1001);
        assert_eq!(splitter.physical_lines(), 2);
    }

    #[test]
    fn behind_a_gap_lines_have_the_places_that_they_have_without() {
        let input = b"2026-08-22T10:00:00.000000Z 01O first\none\rtwo\n\nthree\n\nlast line\nend";
        let show = |l: &CleanLine| format!("{}@{} {}", l.number.0, l.span.offset, String::from_utf8_lossy(l.text));
        let mut whole = Vec::new();
        let mut splitter = Splitter::new();
        splitter.push(input, |l| whole.push(show(&l)));
        splitter.finish(|l| whole.push(show(&l)));
        let (bytes, physical_lines) = (splitter.bytes(), splitter.physical_lines());
        for from in 0..input.len() {
            for to in from + 1..=input.len() {
                let (mut before, mut behind) = (Vec::new(), Vec::new());
                let mut splitter = Splitter::new();
                splitter.push(&input[..from], |l| before.push(show(&l)));
                let mut gap = Gap::default();
                input[from..to].chunks(3).for_each(|c| gap.add(c));
                splitter.skip(gap, |l| before.push(show(&l)));
                input[to..].chunks(5).for_each(|c| splitter.push(c, |l| behind.push(show(&l))));
                splitter.finish(|l| behind.push(show(&l)));
                let next = input[to..].iter().position(|b| *b == b'\n').map_or(input.len(), |i| to + i + 1);
                let first = if input[to - 1] == b'\n' { to } else { next };
                let at = |line: &String| line.split(['@', ' ']).nth(1).and_then(|n| n.parse::<usize>().ok()).unwrap();
                let want: Vec<&String> = whole.iter().filter(|l| at(l) >= first).collect();
                assert_eq!(behind.iter().collect::<Vec<_>>(), want, "without {from}..{to}");
                assert_eq!((splitter.bytes(), splitter.physical_lines()), (bytes, physical_lines), "without {from}..{to}");
            }
        }
    }

    #[test]
    fn a_silent_stream_holds_nothing_back() {
        let mut input = b"2026-08-22T10:00:00.000000Z 00O first\n".to_vec();
        for _ in 0..MAX_WAITING * 3 {
            input.extend_from_slice(b"2026-08-22T10:00:00.000000Z 01O work\n");
        }
        let mut splitter = Splitter::new();
        let mut seen = 0;
        splitter.push(&input, |_| seen += 1);
        assert!(seen > MAX_WAITING);
    }
}
