//! Tests on facts, as pattern files write them: `{ min = 1 }`, `{ is = "yes" }`, or a bare value.

use std::sync::Arc;

use regex::bytes::Regex;
use serde::{Deserialize, Serialize};

use crate::text::dialect;

use super::{Fact, FactKind, FactValue, Facts};

/// What a test says of the facts at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// The fact is not known.
    Unknown,
}

/// A test on one fact. Every condition given must hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FactTest {
    /// The fact.
    pub fact: Fact,
    /// Its value is one of these; empty: any.
    pub is: Vec<FactValue>,
    /// Its value is none of these.
    pub not: Vec<FactValue>,
    /// A number of at least this.
    pub min: Option<i64>,
    /// A number of at most this.
    pub max: Option<i64>,
    /// A text in which this regex matches.
    pub matches: Option<String>,
    #[serde(skip)]
    compiled: std::sync::OnceLock<Option<Arc<Regex>>>,
}

/// What was compiled from the source does not count.
impl PartialEq for FactTest {
    fn eq(&self, other: &FactTest) -> bool {
        let parts = |t: &FactTest| (t.fact, t.is.clone(), t.not.clone(), t.min, t.max, t.matches.clone());
        parts(self) == parts(other)
    }
}

impl FactTest {
    /// Checks that the conditions fit the fact; the error says what does not.
    pub fn new(fact: Fact, is: Vec<FactValue>, not: Vec<FactValue>, min: Option<i64>, max: Option<i64>, matches: Option<String>) -> Result<FactTest, String> {
        let kind = fact.kind();
        if is.is_empty() && not.is_empty() && min.is_none() && max.is_none() && matches.is_none() {
            return Err(format!("the test on {fact} has no condition: is, not, min, max or matches"));
        }
        if let Some(value) = is.iter().chain(&not).find(|v| kind_of(v) != kind) {
            let want = match kind {
                FactKind::Text => "a text",
                FactKind::Number => "a number",
                FactKind::Flag => "\"yes\" or \"no\"",
            };
            return Err(format!("{fact} is {want}, not {value}"));
        }
        if (min.is_some() || max.is_some()) && kind != FactKind::Number {
            return Err(format!("min and max need a number, and {fact} is none"));
        }
        if let Some(source) = &matches {
            if kind != FactKind::Text {
                return Err(format!("matches needs a text, and {fact} is none"));
            }
            dialect(source).map_err(|e| format!("matches on {fact}: {e}"))?;
        }
        Ok(FactTest { fact, is, not, min, max, matches, compiled: std::sync::OnceLock::new() })
    }

    /// Whether it holds.
    pub fn check(&self, facts: &Facts) -> Known {
        let Some(value) = facts.get(self.fact) else { return Known::Unknown };
        let in_range = match value {
            FactValue::Number(n) => self.min.is_none_or(|m| *n >= m) && self.max.is_none_or(|m| *n <= m),
            _ => true,
        };
        let fits = match (&self.matches, value) {
            (Some(source), FactValue::Text(text)) => {
                self.compiled.get_or_init(|| dialect(source).ok().map(Arc::new)).as_ref().is_some_and(|r| r.is_match(text.as_bytes()))
            }
            _ => true,
        };
        let listed = (self.is.is_empty() || self.is.contains(value)) && !self.not.contains(value);
        if in_range && fits && listed { Known::Yes } else { Known::No }
    }
}

fn kind_of(value: &FactValue) -> FactKind {
    match value {
        FactValue::Text(_) => FactKind::Text,
        FactValue::Number(_) => FactKind::Number,
        FactValue::Flag(_) => FactKind::Flag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_neither() {
        let test = FactTest::new(Fact::CloneDepth, vec![], vec![], Some(1), None, None).unwrap();
        let mut facts = Facts::new();
        assert_eq!(test.check(&facts), Known::Unknown);
        facts.set_number(Fact::CloneDepth, 0);
        assert_eq!(test.check(&facts), Known::No);
        facts.set_number(Fact::CloneDepth, 20);
        assert_eq!(test.check(&facts), Known::Yes);
    }

    #[test]
    fn conditions_must_fit_the_fact() {
        assert!(FactTest::new(Fact::PushRef, vec![], vec![], Some(1), None, None).is_err());
        assert!(FactTest::new(Fact::CloneDepth, vec![FactValue::Text("x".into())], vec![], None, None, None).is_err());
        assert!(FactTest::new(Fact::CloneDepth, vec![], vec![], None, None, None).is_err());
        assert!(FactTest::new(Fact::PushRef, vec![], vec![], None, None, Some("(".into())).is_err());
    }
}
