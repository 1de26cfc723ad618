//! The anatomy of a log: sections, commands, outcome, and the facts that stand in it.
//!
//! Reads clean lines one by one and says of each where it stands ([`Place`]) and what it is ([`Role`]). What is text for
//! patterns is passed on; marks and the head of the runner's last line are not. Knows the runner's own words and
//! nothing of patterns.
//!
//! ```text
//! section_start:1:step_script     a section begins
//! $ git push origin main          Role::Command: input, no evidence
//! remote: GitLab: You are not ... Role::Output
//! section_end:9:step_script
//! ERROR: Job failed: exit code 1  the outcome; `exit code 1` is passed on as a line of its own
//! ```

mod anatomy;
mod daemon;
mod daemon_format;
mod guard;
mod nth;
mod outcome;
mod push;
mod remote;
mod section;
mod silence;
mod source_facts;
mod time;

pub use anatomy::{Anatomy, Fed, OWN_SECTIONS};
pub use daemon::{Call, DaemonLine, JobEnd, Level};
pub use nth::{Nth, NthLine};
pub use outcome::{Ending, Outcome};
pub use remote::{Remote, Scheme};
pub use section::{Section, Stage};
pub use silence::Silence;
pub use time::rfc3339;

/// What a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A GitLab job's trace.
    JobTrace,
    /// A runner's daemon log.
    RunnerLog,
    /// Any other text.
    Text,
    /// Nothing at all.
    Empty,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What a tool or the runner wrote.
    Output,
    /// An echoed command, or a line of a shell's `set -x`: input, no evidence.
    Command,
    /// The runner's words about its own work: titles, headers.
    Title,
    /// The error text behind the head of the last line.
    OutcomeText,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index into [`Anatomy::sections`]; 0 is outside of all.
    pub section: u32,
    /// How many commands the section had echoed before; the command's own line counts as after itself.
    pub command: u32,
    /// What the line is.
    pub role: Role,
    /// The command before it ends in `|| true` or the like: whatever it says did not end the job.
    pub guarded: bool,
}
