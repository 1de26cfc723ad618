//! How many tests failed, and which: from every line on which a test tool names or counts them, also those that are too
//! many to be kept as hits.

use std::collections::VecDeque;

use crate::pattern::Pattern;
use crate::redact::Redacted;
use crate::trace::Place;

/// The class whose patterns name and count failed tests.
const CLASS: &str = "test-failure";
/// The capture that is the name of a failed test.
const NAME: &str = "test";
/// Captures that count failed tests; a line can have several, and they add up.
const COUNTS: [&str; 2] = ["failed", "errored"];
/// Names that are kept of one command.
const MAX_NAMES: usize = 50;
/// Commands whose failed tests are kept, the last ones.
const MAX_COMMANDS: usize = 8;

/// Tests that failed, as the output of their command tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedTests {
    /// How many: the largest number that the tool printed, and no less than there are names.
    pub count: u64,
    /// Their names in the order of the output, as it prints them, each once; at most 50.
    pub names: Vec<Redacted>,
}

impl FailedTests {
    /// Takes what a line captured: its counts and the name of a test.
    pub(super) fn take(&mut self, captures: &[(String, Redacted)]) {
        let captured = |name: &str| captures.iter().find(|(n, _)| n == name).map(|(_, value)| value);
        let numbers = COUNTS.iter().filter_map(|n| captured(n)?.as_str().parse::<u64>().ok());
        self.count = self.count.max(numbers.fold(0, u64::saturating_add));
        let Some(name) = captured(NAME) else { return };
        if self.names.len() < MAX_NAMES && !self.names.contains(name) {
            self.names.push(name.clone());
        }
        self.count = self.count.max(self.names.len() as u64);
    }
}

/// The failed tests of a log, by command.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    commands: VecDeque<((u32, u32), FailedTests)>,
}

impl Ledger {
    /// Whether the captures of a hit belong here. A pattern that looks at the lines around is not asked: whether it holds is
    /// known only at the end.
    pub(super) fn wants(pattern: &Pattern) -> bool {
        Ledger::concerns(pattern) && pattern.near.is_empty()
    }

    /// Whether failed tests explain a verdict by that pattern.
    pub(super) fn concerns(pattern: &Pattern) -> bool {
        pattern.class() == CLASS
    }

    /// Takes the captures of a line.
    pub(super) fn line(&mut self, place: Place, captures: &[(String, Redacted)]) {
        if captures.iter().any(|(name, _)| name == NAME || COUNTS.contains(&name.as_str())) {
            self.command(place).take(captures);
        }
    }

    /// What failed in a command.
    pub(super) fn of(&self, place: Place) -> Option<&FailedTests> {
        self.commands.iter().find(|(key, _)| *key == (place.section, place.command)).map(|(_, tests)| tests)
    }

    fn command(&mut self, place: Place) -> &mut FailedTests {
        let key = (place.section, place.command);
        let at = self.commands.iter().position(|(k, _)| *k == key).unwrap_or_else(|| {
            if self.commands.len() == MAX_COMMANDS {
                self.commands.pop_front();
            }
            self.commands.push_back((key, FailedTests::default()));
            self.commands.len() - 1
        });
        &mut self.commands[at].1
    }
}
