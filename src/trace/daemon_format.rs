//! The formats of a daemon's line: `runner`, `text`, `json`, and what others put before them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::text::clean_into;

use super::daemon::Level;
use super::time::parse_rfc3339;

/// What a line holds, whatever its format.
pub(super) struct Parts {
    pub(super) level: Level,
    /// The level as the `runner` format writes it, with a space behind; empty for information.
    pub(super) prefix: &'static str,
    pub(super) message: String,
    pub(super) fields: BTreeMap<String, String>,
    /// Seconds since 1970, where the format has a time.
    pub(super) seconds: Option<i64>,
}

impl Parts {
    /// Reads a clean line; `None` if the daemon did not write it.
    pub(super) fn read(line: &[u8], known: bool) -> Option<Parts> {
        if !known && !TELLTALE.as_ref().is_some_and(|t| t.is_match(line)) {
            return None;
        }
        let text = std::str::from_utf8(line).ok()?.trim();
        let (text, prefix_seconds, tagged) = without_prefix(text);
        if text.starts_with('{') {
            return json(text, known || tagged);
        }
        if text.starts_with("time=\"") || text.starts_with("level=") {
            return logfmt(text, known || tagged);
        }
        runner_format(text, prefix_seconds, known, tagged)
    }
}

/// Fields of the daemon's lines: a value of the `runner` format ends where one of these begins.
const FIELDS: [&str; 55] = [
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
    "gitlab_scoped_user_id",
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
    "queue_depth",
    "queue_size",
    "repo_url",
    "response",
    "revision",
    "root_namespace_id",
    "runner",
    "runner_name",
    "runner_uuid",
    "sent-log",
    "status",
    "subsystem",
    "time_in_queue_seconds",
    "unhealthy_interval",
    "unhealthy_requests",
    "unhealthy_requests_limit",
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

/// The tag of syslog and journald, up to the process.
const TAG: &str = "gitlab-runner[";

/// One of these stands in every line of the daemon: its tag, a start of a message, or a telling field in some format.
static TELLTALE: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let fields = TELLING.iter().flat_map(|f| [format!("{f}="), format!("\"{f}\"")]);
    AhoCorasick::new(fields.chain([TAG].iter().chain(&MESSAGES).map(|m| (*m).to_owned()))).ok()
});

/// Cuts off what syslog, journald, `docker compose` and old runners put before a line; reads the time if it has a year.
/// The last value: the tag says that the runner wrote it.
fn without_prefix(text: &str) -> (&str, Option<i64>, bool) {
    // `Aug 22 10:00:00 host gitlab-runner[123]: ...`, `2026-08-22T10:00:00+00:00 host gitlab-runner[123]: ...`
    if let Some(at) = text.find(TAG)
        && at < 80
        && let Some(end) = text[at..].find("]: ")
    {
        let time = text.split_whitespace().next().and_then(parse_rfc3339);
        return (text[at + end + 3..].trim_start(), time, true);
    }
    // `runner-1  | ...`, `2015-01-09 14:11:34 +0930 | ...`
    if let Some(at) = text.find(" | ")
        && at < 60
    {
        return (text[at + 3..].trim_start(), None, false);
    }
    (text, None, false)
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

fn json(text: &str, known: bool) -> Option<Parts> {
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
    (known || is_daemons(message, &fields)).then(|| Parts { level, prefix, message: message.to_owned(), fields, seconds })
}

/// Without line ends and escape sequences, which JSON can hold.
fn one_line(text: &str) -> String {
    let mut out = Vec::new();
    clean_into(text.replace(['\n', '\r'], " ").as_bytes(), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn logfmt(text: &str, known: bool) -> Option<Parts> {
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
    (known || is_daemons(&message, &fields)).then(|| Parts { level, prefix, message: message.to_owned(), fields, seconds })
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

fn runner_format(text: &str, seconds: Option<i64>, known: bool, tagged: bool) -> Option<Parts> {
    const PREFIXES: [(&str, Level); 4] = [("WARNING: ", Level::Warning), ("ERROR: ", Level::Error), ("FATAL: ", Level::Fatal), ("PANIC: ", Level::Fatal)];
    let found = PREFIXES.iter().find(|(p, _)| text.starts_with(p));
    let (prefix, level) = found.map_or(("", Level::Info), |(p, l)| (*p, *l));
    let body = &text[prefix.len()..];
    let starts = field_starts(body);
    let message = &body[..starts.first().map_or(body.len(), |(at, _)| *at)];
    let known = tagged || (known && !prefix.is_empty());
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
    is_daemons.then(|| Parts { level, prefix, message: message.to_owned(), fields, seconds })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_sorted_for_the_search() {
        assert!(FIELDS.is_sorted(), "{FIELDS:?}");
    }
}
