//! Lines of a runner's daemon log, in every format, as one.
//!
//! Formats: `runner` (`WARNING: message   key=value`), `text` (`time=.. level=.. msg=.. key=value`), `json`, and the
//! headers that syslog, journald and `docker compose` put before them. Source: `log/runner_formatter.go` and
//! `log/configuration.go` of GitLab Runner.
//!
//! The canonical form is `<LEVEL: >message key=value key=value`, keys in byte order, values without quotes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::text::clean_into;

use super::outcome::Ending;
use super::time::parse_rfc3339;

/// Severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `info`, `debug`.
    Info,
    /// `warning`.
    Warning,
    /// `error`.
    Error,
    /// `fatal`, `panic`.
    Fatal,
}

/// Which call to GitLab a line tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Asking for a job.
    Request,
    /// Reporting a job's state.
    Update,
    /// Sending a piece of a trace.
    Patch,
    /// Registering or verifying the runner.
    Register,
}

/// The end of a job in a daemon log.
#[derive(Clone, Debug, PartialEq)]
pub struct JobEnd {
    /// What the message says; its head is counted in bytes of the canonical line.
    pub ending: Ending,
    /// The `failure_reason` field.
    pub failure_reason: Option<String>,
    /// The `duration_s` field, or the older `duration`.
    pub seconds: Option<f64>,
}

/// A line of a daemon log.
#[derive(Clone, Debug, PartialEq)]
pub struct DaemonLine {
    /// Its severity.
    pub level: Level,
    /// The call that it tells of.
    pub call: Option<Call>,
    /// That call went well.
    pub success: bool,
    /// The `job` field.
    pub job: Option<u64>,
    /// The `project_full_path` field.
    pub project: Option<String>,
    /// The `runner_name` field, or `runner`, the short token.
    pub runner: Option<String>,
    /// Seconds since 1970, where the format has a time.
    pub seconds: Option<i64>,
    /// The job of the line is at its end.
    pub end: Option<JobEnd>,
    /// The canonical form.
    pub canonical: String,
}

/// Fields of the daemon's lines: a value of the `runner` format ends where one of these begins.
const FIELDS: [&str; 46] = [
    "Gitaly_Correlation_ID",
    "address",
    "arch",
    "attempt",
    "build_url",
    "builds",
    "bytesize",
    "checksum",
    "code",
    "config",
    "context",
    "correlation_id",
    "duration",
    "duration_s",
    "error",
    "executor",
    "exit_code",
    "failure_reason",
    "file",
    "gitlab_user_id",
    "host",
    "id",
    "job",
    "job-log",
    "job-status",
    "max_builds",
    "method",
    "name",
    "namespace_id",
    "organization_id",
    "os",
    "pid",
    "pipeline_id",
    "project",
    "project_full_path",
    "repo_url",
    "response",
    "revision",
    "root_namespace_id",
    "runner",
    "runner_name",
    "sent-log",
    "status",
    "update-interval",
    "url",
    "version",
];

/// Fields that only the daemon's own lines have.
const TELLING: [&str; 8] = ["builds", "max_builds", "runner", "runner_name", "job", "repo_url", "job-status", "unhealthy_requests"];

/// Starts of messages that only the daemon writes.
const MESSAGES: [&str; 32] = [
    "Checking for jobs...",
    "Checking for builds...",
    "Submitting job to coordinator",
    "Submitting build",
    "Appending trace to coordinator",
    "Updating job...",
    "Registering runner...",
    "Verifying runner...",
    "Unregistering runner from GitLab",
    "Starting multi-runner from ",
    "Running in system-mode",
    "Running in user-mode",
    "Initializing executor providers",
    "Feeding runners to channel",
    "Failed to process runner",
    "Failed to load config",
    "Failed to update executor",
    "Added job to processing list",
    "Removed job from processing list",
    "All workers stopped",
    "Runner https://",
    "Runner \"",
    "Failed to register the runner",
    "Failed to register this runner",
    "Failed to verify the runner",
    "failed to unregister runner",
    "Unknown executor: ",
    "Service run failed",
    "The --user is not supported",
    "The --working-directory is not supported",
    "Missing URL",
    "Missing Token",
];

