//! What a change of patterns does to real traces.

use serde::Serialize;

use crate::comparison::{HitCounts, HitRow, HitTally, Tally};
use crate::proof::Hit;
use crate::redact::Redacted;

use super::change::show_changes;
use super::page::{Page, Tone};

#[derive(Serialize)]
struct HitShape<'a> {
    schema: &'static str,
    trace: &'a str,
    outcome: &'static str,
    pattern: &'a str,
    touch: &'static str,
    line: Option<u64>,
    text: Option<&'a Redacted>,
    before: Option<&'static str>,
    after: Option<&'static str>,
    alarm: bool,
}

/// One hit as an object on one line.
pub fn hit_json(row: &HitRow) -> String {
    let line = row.after.as_ref().or(row.before.as_ref()).and_then(|h| h.line.as_ref());
    let shape = HitShape {
        schema: "whyred.hit/1",
        trace: &row.trace,
        outcome: row.outcome.word(),
        pattern: &row.pattern,
        touch: row.touch.word(),
        line: line.map(|(number, _)| number.0),
        text: line.map(|(_, text)| text),
        before: row.before.as_ref().map(|h| h.role.word()),
        after: row.after.as_ref().map(|h| h.role.word()),
        alarm: row.is_alarm(),
    };
    serde_json::to_string(&shape).unwrap_or_default()
}

/// Changed patterns, what they hit, and what became of the verdicts. `outcomes` counts the records that failed, passed,
/// and have no outcome.
pub fn show_trial(hits: &HitTally, tally: &Tally, outcomes: [u64; 3], page: &mut Page) {
    let [failed, passed, unknown] = outcomes;
    page.put(Tone::Strong, &format!("{} records: {failed} failed, {passed} passed, {unknown} without an outcome", failed + passed + unknown)).end();
    let (hit, idle): (Vec<_>, Vec<_>) = hits.rows().partition(|(_, c)| !c.samples.is_empty());
    let all = hit.len() + idle.len();
    if all == 0 {
        page.put(Tone::Plain, "No pattern differs from the catalog in force.").end();
        return;
    }
    page.put(Tone::Strong, &format!("patterns that differ: {all}, of which {} hit", hit.len())).end();
    for (id, counts) in hit {
        show_counts(id, counts, page);
    }
    if !idle.is_empty() {
        let names: Vec<String> = idle.iter().map(|(id, c)| format!("{id} ({})", c.touch.word())).collect();
        page.end();
        page.prose("No hit  ", Tone::Strong, &names.join(", "));
    }
    page.end();
    let differ = tally.changed();
    if differ == 0 {
        page.put(Tone::Good, "No verdict changes.").end();
    } else {
        show_changes(tally, outcomes.iter().sum(), page);
    }
}

fn show_counts(id: &str, counts: &HitCounts, page: &mut Page) {
    let change = |what: &str, before: u64, after: u64| match before == after {
        true => format!("{what} {after}"),
        false => format!("{what} {before} -> {after}"),
    };
    let parts = [
        change("failed", counts.before[0], counts.after[0]),
        change("passed", counts.before[1], counts.after[1]),
        change("without an outcome", counts.before[2], counts.after[2]),
        change("verdicts", counts.verdicts_before, counts.verdicts_after),
    ];
    page.end();
    page.put(Tone::Strong, id).put(Tone::Dim, &format!(" ({})", counts.touch.word())).end();
    page.put(Tone::Plain, &format!("  hits: {}", parts.join(", "))).end();
    if counts.alarms > 0 {
        page.put(Tone::Bad, &format!("  could stand as the verdict on jobs that passed: {}", counts.alarms)).end();
    }
    for row in &counts.samples {
        show_row(row, page);
    }
}

fn show_row(row: &HitRow, page: &mut Page) {
    let line = row.after.as_ref().or(row.before.as_ref()).and_then(|h| h.line.as_ref());
    let number = line.map(|(number, _)| format!(":{}", number.0)).unwrap_or_default();
    let word = |hit: &Option<Hit>| hit.as_ref().map_or("none", |h| h.role.word());
    let (before, after) = (word(&row.before), word(&row.after));
    let role = if before == after { after.to_owned() } else { format!("{before} -> {after}") };
    let tone = if row.is_alarm() { Tone::Bad } else { Tone::Dim };
    page.put(tone, &format!("    {}{number}  {}, {role}", row.trace, row.outcome.word())).end();
    if let Some((_, text)) = line {
        page.put(Tone::Plain, "      ").cut(Tone::Plain, text.as_str().trim_start(), 6).end();
    }
}
