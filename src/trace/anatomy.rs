//! The state machine over clean lines.

use crate::facts::{Fact, Facts};
use crate::text::{ByteSpan, CleanLine, Lead, LineNumber};

use super::daemon::DaemonLine;
use super::guard::is_guarded;
use super::outcome::{Ending, Outcome};
use super::push::Pushes;
use super::section::{Mark, Section, Stage, section_of_title};
use super::silence::{Silence, Silences};
use super::{Kind, Place, Role, source_facts};

/// Sections that are told apart: of more, the last takes the place of the one before.
const MAX_SECTIONS: usize = 1000;
/// Bytes of a section's name.
const MAX_NAME_BYTES: usize = 100;
/// Lines of one echoed command.
const MAX_ECHO_LINES: u32 = 200;
/// `set -x` puts a plus before a command for each level of evaluation; rulers of plus signs are longer.
const DEEPEST_XTRACE: usize = 8;
/// Bytes that are kept of a command.
const MAX_COMMAND_BYTES: usize = 500;
/// whyred's own sections: what stands in them is no evidence. The second may stand within the first.
pub const OWN_SECTIONS: [&str; 2] = ["whyred_reason", "whyred_verdict"];

/// A line for patterns, with its place.
#[derive(Debug)]
pub struct Fed<'a> {
    /// The text: clean, or the canonical form of a daemon line.
    pub text: &'a [u8],
    /// The physical line.
    pub number: LineNumber,
    /// Its raw bytes.
    pub span: ByteSpan,
    /// Where it stands.
    pub place: Place,
    /// What the daemon's line says, in a runner's log.
    pub daemon: Option<DaemonLine>,
    /// The line was cut.
    pub cut: bool,
}

/// Reads a log line by line: push lines in order, then ask.
#[derive(Debug)]
pub struct Anatomy {
    sections: Vec<Section>,
    current: usize,
    facts: Facts,
    pushes: Pushes,
    marked: bool,
    job_signs: bool,
    daemon_signs: bool,
    stamped: bool,
    colours: bool,
    lines: u64,
    echo_lines: u32,
    own: bool,
    ending: Option<Found>,
    first_seconds: Option<i64>,
    last_seconds: Option<i64>,
    silences: Silences,
    limit_line: Option<u64>,
    last_role: Role,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    ending: Ending,
    /// The line's place among all clean lines, marks not counted.
    line: u64,
    outside: bool,
}

impl Default for Anatomy {
    fn default() -> Anatomy {
        Anatomy::new()
    }
}

impl Anatomy {
    /// Nothing read yet. Free.
    pub fn new() -> Anatomy {
        Anatomy {
            sections: vec![Section::new("", Stage::Outside, None)],
            current: 0,
            facts: Facts::new(),
            pushes: Pushes::default(),
            marked: false,
            job_signs: false,
            daemon_signs: false,
            stamped: false,
            colours: false,
            lines: 0,
            echo_lines: 0,
            own: false,
            ending: None,
            first_seconds: None,
            last_seconds: None,
            silences: Silences::default(),
            limit_line: None,
            last_role: Role::Output,
        }
    }

    /// Takes the next line; calls `feed` for what is text for patterns.
    pub fn line(&mut self, line: &CleanLine, feed: &mut impl FnMut(Fed)) {
        if let Some(seconds) = line.seconds {
            self.seen(seconds);
            let section = &self.sections[self.current];
            self.silences.line(seconds, line.number.0, || (section.name.as_str(), section.last_command.as_deref()));
        }
        // A mark within an echoed command is text of that command, and so is what stands behind it.
        let in_command = line.glued && self.last_role == Role::Command;
        if let Some(mark) = Mark::of_line(line.text).filter(|_| !in_command) {
            self.last_role = Role::Title;
            return self.mark(mark, line);
        }
        self.lines += 1;
        self.colours |= line.lead != Lead::Plain;
        if in_command {
            return self.feed(line, line.text, Role::Command, feed);
        }
        if self.own && Ending::of_trace(line.text).is_none() {
            return;
        }
        self.own = false;
        if source_facts::is_header(line.text) {
            self.begin(line);
        }
        if !self.job_signs
            && let Some(daemon) = DaemonLine::parse(line.text, self.daemon_signs)
        {
            return self.daemon(line, daemon, feed);
        }
        if let Some(ending) = Ending::of_trace(line.text)
            && self.may_end(line)
        {
            return self.end_line(line, ending, feed);
        }
        if line.text.starts_with(b"Job's log exceeded limit of ") && line.stream.is_none() {
            self.limit_line = Some(self.lines);
        }
        let role = self.role(line);
        if !self.marked
            && role != Role::Command
            && let Some((name, telling)) = section_of_title(line.text)
            && (telling || self.job_signs)
            && (telling || self.stage() != Stage::Script || line.lead != Lead::Plain || self.is_old_runner())
            && self.title_counts(name)
        {
            let name = name.to_owned();
            self.job_signs = true;
            self.open(&name, None);
        }
        match role {
            Role::Command => self.command(line),
            _ => {
                source_facts::read(line.text, self.stage(), &mut self.facts);
                self.pushes.line(line.text);
            }
        }
        self.feed(line, line.text, role, feed);
    }

