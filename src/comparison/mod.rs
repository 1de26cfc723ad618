//! Two runs over the same logs, side by side: which verdicts differ.
//!
//! Outlines of both runs come in any interleaving. A subject that both runs have gives one [`Change`] as soon as the
//! second of the two is seen; nothing else of it is kept. So where both runs have the same order, memory is that of
//! the distance between them, not of the runs.

mod hits;
mod tally;

use std::collections::{HashMap, VecDeque};

use crate::record::{Outline, Subject};

pub use hits::{HitCounts, HitRow, HitTally, group};
pub use tally::{Row, Tally};

/// How far the two records of a subject differ; the order is that of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// They say the same.
    Same,
    /// The same pattern, or the fallback both times: but the outcome, the confidence, owner, retry advice or line is
    /// another.
    Details,
    /// Another pattern of the same class.
    Pattern,
    /// Another class; or a verdict where there was none, or none where there was one.
    Class,
    /// Only the first run has a record.
    OnlyBefore,
    /// Only the second run has one.
    OnlyAfter,
}

impl Difference {
    /// The word of output.
    pub fn word(self) -> &'static str {
        match self {
            Difference::Same => "same",
            Difference::Details => "details",
            Difference::Pattern => "pattern",
            Difference::Class => "class",
            Difference::OnlyBefore => "only-before",
            Difference::OnlyAfter => "only-after",
        }
    }
}

/// One subject in both runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// In the first run.
    pub before: Option<Outline>,
    /// In the second.
    pub after: Option<Outline>,
}

impl Change {
    /// What the two are about.
    pub fn subject(&self) -> Option<&Subject> {
        self.before.as_ref().or(self.after.as_ref()).map(|o| &o.subject)
    }

    /// How far they differ.
    pub fn difference(&self) -> Difference {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                let id = |o: &Outline| o.verdict.as_ref().map(|v| v.pattern.clone());
                let class = |o: &Outline| o.verdict.as_ref().map(|v| v.class.clone());
                if before == after {
                    Difference::Same
                } else if class(before) != class(after) {
                    Difference::Class
                } else if id(before) != id(after) {
                    Difference::Pattern
                } else {
                    Difference::Details
                }
            }
            (Some(_), None) => Difference::OnlyBefore,
            (None, Some(_)) => Difference::OnlyAfter,
            (None, None) => Difference::Same,
        }
    }
}

/// Pairs the outlines of two runs.
#[derive(Debug, Default)]
pub struct Comparison {
    before: Waiting,
    after: Waiting,
}

/// Outlines whose other half was not seen. A path may be named twice: those of one subject wait in their order.
type Waiting = HashMap<Subject, VecDeque<Outline>>;

impl Comparison {
    /// Takes an outline of the first run.
    pub fn before(&mut self, outline: Outline) -> Option<Change> {
        match take(&mut self.after, &outline.subject) {
            Some(after) => Some(Change { before: Some(outline), after: Some(after) }),
            None => {
                self.before.entry(outline.subject.clone()).or_default().push_back(outline);
                None
            }
        }
    }

    /// Takes an outline of the second run.
    pub fn after(&mut self, outline: Outline) -> Option<Change> {
        match take(&mut self.before, &outline.subject) {
            Some(before) => Some(Change { before: Some(before), after: Some(outline) }),
            None => {
                self.after.entry(outline.subject.clone()).or_default().push_back(outline);
                None
            }
        }
    }

    /// Both runs are at their end: what only one of them has, in order of subjects, the first run's first.
    pub fn finish(self) -> Vec<Change> {
        let sorted = |waiting: Waiting| {
            let mut all: Vec<Outline> = waiting.into_values().flatten().collect();
            all.sort_by(|a, b| a.subject.cmp(&b.subject));
            all
        };
        let before = sorted(self.before).into_iter().map(|o| Change { before: Some(o), after: None });
        let after = sorted(self.after).into_iter().map(|o| Change { before: None, after: Some(o) });
        before.chain(after).collect()
    }
}

fn take(waiting: &mut Waiting, subject: &Subject) -> Option<Outline> {
    let of_subject = waiting.get_mut(subject)?;
    let first = of_subject.pop_front();
    if of_subject.is_empty() {
        waiting.remove(subject);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::VerdictOutline;

    fn outline(trace: &str, class: Option<&str>, line: u64) -> Outline {
        let subject = Subject { trace: trace.to_owned(), member: None, kind: "job-trace".to_owned(), job: None, problem: None };
        let verdict = class.map(|c| VerdictOutline {
            class: c.to_owned(),
            pattern: Some(format!("{c}/a")),
            confidence: "high".to_owned(),
            owner: "code".to_owned(),
            retry: "no".to_owned(),
            line: Some(line),
            text: None,
        });
        Outline { subject, outcome: "failed".to_owned(), verdict }
    }

    #[test]
    fn pairs_are_found_in_any_order_and_what_is_alone_is_told() {
        let mut comparison = Comparison::default();
        let mut seen = Vec::new();
        seen.extend(comparison.before(outline("a", Some("dns"), 1)));
        seen.extend(comparison.before(outline("gone", None, 0)));
        seen.extend(comparison.after(outline("new", None, 0)));
        seen.extend(comparison.after(outline("b", Some("tls"), 2)));
        assert!(seen.is_empty());
        seen.extend(comparison.before(outline("b", Some("tls"), 3)));
        seen.extend(comparison.after(outline("a", None, 0)));
        seen.extend(comparison.before(outline("c", None, 0)));
        seen.extend(comparison.after(outline("c", None, 0)));
        seen.extend(comparison.finish());
        let told: Vec<_> = seen.iter().map(|c| (c.subject().unwrap().trace.as_str(), c.difference())).collect();
        let expected =
            [("b", Difference::Details), ("a", Difference::Class), ("c", Difference::Same), ("gone", Difference::OnlyBefore), ("new", Difference::OnlyAfter)];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_trace_named_twice_is_paired_in_order() {
        let mut comparison = Comparison::default();
        assert!(comparison.before(outline("a", Some("dns"), 1)).is_none());
        assert!(comparison.before(outline("a", Some("tls"), 1)).is_none());
        let same = |c: Option<Change>| c.map(|c| c.difference()) == Some(Difference::Same);
        assert!(same(comparison.after(outline("a", Some("dns"), 1))));
        assert!(same(comparison.after(outline("a", Some("tls"), 1))));
        assert!(comparison.finish().is_empty());
    }
}
