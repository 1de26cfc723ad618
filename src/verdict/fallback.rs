//! What to show of a failed job that nothing explains: the last lines of the tool that failed, and those among them that
//! read like errors.

use std::collections::VecDeque;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::text::{ByteSpan, LineNumber};
use crate::trace::{Place, Role};

use super::passed_test::reports_no_failure;

/// Sections of which lines are kept.
const SECTIONS: usize = 4;
/// Last lines of each.
const LAST: usize = 40;
/// Lines that are shown.
pub(super) const SHOWN: usize = 3;
/// Bytes of a line that are kept.
const MAX_BYTES: usize = 8192;

/// Words that tools use when something went wrong.
static TELLING: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "error",
        "fail",
        "fatal",
        "exception",
        "cannot",
        "can't",
        "could not",
        "not found",
        "denied",
        "unable to",
        "invalid",
        "no such",
        "panic",
        "missing",
        "traceback",
        "refused",
        "undefined",
        "unexpected",
        "not allowed",
        "must ",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

#[derive(Clone, Debug)]
pub(super) struct TailLine {
    pub(super) number: LineNumber,
    pub(super) span: ByteSpan,
    pub(super) text: Vec<u8>,
}

/// The last lines of the last sections, and the runner's last line.
#[derive(Debug, Default)]
pub(super) struct Tails {
    tails: VecDeque<Tail>,
    last: Option<TailLine>,
    /// Room of lines that were forgotten.
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Tail {
    section: u32,
    command: u32,
    /// The echoed command, as long as it is all that there is.
    echo: Option<TailLine>,
    lines: VecDeque<TailLine>,
}

impl Tails {
    /// Takes note of a line of output.
    pub(super) fn line(&mut self, place: Place, number: LineNumber, span: ByteSpan, text: &[u8]) {
        let keep = || TailLine { number, span, text: text[..text.len().min(MAX_BYTES)].to_vec() };
        match place.role {
            Role::Title => return,
            Role::OutcomeText => {
                self.last = Some(keep());
                return;
            }
            Role::Command | Role::Output => {}
        }
        if self.tails.back().is_none_or(|t| t.section != place.section) {
            if self.tails.len() == SECTIONS {
                self.tails.pop_front();
            }
            self.tails.push_back(Tail { section: place.section, command: place.command, echo: None, lines: VecDeque::new() });
        }
        let Some(tail) = self.tails.back_mut() else { return };
        if tail.command != place.command {
            tail.command = place.command;
            tail.echo = None;
            self.spare.extend(tail.lines.drain(..).map(|l| l.text));
        }
        if place.role == Role::Command {
            if tail.lines.is_empty() {
                tail.echo.get_or_insert_with(keep);
            }
            return;
        }
        let forgotten = if tail.lines.len() == LAST { tail.lines.pop_front().map(|l| l.text) } else { self.spare.pop() };
        let mut kept = forgotten.unwrap_or_default();
        kept.clear();
        kept.extend_from_slice(&text[..text.len().min(MAX_BYTES)]);
        tail.lines.push_back(TailLine { number, span, text: kept });
    }

    /// The last lines of a section that read like errors, in order, at most [`SHOWN`].
    pub(super) fn errors(&self, section: u32) -> Vec<&TailLine> {
        let reads_like_an_error = |l: &&TailLine| TELLING.as_ref().is_some_and(|t| t.is_match(&l.text)) && !reports_no_failure(&l.text);
        let mut shown: Vec<&TailLine> = self.tail(section).iter().flat_map(|t| t.lines.iter().rev()).filter(reads_like_an_error).take(SHOWN).collect();
        shown.reverse();
        shown
    }

    /// The most telling lines of a section, in order: those that read like errors. Where none does, the last ones of all
    /// (the command itself, if it wrote nothing), and the runner's last line.
    pub(super) fn telling(&self, section: u32) -> Vec<&TailLine> {
        let Some(tail) = self.tail(section) else { return self.last.iter().collect() };
        let mut shown = self.errors(section);
        if shown.is_empty() {
            shown.extend(tail.echo.iter().filter(|_| tail.lines.is_empty()));
            shown.extend(tail.lines.iter().skip(tail.lines.len().saturating_sub(SHOWN)));
            shown.extend(&self.last);
        }
        shown
    }

    fn tail(&self, section: u32) -> Option<&Tail> {
        self.tails.iter().rev().find(|t| t.section == section)
    }
}
