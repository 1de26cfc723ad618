//! One runner of a day: its jobs, what its calls fail with, and its problems as they are to be told.

use super::job::Job;
use super::line::Spot;
use super::messages::{Message, Who};
use super::told::{Told, What};
use crate::common::Random;

/// A `[[runners]]` entry.
pub struct Runner {
    /// The GitLab instance.
    pub host: &'static str,
    /// The short token.
    pub token: String,
    /// The name in `config.toml`.
    pub name: String,
    /// Under way.
    pub jobs: Vec<Job>,
    /// What its calls fail with by now, by [`Call`].
    pub troubles: [Option<Trouble>; 3],
    /// Its problems, in the order in which they began.
    open: Vec<Open>,
}

/// Which call to GitLab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Asking for a job.
    Request,
    /// Reporting a job's state.
    Update,
    /// Sending a piece of a trace.
    Patch,
}

/// A call that fails again and again.
#[derive(Clone)]
pub struct Trouble {
    /// Among the messages of that call.
    pub message: usize,
    /// Times that it still fails.
    pub left: usize,
    /// Times that it failed.
    pub failed: usize,
}

/// A problem that was told of.
pub struct Open {
    /// See [`Message::cause`].
    cause: (String, bool),
    /// The call that it began with; a success of that one ends it.
    call: Call,
    /// Of its verdict.
    class: String,
    /// Without what the line says beside it.
    text: String,
    /// Lines that told of it.
    count: u64,
    /// The first of them.
    first: Spot,
    /// The last of them.
    last: Spot,
}

/// What is told when a problem begins.
pub fn begins(message: &Message, runner: &str, spot: Spot) -> Told {
    let what = What::Problem { count: 1, over: false, first: spot.time(), last: spot.time() };
    Told { line: spot.line, bytes: spot.bytes, class: message.class.clone(), runner: runner.to_owned(), what }
}

/// GitLab instances.
const HOSTS: [&str; 3] = ["git.example.org", "gitlab.shop.test", "code.example.net"];
/// What operators call their runners; a number makes each unique.
const NAMES: [&str; 4] = ["build-07", "docker-1", "shop runner", "k8s.eu-1"];

impl Runner {
    /// The runner of that number, without a job.
    pub fn new(number: usize, random: &mut Random) -> Runner {
        let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
        Runner {
            host: HOSTS[random.below(HOSTS.len())],
            token: (0..9).map(|_| letters[random.below(letters.len())]).collect(),
            name: format!("{}-{number}", NAMES[number % NAMES.len()]),
            jobs: Vec::new(),
            troubles: [None, None, None],
            open: Vec::new(),
        }
    }

    /// Its names, and those of one of its jobs.
    pub fn who<'a>(&'a self, job: &'a str) -> Who<'a> {
        Who { host: self.host, token: &self.token, name: &self.name, job }
    }

    /// A call fails for one reason at a time. Before GitLab answered again only an answer of another kind tells for certain
    /// that the reason is another.
    pub fn can_begin(&self, call: Call, message: &Message) -> bool {
        let other = |open: &Open| open.call != call || open.class != message.class || open.text != message.text;
        self.troubles[call as usize].is_none() && self.open.iter().all(other)
    }

    /// The call fails once more, for the last time if that was so often as it should. Gives the message.
    pub fn fails(&mut self, call: Call) -> usize {
        let slot = &mut self.troubles[call as usize];
        let trouble = slot.as_mut().unwrap();
        (trouble.left, trouble.failed) = (trouble.left - 1, trouble.failed + 1);
        let message = trouble.message;
        if trouble.left == 0 {
            *slot = None;
        }
        message
    }

    /// A line told of a problem. Gives what is to be told of it: nothing, if it is one that began before.
    pub fn problem(&mut self, message: &Message, call: Call, spot: Spot) -> Option<Told> {
        let cause = message.cause();
        if let Some(open) = self.open.iter_mut().find(|o| o.cause == cause && o.class == message.class) {
            (open.count, open.last) = (open.count + 1, spot);
            return None;
        }
        self.open.push(Open { cause, call, class: message.class.clone(), text: message.text.clone(), count: 1, first: spot, last: spot });
        Some(begins(message, &self.name, spot))
    }

    /// The call went well: the problems that began with it are over.
    pub fn went_well(&mut self, call: Call, spot: Spot) -> impl Iterator<Item = Told> {
        let Runner { open, name, .. } = self;
        open.extract_if(.., move |open| open.call == call).map(move |open| {
            let what = What::Problem { count: open.count, over: true, first: open.first.time(), last: open.last.time() };
            Told { line: spot.line, bytes: spot.bytes, class: open.class, runner: name.clone(), what }
        })
    }
}
