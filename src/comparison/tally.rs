//! Changes, counted by what became of what.

use std::collections::BTreeMap;

use super::{Change, Difference};
use crate::record::Outline;

/// Changes of one kind that are kept to be shown.
const SAMPLES: usize = 5;

/// Changes from one verdict to another.
#[derive(Clone, Debug)]
pub struct Row {
    /// How far apart the two are.
    pub difference: Difference,
    /// Id of the pattern before, `unexplained`, or `no verdict`.
    pub before: String,
    /// The same after.
    pub after: String,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub samples: Vec<Change>,
}

/// Counts changes; memory grows with the number of kinds, not of changes.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    same: u64,
    rows: BTreeMap<(Difference, String, String), Row>,
}

impl Tally {
    /// Counts one.
    pub fn add(&mut self, change: &Change) {
        let difference = change.difference();
        if difference == Difference::Same {
            self.same += 1;
            return;
        }
        let (before, after) = (name(change.before.as_ref()), name(change.after.as_ref()));
        let row =
            self.rows.entry((difference, before.clone(), after.clone())).or_insert_with(|| Row { difference, before, after, count: 0, samples: Vec::new() });
        row.count += 1;
        if row.samples.len() < SAMPLES {
            row.samples.push(change.clone());
        }
    }

    /// Records that are the same in both runs.
    pub fn same(&self) -> u64 {
        self.same
    }

    /// Records that are not.
    pub fn changed(&self) -> u64 {
        self.rows.values().map(|r| r.count).sum()
    }

    /// Kinds of changes: those of a class first, then the most frequent.
    pub fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.values().collect();
        let weight = |r: &Row| match r.difference {
            Difference::Class => 0,
            Difference::Pattern => 1,
            Difference::Details => 2,
            Difference::OnlyBefore | Difference::OnlyAfter | Difference::Same => 3,
        };
        rows.sort_by(|a, b| weight(a).cmp(&weight(b)).then(b.count.cmp(&a.count)).then_with(|| (&a.before, &a.after).cmp(&(&b.before, &b.after))));
        rows
    }
}

fn name(outline: Option<&Outline>) -> String {
    match outline {
        None => "no record".to_owned(),
        Some(Outline { verdict: None, .. }) => "no verdict".to_owned(),
        Some(Outline { verdict: Some(v), .. }) => v.pattern.clone().unwrap_or_else(|| v.class.clone()),
    }
}
