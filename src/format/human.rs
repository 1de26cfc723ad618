//! Records for people: the verdict first, then the line, then what to do.

use crate::record::{Cause, CauseEvidence, Evidence, FailedTests, OtherCause, Record, Verdict};

use super::page::{Page, Tone};

/// Names of failed tests that are shown; a record has more.
const SHOWN_TESTS: usize = 8;

/// How much room a record takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A whole block.
    Block,
    /// Class, owner, line and first step of the fix.
    Line,
}

/// Writes records for people.
#[derive(Debug)]
pub struct Human {
    page: Page,
}

impl Human {
    /// A writer for a terminal of that width.
    pub fn new(colour: bool, width: usize) -> Human {
        Human { page: Page::new(colour, width) }
    }

    /// The text of one record.
    pub fn record(&mut self, record: &Record, look: Look) -> String {
        match look {
            Look::Block => self.block(record),
            Look::Line => self.line(record),
        }
        self.page.take()
    }

    fn line(&mut self, record: &Record) {
        let page = &mut self.page;
        page.put(Tone::Dim, &name(record)).put(Tone::Plain, ": ");
        let Some(verdict) = &record.verdict else {
            let (tone, word) = without_verdict(record);
            page.put(tone, word).end();
            return;
        };
        page.put(tone_of(verdict), &verdict.class).put(Tone::Plain, &format!(" ({})", verdict.owner));
        if verdict.confidence == "low" {
            page.put(Tone::Dim, " low confidence");
        }
        let over = record.problem.as_ref().is_some_and(|p| p.over);
        if over {
            page.put(Tone::Dim, " over");
        }
        page.end();
        match verdict.evidence.first() {
            Some(e) => {
                let number = format!("{:>7}  ", e.line);
                page.put(Tone::Dim, &number).cut(Tone::Plain, e.text.as_str().trim_start(), number.len()).end();
            }
            None => {
                page.put(Tone::Plain, "         ").cut(Tone::Plain, &verdict.title, 9).end();
            }
        }
        if let Some(step) = verdict.cause.as_ref().and_then(|c| c.fix.first()).filter(|_| !over) {
            page.put(Tone::Dim, "    fix  ").cut(Tone::Plain, step, 9).end();
        }
    }

    fn block(&mut self, record: &Record) {
        let page = &mut self.page;
        let Some(verdict) = &record.verdict else {
            let (tone, word) = without_verdict(record);
            page.put(tone, word).put(Tone::Plain, "  ").put(Tone::Dim, &name(record)).end();
            for error in &record.errors {
                page.prose("  ", Tone::Plain, error.as_str());
            }
            page.end();
            return;
        };
        page.put(tone_of(verdict), &verdict.class).put(Tone::Plain, "  ").put(Tone::Dim, &name(record)).end();
        page.prose("", Tone::Plain, &verdict.title);
        page.end();
        for (i, evidence) in verdict.evidence.iter().enumerate() {
            lines(page, evidence, i == 0);
        }
        for (fact, value) in &verdict.facts {
            page.put(Tone::Strong, &format!("        {fact} = ")).put(Tone::Strong, value.as_str()).end();
        }
        if !verdict.evidence.is_empty() || !verdict.facts.is_empty() {
            page.end();
        }
        if verdict.class == "timeout"
            && let Some(time) = where_time_went(record)
        {
            page.prose("Time   ", Tone::Strong, &time);
        }
        if let Some(tests) = &verdict.failed_tests {
            page.prose("Tests  ", Tone::Strong, &tests_text(tests));
        }
        if let Some(problem) = &record.problem {
            let times = match (&problem.first, &problem.last) {
                (Some(first), Some(last)) => format!(", first {first}, last {last}"),
                _ => String::new(),
            };
            page.prose("Seen   ", Tone::Strong, &format!("{} times{times}{}", problem.count, if problem.over { ", over" } else { "" }));
        }
        if let Some(cause) = &verdict.cause {
            cause_block(page, cause);
        }
        for other in verdict.other_causes.iter().flatten() {
            match other {
                OtherCause::Brief { id, title, .. } => {
                    page.prose("Or     ", Tone::Strong, &format!("{title} ({id})"));
                }
                OtherCause::Full(cause) => {
                    page.end();
                    cause_block(page, cause);
                }
            }
        }
        facts(page, record, verdict);
        page.end();
    }
}

/// `4 failed: a, b and 2 more`.
fn tests_text(tests: &FailedTests) -> String {
    let shown: Vec<&str> = tests.names.iter().take(SHOWN_TESTS).map(|n| n.as_str()).collect();
    let more = match tests.count.saturating_sub(shown.len() as u64) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    match shown[..] {
        [] => format!("{} failed", tests.count),
        _ => format!("{} failed: {}{more}", tests.count, shown.join(", ")),
    }
}

