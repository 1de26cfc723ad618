//! Patterns: how to recognise a symptom, what it means, how to fix it.
//!
//! Owns the file format, the checks on a file alone, and the [`Catalog`]. Does not scan: it holds the sources of
//! regexes, compiled once to check them and thrown away.

mod blob;
mod caret;
mod catalog;
mod file;
mod lint;
mod needs;
mod shape;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::facts::{Fact, FactTest, FactValue};

pub use blob::{decode, encode};
pub use catalog::{Catalog, Class, PackError, Source};
pub use file::PatternError;
pub use lint::{Complaint, Weight, is_kebab, lint};
pub use needs::{
    Ask, Beside, Branch, ByteSet, Clause, Edge, Edges, Fragment, LONG_STRETCH, MIDDLE_STRETCH, MIN_FRAGMENT_BYTES, Needs, Rarity, SHORT_STRETCH, fold, needs,
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word that stands for it everywhere.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// The value of a word.
            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|v| v.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// Who must act.
    Owner {
        /// The author of the change.
        Code = "code",
        /// Whoever keeps the project's settings and pipeline.
        Project = "project",
        /// Whoever runs runners and GitLab.
        Platform = "platform",
        /// Somebody outside: a registry, a mirror.
        External = "external",
        /// Nobody.
        None = "none",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// Whether running the same job again can help.
    Retry {
        /// It ends the same way.
        No = "no",
        /// It can.
        Yes = "yes",
        /// Not at once.
        Later = "later",
        /// It depends.
        Maybe = "maybe",
    }
}

words! {
    /// What a hit is worth; the order is the order of explanation.
    Rank {
        /// Names the failure.
        Specific = "specific",
        /// Says that something failed.
        Generic = "generic",
        /// Only follows from another hit.
        Aftermath = "aftermath",
        /// A finding, never a verdict.
        Notice = "notice",
    }
}

words! {
    /// Which lines a pattern reads.
    Channel {
        /// Job traces and plain text.
        Trace = "trace",
        /// The runner's daemon log, in canonical form.
        RunnerLog = "runner-log",
        /// Both.
        Any = "any",
    }
}

words! {
    /// Where context stands.
    Side {
        /// Before the line.
        Before = "before",
        /// After the line.
        After = "after",
        /// On either side.
        Either = "either",
    }
}

/// The id of a pattern: `<class>/<symptom>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PatternId(String);

impl PatternId {
    /// From its two parts.
    pub fn new(class: &str, symptom: &str) -> PatternId {
        PatternId(format!("{class}/{symptom}"))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the slash.
    pub fn class(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(class, _)| class)
    }
}

impl fmt::Display for PatternId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A regex on one clean line, and what stands in every line that it matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineRegex {
    /// The source, valid in the [`dialect`](crate::text::dialect).
    pub source: String,
    /// Without branches the regex must see every line, or what it needs was not computed yet: an embedded catalog has none.
    #[serde(skip)]
    pub needs: Needs,
}

/// A condition on the lines around a hit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Near {
    /// Where.
    pub side: Side,
    /// How many clean lines.
    pub lines: u32,
    /// One of these matches there; empty if `none` is given.
    pub any: Vec<LineRegex>,
    /// None of these matches there.
    pub none: Vec<LineRegex>,
    /// The window ends at the first line that matches.
    pub until: Option<LineRegex>,
}

/// From which version and on which tiers something holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applies {
    /// Lowest GitLab version, inclusive.
    pub gitlab_from: Option<(u16, u16)>,
    /// First GitLab version for which it no longer holds.
    pub gitlab_before: Option<(u16, u16)>,
    /// Tiers; empty: all.
    pub tiers: Vec<String>,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// Where it holds; `None`: everywhere.
    pub applies: Option<Applies>,
}

/// What lifts a cause above the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Evidence {
    /// A fact.
    Fact(FactTest),
    /// Some line of the trace, an echoed command too.
    Line(LineRegex),
}

/// Other words for a cause where facts say more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wording {
    /// All must be known to hold.
    pub when: Vec<FactTest>,
    /// Replaces the diagnosis.
    pub diagnosis: Option<String>,
    /// Replaces the steps.
    pub fix: Option<Vec<Step>>,
    /// Replaces the reason.
    pub why: Option<String>,
    /// Replaces the commands.
    pub commands: Option<Vec<String>>,
}

