//! A record as Markdown.

use std::fmt::Write;

use crate::record::{Record, Row};

/// Characters of a regex that are shown.
const SHOWN_CHARS: usize = 80;

/// Keys of two rows, and what the first one's time divided by the second one's says.
const RATIOS: &[(&str, &str, &str)] = &[
    ("files/vectorscan/1", "files/ours/1", "engine only: Vectorscan's regexes on raw text / ours"),
    ("files/vectorscan-clean/1", "files/ours/1", "engine only: Vectorscan's regexes on clean text / ours"),
    ("files/vectorscan-literals/1", "files/ours/1", "engine only: Vectorscan's literals (no regexes) / ours"),
    ("files/aho-corasick/1", "files/ours/1", "engine only: aho-corasick's literals (no regexes) / ours"),
    ("files/regexset/1", "files/ours/1", "engine only: RegexSet a line / ours"),
    ("files/vectorscan/2", "files/ours/2", "engine only, 2 threads: Vectorscan's regexes on raw text / ours"),
    ("files/ours/1", "files/floor/1", "engine only: ours / reading"),
    ("files/ours/1", "files/ours/2", "engine only: ours, 1 thread / 2 threads"),
    ("files/vectorscan/1", "files/whyred/1", "all files: Vectorscan's regexes on raw text (in process, no output) / whyred scan"),
    ("files/vectorscan-literals/1", "files/whyred/1", "all files: Vectorscan's literals (in process, no output) / whyred scan"),
    ("files/whyred/1", "files/cat", "all files: whyred scan / xargs cat"),
    ("files/whyred/2", "files/cat", "all files, 2 threads: whyred scan / xargs cat"),
    ("files/whyred/1", "files/whyred/2", "all files: whyred scan, 1 thread / 2 threads"),
    ("one/whyred/1", "one/wc", "one file: whyred scan / wc -l"),
    ("one/whyred/2", "one/wc", "one file, 2 threads: whyred scan / wc -l"),
    ("one/rg-literals", "one/whyred/1", "one file: rg -F -f literals / whyred scan"),
];

/// The whole report.
pub fn markdown(record: &Record) -> String {
    let mut out = String::new();
    head(record, &mut out);
    agreement(record, &mut out);
    let files = if record.in_memory { "All files, held in memory by the rows of this process" } else { "All files" };
    table(record, files, "files/", &[("floor", "files/floor/1"), ("Vectorscan time", "files/vectorscan/1")], &mut out);
    table(record, "One file", "one/", &[("`wc -l`", "one/wc")], &mut out);
    ratios(record, &mut out);
    for note in &record.notes {
        _ = writeln!(out, "- {note}");
    }
    out
}

fn head(record: &Record, out: &mut String) {
    let (machine, corpus, patterns) = (&record.machine, &record.corpus, &record.patterns);
    let versions: Vec<String> = record.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let simd = if machine.simd.is_empty() { "none known".to_owned() } else { machine.simd.join(" ") };
    let lines = [
        format!("# Peers, {}", record.date),
        String::new(),
        format!("- machine: {}, {} cores, SIMD {simd}, Linux {}", machine.cpu, machine.cores, machine.kernel),
        format!(
            "- two threads do {:.2} x the work of one (a loop without memory); load average {} before, {} after",
            machine.two_threads, machine.load_before, machine.load_after
        ),
        format!("- corpus: {}, {} files, {} bytes; one file of {} bytes", corpus.origin, corpus.files, corpus.bytes, corpus.one_bytes),
        format!("- patterns: {}, {} regexes on every line, {} literals; catalog {}", patterns.patterns, patterns.regexes, patterns.literals, record.catalog),
        format!("- commit {}", if record.commit.is_empty() { "unknown" } else { &record.commit }),
        format!("- versions: {}", versions.join(", ")),
        format!("- {} alternating rounds after one that is dropped, page-cached; GB = 1e9 bytes", record.rounds),
    ];
    lines.iter().for_each(|l| _ = writeln!(out, "{l}"));
}