/// One of these stands in every line of the daemon: a start of a message, or a telling field in some format.
static TELLTALE: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let fields = TELLING.iter().flat_map(|f| [format!("{f}="), format!("\"{f}\"")]);
    AhoCorasick::new(fields.chain(MESSAGES.iter().map(|m| (*m).to_owned()))).ok()
});

impl DaemonLine {
    /// Reads a clean line; `None` if the daemon did not write it. Within a log that is known to be a daemon's every line
    /// with a level is the daemon's. Cost for lines of other tools: a search for a few words.
    pub fn parse(line: &[u8], known: bool) -> Option<DaemonLine> {
        if !known && !TELLTALE.as_ref().is_some_and(|t| t.is_match(line)) {
            return None;
        }
        let text = std::str::from_utf8(line).ok()?.trim();
        let (text, prefix_seconds) = without_prefix(text);
        if text.starts_with('{') {
            return json(text, known);
        }
        if text.starts_with("time=\"") || text.starts_with("level=") {
            return logfmt(text, known);
        }
        runner_format(text, prefix_seconds, known)
    }

    fn build(level: Level, prefix: &str, message: &str, fields: &BTreeMap<String, String>, seconds: Option<i64>) -> DaemonLine {
        let message = message.trim_end();
        let mut canonical = format!("{prefix}{message}");
        for (key, value) in fields {
            canonical.push(' ');
            canonical.push_str(key);
            canonical.push('=');
            canonical.push_str(value);
        }
        let get = |key: &str| fields.get(key).filter(|v| !v.is_empty()).cloned();
        let call = call_of(message);
        // A call that went wrong is logged at the level of information too, by old runners and by `verify`.
        let wrong = ["failed", "error", "forbidden", "is not valid", "is removed", "disallowed"].iter().any(|w| message.contains(w));
        let level = if level == Level::Info && call.is_some() && wrong { Level::Warning } else { level };
        let job = get("job").and_then(|j| j.parse().ok());
        let ending = Ending::of_message(message.as_bytes())
            .or_else(|| (message == "Job succeeded" || message == "Build succeeded").then(|| Ending::of_trace(message.as_bytes())).flatten());
        let end = ending.filter(|_| job.is_some()).map(|e| JobEnd {
            ending: Ending { head: e.head + prefix.len(), ..e },
            failure_reason: get("failure_reason"),
            seconds: get("duration_s").and_then(|s| s.parse().ok()).or_else(|| get("duration").and_then(|d| go_duration(&d))),
        });
        DaemonLine {
            level,
            success: call.is_some() && level == Level::Info,
            call,
            job,
            project: get("project_full_path"),
            runner: get("runner_name").or_else(|| get("runner")),
            seconds,
            end,
            canonical,
        }
    }
}

fn call_of(message: &str) -> Option<Call> {
    let starts = |words: &[&str]| words.iter().any(|w| message.starts_with(w));
    if starts(&["Checking for jobs...", "Checking for builds..."]) {
        Some(Call::Request)
    } else if starts(&["Submitting job to coordinator", "Submitting build", "Updating job..."]) {
        Some(Call::Update)
    } else if starts(&["Appending trace to coordinator", "Sending trace to coordinator"]) {
        Some(Call::Patch)
    } else if starts(&["Registering runner...", "Verifying runner..."]) {
        Some(Call::Register)
    } else {
        None
    }
}

/// Cuts off what syslog, journald, `docker compose` and old runners put before a line; reads the time if it has a year.
fn without_prefix(text: &str) -> (&str, Option<i64>) {
    // `Aug 22 10:00:00 host gitlab-runner[123]: ...`, `2026-08-22T10:00:00+00:00 host gitlab-runner[123]: ...`
    if let Some(at) = text.find("gitlab-runner[")
        && at < 80
        && let Some(end) = text[at..].find("]: ")
    {
        let time = text.split_whitespace().next().and_then(parse_rfc3339);
        return (text[at + end + 3..].trim_start(), time);
    }
    // `runner-1  | ...`, `2015-01-09 14:11:34 +0930 | ...`
    if let Some(at) = text.find(" | ")
        && at < 60
    {
        return (text[at + 3..].trim_start(), None);
    }
    (text, None)
}

