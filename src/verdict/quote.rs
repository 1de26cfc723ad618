//! The words of a line on which something was found: redacted, and what stands around it.

use std::cell::OnceCell;

use crate::engine::ProbeId;
use crate::redact::Redacted;

use super::passed_test::reports_no_failure;
use super::rules::{Options, Rules};
use super::session::MAX_SHOWN_BYTES;

/// Bytes of a capture.
const MAX_CAPTURE_BYTES: usize = 200;
/// Bytes of clean text that are kept for later; where there is more, the words are made at once.
const MAX_KEPT_BYTES: usize = 4096;

/// Names and values.
pub(super) type Captures = Vec<(String, Redacted)>;

/// A line and those around it. Its words are made when they are asked for: most hits are never shown.
#[derive(Clone, Debug)]
pub(super) struct Quote<'r> {
    rules: &'r Rules,
    options: &'r Options,
    probe: ProbeId,
    /// Clean lines, one behind the other; empty when all words are made.
    clean: Vec<u8>,
    /// Where each ends.
    ends: Vec<u32>,
    /// Which of them is the line.
    at: usize,
    text: OnceCell<Redacted>,
    around: OnceCell<(Vec<Redacted>, Vec<Redacted>)>,
    captures: OnceCell<Captures>,
    no_failure: OnceCell<bool>,
}

impl<'r> Quote<'r> {
    /// Of `lines` the one `at`, on which `probe` was found. Cost: a copy.
    pub(super) fn new<'t>(rules: &'r Rules, options: &'r Options, probe: ProbeId, lines: impl Iterator<Item = &'t [u8]>, at: usize) -> Quote<'r> {
        let (mut clean, mut ends) = (Vec::new(), Vec::new());
        for line in lines {
            clean.extend_from_slice(line);
            ends.push(clean.len() as u32);
        }
        let (text, around, captures, no_failure) = Default::default();
        let mut quote = Quote { rules, options, probe, clean, ends, at, text, around, captures, no_failure };
        if quote.clean.len() > MAX_KEPT_BYTES {
            let _ = (quote.text(), quote.around(), quote.captures(), quote.reports_no_failure());
            (quote.clean, quote.ends) = (Vec::new(), Vec::new());
        }
        quote
    }

    /// What is shown of the line: of a long one the part that the regex matches.
    pub(super) fn text(&self) -> &Redacted {
        self.text.get_or_init(|| {
            let whole = self.redact(self.line(self.at));
            if whole.as_str().len() <= MAX_SHOWN_BYTES {
                return whole;
            }
            match self.rules.engine().find(self.probe, whole.as_str().as_bytes()) {
                Some(range) => whole.cut_around(range, MAX_SHOWN_BYTES),
                None => whole.cut(MAX_SHOWN_BYTES),
            }
        })
    }

    /// The lines before it.
    pub(super) fn before(&self) -> &[Redacted] {
        &self.around().0
    }

    /// The lines after it.
    pub(super) fn after(&self) -> &[Redacted] {
        &self.around().1
    }

    /// What the regex captures of it.
    pub(super) fn captures(&self) -> &Captures {
        self.captures.get_or_init(|| captures(self.rules, self.options, self.probe, self.line(self.at)))
    }

    /// Whether it reports a test that did not fail.
    pub(super) fn reports_no_failure(&self) -> bool {
        *self.no_failure.get_or_init(|| reports_no_failure(self.line(self.at)))
    }

    fn around(&self) -> &(Vec<Redacted>, Vec<Redacted>) {
        self.around.get_or_init(|| {
            let shown = |i: usize| self.redact(self.line(i)).cut(MAX_SHOWN_BYTES);
            ((0..self.at).map(shown).collect(), (self.at + 1..self.ends.len()).map(shown).collect())
        })
    }

    fn line(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |i| self.ends[i] as usize);
        &self.clean[start..self.ends[index] as usize]
    }

    fn redact(&self, text: &[u8]) -> Redacted {
        self.options.redactor.redact(text)
    }
}

/// What a regex captures of a clean line that it matches.
pub(super) fn captures(rules: &Rules, options: &Options, probe: ProbeId, line: &[u8]) -> Captures {
    let captured = rules.engine().captures(probe, line);
    if captured.is_empty() {
        return Vec::new();
    }
    let redact = |text: &[u8]| options.redactor.redact(text);
    let whole = redact(line);
    let values = captured.into_iter().map(|(name, value)| (name, redact(value)));
    // A value cut out of its line has lost what told it for a secret: it must stand in the redacted line as it is.
    values.filter(|(_, value)| whole.as_str().contains(value.as_str())).map(|(name, value)| (name, value.cut(MAX_CAPTURE_BYTES))).collect()
}
