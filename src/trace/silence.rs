//! How long a log said nothing, and what ran meanwhile.

/// Shorter pauses are no silence: builds and downloads are quiet for that long.
const MIN_SECONDS: i64 = 60;
/// Bytes that are kept of a command.
const MAX_COMMAND_BYTES: usize = 200;

/// The longest time without a line, in a trace with time stamps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// How long.
    pub seconds: i64,
    /// The physical line behind which it began.
    pub line: u64,
    /// The runner's section in which it began; empty: outside of all.
    pub section: String,
    /// The command that ran, as it was echoed.
    pub command: Option<String>,
}

/// Takes note of the times of lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Silences {
    last: Option<(i64, u64)>,
    longest: Option<Silence>,
}

impl Silences {
    /// A line with its time; `ran` says where the line before it stood: section and last command.
    pub(super) fn line<'a>(&mut self, seconds: i64, number: u64, ran: impl FnOnce() -> (&'a str, Option<&'a str>)) {
        if let Some((before, line)) = self.last {
            let pause = seconds - before;
            if pause >= MIN_SECONDS && self.longest.as_ref().is_none_or(|l| pause > l.seconds) {
                let (section, command) = ran();
                let command = command.map(|c| crate::text::cut(c, MAX_COMMAND_BYTES).to_owned());
                self.longest = Some(Silence { seconds: pause, line, section: section.to_owned(), command });
            }
        }
        self.last = Some((seconds, number));
    }

    pub(super) fn longest(&self) -> Option<&Silence> {
        self.longest.as_ref()
    }
}
