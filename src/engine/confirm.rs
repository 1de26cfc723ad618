//! Regexes on candidate lines. They are compiled when first needed: most are never.

use std::sync::OnceLock;

use regex::bytes::Regex;

use super::tables::{ProbeId, Program};
use crate::text::dialect;

#[derive(Debug)]
pub(super) struct Confirm {
    regexes: Vec<OnceLock<Option<Regex>>>,
}

impl Confirm {
    pub(super) fn new(probes: usize) -> Confirm {
        Confirm { regexes: std::iter::repeat_with(OnceLock::new).take(probes).collect() }
    }

    pub(super) fn is_match(&self, program: &Program, probe: ProbeId, text: &[u8]) -> bool {
        self.regex(program, probe).is_some_and(|r| r.is_match(text))
    }

    pub(super) fn find(&self, program: &Program, probe: ProbeId, text: &[u8]) -> Option<std::ops::Range<usize>> {
        self.regex(program, probe)?.find(text).map(|m| m.range())
    }

    pub(super) fn captures<'t>(&self, program: &Program, probe: ProbeId, text: &'t [u8]) -> Vec<(String, &'t [u8])> {
        let Some(regex) = self.regex(program, probe) else { return Vec::new() };
        let Some(found) = regex.captures(text) else { return Vec::new() };
        let names = regex.capture_names().flatten();
        names.filter_map(|n| found.name(n).map(|m| (n.to_owned(), m.as_bytes()))).filter(|(_, v)| !v.is_empty()).collect()
    }

    /// Sources were compiled once when their file was read: `None` cannot happen for a catalog that was built.
    fn regex(&self, program: &Program, probe: ProbeId) -> Option<&Regex> {
        self.regexes[probe.0 as usize].get_or_init(|| dialect(&program.probe(probe).source).ok()).as_ref()
    }
}
