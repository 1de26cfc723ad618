//! Two catalogs on the same logs: what a change of patterns does to verdicts.
//!
//! A verdict depends on the hits of patterns and on facts. So a log on which no pattern that the change touches hits, in
//! its old form or its new one, has the same verdict from both catalogs: one pass with the touched patterns alone finds
//! the few logs on which both must be asked.

use std::collections::BTreeMap;

use crate::engine::EngineError;
use crate::facts::Facts;
use crate::pattern::Catalog;
use crate::redact::Redacted;
use crate::text::LineNumber;
use crate::verdict::{Judgement, Options, Role, Rules, Session};

/// What became of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// It is new.
    Added,
    /// It is not what it was; an inherited cause or owner counts.
    Changed,
    /// It is gone.
    Removed,
}

impl Touch {
    /// The word of output.
    pub fn word(self) -> &'static str {
        match self {
            Touch::Added => "added",
            Touch::Changed => "changed",
            Touch::Removed => "removed",
        }
    }
}

/// Two catalogs, compiled, and what differs.
#[derive(Debug)]
pub struct Trial {
    before: Rules,
    after: Rules,
    touched: BTreeMap<String, Touch>,
    sieve: Rules,
}

impl Trial {
    /// Compiles both. Cost: three times that of [`Rules::build`].
    pub fn new(before: Catalog, after: Catalog) -> Result<Trial, EngineError> {
        let mut touched = BTreeMap::new();
        let mut patterns = Vec::new();
        for new in &after.patterns {
            let old = before.patterns.iter().find(|p| p.id == new.id);
            match old {
                Some(old) if old.behaves_like(new) => continue,
                Some(old) => patterns.push(old.clone()),
                None => {}
            }
            patterns.push(new.clone());
            touched.insert(new.id.to_string(), if old.is_some() { Touch::Changed } else { Touch::Added });
        }
        for old in before.patterns.iter().filter(|old| !after.patterns.iter().any(|p| p.id == old.id)) {
            patterns.push(old.clone());
            touched.insert(old.id.to_string(), Touch::Removed);
        }
        let sieve = Catalog { classes: after.classes.clone(), patterns, version: String::new() };
        Ok(Trial { before: Rules::build(before)?, after: Rules::build(after)?, touched, sieve: Rules::build(sieve)? })
    }

    /// The first catalog.
    pub fn before(&self) -> &Rules {
        &self.before
    }

    /// The second.
    pub fn after(&self) -> &Rules {
        &self.after
    }

    /// Ids of patterns that differ, sorted.
    pub fn touched(&self) -> &BTreeMap<String, Touch> {
        &self.touched
    }

    /// A session of the touched patterns alone. Its judgements have the right outcomes; their verdicts mean nothing but
    /// for [`is_hit`].
    pub fn sieve<'t>(&'t self, options: &'t Options, given: Facts) -> Session<'t> {
        Session::new(&self.sieve, options, given)
    }
}

/// Whether some pattern hit, whatever came of it.
pub fn is_hit(judgement: &Judgement) -> bool {
    judgement.verdict.as_ref().is_some_and(|v| v.pattern.is_some()) || !judgement.findings.is_empty()
}

/// What a pattern's hit was to a judgement, with its line; `None`: it does not hit.
pub fn hit_of(id: &str, judgement: &Judgement) -> Option<Hit> {
    if let Some(verdict) = judgement.verdict.as_ref().filter(|v| v.pattern.as_ref().is_some_and(|p| p.as_str() == id)) {
        let line = verdict.evidence.first().map(|e| (e.number, e.text.clone()));
        return Some(Hit { role: HitRole::Verdict, line });
    }
    let finding = judgement.findings.iter().find(|f| f.pattern.as_str() == id)?;
    Some(Hit { role: HitRole::Finding(finding.role), line: Some((finding.line, finding.text.clone())) })
}

/// A pattern's hit on a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it was to the judgement.
    pub role: HitRole,
    /// The first line and its text; `None`: facts are the hit.
    pub line: Option<(LineNumber, Redacted)>,
}

/// What a hit was to a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitRole {
    /// It is the verdict.
    Verdict,
    /// It is a finding.
    Finding(Role),
}

impl HitRole {
    /// The word of output.
    pub fn word(self) -> &'static str {
        match self {
            HitRole::Verdict => "verdict",
            HitRole::Finding(role) => role.word(),
        }
    }
}