/// The longest silence; without time stamps the longest section.
fn where_time_went(record: &Record) -> Option<String> {
    let job = &record.job;
    if let Some(silence) = &job.silence {
        let ran = match (&silence.command, &silence.section) {
            (Some(command), _) => format!("while `{command}` ran"),
            (None, Some(section)) => format!("in {section}"),
            (None, None) => String::new(),
        };
        return Some(format!("{} without a line behind line {} {ran}", duration(silence.seconds), silence.line));
    }
    let longest = job.sections.iter().filter_map(|s| Some((s.seconds?, &s.name))).max_by_key(|(seconds, _)| *seconds);
    longest.filter(|(seconds, _)| *seconds > 0).map(|(seconds, name)| format!("{} in {name}", duration(seconds)))
}

/// `1 h 2 min 3 s`.
fn duration(seconds: i64) -> String {
    let parts = [(seconds / 3600, "h"), (seconds % 3600 / 60, "min"), (seconds % 60, "s")];
    let shown: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    if shown.is_empty() { "0 s".to_owned() } else { shown.join(" ") }
}

fn lines(page: &mut Page, evidence: &Evidence, with_context: bool) {
    let context = |page: &mut Page, text: &str| {
        page.put(Tone::Dim, "        | ").cut(Tone::Dim, text, 10).end();
    };
    if with_context {
        evidence.before.iter().for_each(|t| context(page, t.as_str()));
    }
    let number = format!("{:>7} ", evidence.line);
    page.put(Tone::Strong, &number).put(Tone::Bad, "> ").cut(Tone::Strong, evidence.text.as_str(), number.len() + 2).end();
    if with_context {
        evidence.after.iter().for_each(|t| context(page, t.as_str()));
    }
}

fn cause_block(page: &mut Page, cause: &Cause) {
    page.prose("Cause  ", Tone::Strong, &cause.title);
    page.prose("       ", Tone::Plain, &cause.diagnosis);
    for evidence in &cause.evidence {
        page.prose("       ", Tone::Dim, &lifted(evidence));
    }
    for (i, step) in cause.fix.iter().enumerate() {
        let label = if i == 0 { "Fix    " } else { "       " };
        page.prose(&format!("{label}{}. ", i + 1), Tone::Strong, step);
    }
    if !cause.why.is_empty() {
        page.prose("Why    ", Tone::Strong, &cause.why);
    }
    for (i, command) in cause.commands.iter().enumerate() {
        let label = if i == 0 { "Run    " } else { "       " };
        // A command is never wrapped: it is to be copied.
        page.put(Tone::Strong, label).put(Tone::Plain, command.as_str()).end();
    }
    for (i, link) in cause.references.iter().enumerate() {
        let label = if i == 0 { "See    " } else { "       " };
        page.put(Tone::Strong, label).put(Tone::Link, link).end();
    }
}

fn lifted(evidence: &CauseEvidence) -> String {
    match (evidence.fact, evidence.line) {
        (Some(fact), _) => format!("because {fact} = {}", evidence.value.as_ref().map_or("", |v| v.as_str())),
        (None, Some(line)) => format!("because of line {line}: {}", evidence.text.as_ref().map_or("", |t| t.as_str())),
        (None, None) => String::new(),
    }
}

fn facts(page: &mut Page, record: &Record, verdict: &Verdict) {
    let job = &record.job;
    let mut parts = vec![format!("owner {}", verdict.owner), format!("retry {}", verdict.retry), format!("confidence {}", verdict.confidence)];
    if let Some(section) = &job.failed_section {
        parts.push(format!("section {section}"));
    }
    if let Some(code) = job.exit_code {
        parts.push(format!("exit code {code}"));
    }
    if let Some(pattern) = &verdict.pattern {
        parts.push(format!("pattern {pattern}"));
    }
    page.prose("       ", Tone::Dim, &parts.join("  "));
}

fn name(record: &Record) -> String {
    // Of several jobs in one file, and of one that has no trace, the file does not say which it is.
    let job = record.job.id.filter(|_| matches!(record.kind, "runner-job" | "none")).map(|id| format!(" job {id}")).unwrap_or_default();
    let member = record.member.as_ref().map(|m| format!(":{m}")).unwrap_or_default();
    let name = if record.trace.as_str() == "-" { "standard input" } else { record.trace.as_str() };
    format!("{name}{member}{job}")
}

fn without_verdict(record: &Record) -> (Tone, &'static str) {
    match record.job.outcome {
        _ if !record.errors.is_empty() => (Tone::Warn, "not read"),
        "passed" => (Tone::Good, "passed"),
        _ if record.end == "log_limit" => (Tone::Warn, "cut off at the log limit"),
        _ => (Tone::Dim, "nothing found"),
    }
}

fn tone_of(verdict: &Verdict) -> Tone {
    if verdict.pattern.is_none() { Tone::Warn } else { Tone::Bad }
}