fn level_of(word: &str) -> Option<(Level, &'static str)> {
    Some(match word {
        "debug" | "info" => (Level::Info, ""),
        "warning" | "warn" => (Level::Warning, "WARNING: "),
        "error" => (Level::Error, "ERROR: "),
        "fatal" => (Level::Fatal, "FATAL: "),
        "panic" => (Level::Fatal, "PANIC: "),
        _ => return None,
    })
}

fn json(text: &str, known: bool) -> Option<DaemonLine> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    let word = |key: &str| object.get(key).and_then(|v| v.as_str());
    let (level, prefix) = level_of(word("level")?)?;
    let message = &one_line(word("msg")?);
    let seconds = word("time").and_then(parse_rfc3339);
    let fields = object
        .iter()
        .filter(|(k, _)| !matches!(k.as_str(), "level" | "msg" | "time"))
        .map(|(k, v)| (k.clone(), one_line(&v.as_str().map_or_else(|| v.to_string(), str::to_owned))))
        .collect();
    (known || is_daemons(message, &fields)).then(|| DaemonLine::build(level, prefix, message, &fields, seconds))
}

/// Without line ends and escape sequences, which JSON can hold.
fn one_line(text: &str) -> String {
    let mut out = Vec::new();
    clean_into(text.replace(['\n', '\r'], " ").as_bytes(), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn logfmt(text: &str, known: bool) -> Option<DaemonLine> {
    let mut fields = BTreeMap::new();
    let mut rest = text;
    while let Some((key, tail)) = rest.split_once('=') {
        let key = key.trim();
        if key.is_empty() || key.contains(' ') {
            break;
        }
        let (value, tail) = if let Some(quoted) = tail.strip_prefix('"') {
            unquote(quoted)
        } else {
            let end = tail.find(' ').unwrap_or(tail.len());
            (tail[..end].to_owned(), &tail[end..])
        };
        fields.insert(key.to_owned(), value);
        rest = tail;
    }
    let (level, prefix) = level_of(fields.get("level")?)?;
    let message = fields.get("msg")?.clone();
    let seconds = fields.get("time").and_then(|t| parse_rfc3339(t));
    fields.retain(|k, _| !matches!(k.as_str(), "level" | "msg" | "time"));
    (known || is_daemons(&message, &fields)).then(|| DaemonLine::build(level, prefix, &message, &fields, seconds))
}

/// The text up to the closing quote, escapes undone, and what follows.
fn unquote(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return (out, &text[i + 1..]),
            '\\' => match chars.next() {
                Some((_, 'n' | 't')) => out.push(' '),
                Some((_, c)) => out.push(c),
                None => break,
            },
            c => out.push(c),
        }
    }
    (out, "")
}

fn runner_format(text: &str, seconds: Option<i64>, known: bool) -> Option<DaemonLine> {
    const PREFIXES: [(&str, Level); 4] = [("WARNING: ", Level::Warning), ("ERROR: ", Level::Error), ("FATAL: ", Level::Fatal), ("PANIC: ", Level::Fatal)];
    let found = PREFIXES.iter().find(|(p, _)| text.starts_with(p));
    let (prefix, level) = found.map_or(("", Level::Info), |(p, l)| (*p, *l));
    let body = &text[prefix.len()..];
    let starts = field_starts(body);
    let message = &body[..starts.first().map_or(body.len(), |(at, _)| *at)];
    let known = known && !prefix.is_empty();
    if !known && starts.is_empty() && !MESSAGES.iter().any(|m| body.starts_with(m)) {
        return None;
    }
    let mut fields = BTreeMap::new();
    for (i, (at, key)) in starts.iter().enumerate() {
        let value_at = at + 1 + key.len() + 1;
        let end = starts.get(i + 1).map_or(body.len(), |(next, _)| *next);
        fields.insert((*key).to_owned(), body[value_at..end].trim_end().trim_end_matches(',').to_owned());
    }
    let is_daemons = known || is_daemons(message, &fields);
    is_daemons.then(|| DaemonLine::build(level, prefix, message, &fields, seconds))
}

