//! A day of a busy runner host, line by line, and what is to be told of it. Memory does not depend on its length.
//!
//! The words are those of `network/gitlab.go`, `commands/multi.go` and `common/build.go` of GitLab Runner: a job is received
//! and added to the list, its trace is sent in pieces, its last line comes, its state is reported in two lines (`Updating
//! job...` stands before the call, its outcome behind), it is removed from the list.

use super::job::{End, Job, Step, exit_code};
use super::line::{Format, Spot, Writer};
use super::messages::{Level, Message, Messages};
use super::runner::{Call, Runner, Trouble, begins};
use super::told::{Told, What};
use crate::common::Random;

/// What a day is made from.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The `log_format` of the daemon.
    pub format: Format,
    /// Equal seeds make equal days.
    pub seed: u64,
    /// About so many lines, until the last jobs have ended.
    pub lines: u64,
    /// One of so many lines begins a problem.
    pub lines_per_problem: usize,
    /// Lines of the longest problem.
    pub longest: usize,
}

/// Runners of the host.
const RUNNERS: usize = 8;
/// Jobs of one runner at a time.
const JOBS: usize = 6;
/// Refusals after which a runner rests.
const UNHEALTHY: usize = 3;

/// How much there was of everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Jobs that ran.
    pub jobs: u64,
    /// Those that did not pass.
    pub failed_jobs: u64,
    /// Problems of runners.
    pub begun: u64,
    /// Those that a success ended.
    pub over: u64,
}

/// Writes the day.
pub struct Day {
    plan: Plan,
    messages: Messages,
    random: Random,
    writer: Writer,
    runners: Vec<Runner>,
    /// Standing problems that began, by message and runner.
    standing: Vec<(usize, usize)>,
    /// GitLab numbers its jobs.
    next_job: u64,
    /// The last of the messages with which a job failed.
    turn: usize,
    /// What is to be told of the lines that were not taken out.
    told: Vec<Told>,
    /// What there was so far.
    pub counts: Counts,
}

