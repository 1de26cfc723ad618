//! The slow twin of the engine: every regex on every line, one by one.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use crate::ours::Probe;

/// The regexes of the catalog, each compiled when first needed.
#[derive(Debug)]
pub struct Twin {
    probes: Vec<Probe>,
    regexes: Vec<OnceLock<Option<Regex>>>,
}

impl Twin {
    /// The twin of an engine with these probes.
    pub fn new(probes: Vec<Probe>) -> Twin {
        let regexes = std::iter::repeat_with(OnceLock::new).take(probes.len()).collect();
        Twin { probes, regexes }
    }

    /// The regex of a probe.
    pub fn source(&self, probe: u32) -> &str {
        &self.probes[probe as usize].source
    }

    /// Whether the regex of a probe matches a line.
    pub fn matches(&self, probe: u32, line: &[u8]) -> bool {
        let regex = self.regexes[probe as usize].get_or_init(|| compile(self.source(probe)));
        regex.as_ref().is_some_and(|r| r.is_match(line))
    }

    /// Whether a probe is reported of a line.
    #[cfg(feature = "vectorscan")]
    pub fn reports(&self, probe: u32, line: &[u8]) -> bool {
        let index = probe as usize;
        self.probes[index].active && self.matches(probe, line) && self.stands(&self.probes[index], line)
    }

    /// Sets the probes that are reported of each line. Cost: thousands of searches a line.
    pub fn report(&self, lines: &mut BTreeMap<Vec<u8>, Vec<u32>>) {
        // Regex by regex, not line by line: one of thousands leaves no room in a cache for the next.
        for (index, probe) in (0..).zip(&self.probes).filter(|(_, p)| p.active) {
            let Some(regex) = compile(&probe.source) else { continue };
            for (line, found) in lines.iter_mut() {
                if regex.is_match(line) && self.stands(probe, line) {
                    found.push(index);
                }
            }
        }
    }

    /// Whether a probe that matches a line is reported.
    fn stands(&self, probe: &Probe, line: &[u8]) -> bool {
        probe.silent || probe.exceptions.iter().any(|e| e.iter().all(|&e| !self.matches(e, line)))
    }
}

/// As the engine's dialect has it: bytes, ASCII classes and ASCII case. A catalog that was built holds only regexes
/// that compile.
fn compile(source: &str) -> Option<Regex> {
    RegexBuilder::new(source).unicode(false).build().ok()
}
