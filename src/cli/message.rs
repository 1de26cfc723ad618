//! The only words on standard error, and the exit status.

use std::io::Write;
use std::process::{ExitCode, Termination};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The work was done, whatever the verdicts.
    Done = 0,
    /// Asked for by `--exit-code`: some job failed or timed out. Also: `patterns check` complains.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// Something could not be read or written; the rest was done.
    Trouble = 3,
}

impl Termination for Status {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// One line on standard error: `whyred: <what>`.
pub(super) fn error(what: &str) {
    let shown: String = what.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    // Nobody is left to be told that standard error is closed.
    let _ = writeln!(anstream::stderr().lock(), "whyred: {shown}");
}

/// A line that says what to do.
pub(super) fn help(what: &str) {
    let _ = writeln!(anstream::stderr().lock(), "  help: {what}");
}

/// A line that says what is worth knowing.
pub(super) fn note(what: &str) {
    let shown: String = what.chars().filter(|c| !c.is_control()).collect();
    let _ = writeln!(anstream::stderr().lock(), "  note: {shown}");
}
