//! Lines as a daemon writes them, in its three formats.

use std::io::Write;

use super::messages::Level;

/// The `log_format` of a runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Coloured, without a time.
    Runner,
    /// `time=.. level=.. msg=.. key=value`.
    Text,
    /// An object.
    Json,
}

/// Where a line ended, and when it was written.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Counted from 1.
    pub line: u64,
    /// Bytes up to its line end.
    pub bytes: u64,
    /// Nanoseconds since midnight.
    nanos: u64,
    /// Of the line.
    format: Format,
}

impl Spot {
    /// The time as a record shows it; the `runner` format has none.
    pub fn time(self) -> Option<String> {
        (self.format != Format::Runner).then(|| format!("{DAY}T{}Z", clock(self.nanos / NANOS)))
    }
}

/// The day.
const DAY: &str = "2026-03-10";
/// The last jobs end within so many lines behind the others.
const LAST_LINES: u64 = 10_000;
/// Of a second.
const NANOS: u64 = 1_000_000_000;

/// Of seconds since midnight.
fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Writes lines into memory; who takes them out keeps it small.
pub struct Writer {
    /// What was not taken out.
    pub out: Vec<u8>,
    /// Of all lines.
    format: Format,
    /// Lines so far.
    lines: u64,
    /// Bytes so far, those taken out included.
    bytes: u64,
    /// The time between two lines.
    nanos_per_line: u64,
}

impl Writer {
    /// `lines`: about so many make a day.
    pub fn new(format: Format, lines: u64) -> Writer {
        Writer { out: Vec::new(), format, lines: 0, bytes: 0, nanos_per_line: 24 * 3600 * NANOS / (lines + LAST_LINES) }
    }

    /// Lines so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// What a daemon for so many jobs at a time says when it starts.
    pub fn start(&mut self, jobs: &str) {
        let mut platform = vec![("arch", "amd64"), ("os", "linux"), ("pid", "7"), ("revision", "c6eae8d7"), ("version", "17.5.0")];
        self.line(Level::Info, "Runtime platform", &mut platform);
        let lines: [(&str, &[(&str, &str)]); 5] = [
            ("Starting multi-runner from /etc/gitlab-runner/config.toml...", &[("builds", "0"), ("max_builds", "0")]),
            ("Running in system-mode.", &[]),
            ("Configuration loaded", &[("builds", "0"), ("max_builds", jobs)]),
            ("listen_address not defined, metrics & debug endpoints disabled", &[("builds", "0"), ("max_builds", jobs)]),
            ("Initializing executor providers", &[("builds", "0"), ("max_builds", jobs)]),
        ];
        for (text, fields) in lines {
            self.line(Level::Info, text, &mut fields.to_vec());
        }
    }

    /// Writes one line. Every format has its fields in the order of their keys.
    pub fn line(&mut self, level: Level, text: &str, fields: &mut Vec<(&str, &str)>) -> Spot {
        let (before, nanos) = (self.out.len(), self.lines * self.nanos_per_line);
        let time = format!("{DAY}T{}.{:09}Z", clock(nanos / NANOS), nanos % NANOS);
        match self.format {
            Format::Runner => runner(&mut self.out, level, text, fields),
            Format::Text => logfmt(&mut self.out, &time, level, text, fields),
            Format::Json => json(&mut self.out, &time, level, text, fields),
        }
        self.lines += 1;
        self.bytes += (self.out.len() - before) as u64 + 1;
        self.out.push(b'\n');
        Spot { line: self.lines, bytes: self.bytes - 1, nanos, format: self.format }
    }
}

/// `log/runner_formatter.go`: padded to 50 columns, coloured, nothing in quotes.
fn runner(out: &mut Vec<u8>, level: Level, text: &str, fields: &mut [(&str, &str)]) {
    let (colour, prefix) = match level {
        Level::Info => ("", ""),
        Level::Warning => ("\x1b[0;33m", "WARNING: "),
        Level::Error => ("\x1b[31;1m", "ERROR: "),
    };
    fields.sort_unstable();
    let width = 50usize.saturating_sub(prefix.len());
    write!(out, "{colour}{prefix}{text:<width$}\x1b[0;m ").unwrap();
    for (key, value) in fields {
        write!(out, " {colour}{key}\x1b[0;m={value}").unwrap();
    }
}

/// As the formats with a level have it.
fn word(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// The TextFormatter of logrus: a value stands in quotes where it must.
fn logfmt(out: &mut Vec<u8>, time: &str, level: Level, text: &str, fields: &mut [(&str, &str)]) {
    /// With quotes, where anything but plain signs stands in it.
    fn value(out: &mut Vec<u8>, text: &str) {
        if text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/@^+".contains(&b)) {
            out.extend_from_slice(text.as_bytes());
        } else {
            quoted(out, text, false);
        }
    }
    fields.sort_unstable();
    write!(out, "time=\"{time}\" level={} msg=", word(level)).unwrap();
    value(out, text);
    for (key, text) in fields {
        write!(out, " {key}=").unwrap();
        value(out, text);
    }
}

/// The JSONFormatter of logrus: one object, its keys in order.
fn json(out: &mut Vec<u8>, time: &str, level: Level, text: &str, fields: &mut Vec<(&str, &str)>) {
    let mut all: Vec<(&str, &str)> = fields.iter().copied().chain([("level", word(level)), ("msg", text), ("time", time)]).collect();
    all.sort_unstable();
    let mut sign = b'{';
    for (key, value) in all {
        out.push(sign);
        write!(out, "\"{key}\":").unwrap();
        let is_number = value.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') && value.parse::<f64>().is_ok();
        if is_number {
            out.extend_from_slice(value.as_bytes());
        } else {
            quoted(out, value, true);
        }
        sign = b',';
    }
    out.push(b'}');
}

/// In quotes, as Go's `%q` has it; its JSON writes signs of HTML as numbers on top.
fn quoted(out: &mut Vec<u8>, text: &str, html: bool) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'<' | b'>' | b'&' if html => write!(out, "\\u{byte:04x}").unwrap(),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
