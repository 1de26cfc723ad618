//! The words that arguments take.

use clap::ValueEnum;

use crate::record::Detail;

/// When files are mapped.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Mmap {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// One JSON object a line
    Jsonl,
    /// One JSON array
    Json,
}

impl Format {
    pub(super) fn from_word(word: &str) -> Option<Format> {
        Format::from_str(word, false).ok()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LineFormat {
    /// For people
    Human,
    /// One JSON object a line
    Jsonl,
}

impl LineFormat {
    /// What was asked for, else what fits standard output.
    pub(super) fn or_fitting(asked: Option<LineFormat>) -> LineFormat {
        let for_people = std::io::IsTerminal::is_terminal(&std::io::stdout()) || std::env::var_os("CI").is_some();
        asked.unwrap_or(if for_people { LineFormat::Human } else { LineFormat::Jsonl })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GuideFormat {
    /// For a terminal
    Human,
    /// Markdown
    Markdown,
    /// JSON
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DetailArg {
    /// No causes
    Brief,
    /// The likeliest cause, the others by name
    Normal,
    /// All causes
    Full,
}

impl From<DetailArg> for Detail {
    fn from(detail: DetailArg) -> Detail {
        match detail {
            DetailArg::Brief => Detail::Brief,
            DetailArg::Normal => Detail::Normal,
            DetailArg::Full => Detail::Full,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Only {
    /// Failed, canceled, timed out, or unknown
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Assume {
    /// The job failed
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ConfidenceArg {
    Low,
    Medium,
    High,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Tier {
    Free,
    Premium,
    Ultimate,
}

impl Tier {
    pub(super) fn word(self) -> &'static str {
        match self {
            Tier::Free => "free",
            Tier::Premium => "premium",
            Tier::Ultimate => "ultimate",
        }
    }
}

/// The two first numbers of a version.
pub(super) fn version(text: &str) -> Result<(u16, u16), String> {
    let mut parts = text.split('.').map(str::parse::<u16>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err("expected a version such as 18.5".to_owned()),
    }
}

/// Classes, and the exit status of a command that failed by one of them.
#[cfg(unix)]
#[derive(Clone, Debug)]
pub(super) struct OnClass {
    pub(super) classes: Vec<String>,
    pub(super) status: u8,
}

#[cfg(unix)]
impl OnClass {
    pub(super) fn parse(text: &str) -> Result<OnClass, String> {
        let (classes, status) = text.split_once('=').ok_or("expected CLASS=STATUS, such as runner-unreachable=75")?;
        // Success would hide the failure.
        let status = status.parse().ok().filter(|s| *s > 0).ok_or("an exit status is a number from 1 to 255")?;
        Ok(OnClass { classes: classes.split(',').map(str::to_owned).collect(), status })
    }
}