    /// Every section, the first is outside of all.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// What the log is, as far as it was read.
    pub fn kind(&self) -> Kind {
        if self.lines == 0 && !self.marked {
            Kind::Empty
        } else if self.job_signs || (self.marked && !self.daemon_signs) {
            Kind::JobTrace
        } else if self.daemon_signs {
            Kind::RunnerLog
        } else if self.ending.is_some_and(|f| f.line == self.lines) {
            Kind::JobTrace
        } else {
            Kind::Text
        }
    }

    /// The last outcome that is to be believed.
    pub fn ending(&self) -> Option<Ending> {
        self.found().map(|f| f.ending)
    }

    /// Whether the trace was cut off by the runner's limit.
    pub fn log_cut(&self) -> bool {
        // The notice has two lines, and nothing is stored behind it.
        self.limit_line.is_some_and(|l| self.lines <= l + 1)
    }

    /// When the job began, by the first time that the log shows.
    pub fn started(&self) -> Option<i64> {
        self.first_seconds
    }

    /// Seconds from the first to the last time that the log shows.
    pub fn seconds(&self) -> Option<i64> {
        Some(self.last_seconds? - self.first_seconds?)
    }

    /// The longest time without a line; `None`: the lines have no times, or it was short.
    pub fn silence(&self) -> Option<&Silence> {
        self.silences.longest()
    }

    /// Index of the section in which a job that did not pass died: the last main one, unless what failed came after.
    pub fn failed_section(&self) -> Option<usize> {
        let last_main = self.sections.iter().rposition(|s| s.stage.is_main())?;
        // A job whose script ended well goes on to save its cache and artifacts; then those failed.
        let stored =
            self.sections[last_main..].iter().position(|s| matches!(s.name.as_str(), "upload_artifacts_on_success" | "archive_cache")).map(|i| last_main + i);
        match stored {
            Some(_) if self.sections[last_main].stage == Stage::Script => {
                self.sections.iter().rposition(|s| matches!(s.name.as_str(), "upload_artifacts_on_success" | "archive_cache"))
            }
            _ => Some(last_main),
        }
    }

    /// All facts of the trace. Costs a copy.
    pub fn facts(&self) -> Facts {
        let mut facts = self.facts.clone();
        self.pushes.fill(&mut facts);
        if facts.get(Fact::JobRef).is_none() {
            facts.set_text(Fact::JobRef, facts.text(Fact::CheckoutRef).unwrap_or_default().to_owned());
        }
        if let Some(ending) = self.ending() {
            facts.set_text(Fact::JobOutcome, ending.outcome.word());
            facts.set_flag(Fact::JobSystemFailure, ending.system_failure);
            if let Some(code) = ending.exit_code {
                facts.set_number(Fact::JobExitCode, code);
            }
            if ending.outcome.is_bad()
                && let Some(i) = self.failed_section()
            {
                facts.set_text(Fact::JobFailedSection, self.sections[i].name.clone());
            }
        }
        if let Some(section) = self.failed_section().map(|i| &self.sections[i]) {
            facts.set_text(Fact::CommandLast, section.last_command.clone().unwrap_or_default());
            facts.set_text(Fact::CommandTraced, section.last_trace.clone().unwrap_or_default());
        }
        if let Some(silence) = self.silence() {
            facts.set_number(Fact::SilenceSeconds, silence.seconds);
            facts.set_text(Fact::SilenceCommand, silence.command.clone().unwrap_or_default());
        }
        if self.kind() == Kind::JobTrace {
            facts.set_flag(Fact::LogCut, self.log_cut());
        }
        facts
    }

