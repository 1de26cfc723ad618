//! Hits that are kept, bounded whatever the log holds.
//!
//! Of each pattern the first four hits and the last eight are kept, and of one command no more than four: the first
//! tell where it began, the last stand near the failure. Of each silent probe the first eight and the last
//! twenty-four.

use std::collections::{HashMap, VecDeque};

use crate::engine::{PatternIndex, ProbeId};
use crate::text::{ByteSpan, LineNumber};
use crate::trace::Place;

use super::quote::Quote;

const FIRST_HITS: usize = 4;
const LAST_HITS: usize = 8;
const HITS_OF_COMMAND: usize = 4;
const FIRST_PROBES: usize = 8;
const LAST_PROBES: usize = 24;

/// A line on which something was found.
#[derive(Clone, Debug)]
pub(super) struct Spot<'r> {
    /// Place among all clean lines.
    pub(super) seq: u64,
    pub(super) number: LineNumber,
    pub(super) span: ByteSpan,
    pub(super) place: Place,
    /// The line comes from a runner's daemon, in canonical form.
    pub(super) daemon: bool,
    pub(super) probe: ProbeId,
    pub(super) quote: Quote<'r>,
}

/// The first and the last of a growing list.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept<'r> {
    first: Vec<Spot<'r>>,
    last: VecDeque<Spot<'r>>,
    dropped: bool,
}

impl<'r> Kept<'r> {
    fn push(&mut self, spot: Spot<'r>, first: usize, last: usize) {
        if self.first.len() < first {
            self.first.push(spot);
            return;
        }
        if self.last.len() == last {
            self.last.pop_front();
            self.dropped = true;
        }
        self.last.push_back(spot);
    }

    /// In the order of the log.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Spot<'r>> {
        self.first.iter().chain(&self.last)
    }

    fn of_command(&self, place: Place) -> usize {
        let same = |s: &&Spot| s.place.section == place.section && s.place.command == place.command && s.place.role == place.role;
        self.last.iter().rev().take_while(same).count() + self.first.iter().rev().take_while(same).count()
    }
}

/// Everything that was found in one log.
#[derive(Debug, Default)]
pub(super) struct Hits<'r> {
    patterns: HashMap<PatternIndex, Kept<'r>>,
    probes: HashMap<ProbeId, Kept<'r>>,
    dropped: bool,
}

impl<'r> Hits<'r> {
    /// Whether a further hit of this pattern at this place would be kept: reading its text costs more than asking.
    pub(super) fn wants(&mut self, pattern: PatternIndex, place: Place) -> bool {
        let wants = self.patterns.get(&pattern).is_none_or(|k| k.of_command(place) < HITS_OF_COMMAND);
        self.dropped |= !wants;
        wants
    }

    pub(super) fn add(&mut self, pattern: PatternIndex, spot: Spot<'r>) {
        self.patterns.entry(pattern).or_default().push(spot, FIRST_HITS, LAST_HITS);
    }

    pub(super) fn add_probe(&mut self, spot: Spot<'r>) {
        self.probes.entry(spot.probe).or_default().push(spot, FIRST_PROBES, LAST_PROBES);
    }

    /// Patterns with hits, by index.
    pub(super) fn patterns(&self) -> Vec<(PatternIndex, &Kept<'r>)> {
        let mut all: Vec<_> = self.patterns.iter().map(|(i, k)| (*i, k)).collect();
        all.sort_by_key(|(i, _)| *i);
        all
    }

    /// Where a silent probe was found, in order.
    pub(super) fn probe(&self, probe: ProbeId) -> impl Iterator<Item = &Spot<'r>> {
        self.probes.get(&probe).into_iter().flat_map(Kept::iter)
    }

    /// Whether hits were left out.
    pub(super) fn dropped(&self) -> bool {
        self.dropped || self.patterns.values().any(|k| k.dropped)
    }
}
