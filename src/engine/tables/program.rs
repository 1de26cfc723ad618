//! A catalog as the engine sees it: regexes without repetition, and who uses each.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::pattern::{Catalog, Evidence, LineRegex, Needs, needs};

/// The index of a pattern in its catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PatternIndex(pub u32);

/// The index of a regex in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProbeId(pub u32);

/// A regex and its uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Probe {
    /// Its source.
    pub source: String,
    /// What stands in every line that it matches; without branches it must see every line. Not kept in an embedded program,
    /// whose tables are made.
    #[serde(skip)]
    pub needs: Needs,
    /// Patterns whose `match` it is.
    pub patterns: Vec<PatternIndex>,
    /// It serves as context or evidence.
    pub silent: bool,
    /// It is only ever tried on a line that another regex matched.
    pub passive: bool,
}

/// Context of a pattern, as probes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Context {
    /// For each `near` of the pattern: `any`, `none`, `until`.
    pub near: Vec<(Vec<ProbeId>, Vec<ProbeId>, Option<ProbeId>)>,
    /// `undone_by`.
    pub undone_by: Vec<ProbeId>,
    except: Vec<ProbeId>,
}

/// All regexes of a catalog.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Program {
    probes: Vec<Probe>,
    /// While the program is built.
    #[serde(skip)]
    ids: HashMap<String, ProbeId>,
    /// All probes in the order of their sources.
    by_source: Vec<ProbeId>,
    contexts: Vec<Context>,
    slow: Vec<ProbeId>,
}

/// What regexes need, by their sources: computed before.
#[derive(Clone, Debug, Default)]
pub struct Known(HashMap<String, Needs>);

impl Known {
    /// What the regexes of an embedded program need: what [`Tables::needs_to_bytes`](super::Tables::needs_to_bytes) gave for it.
    /// Cost: some milliseconds.
    pub fn embedded(program: &Program, needs: &[u8]) -> Result<Known, EngineError> {
        let needs: Vec<Needs> = postcard::from_bytes(needs).map_err(|e| EngineError(e.to_string()))?;
        Ok(Known(program.probes().iter().map(|p| p.source.clone()).zip(needs).collect()))
    }
}

/// Why an engine cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineError(pub(in crate::engine) String);

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the patterns cannot be compiled together: {}", self.0)
    }
}

impl std::error::Error for EngineError {}

impl Program {
    /// The program of a catalog. Equal regexes become one. What is not known of a regex is computed.
    pub fn new(catalog: &Catalog, known: &Known) -> Program {
        let mut program = Program::default();
        for (i, pattern) in catalog.patterns.iter().enumerate() {
            let index = PatternIndex(i as u32);
            for regex in &pattern.matches {
                let id = program.intern(regex);
                let probe = &mut program.probes[id.0 as usize];
                probe.passive = false;
                if !probe.patterns.contains(&index) {
                    probe.patterns.push(index);
                }
            }
            let mut context = Context::default();
            for near in &pattern.near {
                let any = near.any.iter().map(|r| program.silent(r)).collect();
                let none = near.none.iter().map(|r| program.silent(r)).collect();
                let until = near.until.as_ref().map(|r| program.silent(r));
                context.near.push((any, none, until));
            }
            context.undone_by = pattern.undone_by.iter().map(|r| program.silent(r)).collect();
            for source in &pattern.except {
                context.except.push(program.intern(&LineRegex { source: source.clone(), needs: Needs::default() }));
            }
            for cause in &pattern.causes {
                for evidence in &cause.evidence {
                    if let Evidence::Line(regex) = evidence {
                        program.silent(regex);
                    }
                }
            }
            program.contexts.push(context);
        }
        for probe in &mut program.probes {
            if !probe.passive && probe.needs.branches.is_empty() {
                // An exception of one pattern may be the regex of another.
                probe.needs = known.0.get(&probe.source).cloned().unwrap_or_else(|| needs(&probe.source));
            }
        }
        let slow = program.probes.iter().enumerate().filter(|(_, p)| !p.passive && p.needs.branches.is_empty());
        program.slow = slow.map(|(i, _)| ProbeId(i as u32)).collect();
        program.ids = HashMap::new();
        let mut by_source: Vec<ProbeId> = (0..program.probes.len() as u32).map(ProbeId).collect();
        by_source.sort_by(|a, b| program.probe(*a).source.cmp(&program.probe(*b).source));
        program.by_source = by_source;
        program
    }

    /// Some regexes as silent probes.
    #[cfg(test)]
    pub(super) fn of_sources(sources: &[&str]) -> Program {
        let mut program = Program::default();
        for source in sources {
            program.silent(&LineRegex { source: (*source).to_owned(), needs: needs(source) });
        }
        program
    }

    /// All regexes.
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }

    /// One regex.
    pub fn probe(&self, id: ProbeId) -> &Probe {
        &self.probes[id.0 as usize]
    }

    /// The probe of a regex's source.
    pub fn probe_of(&self, source: &str) -> Option<ProbeId> {
        self.by_source.binary_search_by(|p| self.probe(*p).source.as_str().cmp(source)).ok().map(|i| self.by_source[i])
    }

    /// The context of a pattern.
    pub fn context(&self, pattern: PatternIndex) -> &Context {
        &self.contexts[pattern.0 as usize]
    }

    /// Regexes of which nothing is known that must stand in a line.
    pub fn slow(&self) -> &[ProbeId] {
        &self.slow
    }

    /// Regexes that void a match of a pattern on the same line.
    pub fn except(&self, pattern: PatternIndex) -> &[ProbeId] {
        &self.contexts[pattern.0 as usize].except
    }

    fn silent(&mut self, regex: &LineRegex) -> ProbeId {
        let id = self.intern(regex);
        let probe = &mut self.probes[id.0 as usize];
        probe.silent = true;
        probe.passive = false;
        id
    }

    fn intern(&mut self, regex: &LineRegex) -> ProbeId {
        if let Some(&id) = self.ids.get(&regex.source) {
            let probe = &mut self.probes[id.0 as usize];
            if probe.needs.branches.is_empty() {
                probe.needs.clone_from(&regex.needs);
            }
            return id;
        }
        let id = ProbeId(self.probes.len() as u32);
        self.ids.insert(regex.source.clone(), id);
        self.probes.push(Probe { source: regex.source.clone(), needs: regex.needs.clone(), patterns: Vec::new(), silent: false, passive: true });
        id
    }
}