    fn found(&self) -> Option<Found> {
        // What stands behind a last line shows that it was not the runner's.
        let found = self.ending.filter(|f| f.line == self.lines)?;
        // Within the section of a script the line may be the script's own: a failure is believed there, a success not.
        let believed = found.outside || !self.marked || found.ending.outcome != Outcome::Passed;
        believed.then_some(found)
    }

    fn stage(&self) -> Stage {
        self.sections[self.current].stage
    }

    /// The runner's first words: they have time stamps or not, and so has all that it writes. A script may print the log
    /// of another job, which has it otherwise.
    fn begin(&mut self, line: &CleanLine) {
        if !self.job_signs {
            self.stamped = line.stream.is_some();
        }
        self.job_signs = true;
    }

    fn seen(&mut self, seconds: i64) {
        self.first_seconds.get_or_insert(seconds);
        self.last_seconds = self.last_seconds.max(Some(seconds));
    }

    fn mark(&mut self, mark: Mark, line: &CleanLine) {
        let runners = line.stream.is_none_or(|s| s.is_runner());
        if OWN_SECTIONS.contains(&mark.name) {
            self.own = mark.start;
            return;
        }
        // A run that was killed between its marks leaves the section open: the runner's next mark ends it.
        self.own &= Stage::of_name(mark.name).is_none();
        // `concrete` only wraps the others.
        if !runners || Stage::of_name(mark.name).is_none() {
            return;
        }
        if mark.start {
            // A script may print the marks of a runner; only its own end closes it.
            if self.stage() == Stage::Script && !self.stamped {
                return;
            }
            self.marked = true;
            self.begin(line);
            self.seen(mark.seconds);
            self.open(mark.name, Some(mark.seconds));
        } else if self.sections[self.current].name == mark.name {
            self.seen(mark.seconds);
            let section = &mut self.sections[self.current];
            section.closed = true;
            section.ended = Some(mark.seconds);
            self.current = 0;
            self.echo_lines = 0;
        }
    }

    fn open(&mut self, name: &str, started: Option<i64>) {
        let stage = Stage::of_name(name).unwrap_or(Stage::Outside);
        if !self.marked && self.sections[self.current].name == name {
            return;
        }
        if !self.marked {
            self.sections[self.current].closed = true;
        }
        let name = crate::text::cut(name, MAX_NAME_BYTES);
        if self.sections.len() == MAX_SECTIONS {
            self.sections.pop();
        }
        self.sections.push(Section::new(name, stage, started));
        self.current = self.sections.len() - 1;
        self.echo_lines = 0;
    }

    /// Whether a title may begin a section here: a script may print one, but only what follows a script can follow it.
    fn title_counts(&self, name: &str) -> bool {
        let next = Stage::of_name(name).unwrap_or(Stage::Outside);
        match self.stage() {
            Stage::Script => {
                matches!(next, Stage::After | Stage::Store | Stage::Cleanup) || (next == Stage::Script && self.sections[self.current].name != name)
            }
            Stage::After => matches!(next, Stage::Store | Stage::Cleanup),
            Stage::Store | Stage::Cleanup => next >= Stage::After,
            here => next >= here || name == "get_sources",
        }
    }

    /// Before 13.0 a runner's titles were plain words that scripts print too.
    fn is_old_runner(&self) -> bool {
        let version = self.facts.text(Fact::JobRunnerVersion).and_then(|v| v.split('.').next()?.parse::<u32>().ok());
        version.is_none_or(|major| major < 13)
    }

    /// Whether the runner can have written a last line here: in a stamped trace it does so on its own stream.
    fn may_end(&self, line: &CleanLine) -> bool {
        let runners = line.stream.is_none_or(|s| s.is_runner());
        let stamped_as_the_rest = !self.stamped || line.stream.is_some();
        runners && stamped_as_the_rest
    }

    fn end_line(&mut self, line: &CleanLine, ending: Ending, feed: &mut impl FnMut(Fed)) {
        let outside = self.marked && self.current == 0;
        self.ending = Some(Found { ending, line: self.lines, outside });
        let text = &line.text[ending.head..];
        if text.is_empty() {
            return;
        }
        // The head is in the raw bytes too, behind colour codes: the tail's place is counted from the end.
        let behind = line.raw.len() - memchr::memmem::rfind(line.raw, text).map_or(line.raw.len(), |i| i + text.len());
        let end = line.span.offset + line.span.length - behind as u64;
        let span = ByteSpan { offset: end.saturating_sub(text.len() as u64), length: text.len() as u64 };
        let place = Place { section: 0, command: 0, role: Role::OutcomeText, guarded: false };
        feed(Fed { text, number: line.number, span, place, daemon: None, cut: line.cut });
    }