/// Why a symptom happens, and how to fix it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// Unique within its pattern.
    pub id: String,
    /// One line.
    pub title: String,
    /// What happened.
    pub diagnosis: String,
    /// What to do, in order.
    pub fix: Vec<Step>,
    /// Why that works.
    pub why: String,
    /// Commands to copy, with `<placeholders>`.
    pub commands: Vec<String>,
    /// Pages that say so.
    pub references: Vec<String>,
    /// What lifts it.
    pub evidence: Vec<Evidence>,
    /// Shown only where its evidence was seen.
    pub only_when_lifted: bool,
    /// Where it holds.
    pub applies: Option<Applies>,
    /// Other words where facts say more.
    pub wordings: Vec<Wording>,
}

/// Lines on which a pattern must be the verdict, or must not hit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// The lines, without a last line end.
    pub log: String,
    /// Facts that the lines do not show.
    pub facts: Vec<(Fact, FactValue)>,
    /// The section in which they stand.
    pub section: Option<String>,
    /// Captures that must be found.
    pub captures: Vec<(String, String)>,
    /// The cause that must come first.
    pub cause: Option<String>,
    /// Why it must not match.
    pub because: String,
}

/// One symptom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Its id.
    pub id: PatternId,
    /// Its title.
    pub title: String,
    /// What a hit is worth.
    pub rank: Rank,
    /// The tools whose messages it knows, in kebab-case; empty: those of no tool in particular.
    pub tools: Vec<String>,
    /// One of these matches a line; empty: the facts of `when` are the hit.
    pub matches: Vec<LineRegex>,
    /// The line is no hit if one of these matches it.
    pub except: Vec<String>,
    /// Conditions on the lines around; all must hold.
    pub near: Vec<Near>,
    /// Conditions on facts; all must hold.
    pub when: Vec<FactTest>,
    /// The runner's sections in which it counts; empty: all.
    pub sections: Vec<String>,
    /// Which lines it reads.
    pub channel: Channel,
    /// A later line of the section that matches one of these voids the hit.
    pub undone_by: Vec<LineRegex>,
    /// Ids, or `class/*`, of what only follows from this.
    pub explains: Vec<String>,
    /// Who must act.
    pub owner: Owner,
    /// Whether a retry can help.
    pub retry: Retry,
    /// Counts across classes, after place and rank.
    pub priority: i32,
    /// Where it holds.
    pub applies: Option<Applies>,
    /// Older ids.
    pub formerly: Vec<String>,
    /// Causes, the likeliest first; the class's if it has none of its own.
    pub causes: Vec<Cause>,
    /// The causes are the class's.
    pub inherits_causes: bool,
    /// It changes a pattern of that id: what it does not give is the other's.
    pub extends: bool,
    /// The pack it comes from; `None`: built in.
    pub pack: Option<String>,
    /// Lines on which it must be the verdict. Not part of the blob.
    #[serde(skip)]
    pub must_match: Vec<Example>,
    /// Lines on which it must not hit. Not part of the blob.
    #[serde(skip)]
    pub must_not_match: Vec<Example>,
}

impl Pattern {
    /// The id of its class.
    pub fn class(&self) -> &str {
        self.id.class()
    }

    /// Whether both hit the same lines and say the same of them: examples, tools, older ids and the pack do not count.
    pub fn behaves_like(&self, other: &Pattern) -> bool {
        let bare = |p: &Pattern| Pattern {
            pack: None,
            extends: false,
            inherits_causes: false,
            tools: Vec::new(),
            formerly: Vec::new(),
            must_match: Vec::new(),
            must_not_match: Vec::new(),
            ..p.clone()
        };
        bare(self) == bare(other)
    }

    /// Every regex on lines that it names, its causes' too.
    pub fn line_regexes(&self) -> impl Iterator<Item = &LineRegex> {
        let near = self.near.iter().flat_map(|n| n.any.iter().chain(&n.none).chain(&n.until));
        let evidence = self.causes.iter().flat_map(|c| &c.evidence).filter_map(|e| match e {
            Evidence::Line(regex) => Some(regex),
            Evidence::Fact(_) => None,
        });
        self.matches.iter().chain(near).chain(&self.undone_by).chain(evidence)
    }
}