impl Day {
    /// The day before its first job.
    pub fn new(plan: Plan) -> Day {
        let mut random = Random(plan.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let runners = (0..RUNNERS).map(|i| Runner::new(i, &mut random)).collect();
        let mut writer = Writer::new(plan.format, plan.lines);
        writer.start(&(RUNNERS * JOBS).to_string());
        let (messages, next_job) = (Messages::read(), 8_000_000 + random.below(1_000_000) as u64);
        let turn = random.below(messages.failed.len());
        Day { plan, messages, random, writer, runners, standing: vec![], next_job, turn, told: vec![], counts: Counts::default() }
    }

    /// Adds some lines to `lines` and what is to be told of them to `told`; false: the day is over.
    pub fn go_on(&mut self, lines: &mut Vec<u8>, told: &mut Vec<Told>) -> bool {
        let before = self.writer.lines();
        let goes_on = before < self.plan.lines || self.runners.iter().any(|r| !r.jobs.is_empty());
        if goes_on {
            self.tick();
        }
        lines.append(&mut self.writer.out);
        told.append(&mut self.told);
        goes_on
    }

    /// Lines so far.
    pub fn lines(&self) -> u64 {
        self.writer.lines()
    }

    /// True once in so many times.
    fn one_in(&mut self, n: usize) -> bool {
        self.random.below(n) == 0
    }

    /// Something happens to one of the runners. Behind the planned lines jobs only end.
    fn tick(&mut self) {
        let at = self.random.below(RUNNERS);
        let working = self.writer.lines() < self.plan.lines;
        if working && self.one_in(self.plan.lines_per_problem) {
            self.begin_trouble(at);
        }
        if working && self.one_in(self.plan.lines_per_problem * 4) {
            return self.stand(at);
        }
        if self.one_in(80) {
            return self.noise(at);
        }
        let runner = &self.runners[at];
        let (jobs, refused) = (runner.jobs.len(), runner.troubles[Call::Request as usize].is_some());
        if refused && working && (jobs == 0 || self.one_in(3)) {
            self.request_fails(at);
        } else if working && !refused && jobs < JOBS && self.one_in(jobs + 1) {
            self.receive(at);
        } else if jobs > 0 {
            let job = self.random.below(jobs);
            self.go_on_with(at, job);
        }
    }

    /// One call of the runner begins to fail, or asking for jobs at every runner of its host.
    fn begin_trouble(&mut self, at: usize) {
        let call = [Call::Request, Call::Request, Call::Update, Call::Patch][self.random.below(4)];
        let message = self.random.below(self.messages_of(call).len());
        let times = if self.one_in(20) { self.plan.longest } else { 30 };
        let trouble = Trouble { message, left: 1 + self.random.below(times), failed: 0 };
        let all = call == Call::Request && self.one_in(10);
        let (host, text) = (self.runners[at].host, self.messages_of(call)[message].clone());
        for (i, runner) in self.runners.iter_mut().enumerate() {
            if (i == at || (all && runner.host == host)) && runner.can_begin(call, &text) {
                runner.troubles[call as usize] = Some(trouble.clone());
            }
        }
    }

    /// How a call can fail.
    fn messages_of(&self, call: Call) -> &[Message] {
        match call {
            Call::Request => &self.messages.request,
            Call::Update => &self.messages.update,
            Call::Patch => &self.messages.patch,
        }
    }

    /// Asking for a job fails, and where that happens again and again the runner rests: that only follows from it.
    fn request_fails(&mut self, at: usize) {
        let message = self.fails(at, Call::Request, "");
        // Only what GitLab or the configuration refuses counts as ill health.
        let refused = message.text.ends_with("forbidden") || message.text.ends_with("client error");
        let failed = self.runners[at].troubles[Call::Request as usize].as_ref().map_or(0, |t| t.failed);
        if refused && failed > 0 && failed.is_multiple_of(UNHEALTHY) {
            let rests = self.messages.row("runner-request-job-10").clone();
            self.write(at, &rests, "", &[("runner", ""), ("runner_name", "")]);
        }
    }

    /// The call fails once more. For the last time, if that was so often as it should.
    fn fails(&mut self, at: usize, call: Call, job: &str) -> Message {
        let message = self.runners[at].fails(call);
        let message = self.messages_of(call)[message].clone();
        let spot = self.write(at, &message, job, &[]);
        self.problem(at, &message, call, spot);
        message
    }

    /// A line told of a problem.
    fn problem(&mut self, at: usize, message: &Message, call: Call, spot: Spot) {
        let begun = self.runners[at].problem(message, call, spot);
        self.counts.begun += u64::from(begun.is_some());
        self.told.extend(begun);
    }

    /// A line told of a call that GitLab answered as it should.
    fn went_well(&mut self, at: usize, call: Call, spot: Spot) {
        let before = self.told.len();
        self.told.extend(self.runners[at].went_well(call, spot));
        self.counts.over += (self.told.len() - before) as u64;
    }

    /// A problem that no later line ends is told of once.
    fn stand(&mut self, at: usize) {
        let index = self.random.below(self.messages.standing.len());
        let message = self.messages.standing[index].clone();
        let names_runner = message.fields.iter().any(|(key, _)| key == "runner_name");
        let spot = self.write(at, &message, "", &[]);
        let key = (index, if names_runner { at } else { RUNNERS });
        if self.standing.contains(&key) {
            return;
        }
        self.standing.push(key);
        let runner = if names_runner { self.runners[at].name.as_str() } else { "" };
        self.told.push(begins(&message, runner, spot));
        self.counts.begun += 1;
    }

    /// A line of which nothing is to be told; where it names a job, one that runs.
    fn noise(&mut self, at: usize) {
        let index = self.random.below(self.messages.noise.len());
        let message = self.messages.noise[index].clone();
        let job = self.runners[at].jobs.first().map(|job| job.id.to_string());
        if let Some(job) = job.or_else(|| message.fields.iter().all(|(key, _)| key != "job").then(String::new)) {
            self.write(at, &message, &job, &[]);
        }
    }

    /// Writes a message of the table in the runner's names, with more fields; those without a value are its names.
    fn write(&mut self, at: usize, message: &Message, job: &str, more: &[(&str, &str)]) -> Spot {
        let who = self.runners[at].who(job);
        let filled: Vec<(&str, String)> = message.fields.iter().map(|(key, value)| (key.as_str(), who.fill(value))).collect();
        let mut fields: Vec<(&str, &str)> = filled.iter().map(|(key, value)| (*key, value.as_str())).collect();
        fields.extend(more.iter().map(|(key, value)| match *key {
            "runner" => (*key, who.token),
            "runner_name" => (*key, who.name),
            _ => (*key, *value),
        }));
        self.writer.line(message.level, &who.fill(&message.text), &mut fields)
    }

    /// Writes a line of a healthy job.
    fn say(&mut self, at: usize, text: &str, more: &[(&str, &str)]) -> Spot {
        let runner = &self.runners[at];
        let mut fields = vec![("runner", runner.token.as_str()), ("runner_name", runner.name.as_str())];
        fields.extend_from_slice(more);
        self.writer.line(Level::Info, text, &mut fields)
    }

    /// The runner is given a job.
    fn receive(&mut self, at: usize) {
        let job = Job::new(self.next_job, &mut self.turn, &mut self.random, &self.messages);
        self.next_job += 1;
        let repo = job.repo_url(self.runners[at].host);
        let spot = self.say(at, "Checking for jobs... received", &[("correlation_id", &job.correlation_id()), ("job", job.id_text()), ("repo_url", &repo)]);
        self.went_well(at, Call::Request, spot);
        self.runners[at].jobs.push(job);
        self.counts.jobs += 1;
    }

    /// The next line of a job.
    fn go_on_with(&mut self, at: usize, index: usize) {
        let mut job = self.runners[at].jobs.swap_remove(index);
        job.step = match job.step {
            Step::Received => self.add(at, &job),
            Step::Running { pieces } => self.run(at, &mut job, pieces),
            Step::Ending => self.end(at, &job),
            Step::Reporting => self.update(at, &job, None),
            Step::Updating { pieces } => self.updated(at, &job, pieces),
            Step::Reported => return self.remove(at, &job),
        };
        self.runners[at].jobs.push(job);
    }

    /// The daemon takes the job up. What fails while it is prepared has no trace.
    fn add(&mut self, at: usize, job: &Job) -> Step {
        self.list(at, job, "Added job to processing list");
        let pieces = if matches!(job.end, End::MachineBroke) { 0 } else { 2 + self.random.below(40) };
        Step::Running { pieces }
    }

    /// The daemon is done with the job.
    fn remove(&mut self, at: usize, job: &Job) {
        self.list(at, job, "Removed job from processing list");
    }

    /// A line about the list of jobs.
    fn list(&mut self, at: usize, job: &Job, text: &str) {
        let builds = self.runners.iter().map(|r| r.jobs.len()).sum::<usize>().to_string();
        let (max, repo) = ((RUNNERS * JOBS).to_string(), job.repo_url(self.runners[at].host));
        let of_list = [("builds", builds.as_str()), ("max_builds", &max), ("queue_depth", "1"), ("queue_size", "1")];
        let of_job = [("repo_url", repo.as_str()), ("time_in_queue_seconds", "2")];
        self.say(at, text, &[&job.fields()[..], &of_list, &of_job].concat());
    }

    /// A piece of the trace, or a report that the job still runs.
    fn run(&mut self, at: usize, job: &mut Job, pieces: usize) -> Step {
        let id = job.id_text().to_owned();
        if self.runners[at].troubles[Call::Patch as usize].is_some() {
            self.fails(at, Call::Patch, &id);
            return Step::Running { pieces };
        }
        if pieces == 0 {
            return self.last_piece(at, job, &id);
        }
        match self.random.below(40) {
            0 => drop(self.say(at, "Appending trace to coordinator...skipped due to empty patch", &[("job", &id)])),
            1 => {
                let mismatch = self.messages.row("runner-trace-patch-04").clone();
                self.write(at, &mismatch, &id, &[]);
            }
            2 => return self.update(at, job, Some(pieces)),
            _ => {
                let (from, to) = (job.sent, job.sent + 1 + self.random.below(4000) as u64);
                let (sent, log) = (format!("{from}-{to}"), format!("0-{}", to + 1));
                job.sent = to + 1;
                let more = [("code", "202"), ("job", &id), ("job-log", &log), ("job-status", "running"), ("sent-log", &sent)];
                let spot = self.say(at, "Appending trace to coordinator...ok", &[&more[..], &[("status", "202 Accepted"), ("update-interval", "3s")]].concat());
                self.went_well(at, Call::Patch, spot);
            }
        }
        Step::Running { pieces: pieces - 1 }
    }

    /// What comes before the last line: GitLab knows the job no more, or the runner says what went wrong.
    fn last_piece(&mut self, at: usize, job: &Job, id: &str) -> Step {
        let row = match job.end {
            End::CanceledThere => "runner-trace-patch-02",
            End::Gone => "runner-trace-patch-03",
            End::StreamBroke { .. } => "runner-kubernetes-65",
            End::MachineBroke => "runner-machine-10",
            End::Passed | End::Failed { .. } => return self.end(at, job),
        };
        let message = self.messages.row(row).clone();
        let spot = self.write(at, &message, id, &[]);
        if matches!(job.end, End::Gone) {
            self.problem(at, &message, Call::Patch, spot);
        }
        Step::Ending
    }

    /// The last line.
    fn end(&mut self, at: usize, job: &Job) -> Step {
        let seconds = format!("{}.{}", job.sent % 4000, 1 + job.sent % 9);
        let name = format!("runner-{}-project-{}-concurrent-{}", self.runners[at].token.to_lowercase(), job.project_id, job.id % JOBS as u64);
        let common = [&job.fields()[..], &[("duration_s", seconds.as_str()), ("name", &name)]].concat();
        let Some(last) = job.last_line(&self.messages) else {
            self.say(at, "Job succeeded", &[&common[..], &[("job-status", "success")]].concat());
            return Step::Reporting;
        };
        let message = Message { level: last.level, class: last.class.clone(), text: self.runners[at].who(job.id_text()).fill(&last.text), fields: vec![] };
        let error = message.text.split_once(": ").map_or("", |(_, error)| error);
        let mut more = vec![("error", error), ("failure_reason", last.reason), ("job-status", "failed"), ("runner", ""), ("runner_name", "")];
        more.extend(exit_code(&message.text).map(|code| ("exit_code", code)));
        let spot = self.write(at, &message, job.id_text(), &[&common[..], &more].concat());
        let project = job.project.to_owned();
        let what = What::Job { id: job.id, outcome: last.outcome.to_owned(), project, failure_reason: last.reason.to_owned() };
        self.told.push(Told { line: spot.line, bytes: spot.bytes, class: last.class, runner: self.runners[at].name.clone(), what });
        self.counts.failed_jobs += 1;
        Step::Reporting
    }

    /// The line before the call.
    fn update(&mut self, at: usize, job: &Job, pieces: Option<usize>) -> Step {
        let size = job.sent.to_string();
        self.say(at, "Updating job...", &[("bytesize", &size), ("checksum", "crc32:0f3a9b2c"), ("job", job.id_text())]);
        Step::Updating { pieces }
    }

    /// The line behind the call.
    fn updated(&mut self, at: usize, job: &Job, pieces: Option<usize>) -> Step {
        let again = pieces.map_or(Step::Reporting, |pieces| Step::Running { pieces });
        if self.runners[at].troubles[Call::Update as usize].is_some() {
            self.fails(at, Call::Update, job.id_text());
            return again;
        }
        let refusal = match job.end {
            End::CanceledThere => Some("job-token-08"),
            End::Gone => Some("runner-update-job-03"),
            _ => None,
        };
        if let Some(row) = refusal.filter(|_| pieces.is_none()) {
            let message = self.messages.row(row).clone();
            let spot = self.write(at, &message, job.id_text(), &[]);
            if matches!(job.end, End::Gone) {
                self.problem(at, &message, Call::Update, spot);
            }
            return Step::Reported;
        }
        let (text, code) = match self.random.below(10) {
            0 if pieces.is_none() => ("Submitting job to coordinator...accepted, but not yet completed", "202"),
            1 if pieces.is_none() => ("Submitting job to coordinator...trace validation failed", "412"),
            _ => ("Submitting job to coordinator...ok", "200"),
        };
        let size = job.sent.to_string();
        let more = [
            ("bytesize", size.as_str()),
            ("checksum", "crc32:0f3a9b2c"),
            ("code", code),
            ("job", job.id_text()),
            ("job-status", "running"),
            ("update-interval", "0s"),
        ];
        let spot = self.say(at, text, &more);
        if code != "412" {
            self.went_well(at, Call::Update, spot);
        }
        if pieces.is_some() || code != "200" { again } else { Step::Reported }
    }
}