fn agreement(record: &Record, out: &mut String) {
    let exact = &record.exact;
    _ = writeln!(out, "\n## Agreement\n");
    _ = writeln!(
        out,
        "- the engine = every regex on every clean line: {} pairs of a regex and a line, in {} files of {} bytes with {} clean lines ({} different)",
        exact.pairs, exact.files, exact.bytes, exact.lines, exact.distinct_lines
    );
    for sets in &record.sets {
        _ = writeln!(out, "- Vectorscan on {}, {} files, pairs of a file and a regex: {} in both", sets.text, sets.files, sets.both);
        for (reason, difference) in &sets.differences {
            let examples: Vec<String> = difference.examples.iter().map(|e| code(e)).collect();
            _ = writeln!(out, "  - {} {reason}, such as {}", difference.pairs, examples.join(" "));
        }
    }
    for (source, message) in &record.refused {
        _ = writeln!(out, "- refused by Vectorscan: {}: {message}", code(source));
    }
}

/// Rows whose key begins with `prefix`. `beside`: a column's name, and the row to which the others are compared.
fn table(record: &Record, title: &str, prefix: &str, beside: &[(&str, &str)], out: &mut String) {
    let rows: Vec<&Row> = record.rows.iter().filter(|r| r.key.starts_with(prefix)).collect();
    if rows.is_empty() {
        return;
    }
    _ = write!(out, "\n## {title}\n\n| engine | median s | min–max | GB/s |");
    for (name, _) in beside {
        _ = write!(out, " {} |", if *name == "Vectorscan time" { "Vectorscan time / its time".to_owned() } else { format!("× {name}") });
    }
    _ = writeln!(out, "\n|---|---|---|---|{}", "---|".repeat(beside.len()));
    for row in rows {
        let (Some(median), Some((min, max)), Some(speed)) = (row.median(), row.spread(), row.speed()) else {
            let limit = row.stopped.unwrap_or_default();
            let slowest = row.bytes as f64 / (limit as f64).max(1.0) / 1e9;
            _ = writeln!(out, "| {} | > {limit} | | < {} |{}", row.name, digits(slowest), " |".repeat(beside.len()));
            continue;
        };
        _ = write!(out, "| {} | {} | {}–{} | {} |", row.name, digits(median), digits(min), digits(max), digits(speed / 1e9));
        for (name, key) in beside {
            // By speed and not by time: a row may have had a part of the bytes.
            let other = record.row(key).and_then(Row::speed);
            let ratio = other.map(|o| if *name == "Vectorscan time" { speed / o } else { o / speed });
            _ = write!(out, " {} |", ratio.map_or(String::new(), digits));
        }
        out.push('\n');
    }
}

fn ratios(record: &Record, out: &mut String) {
    let speed = |key: &str| record.row(key).and_then(Row::speed);
    let known: Vec<String> = RATIOS.iter().filter_map(|(a, b, what)| Some(format!("- {what}: {}", digits(speed(b)? / speed(a)?)))).collect();
    _ = writeln!(out, "\n## Ratios and notes\n");
    known.iter().for_each(|l| _ = writeln!(out, "{l}"));
}

/// The start of a regex as code, which may itself hold the mark of code.
fn code(source: &str) -> String {
    let start: String = source.chars().take(SHOWN_CHARS).collect();
    if start.contains('`') { format!("`` {start} ``") } else { format!("`{start}`") }
}

/// Three digits that count.
pub fn digits(number: f64) -> String {
    let places = match number.abs() {
        n if n >= 100.0 => 0,
        n if n >= 10.0 => 1,
        n if n >= 1.0 => 2,
        n if n >= 0.1 => 3,
        n if n >= 0.01 => 4,
        n if n >= 0.001 => 5,
        _ => return format!("{number:.1e}"),
    };
    format!("{number:.places$}")
}
