//! Whether a hit stands where its pattern wants it: section, facts, lines around, nothing that undoes it.

use crate::engine::{PatternIndex, Program};
use crate::facts::{Facts, Known};
use crate::pattern::{Channel, Pattern, Side};
use crate::trace::{Kind, Place, Role, Section, Stage};

use super::hits::{Hits, Spot};

/// What a hit's surroundings say.
pub(super) struct Context<'a> {
    /// Facts that the pattern asks for are not known.
    pub(super) unknown_facts: bool,
    /// Lines matched by `near`, in order.
    pub(super) lines: Vec<&'a Spot<'a>>,
}

/// All that a hit is seen against.
pub(super) struct Surroundings<'a> {
    pub(super) program: &'a Program,
    pub(super) hits: &'a Hits<'a>,
    pub(super) facts: &'a Facts,
    pub(super) sections: &'a [Section],
    pub(super) kind: Kind,
}

impl<'a> Surroundings<'a> {
    /// The context of a hit; `None` if the pattern does not want it there.
    pub(super) fn check(&self, index: PatternIndex, pattern: &Pattern, spot: &Spot) -> Option<Context<'a>> {
        if spot.place.role == Role::Command || !self.reads(pattern, spot) || !self.in_section(pattern, spot.place) {
            return None;
        }
        if !spot.daemon && spot.quote.reports_no_failure() {
            return None;
        }
        let unknown_facts = self.when(pattern)?;
        let context = self.program.context(index);
        let mut lines = Vec::new();
        for (near, (any, none, until)) in pattern.near.iter().zip(&context.near) {
            let (from, to) = self.window(spot, near.side, u64::from(near.lines), *until);
            let inside = |s: &&Spot| s.place.section == spot.place.section && s.seq >= from && s.seq <= to && s.seq != spot.seq;
            if none.iter().any(|p| self.hits.probe(*p).any(|s| inside(&s))) {
                return None;
            }
            if any.is_empty() {
                continue;
            }
            let mut found: Vec<&'a Spot<'a>> = any.iter().flat_map(|p| self.hits.probe(*p).filter(inside)).collect();
            // The nearest line says most.
            found.sort_by_key(|s| s.seq.abs_diff(spot.seq));
            lines.push(*found.first()?);
        }
        let undone = context
            .undone_by
            .iter()
            .any(|p| self.hits.probe(*p).any(|s| s.seq > spot.seq && s.place.section == spot.place.section && s.place.role != Role::Command));
        if undone {
            return None;
        }
        lines.sort_by_key(|s| s.seq);
        Some(Context { unknown_facts, lines })
    }

    /// Whether the facts allow it; the value says that some are not known.
    pub(super) fn when(&self, pattern: &Pattern) -> Option<bool> {
        let mut unknown = false;
        for test in &pattern.when {
            match test.check(self.facts) {
                Known::Yes => {}
                Known::No => return None,
                Known::Unknown => unknown = true,
            }
        }
        Some(unknown)
    }

    fn reads(&self, pattern: &Pattern, spot: &Spot) -> bool {
        match pattern.channel {
            Channel::Any => true,
            Channel::Trace => !spot.daemon || spot.place.role == Role::OutcomeText,
            Channel::RunnerLog => spot.daemon || self.kind != Kind::JobTrace,
        }
    }

    fn in_section(&self, pattern: &Pattern, place: Place) -> bool {
        if pattern.sections.is_empty() || self.kind != Kind::JobTrace || place.role == Role::OutcomeText {
            return true;
        }
        let section = &self.sections[place.section as usize];
        // Outside of every section nothing is known of where a line belongs.
        section.stage == Stage::Outside || pattern.sections.iter().any(|s| *s == section.name || (s == "step_script" && section.stage == Stage::Script))
    }

    /// First and last line of the window of a context condition.
    fn window(&self, spot: &Spot, side: Side, lines: u64, until: Option<crate::engine::ProbeId>) -> (u64, u64) {
        let mut from = if side == Side::After { spot.seq } else { spot.seq.saturating_sub(lines) };
        let mut to = if side == Side::Before { spot.seq } else { spot.seq + lines };
        if let Some(until) = until {
            for stop in self.hits.probe(until) {
                if stop.seq < spot.seq {
                    from = from.max(stop.seq);
                } else if stop.seq > spot.seq {
                    to = to.min(stop.seq);
                }
            }
        }
        (from, to)
    }
}
