//! Hits that could be the verdict, and their order.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::engine::PatternIndex;
use crate::pattern::{Pattern, Rank};
use crate::redact::Redacted;
use crate::trace::{Kind, Role, Section, Stage};

use super::context::Surroundings;
use super::hits::Spot;
use super::rules::{Options, Rules};

/// Where a hit stands, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Behind the last command of the failing section, or the runner's own error text.
    Best,
    /// In the rest of the failing section.
    Failing,
    /// In another section that did not end well.
    NotWell,
    /// In a section that was followed by the next stage, or that comes after the failure.
    Well,
}

/// How much a hit explains, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Names the failure.
    Specific,
    /// Names it, as a tool that runs other tools: it loses to what they say.
    Wrapper,
    /// Says that something failed.
    Generic,
}

/// A hit in its context.
pub(super) struct Candidate<'a> {
    pub(super) pattern: &'a Pattern,
    /// `None`: a fact is the hit.
    pub(super) spot: Option<&'a Spot<'a>>,
    pub(super) near: Vec<&'a Spot<'a>>,
    pub(super) standing: Standing,
    pub(super) unknown_facts: bool,
    pub(super) explained: bool,
}

impl Candidate<'_> {
    pub(super) fn weight(&self) -> Weight {
        match self.pattern.rank {
            Rank::Specific if matches!(self.pattern.class(), "container-build" | "deploy" | "release") => Weight::Wrapper,
            Rank::Specific => Weight::Specific,
            _ => Weight::Generic,
        }
    }

    /// What its line and those that its context asked for captured; of one name the first counts.
    pub(super) fn captures(&self) -> BTreeMap<String, Redacted> {
        let mut all = BTreeMap::new();
        self.spot.iter().chain(&self.near).for_each(|s| add_captures(&mut all, s));
        all
    }

    /// Whether it may be the verdict if nothing better is. What went well explains nothing; an aftermath explains only what
    /// ended in the same place.
    pub(super) fn can_stand(&self) -> bool {
        match self.pattern.rank {
            Rank::Aftermath => self.standing == Standing::Best,
            _ => self.standing != Standing::Well,
        }
    }

    /// The order of explanation: the least first.
    fn key(&self) -> impl Ord {
        (
            self.pattern.rank == Rank::Aftermath,
            self.explained,
            self.standing,
            self.weight(),
            Reverse(self.pattern.priority),
            // A fact comes before every line.
            self.spot.map(|s| s.seq),
            self.pattern.id.clone(),
        )
    }

    fn explains(&self, other: &Candidate) -> bool {
        let names = self.pattern.explains.iter().any(|e| match e.strip_suffix("/*") {
            Some(class) => class == other.pattern.class(),
            None => e == other.pattern.id.as_str(),
        });
        names
            && match (self.spot, other.spot) {
                (Some(a), Some(b)) => {
                    a.place.role == Role::OutcomeText
                        || b.place.role == Role::OutcomeText
                        || (a.place.section == b.place.section && a.place.command == b.place.command)
                }
                _ => true,
            }
    }
}

/// Adds what a line captured, but for names that are there.
pub(super) fn add_captures(all: &mut BTreeMap<String, Redacted>, spot: &Spot) {
    for (name, value) in spot.quote.captures() {
        all.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

/// Every hit that stands where its pattern wants it, in the order of explanation; notices are apart.
pub(super) fn gather<'a>(rules: &'a Rules, around: &Surroundings<'a>, failed: Option<usize>, options: &Options) -> (Vec<Candidate<'a>>, Vec<Candidate<'a>>) {
    let mut all: Vec<Candidate<'a>> = Vec::new();
    for (index, kept) in around.hits.patterns() {
        let pattern = &rules.catalog().patterns[index.0 as usize];
        if !options.allow(pattern.applies.as_ref()) {
            continue;
        }
        for spot in kept.iter() {
            if let Some(candidate) = of_spot(index, pattern, spot, around, failed) {
                all.push(candidate);
            }
        }
    }
    for pattern in rules.catalog().patterns.iter().filter(|p| p.matches.is_empty() && options.allow(p.applies.as_ref())) {
        // Here the facts are the hit: one that is not known is none.
        if around.when(pattern) == Some(false) {
            all.push(Candidate { pattern, spot: None, near: Vec::new(), standing: Standing::Best, unknown_facts: false, explained: false });
        }
    }
    let explained: Vec<bool> = all.iter().map(|c| all.iter().any(|e| e.pattern.id != c.pattern.id && e.standing != Standing::Well && e.explains(c))).collect();
    for (candidate, explained) in all.iter_mut().zip(explained) {
        candidate.explained = explained;
    }
    let (notices, mut candidates): (Vec<_>, Vec<_>) = all.into_iter().partition(|c| c.pattern.rank == Rank::Notice);
    candidates.sort_by(|a, b| a.key().cmp(&b.key()));
    repeat_of_first(&mut candidates);
    (candidates, notices)
}

/// A runner repeats in its last line what it said at each attempt: where the first candidate's pattern hits there too,
/// that line is the proof.
fn repeat_of_first(candidates: &mut [Candidate]) {
    let Some(first) = candidates.first() else { return };
    let is_last_line = |c: &Candidate| c.spot.is_some_and(|s| s.place.role == Role::OutcomeText);
    let id = &first.pattern.id;
    if let Some(i) = candidates.iter().position(|c| c.pattern.id == *id && c.standing == Standing::Best && is_last_line(c)) {
        candidates[..=i].rotate_right(1);
    }
}

fn of_spot<'a>(index: PatternIndex, pattern: &'a Pattern, spot: &'a Spot<'a>, around: &Surroundings<'a>, failed: Option<usize>) -> Option<Candidate<'a>> {
    let context = around.check(index, pattern, spot)?;
    Some(Candidate {
        pattern,
        spot: Some(spot),
        near: context.lines,
        standing: standing(spot, around.sections, around.kind, failed),
        unknown_facts: context.unknown_facts,
        explained: false,
    })
}

fn standing(spot: &Spot, sections: &[Section], kind: Kind, failed: Option<usize>) -> Standing {
    if kind != Kind::JobTrace || spot.place.role == Role::OutcomeText {
        return Standing::Best;
    }
    let here = spot.place.section as usize;
    let Some(failed) = failed else { return Standing::Best };
    if here == failed {
        let behind_last = spot.place.command == sections[failed].commands;
        return if behind_last && !spot.place.guarded { Standing::Best } else { Standing::Failing };
    }
    let section = &sections[here];
    match section.stage {
        // Raw errors of the runner stand outside of every section.
        Stage::Outside => Standing::Failing,
        _ if here > failed => Standing::Well,
        // Earlier attempts at what failed in the end.
        _ if section.name == sections[failed].name || !section.closed => Standing::NotWell,
        _ => Standing::Well,
    }
}
