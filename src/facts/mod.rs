//! Typed, named values of a trace or a job, from a closed list.
//!
//! The trace floor fills them; patterns test them; the record shows them. Reading a log is not done here.

mod known;
mod test;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use known::KnownJob;
pub use test::{FactTest, Known};

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident = $name:literal : $kind:ident,)*) => {
        /// The name of a fact. The list is closed: patterns that name another are refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Fact {
            $($(#[$doc])* $variant,)*
        }

        impl Fact {
            /// Every fact.
            pub const ALL: &'static [Fact] = &[$(Fact::$variant),*];

            /// Its name in pattern files and records.
            pub fn name(self) -> &'static str {
                match self { $(Fact::$variant => $name,)* }
            }

            /// What its values are.
            pub fn kind(self) -> FactKind {
                match self { $(Fact::$variant => FactKind::$kind,)* }
            }
        }
    };
}

facts! {
    /// How the job ended: `passed`, `failed`, `canceled`, `timed_out`.
    JobOutcome = "job.outcome": Text,
    /// The exit code that the runner names.
    JobExitCode = "job.exit_code": Number,
    /// The runner wrote `(system failure)`.
    JobSystemFailure = "job.system_failure": Flag,
    /// The runner's section in which the job died.
    JobFailedSection = "job.failed_section": Text,
    /// GitLab's reason, from outside of the trace.
    JobFailureReason = "job.failure_reason": Text,
    /// The executor, as the runner's title names it.
    JobExecutor = "job.executor": Text,
    /// The job's image.
    JobImage = "job.image": Text,
    /// Version of the runner.
    JobRunnerVersion = "job.runner_version": Text,
    /// Name of the runner.
    JobRunner = "job.runner": Text,
    /// Path of the job's project.
    JobProject = "job.project": Text,
    /// The ref for which the pipeline runs.
    JobRef = "job.ref": Text,
    /// The commit for which the pipeline runs.
    JobSha = "job.sha": Text,
    /// The environment to which the job deploys.
    JobEnvironment = "job.environment": Text,
    /// Depth of the clone; 0 is a full one.
    CloneDepth = "clone.depth": Number,
    /// The ref that the runner checked out.
    CheckoutRef = "checkout.ref": Text,
    /// The commit that the runner checked out.
    CheckoutSha = "checkout.sha": Text,
    /// Host of the last push.
    PushHost = "push.host": Text,
    /// Project path of the last push.
    PushProject = "push.project": Text,
    /// Branch or tag of the last push.
    PushRef = "push.ref": Text,
    /// `https`, `ssh` or `file`.
    PushScheme = "push.scheme": Text,
    /// The last push went to another project than the job's own.
    PushOtherProject = "push.other_project": Flag,
    /// The last push went to another ref than the one that was checked out.
    PushOtherRef = "push.other_ref": Flag,
    /// The last push was made as the job token's user.
    PushUserIsJobToken = "push.user_is_job_token": Flag,
    /// The last echoed command of the failing section.
    CommandLast = "command.last": Text,
    /// The last line of `set -x` of that command.
    CommandTraced = "command.traced": Text,
    /// The longest time without a line, in seconds; known from a minute on, in a trace with time stamps.
    SilenceSeconds = "silence.seconds": Number,
    /// The command that ran meanwhile.
    SilenceCommand = "silence.command": Text,
    /// The trace was cut off by the runner's limit.
    LogCut = "log.cut": Flag,
}

impl Fact {
    /// The fact of that name.
    pub fn from_name(name: &str) -> Option<Fact> {
        Fact::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// Whether it tells of the job itself: such a fact may stand in for a line.
    pub fn is_of_job(self) -> bool {
        self.name().starts_with("job.")
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the values of a fact are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// `yes`, `no`; written as text in pattern files.
    Flag,
}

/// A value of a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactValue {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

impl fmt::Display for FactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactValue::Text(text) => f.write_str(text),
            FactValue::Number(n) => write!(f, "{n}"),
            FactValue::Flag(yes) => f.write_str(if *yes { "yes" } else { "no" }),
        }
    }
}

/// The facts known of one job. What is absent is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(BTreeMap<Fact, FactValue>);

impl Facts {
    /// None known.
    pub fn new() -> Facts {
        Facts::default()
    }

    /// Sets a text; an empty one stays unknown.
    pub fn set_text(&mut self, fact: Fact, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.0.insert(fact, FactValue::Text(text));
        }
    }

    /// Sets a number.
    pub fn set_number(&mut self, fact: Fact, number: i64) {
        self.0.insert(fact, FactValue::Number(number));
    }

    /// Sets a flag.
    pub fn set_flag(&mut self, fact: Fact, yes: bool) {
        self.0.insert(fact, FactValue::Flag(yes));
    }

    /// Sets any value.
    pub fn set(&mut self, fact: Fact, value: FactValue) {
        self.0.insert(fact, value);
    }

    /// The value, `None` if unknown.
    pub fn get(&self, fact: Fact) -> Option<&FactValue> {
        self.0.get(&fact)
    }

    /// The text of a text fact.
    pub fn text(&self, fact: Fact) -> Option<&str> {
        match self.get(fact) {
            Some(FactValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The number of a number fact.
    pub fn number(&self, fact: Fact) -> Option<i64> {
        match self.get(fact) {
            Some(FactValue::Number(n)) => Some(*n),
            _ => None,
        }
    }

    /// The value of a flag.
    pub fn flag(&self, fact: Fact) -> Option<bool> {
        match self.get(fact) {
            Some(FactValue::Flag(yes)) => Some(*yes),
            _ => None,
        }
    }

    /// All known facts, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = (Fact, &FactValue)> {
        self.0.iter().map(|(f, v)| (*f, v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for fact in Fact::ALL {
            assert_eq!(Fact::from_name(fact.name()), Some(*fact));
        }
        assert_eq!(Fact::from_name("push.colour"), None);
    }
}
