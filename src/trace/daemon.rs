//! Lines of a runner's daemon log, in every format, as one.
//!
//! Formats: `runner` (`WARNING: message   key=value`), `text` (`time=.. level=.. msg=.. key=value`), `json`, and the
//! headers that syslog, journald and `docker compose` put before them. Source: `log/runner_formatter.go` and
//! `log/configuration.go` of GitLab Runner.
//!
//! The canonical form is `<LEVEL: >message key=value key=value`, keys in byte order, values without quotes.

use super::daemon_format::Parts;
use super::outcome::Ending;

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
    /// That call went well: GitLab answered as it should.
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

impl DaemonLine {
    /// Reads a clean line; `None` if the daemon did not write it. Within a log that is known to be a daemon's every line
    /// with a level is the daemon's. Cost for lines of other tools: a search for a few words.
    pub fn parse(line: &[u8], known: bool) -> Option<DaemonLine> {
        Parts::read(line, known).map(DaemonLine::build)
    }

    fn build(parts: Parts) -> DaemonLine {
        let Parts { level, prefix, message, fields, seconds } = parts;
        let message = message.trim_end();
        let mut canonical = format!("{prefix}{message}");
        for (key, value) in &fields {
            canonical.push(' ');
            canonical.push_str(key);
            canonical.push('=');
            canonical.push_str(value);
        }
        let get = |key: &str| fields.get(key).filter(|v| !v.is_empty()).cloned();
        let call = call_of(message);
        // A call that went wrong is logged at the level of information too, by old runners and by `verify`; and so is all
        // that docker-machine prints.
        let wrong = ["failed", "error", "forbidden", "is not valid", "is removed", "disallowed"].iter().any(|w| message.contains(w));
        let level = if level == Level::Info && ((call.is_some() && wrong) || message.starts_with("Error ")) { Level::Warning } else { level };
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
            success: call.is_some() && level == Level::Info && !is_before_the_call(message),
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

/// Whether nothing was asked of GitLab yet: the runner says that it will report a job's state, or that there is nothing to send.
fn is_before_the_call(message: &str) -> bool {
    message == "Updating job..." || message.ends_with("...skipped due to empty patch")
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
    fn the_tag_tells_where_the_words_do_not() {
        let line = r#"Aug 24 10:41:33 host gitlab-runner[87]: time="2018-08-24T10:41:33Z" level=info msg="output  : sudo: docker: command not found" driver=amazonec2"#;
        assert_eq!(DaemonLine::parse(line.as_bytes(), false).unwrap().canonical, "output  : sudo: docker: command not found driver=amazonec2");
        assert!(DaemonLine::parse(line.replace("gitlab-runner[", "dockerd[").as_bytes(), false).is_none());
    }

    #[test]
    fn success_and_old_words() {
        assert!(DaemonLine::parse(b"Checking for jobs... received        job=1 runner=a", false).unwrap().success);
        for before in
            ["Updating job...     bytesize=5 checksum=crc32:0f job=1 runner=a", "Appending trace to coordinator...skipped due to empty patch  job=1 runner=a"]
        {
            let got = DaemonLine::parse(before.as_bytes(), false).unwrap();
            assert!(got.call.is_some() && !got.success, "{before}");
        }
        let old = DaemonLine::parse(b"2015-01-09 14:11:48 +0930 | Submitting build 2054 to coordinator...response error: 502", false).unwrap();
        assert_eq!((old.call, old.success), (Some(Call::Update), false));
        let forbidden = DaemonLine::parse(b"ERROR: Checking for jobs... forbidden", false).unwrap();
        assert_eq!(forbidden.canonical, "ERROR: Checking for jobs... forbidden");
    }
}
