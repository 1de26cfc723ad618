//! Hits of changed patterns, counted by what became of the jobs.

use std::collections::BTreeMap;

use crate::proof::{Hit, HitRole, Touch, Trial};
use crate::trace::Outcome;
use crate::verdict::Role;

/// Hits of one pattern that are kept to be shown.
const SAMPLES: usize = 5;

/// A changed pattern on one trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HitRow {
    /// Its id.
    pub pattern: String,
    /// What became of it.
    pub touch: Touch,
    /// The trace.
    pub trace: String,
    /// How the job ended.
    pub outcome: Outcome,
    /// What its hit was with the first catalog; `None`: no hit.
    pub before: Option<Hit>,
    /// With the second.
    pub after: Option<Hit>,
}

impl HitRow {
    /// Whether it could stand as the verdict on a job that passed: had that job failed for another reason, the verdict
    /// could be wrong.
    pub fn is_alarm(&self) -> bool {
        self.outcome == Outcome::Passed && role_of(&self.after) == Some(HitRole::Finding(Role::Other))
    }
}

fn role_of(hit: &Option<Hit>) -> Option<HitRole> {
    hit.as_ref().map(|h| h.role)
}

/// 0: the job failed, was canceled, or its time ran out; 1: it passed; 2: nothing is known.
pub fn group(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Passed => 1,
        Outcome::Unknown => 2,
        _ => 0,
    }
}

/// Traces that a pattern hits.
#[derive(Clone, Debug)]
pub struct HitCounts {
    /// What became of it.
    pub touch: Touch,
    /// By [`group`], with the first catalog.
    pub before: [u64; 3],
    /// With the second.
    pub after: [u64; 3],
    /// Verdicts with the first catalog.
    pub verdicts_before: u64,
    /// With the second.
    pub verdicts_after: u64,
    /// Alarms.
    pub alarms: u64,
    /// The first hits, alarms before all others.
    pub samples: Vec<HitRow>,
}

/// Counts hits; memory grows with the number of changed patterns.
#[derive(Clone, Debug, Default)]
pub struct HitTally {
    by_pattern: BTreeMap<String, HitCounts>,
}

impl HitTally {
    /// Nothing counted yet, of every pattern that the trial touches.
    pub fn new(trial: &Trial) -> HitTally {
        let none = |touch: Touch| HitCounts { touch, before: [0; 3], after: [0; 3], verdicts_before: 0, verdicts_after: 0, alarms: 0, samples: Vec::new() };
        HitTally { by_pattern: trial.touched().iter().map(|(id, touch)| (id.clone(), none(*touch))).collect() }
    }

    /// Counts one.
    pub fn add(&mut self, row: &HitRow) {
        let Some(counts) = self.by_pattern.get_mut(&row.pattern) else { return };
        let group = group(row.outcome);
        counts.before[group] += u64::from(row.before.is_some());
        counts.after[group] += u64::from(row.after.is_some());
        counts.verdicts_before += u64::from(role_of(&row.before) == Some(HitRole::Verdict));
        counts.verdicts_after += u64::from(role_of(&row.after) == Some(HitRole::Verdict));
        counts.alarms += u64::from(row.is_alarm());
        if row.is_alarm() {
            let first_other = counts.samples.iter().position(|s| !s.is_alarm()).unwrap_or(counts.samples.len());
            counts.samples.insert(first_other, row.clone());
            counts.samples.truncate(SAMPLES);
        } else if counts.samples.len() < SAMPLES {
            counts.samples.push(row.clone());
        }
    }

    /// Counts by pattern, in order of ids.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &HitCounts)> {
        self.by_pattern.iter().map(|(id, counts)| (id.as_str(), counts))
    }

    /// Traces of jobs that passed on which a changed pattern could stand as the verdict.
    pub fn alarms(&self) -> u64 {
        self.by_pattern.values().map(|c| c.alarms).sum()
    }
}