/// Where ` key=` stands for a known key, in order.
fn field_starts(body: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut space = None;
    for (at, byte) in body.bytes().enumerate() {
        match (byte, space) {
            (b' ', _) => space = Some(at),
            (b'=', Some(start)) => {
                let key = &body[start + 1..at];
                if FIELDS.binary_search(&key).is_ok() || TELLING.contains(&key) {
                    out.push((start, key));
                }
                space = None;
            }
            _ => {}
        }
    }
    out
}

fn is_daemons(message: &str, fields: &BTreeMap<String, String>) -> bool {
    MESSAGES.iter().any(|m| message.starts_with(m)) || TELLING.iter().any(|t| fields.contains_key(*t))
}

/// Seconds of `1h2m3.5s`, as Go prints durations.
fn go_duration(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |i| digits + i);
        seconds += value
            * match &rest[digits..unit_end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "\u{b5}s" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANT: &str =
        "WARNING: Checking for jobs... failed runner=abCdEfGhI runner_name=r1 status=couldn't execute POST: dial tcp 10.0.0.1:443: connect: connection refused";

    #[test]
    fn every_format_is_one() {
        for line in [
            "WARNING: Checking for jobs... failed                runner=abCdEfGhI runner_name=r1 status=couldn't execute POST: dial tcp 10.0.0.1:443: connect: connection refused",
            "Aug 22 10:00:00 host gitlab-runner[12]: WARNING: Checking for jobs... failed    runner=abCdEfGhI runner_name=r1 status=couldn't execute POST: dial tcp 10.0.0.1:443: connect: connection refused",
            "runner-1  | WARNING: Checking for jobs... failed  runner=abCdEfGhI runner_name=r1 status=couldn't execute POST: dial tcp 10.0.0.1:443: connect: connection refused",
            r#"time="2026-08-22T10:00:00Z" level=warning msg="Checking for jobs... failed" runner=abCdEfGhI runner_name=r1 status="couldn't execute POST: dial tcp 10.0.0.1:443: connect: connection refused""#,
            r#"{"level":"warning","msg":"Checking for jobs... failed","runner":"abCdEfGhI","runner_name":"r1","status":"couldn't execute POST: dial tcp 10.0.0.1:443: connect: connection refused","time":"2026-08-22T10:00:00Z"}"#,
        ] {
            let got = DaemonLine::parse(line.as_bytes(), false).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(got.canonical, WANT);
            assert_eq!((got.level, got.call, got.success, got.runner.as_deref()), (Level::Warning, Some(Call::Request), false, Some("r1")));
        }
    }

    #[test]
    fn end_of_a_job() {
        let line = "WARNING: Job failed: exit code 1                    duration=51m54.614622086s job=14796 project=318 runner=eb4c7ea2,";
        let got = DaemonLine::parse(line.as_bytes(), false).unwrap();
        let end = got.end.unwrap();
        assert_eq!((got.job, end.ending.exit_code), (Some(14796), Some(1)));
        assert!((end.seconds.unwrap() - 3114.614).abs() < 0.01);
        assert_eq!(&got.canonical[end.ending.head..end.ending.head + 11], "exit code 1");
    }

    #[test]
    fn lines_of_other_tools() {
        for line in ["ERROR: Job failed: exit code 1", "npm ERR! code E404", "ERROR: something runner=", r#"{"level":"info","msg":"started"}"#, "error=1"] {
            let got = DaemonLine::parse(line.as_bytes(), false);
            assert!(got.is_none() || line.contains("runner="), "{line}: {got:?}");
        }
    }

    #[test]
    fn success_and_old_words() {
        assert!(DaemonLine::parse(b"Checking for jobs... received        job=1 runner=a", false).unwrap().success);
        let old = DaemonLine::parse(b"2015-01-09 14:11:48 +0930 | Submitting build 2054 to coordinator...response error: 502", false).unwrap();
        assert_eq!((old.call, old.success), (Some(Call::Update), false));
        let forbidden = DaemonLine::parse(b"ERROR: Checking for jobs... forbidden", false).unwrap();
        assert_eq!(forbidden.canonical, "ERROR: Checking for jobs... forbidden");
    }

    #[test]
    fn fields_are_sorted_for_the_search() {
        assert!(FIELDS.is_sorted(), "{FIELDS:?}");
    }
}
