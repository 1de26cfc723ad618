//! One job of a day: how far it is, and how it will end.

use super::messages::{Level, Messages};
use crate::common::Random;

/// A job under way.
pub struct Job {
    /// GitLab's number.
    pub id: u64,
    /// The same as text.
    id_text: String,
    /// Its pipeline.
    pipeline: String,
    /// The project's path.
    pub project: &'static str,
    /// The project's number.
    pub project_id: &'static str,
    /// Whether GitLab names the user on whose behalf the job acts.
    scoped: bool,
    /// Bytes of its trace that were sent.
    pub sent: u64,
    /// Which line comes next.
    pub step: Step,
    /// How it will end.
    pub end: End,
}

/// Which line comes next.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// It is added to the list.
    Received,
    /// So many pieces of its trace are sent until it ends.
    Running { pieces: usize },
    /// Its last line.
    Ending,
    /// Its state is reported.
    Reporting,
    /// What became of the report; a job that still runs reports too.
    Updating { pieces: Option<usize> },
    /// It is removed from the list.
    Reported,
}

/// How it ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// Well.
    Passed,
    /// With one of the messages; the number stands for the exit code of its script.
    Failed { message: usize, code: usize },
    /// GitLab ended it.
    CanceledThere,
    /// GitLab does not know it any more.
    Gone,
    /// The connection to its pod broke: it may pass all the same.
    StreamBroke { passes: bool },
    /// The machine that was made for it has no Docker daemon.
    MachineBroke,
}

/// The last line of a job that did not pass.
pub struct Last {
    /// The daemon's.
    pub level: Level,
    /// `Job failed: ...`
    pub text: String,
    /// Of the verdict.
    pub class: String,
    /// The daemon's `failure_reason`.
    pub reason: &'static str,
    /// The outcome of its record.
    pub outcome: &'static str,
}

/// Paths and numbers.
const PROJECTS: [(&str, &str); 4] = [("team/shop", "90317"), ("group/app", "991"), ("group/sub/deploy-tools", "1204"), ("infra/images", "77")];

impl Job {
    /// `turn` is the message that it fails with, if it fails in its script or its executor: all have their turn.
    pub fn new(id: u64, turn: &mut usize, random: &mut Random, messages: &Messages) -> Job {
        let (project, project_id) = PROJECTS[random.below(PROJECTS.len())];
        let end = match random.below(100) {
            0..80 => End::Passed,
            80..96 => {
                *turn = (*turn + 1) % messages.failed.len();
                End::Failed { message: *turn, code: 1 + random.below(100) }
            }
            96 => End::CanceledThere,
            97 => End::Gone,
            98 => End::StreamBroke { passes: random.below(2) == 0 },
            _ => End::MachineBroke,
        };
        let scoped = random.below(10) == 0;
        Job { id, pipeline: (id / 10).to_string(), project, project_id, scoped, sent: 0, step: Step::Received, end, id_text: id.to_string() }
    }

    /// GitLab's number as text.
    pub fn id_text(&self) -> &str {
        &self.id_text
    }

    /// Where its sources are.
    pub fn repo_url(&self, host: &str) -> String {
        format!("https://{host}/{}.git", self.project)
    }

    /// Of the request that brought it.
    pub fn correlation_id(&self) -> String {
        format!("01JNZ{:08}", self.id)
    }

    /// What every line of the job's own logger has, but for the runner.
    pub fn fields(&self) -> Vec<(&str, &str)> {
        let scoped = self.scoped.then_some(("gitlab_scoped_user_id", "12"));
        let always = [("gitlab_user_id", "7"), ("job", self.id_text()), ("namespace_id", "12"), ("organization_id", "1")];
        let of_project =
            [("pipeline_id", self.pipeline.as_str()), ("project", self.project_id), ("project_full_path", self.project), ("root_namespace_id", "12")];
        always.into_iter().chain(of_project).chain(scoped).collect()
    }

    /// `None`: it passes.
    pub fn last_line(&self, messages: &Messages) -> Option<Last> {
        let (message, code) = match self.end {
            End::Passed | End::StreamBroke { passes: true } => return None,
            End::Failed { message, code } => (&messages.failed[message], code),
            End::CanceledThere | End::Gone => (messages.row("runner-final-10"), 0),
            End::StreamBroke { passes: false } => (messages.row("runner-kubernetes-30"), 0),
            End::MachineBroke => (messages.row("runner-final-03"), 0),
        };
        let text = with_code(&message.text, code);
        let (reason, outcome) = reason_and_outcome(&text);
        Some(Last { level: message.level, text, class: message.class.clone(), reason, outcome })
    }
}

/// What the executors say of a script's exit code, with nothing behind it.
const EXIT_CODES: [&str; 4] =
    ["Job failed: exit code ", "Job failed: exit status ", "Job failed: command terminated with exit code ", "Job failed: Process exited with status "];

/// The same text with another exit code, if it is no more than that.
fn with_code(text: &str, code: usize) -> String {
    let head = EXIT_CODES.iter().find(|head| text.strip_prefix(**head).is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit())));
    head.map_or(text.to_owned(), |head| format!("{head}{code}"))
}

/// The exit code that the last line of a script names.
pub fn exit_code(text: &str) -> Option<&str> {
    EXIT_CODES.iter().find_map(|head| text.strip_prefix(head))
}

/// The daemon's reason for the failure, and the outcome. Where the text does not tell the reason it is the daemon's word for that.
fn reason_and_outcome(text: &str) -> (&'static str, &'static str) {
    let Some(error) = text.strip_prefix("Job failed: ") else { return ("runner_system_failure", "failed") };
    let starts = |words: &[&str]| words.iter().any(|w| error.starts_with(w));
    if error == "canceled" {
        ("job_canceled", "canceled")
    } else if starts(&["execution took longer than ", "script timeout: ", "prepare timeout: ", "get sources timeout: "]) {
        ("job_execution_timeout", "timed_out")
    } else if starts(&["failed to pull image "]) {
        ("image_pull_failure", "failed")
    } else if exit_code(text).is_some() || starts(&["signal: "]) {
        ("script_failure", "failed")
    } else {
        ("unknown_failure", "failed")
    }
}
