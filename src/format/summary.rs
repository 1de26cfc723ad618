//! What a batch says as a whole: jobs by class, owner and retry, on one screen.

use std::collections::BTreeMap;

use crate::record::Record;

use super::page::{Page, Tone};

/// Counts records. Order does not matter.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    records: u64,
    passed: u64,
    unknown: u64,
    unread: u64,
    classes: BTreeMap<String, u64>,
    owners: BTreeMap<&'static str, u64>,
    retries: BTreeMap<&'static str, u64>,
}

/// Classes that are shown: the rest is one line.
const SHOWN: usize = 24;

impl Summary {
    /// Counts one.
    pub fn add(&mut self, record: &Record) {
        self.records += 1;
        match &record.verdict {
            Some(verdict) => {
                *self.classes.entry(verdict.class.clone()).or_default() += 1;
                *self.owners.entry(verdict.owner).or_default() += 1;
                *self.retries.entry(verdict.retry).or_default() += 1;
            }
            None if !record.errors.is_empty() => self.unread += 1,
            None if record.job.outcome == "passed" => self.passed += 1,
            None => self.unknown += 1,
        }
    }

    /// How many were counted.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How many of them have a verdict.
    pub fn verdicts(&self) -> u64 {
        self.classes.values().sum()
    }

    /// The summary as text.
    pub fn show(&self, colour: bool, width: usize) -> String {
        let mut page = Page::new(colour, width);
        let failed = self.verdicts();
        let parts = [(failed, "with a verdict"), (self.passed, "passed"), (self.unknown, "without a verdict"), (self.unread, "not read")];
        let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        page.put(Tone::Strong, &format!("{} records: {}", self.records, parts.join(", "))).end();
        let mut classes: Vec<_> = self.classes.iter().collect();
        classes.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let most = classes.first().map_or(1, |(_, n)| **n).max(1);
        let room = page.width().saturating_sub(36).min(40) as u64;
        for (class, n) in classes.iter().take(SHOWN) {
            let bar = "#".repeat((**n * room).div_ceil(most) as usize);
            page.put(Tone::Plain, &format!("  {class:<22}{n:>8}  ")).put(Tone::Dim, &bar).end();
        }
        if classes.len() > SHOWN {
            let rest: u64 = classes[SHOWN..].iter().map(|(_, n)| **n).sum();
            page.put(Tone::Dim, &format!("  {:<22}{rest:>8}", format!("{} more classes", classes.len() - SHOWN))).end();
        }
        if failed > 0 {
            page.prose("owner  ", Tone::Strong, &counts(&self.owners));
            page.prose("retry  ", Tone::Strong, &counts(&self.retries));
        }
        page.take()
    }
}

fn counts(of: &BTreeMap<&'static str, u64>) -> String {
    let mut all: Vec<_> = of.iter().collect();
    all.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    all.iter().map(|(word, n)| format!("{word} {n}")).collect::<Vec<_>>().join("   ")
}
