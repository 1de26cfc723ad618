//! The only words on standard error, and the exit status.

use std::io::Write;
use std::process::{ExitCode, Termination};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The work was done, whatever the verdicts.
    Done,
    /// Asked for by `--exit-code`: some job failed or timed out. Also: `patterns check` complains.
    Failed,
    /// Wrong usage.
    Usage,
    /// Something could not be read or written; the rest was done.
    Trouble,
    /// A signal of this number asked for the end; what there was is written.
    Signal(u8),
    /// A command that was run had this exit status, or did not start.
    Command(u8),
}

impl Termination for Status {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::Trouble => 3,
            // As shells report a program that a signal ended.
            Status::Signal(number) => 128 + number,
            Status::Command(status) => status,
        })
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
