//! The runner's last line. Wordings: `common/build.go` of GitLab Runner, `setTraceStatus`, and the `Build ...` of
//! runners before 10.0.

/// How a job ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// `Job succeeded`.
    Passed,
    /// `Job failed`.
    Failed,
    /// A person or GitLab stopped it.
    Canceled,
    /// A time limit ran out.
    TimedOut,
    /// The log does not say.
    #[default]
    Unknown,
}

impl Outcome {
    /// The word of records and facts.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Canceled => "canceled",
            Outcome::TimedOut => "timed_out",
            Outcome::Unknown => "unknown",
        }
    }

    /// The outcome of a word.
    pub fn from_word(word: &str) -> Option<Outcome> {
        [Outcome::Passed, Outcome::Failed, Outcome::Canceled, Outcome::TimedOut, Outcome::Unknown].into_iter().find(|o| o.word() == word)
    }

    /// Whether the job did not do what it should.
    pub fn is_bad(self) -> bool {
        matches!(self, Outcome::Failed | Outcome::Canceled | Outcome::TimedOut)
    }
}

/// What a last line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How the job ended.
    pub outcome: Outcome,
    /// The exit code behind the head.
    pub exit_code: Option<i64>,
    /// The head says `(system failure)`.
    pub system_failure: bool,
    /// Bytes of the head; what follows is the error text.
    pub head: usize,
}

const HEADS: [(&str, bool); 4] =
    [("Job failed (system failure): ", true), ("Job failed: ", false), ("Build failed (system failure): ", true), ("Build failed: ", false)];

impl Ending {
    /// Reads a clean line of a trace; `None` if it is no last line.
    pub fn of_trace(line: &[u8]) -> Option<Ending> {
        if line == b"Job succeeded" || line == b"Build succeeded" {
            return Some(Ending { outcome: Outcome::Passed, exit_code: None, system_failure: false, head: line.len() });
        }
        let rest = line.strip_prefix(b"ERROR: ")?;
        Ending::of_message(rest).map(|e| Ending { head: e.head + b"ERROR: ".len(), ..e })
    }

    /// Reads `Job failed...: <error>`, as the daemon log has it behind the level.
    pub fn of_message(message: &[u8]) -> Option<Ending> {
        let (head, system_failure) = HEADS.iter().find(|(h, _)| message.starts_with(h.as_bytes()))?;
        let error = &message[head.len()..];
        Some(Ending { outcome: outcome_of(error), exit_code: exit_code(error), system_failure: *system_failure, head: head.len() })
    }
}

fn outcome_of(error: &[u8]) -> Outcome {
    const LIMITS: [&[u8]; 4] = [b"execution took longer than ", b"script timeout: context deadline exceeded", b"prepare timeout: ", b"get sources timeout: "];
    if error == b"canceled" || error.starts_with(b"canceled ") {
        return Outcome::Canceled;
    }
    if LIMITS.iter().any(|l| error.starts_with(l)) {
        return Outcome::TimedOut;
    }
    Outcome::Failed
}

/// The code behind the wording of each executor; Windows writes it as a signed number.
fn exit_code(error: &[u8]) -> Option<i64> {
    const WORDS: [&[u8]; 4] = [b"exit code ", b"exit status ", b"command terminated with exit code ", b"Process exited with status "];
    // `step release:exit code 1` (native steps) and `prepare environment: exit status 1. Check https://...`.
    let at = WORDS.iter().filter_map(|w| memchr::memmem::find(error, w).map(|i| i + w.len())).max()?;
    let digits = &error[at..];
    let end = digits.iter().enumerate().take_while(|(i, b)| b.is_ascii_digit() || (*i == 0 && **b == b'-')).count();
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(Outcome, Option<i64>, bool, &str)> {
        Ending::of_trace(line.as_bytes()).map(|e| (e.outcome, e.exit_code, e.system_failure, &line[e.head..]))
    }

    #[test]
    fn every_wording() {
        use Outcome::*;
        for (line, want) in [
            ("Job succeeded", (Passed, None, false, "")),
            ("Build succeeded", (Passed, None, false, "")),
            ("ERROR: Job failed: exit code 1", (Failed, Some(1), false, "exit code 1")),
            ("ERROR: Job failed: exit status 2", (Failed, Some(2), false, "exit status 2")),
            ("ERROR: Job failed: command terminated with exit code 137", (Failed, Some(137), false, "command terminated with exit code 137")),
            ("ERROR: Job failed: Process exited with status 3", (Failed, Some(3), false, "Process exited with status 3")),
            ("ERROR: Job failed: step release:exit code 1", (Failed, Some(1), false, "step release:exit code 1")),
            ("ERROR: Job failed: exit code -1073741510", (Failed, Some(-1073741510), false, "exit code -1073741510")),
            ("ERROR: Job failed (system failure): no shell defined", (Failed, None, true, "no shell defined")),
            ("ERROR: Job failed: canceled", (Canceled, None, false, "canceled")),
            ("ERROR: Job failed: aborted: terminated", (Failed, None, false, "aborted: terminated")),
            ("ERROR: Job failed: execution took longer than 1h0m0s seconds", (TimedOut, None, false, "execution took longer than 1h0m0s seconds")),
            ("ERROR: Job failed: script timeout: context deadline exceeded", (TimedOut, None, false, "script timeout: context deadline exceeded")),
            ("ERROR: Build failed: exit code 1", (Failed, Some(1), false, "exit code 1")),
            ("ERROR: Build failed (system failure): x", (Failed, None, true, "x")),
        ] {
            assert_eq!(read(line), Some(want), "{line}");
        }
    }

    #[test]
    fn other_lines_are_none() {
        for line in ["Job succeeded!", "Job failed: exit code 1", "ERROR: Job failed", "echo ERROR: Job failed: exit code 1", ""] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
