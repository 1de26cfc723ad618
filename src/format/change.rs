//! Changes between two runs: for people by kind, for programs one by one.

use serde::Serialize;

use crate::comparison::{Change, Difference, Row, Tally};
use crate::record::{Outline, Subject, VerdictOutline};

use super::page::{Page, Tone};

#[derive(Serialize)]
struct ChangeShape<'a> {
    schema: &'static str,
    subject: Option<&'a Subject>,
    difference: &'static str,
    before: Option<SideShape<'a>>,
    after: Option<SideShape<'a>>,
}

#[derive(Serialize)]
struct SideShape<'a> {
    outcome: &'a str,
    verdict: Option<&'a VerdictOutline>,
}

impl<'a> SideShape<'a> {
    fn of(outline: &'a Outline) -> SideShape<'a> {
        SideShape { outcome: &outline.outcome, verdict: outline.verdict.as_ref() }
    }
}

/// One change as an object on one line.
pub fn change_json(change: &Change) -> String {
    let shape = ChangeShape {
        schema: "whyred.change/1",
        subject: change.subject(),
        difference: change.difference().word(),
        before: change.before.as_ref().map(SideShape::of),
        after: change.after.as_ref().map(SideShape::of),
    };
    serde_json::to_string(&shape).unwrap_or_default()
}

/// All changes on a page, the weightiest kind first; `all` is the number of records.
pub fn show_changes(tally: &Tally, all: u64, page: &mut Page) {
    let changed = tally.changed();
    let tone = if changed == 0 { Tone::Good } else { Tone::Strong };
    page.put(tone, &format!("{changed} of {all} records differ")).end();
    for row in tally.rows() {
        show_row(row, page);
    }
}

fn show_row(row: &Row, page: &mut Page) {
    page.end();
    let tone = if row.difference == Difference::Class { Tone::Bad } else { Tone::Warn };
    let what = match row.difference {
        Difference::OnlyBefore => format!("only in the first run: {}", row.before),
        Difference::OnlyAfter => format!("only in the second run: {}", row.after),
        Difference::Details => format!("{}: {}", row.before, details(row)),
        _ => format!("{} -> {}", row.before, row.after),
    };
    page.put(Tone::Strong, &format!("{:>7}  ", row.count)).put(tone, &what).end();
    for change in &row.samples {
        let Some(subject) = change.subject() else { continue };
        let side = change.after.as_ref().filter(|o| o.verdict.is_some()).or(change.before.as_ref());
        let verdict = side.and_then(|o| o.verdict.as_ref());
        let member = subject.member.as_ref().map(|m| format!(":{m}")).unwrap_or_default();
        let job = subject.job.map(|j| format!(" job {j}")).unwrap_or_default();
        let line = verdict.and_then(|v| v.line).map(|l| format!(":{l}")).unwrap_or_default();
        page.put(Tone::Dim, &format!("         {}{member}{line}{job}", subject.trace)).end();
        if let Some(text) = verdict.and_then(|v| v.text.as_ref()) {
            page.put(Tone::Plain, "           ").cut(Tone::Plain, text.trim_start(), 11).end();
        }
    }
    if row.count > row.samples.len() as u64 {
        page.put(Tone::Dim, &format!("         and {} more", row.count - row.samples.len() as u64)).end();
    }
}

/// What differs, by the first sample: `confidence high -> medium`.
fn details(row: &Row) -> String {
    let Some(Change { before: Some(before), after: Some(after) }) = row.samples.first() else { return String::new() };
    let mut parts = Vec::new();
    let mut compare = |what: &str, a: &str, b: &str| {
        if a != b {
            parts.push(format!("{what} {a} -> {b}"));
        }
    };
    compare("outcome", &before.outcome, &after.outcome);
    if let (Some(a), Some(b)) = (&before.verdict, &after.verdict) {
        compare("confidence", &a.confidence, &b.confidence);
        compare("owner", &a.owner, &b.owner);
        compare("retry", &a.retry, &b.retry);
        let line = |l: Option<u64>| l.map_or("none".to_owned(), |l| l.to_string());
        compare("line", &line(a.line), &line(b.line));
        if parts.is_empty() {
            parts.push("the text of the line".to_owned());
        }
    }
    parts.join(", ")
}
