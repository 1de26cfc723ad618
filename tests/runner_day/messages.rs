//! The messages of a runner's daemon, as `tests/coverage/messages.tsv` has them.

use std::fs;

use crate::common::project;

/// Severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Nothing in front, in the `runner` format.
    Info,
    /// `WARNING: ` there.
    Warning,
    /// `ERROR: ` there.
    Error,
}

/// A line of a daemon, without the values that differ from host to host.
#[derive(Clone, Debug)]
pub struct Message {
    /// The daemon's.
    pub level: Level,
    /// What is expected of a verdict on it; `unexplained` where it only says that a job failed.
    pub class: String,
    /// What it says.
    pub text: String,
    /// Keys and values.
    pub fields: Vec<(String, String)>,
}

/// Whom a line is about: the table's values stand for these.
pub struct Who<'a> {
    /// The GitLab instance.
    pub host: &'a str,
    /// The runner's short token.
    pub token: &'a str,
    /// The runner's name.
    pub name: &'a str,
    /// Empty: the line names no job.
    pub job: &'a str,
}

impl Who<'_> {
    /// A text of the table in which everything has this runner's names.
    pub fn fill(&self, text: &str) -> String {
        const HOSTS: [&str; 4] = ["git.example.org", "gitlab.shop.test", "code.example.net", "forge.example.org"];
        let mut out = text.to_owned();
        let mut put = |from: &str, to: &str| {
            if out.contains(from) {
                out = out.replace(from, to);
            }
        };
        HOSTS.iter().for_each(|host| put(host, self.host));
        put("zT4xQ9vWk", self.token);
        put("zt4xq9vwk", &self.token.to_lowercase());
        put("build-07", self.name);
        put("8104417", self.job);
        out
    }
}

/// The messages of a day, by what they are about.
pub struct Messages {
    /// Last lines of jobs that failed.
    pub failed: Vec<Message>,
    /// `Checking for jobs...` that went wrong.
    pub request: Vec<Message>,
    /// `Submitting job to coordinator...` that went wrong, other than for one job alone.
    pub update: Vec<Message>,
    /// `Appending trace to coordinator...` that went wrong, other than for one job alone.
    pub patch: Vec<Message>,
    /// Problems that no later line ends.
    pub standing: Vec<Message>,
    /// Nothing of note.
    pub noise: Vec<Message>,
    /// All, by their names in the table.
    rows: Vec<(String, Message)>,
}

/// Problems that no call to GitLab ends, each of a pattern of its own.
const STANDING: [&str; 5] = ["runner-autoscaler-06", "runner-autoscaler-15", "runner-autoscaler-20", "runner-cache-05", "runner-config-16"];
/// What GitLab answers where it knows a job no more, or not as running.
const OF_ONE_JOB: [&str; 4] = ["not found", "not-found", "job failed", "forbidden"];

impl Messages {
    /// Reads the table.
    pub fn read() -> Messages {
        let text = fs::read_to_string(project("tests/coverage/messages.tsv")).unwrap();
        let (mut out, mut all) =
            (Messages { failed: vec![], request: vec![], update: vec![], patch: vec![], standing: vec![], noise: vec![], rows: vec![] }, vec![]);
        for row in text.lines().skip(1) {
            let [id, surface, _, class, also, reason, line] = row.split('\t').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{row}"));
            let class = if reason == "outcome" { "unexplained" } else { class };
            let message = Message::read(line, class);
            let starts = |words: &str| message.text.starts_with(words);
            // The daemon says the same as the trace, with a level of its own. Where no class is right as well, nothing is decided.
            if surface == "trace" && line.starts_with("ERROR: Job failed") && class != "-" && !also.contains("unexplained") {
                let level = if starts("Job failed (system failure)") { Level::Error } else { Level::Warning };
                let last = Message { level, class: class.to_owned(), text: line["ERROR: ".len()..].to_owned(), fields: vec![] };
                all.push((id.to_owned(), last.clone()));
                // A job is aborted when the daemon is stopped.
                out.failed.extend((!line.contains(": aborted: ")).then_some(last));
                continue;
            }
            if surface == "runner-log" {
                let of_one_job = OF_ONE_JOB.iter().any(|answer| message.text.ends_with(answer)) && !starts("Checking for jobs");
                let call = [("Checking for jobs...", &mut out.request), ("Submitting job to", &mut out.update), ("Appending trace to", &mut out.patch)];
                match call.into_iter().find(|(words, _)| starts(words)) {
                    Some((_, calls)) if class != "-" && !of_one_job => calls.push(message.clone()),
                    None if STANDING.contains(&id) => out.standing.push(message.clone()),
                    None if matches!(reason, "info" | "warning") && !message.fields.is_empty() && !is_of_a_healthy_job(&message) => {
                        out.noise.push(message.clone())
                    }
                    _ => {}
                }
            }
            all.push((id.to_owned(), message));
        }
        out.rows = all;
        out
    }

    /// One row.
    pub fn row(&self, id: &str) -> &Message {
        &self.rows.iter().find(|(i, _)| i == id).unwrap_or_else(|| panic!("no row {id}")).1
    }
}

/// These have their place in the life of a job, or at the end of the daemon.
fn is_of_a_healthy_job(message: &Message) -> bool {
    ["Added job to", "Removed job from", "Verifying runner", "Starting graceful shutdown"].iter().any(|words| message.text.starts_with(words))
}

impl Message {
    /// Reads `<LEVEL: >message  key=value key=value`: at least two spaces stand before the first key.
    fn read(line: &str, class: &str) -> Message {
        const LEVELS: [(&str, Level); 3] = [("WARNING: ", Level::Warning), ("ERROR: ", Level::Error), ("", Level::Info)];
        let (prefix, level) = LEVELS.into_iter().find(|l| line.starts_with(l.0)).unwrap();
        let body = &line[prefix.len()..];
        let key_at = |space: usize| {
            let (key, _) = body[space + 1..].split_once('=')?;
            (!key.is_empty() && key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-')).then_some((space, key))
        };
        let keys: Vec<(usize, &str)> =
            body.match_indices(' ').filter_map(|(space, _)| key_at(space)).skip_while(|(space, _)| !body[..*space].ends_with(' ')).collect();
        let end = |i: usize| keys.get(i).map_or(body.len(), |k| k.0);
        let fields = keys.iter().enumerate().map(|(i, (space, key))| ((*key).to_owned(), body[space + key.len() + 2..end(i + 1)].to_owned())).collect();
        Message { level, class: class.to_owned(), text: body[..end(0)].trim_end().to_owned(), fields }
    }

    /// The last word of a call that went wrong, and whether it names a host: `timeout` is one problem, whatever took too long.
    pub fn cause(&self) -> (String, bool) {
        let status = self.fields.iter().find(|(key, _)| key == "status").map_or(self.text.as_str(), |(_, value)| value);
        (status.rsplit(' ').next().unwrap_or_default().to_owned(), status.contains("https://"))
    }
}