    fn daemon(&mut self, line: &CleanLine, daemon: DaemonLine, feed: &mut impl FnMut(Fed)) {
        self.daemon_signs = true;
        if let Some(seconds) = daemon.seconds {
            self.seen(seconds);
        }
        let canonical = daemon.canonical.clone();
        let place = Place { section: 0, command: 0, role: Role::Output, guarded: false };
        let end = daemon.end.clone();
        feed(Fed { text: canonical.as_bytes(), number: line.number, span: line.span, place, daemon: Some(daemon.clone()), cut: line.cut });
        let Some(end) = end.filter(|e| e.ending.outcome.is_bad()) else { return };
        // The fields stand behind the error text in the canonical form; the text itself ends where the first begins.
        let tail = &canonical[end.ending.head..];
        let stop = [" builds=", " duration", " error=", " exit_code=", " failure_reason=", " gitlab_user_id=", " job=", " job-status="]
            .iter()
            .filter_map(|f| tail.find(f))
            .min()
            .unwrap_or(tail.len());
        let place = Place { role: Role::OutcomeText, ..place };
        let daemon = DaemonLine { end: None, ..daemon };
        feed(Fed { text: &tail.as_bytes()[..stop], number: line.number, span: line.span, place, daemon: Some(daemon), cut: line.cut });
    }

    fn role(&mut self, line: &CleanLine) -> Role {
        let script = matches!(self.stage(), Stage::Script | Stage::After) || self.current == 0;
        if self.echo_lines > 0 {
            let ends = memchr::memmem::find(line.raw, b"\x1b[0;m").is_some();
            self.echo_lines = if ends || self.echo_lines >= MAX_ECHO_LINES { 0 } else { self.echo_lines + 1 };
            return Role::Command;
        }
        if line.text.starts_with(b"$ ") && (line.lead == Lead::Green || (line.lead == Lead::Plain && !self.colours)) {
            let open = line.lead == Lead::Green && memchr::memmem::find(line.raw, b"\x1b[0;m").is_none();
            self.echo_lines = u32::from(open);
            return Role::Command;
        }
        if script && line.text[0] == b'+' {
            let plus = line.text.iter().take_while(|b| **b == b'+').count();
            if plus <= DEEPEST_XTRACE && line.text.get(plus) == Some(&b' ') && line.text.get(plus + 1).is_some_and(|b| *b != b' ') {
                return Role::Command;
            }
        }
        if line.lead == Lead::Cyan { Role::Title } else { Role::Output }
    }

    fn command(&mut self, line: &CleanLine) {
        let Some(command) = line.text.strip_prefix(b"$ ") else {
            // A line of `set -x`, or a further line of an echoed command: it may still say as whom it pushes.
            let text = String::from_utf8_lossy(line.text);
            self.pushes.command(&text);
            self.sections[self.current].last_trace = Some(crate::text::cut(&text, MAX_COMMAND_BYTES).to_owned());
            return;
        };
        // In a trace without marks the first command begins the script.
        let begins = match self.stage() {
            Stage::Script | Stage::After => false,
            // Hooks of the runner echo commands too, before anything is checked out.
            Stage::Sources => self.facts.get(Fact::CheckoutSha).is_some(),
            _ => true,
        };
        if !self.marked && self.job_signs && begins {
            self.open("step_script", None);
        }
        let text = String::from_utf8_lossy(command).into_owned();
        self.pushes.command(&text);
        let section = &mut self.sections[self.current];
        section.commands += 1;
        section.last_trace = None;
        section.guarded = is_guarded(&text);
        section.last_command = Some(crate::text::cut(&text, MAX_COMMAND_BYTES).to_owned());
    }

    fn feed(&mut self, line: &CleanLine, text: &[u8], role: Role, feed: &mut impl FnMut(Fed)) {
        self.last_role = role;
        let section = &self.sections[self.current];
        let place = Place { section: self.current as u32, command: section.commands, role, guarded: section.guarded };
        feed(Fed { text, number: line.number, span: line.span, place, daemon: None, cut: line.cut });
    }
}
