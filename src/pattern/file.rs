//! The way from a pattern file to a [`Pattern`] or a [`Class`].
//!
//! Every mistake is shown with line, column and a caret.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::facts::{Fact, FactTest, FactValue};
use crate::text::dialect;

use super::caret;
use super::catalog::Class;
use super::lint::is_kebab;
use super::needs::needs;
use super::shape::{
    AppliesFile, CauseFile, ClassFile, EvidenceFile, ExampleFile, NearFile, OneOrMany, PatternFile, Scalar, StepFile, TestFile, TestTable, Tests, Text,
};
use super::{Applies, Cause, Channel, Evidence, Example, LineRegex, Near, Owner, Pattern, PatternId, Rank, Retry, Side, Step, Wording};

/// A pattern file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The file.
    pub path: String,
    /// What is wrong: line, column, the line with a caret, the reason.
    pub message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message.trim_end())
    }
}

impl std::error::Error for PatternError {}

/// Reads one file's text; knows how to complain about it.
pub(super) struct Reader<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
}

type Result<T> = std::result::Result<T, PatternError>;

impl Reader<'_> {
    pub(super) fn parse<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        let parsed = toml::from_str(self.text).map_err(|e| self.error_text(e.to_string()))?;
        // What stands in a pattern reaches terminals; TOML lets control characters in as escapes.
        let table: toml::Table = toml::from_str(self.text).map_err(|e| self.error_text(e.to_string()))?;
        match control_character(&toml::Value::Table(table)) {
            Some(c) => Err(self.error(0..0, &format!("a text holds the control character U+{:04X}", u32::from(c)))),
            None => Ok(parsed),
        }
    }

    fn error_text(&self, message: String) -> PatternError {
        let message = message.trim_start_matches("TOML parse error at ").to_owned();
        PatternError { path: self.path.to_owned(), message }
    }

    pub(super) fn error(&self, span: Range<usize>, message: &str) -> PatternError {
        self.error_text(caret::show(self.text, span, message))
    }

    /// Where `value` stands in the file, for values that carry no span of their own.
    pub(super) fn find(&self, value: &str) -> Range<usize> {
        self.text.find(value).map_or(0..0, |at| at..at + value.len())
    }

    pub(super) fn pattern_file(&self) -> Result<PatternFile> {
        self.parse()
    }

    /// A class from its `class.toml`.
    pub(super) fn class(&self, group: &str, id: &str) -> Result<Class> {
        let file: ClassFile = self.parse()?;
        Ok(Class {
            id: id.to_owned(),
            group: group.to_owned(),
            title: file.title,
            definition: file.definition,
            owner: self.word(&file.owner, Owner::from_word, &words(Owner::ALL))?,
            retry: self.word(&file.retry, Retry::from_word, &words(Retry::ALL))?,
            causes: self.causes(file.cause)?,
        })
    }

    /// A pattern from a file, over `base` where the file extends one. Owner, retry and causes come from `class` where
    /// the file names none.
    pub(super) fn pattern(&self, file: PatternFile, id: PatternId, class: &Class, base: Option<&Pattern>, pack: Option<&str>) -> Result<Pattern> {
        let missing = |key: &str| self.error(0..0, &format!("missing key `{key}`"));
        let mut pattern = match base {
            Some(base) => base.clone(),
            None => Pattern {
                id,
                title: file.title.clone().ok_or_else(|| missing("title"))?,
                rank: Rank::Specific,
                tools: Vec::new(),
                matches: Vec::new(),
                except: Vec::new(),
                near: Vec::new(),
                when: Vec::new(),
                sections: Vec::new(),
                channel: Channel::Trace,
                undone_by: Vec::new(),
                explains: Vec::new(),
                owner: class.owner,
                retry: class.retry,
                priority: 0,
                applies: None,
                formerly: Vec::new(),
                causes: class.causes.clone(),
                inherits_causes: true,
                extends: false,
                pack: None,
                must_match: Vec::new(),
                must_not_match: Vec::new(),
            },
        };
        pattern.pack = pack.map(str::to_owned);
        pattern.extends = base.is_some();
        if let Some(title) = file.title {
            pattern.title = title;
        }
        if let Some(rank) = &file.rank {
            pattern.rank = self.word(rank, Rank::from_word, &words(Rank::ALL))?;
        } else if base.is_none() && pack.is_none() {
            return Err(missing("rank"));
        }
        if let Some(tools) = file.tools {
            pattern.tools = tools.into_iter().map(|t| self.tool(t)).collect::<Result<_>>()?;
        }
        if let Some(matches) = file.matches {
            pattern.matches = self.regexes(matches)?;
        }
        if let Some(except) = file.except {
            pattern.except = self.regexes(except)?.into_iter().map(|r| r.source).collect();
        }
        if let Some(near) = file.near {
            pattern.near = near.into_iter().map(|n| self.near(n)).collect::<Result<_>>()?;
        }
        if let Some(when) = file.when {
            pattern.when = self.tests(when)?;
        }
        if let Some(place) = file.place {
            pattern.sections = place.sections;
            if let Some(kind) = &place.kind {
                pattern.channel = self.word(kind, Channel::from_word, &words(Channel::ALL))?;
            }
        }
        if let Some(undone_by) = file.undone_by {
            pattern.undone_by = self.regexes(undone_by)?;
        }
        if let Some(explains) = file.explains {
            pattern.explains = explains;
        }
        if let Some(owner) = &file.owner {
            pattern.owner = self.word(owner, Owner::from_word, &words(Owner::ALL))?;
        }
        if let Some(retry) = &file.retry {
            pattern.retry = self.word(retry, Retry::from_word, &words(Retry::ALL))?;
        }
        if let Some(priority) = file.priority {
            pattern.priority = priority;
        }
        if let Some(applies) = file.applies {
            pattern.applies = Some(self.applies(applies)?);
        }
        if let Some(formerly) = file.formerly {
            pattern.formerly = formerly;
        }
        if let Some(causes) = file.cause {
            pattern.causes = self.causes(causes)?;
            pattern.inherits_causes = false;
        }
        pattern.must_match = file.must_match.into_iter().map(|e| self.example(e)).collect::<Result<_>>()?;
        pattern.must_not_match = file.must_not_match.into_iter().map(|e| self.example(e)).collect::<Result<_>>()?;
        if pattern.matches.is_empty() && !pattern.when.iter().any(|t| t.fact.is_of_job()) {
            return Err(self.error(0..0, "neither `match` nor a `when` on a `job.` fact: nothing could ever hit"));
        }
        Ok(pattern)
    }

    fn word<T>(&self, text: &Text, from: impl Fn(&str) -> Option<T>, allowed: &str) -> Result<T> {
        from(text.as_ref()).ok_or_else(|| self.error(text.span(), &format!("unknown value, expected one of {allowed}")))
    }

    fn tool(&self, name: Text) -> Result<String> {
        if !is_kebab(name.as_ref()) {
            return Err(self.error(name.span(), "the name of a tool is not in kebab-case"));
        }
        Ok(name.into_inner())
    }

    fn regex(&self, text: Text) -> Result<LineRegex> {
        if let Err(e) = dialect(text.as_ref()) {
            let reason = match e {
                regex::Error::CompiledTooBig(limit) => format!("the regex compiles to more than {limit} bytes"),
                // The parser's message draws the regex again; its last line is the reason.
                e => e.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
            };
            return Err(self.error(text.span(), &reason));
        }
        if dialect(text.as_ref()).is_ok_and(|r| r.is_match(b"")) {
            return Err(self.error(text.span(), "the regex matches the empty line"));
        }
        let source = text.into_inner();
        Ok(LineRegex { needs: needs(&source), source })
    }

    fn regexes(&self, texts: Vec<Text>) -> Result<Vec<LineRegex>> {
        texts.into_iter().map(|t| self.regex(t)).collect()
    }

    fn near(&self, near: NearFile) -> Result<Near> {
        let lines = *near.lines.get_ref();
        if !(1..=200).contains(&lines) {
            return Err(self.error(near.lines.span(), "lines must be from 1 to 200"));
        }
        if near.any.is_empty() == near.none.is_empty() {
            return Err(self.error(near.side.span(), "give either `any` or `none`"));
        }
        Ok(Near {
            side: self.word(&near.side, Side::from_word, &words(Side::ALL))?,
            lines,
            any: self.regexes(near.any)?,
            none: self.regexes(near.none)?,
            until: near.until.map(|u| self.regex(u)).transpose()?,
        })
    }

    fn tests(&self, tests: Tests) -> Result<Vec<FactTest>> {
        tests
            .into_iter()
            .map(|(name, test)| {
                let table = match test {
                    TestFile::Full(table) => table,
                    TestFile::Bare(value) => TestTable { is: Some(OneOrMany::One(value)), ..TestTable::default() },
                };
                self.test(name.as_ref(), table, name.span())
            })
            .collect()
    }

    fn test(&self, name: &str, table: TestTable, span: Range<usize>) -> Result<FactTest> {
        let Some(fact) = Fact::from_name(name) else {
            let known: Vec<_> = Fact::ALL.iter().map(|f| f.name()).collect();
            return Err(self.error(span, &format!("unknown fact `{name}`, expected one of {}", known.join(", "))));
        };
        let values = |v: Option<OneOrMany>| match v {
            None => Vec::new(),
            Some(OneOrMany::One(s)) => vec![value_of(fact, s)],
            Some(OneOrMany::Many(all)) => all.into_iter().map(|s| value_of(fact, s)).collect(),
        };
        FactTest::new(fact, values(table.is), values(table.not), table.min, table.max, table.matches).map_err(|m| self.error(span, &m))
    }

    fn applies(&self, applies: AppliesFile) -> Result<Applies> {
        const TIERS: [&str; 3] = ["free", "premium", "ultimate"];
        let mut out = Applies { gitlab_from: None, gitlab_before: None, tiers: Vec::new() };
        if let Some(range) = &applies.gitlab {
            for part in range.split(',') {
                let part = part.trim();
                let (slot, version) = match part.strip_prefix(">=") {
                    Some(version) => (&mut out.gitlab_from, version),
                    None => (&mut out.gitlab_before, part.strip_prefix('<').unwrap_or("?")),
                };
                let version = version.trim().split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
                *slot = Some(version.ok_or_else(|| self.error(self.find(range), "expected a range such as \">=17.2\" or \">=17.2, <19.0\""))?);
            }
        }
        for tier in applies.tier {
            if !TIERS.contains(&tier.as_str()) {
                return Err(self.error(self.find(&tier), "unknown tier, expected one of free, premium, ultimate"));
            }
            out.tiers.push(tier);
        }
        Ok(out)
    }

    fn steps(&self, steps: Vec<StepFile>) -> Result<Vec<Step>> {
        steps
            .into_iter()
            .map(|s| match s {
                StepFile::Text(text) => Ok(Step { text, applies: None }),
                StepFile::Full(t) => Ok(Step { text: t.text, applies: t.applies.map(|a| self.applies(a)).transpose()? }),
            })
            .collect()
    }

    fn causes(&self, causes: Vec<CauseFile>) -> Result<Vec<Cause>> {
        let mut out: Vec<Cause> = Vec::new();
        for cause in causes {
            if out.iter().any(|c| c.id == *cause.id.get_ref()) {
                return Err(self.error(cause.id.span(), "another cause has this id"));
            }
            let mut evidence = Vec::new();
            for item in cause.evidence {
                let span = item.span();
                evidence.push(match item.into_inner() {
                    EvidenceFile::Line(source) => Evidence::Line(self.regex(Spanned::new(span, source))?),
                    EvidenceFile::Fact(mut table) => {
                        let name = table.fact.take().ok_or_else(|| self.error(span.clone(), "missing key `fact`"))?;
                        Evidence::Fact(self.test(&name, table, span)?)
                    }
                });
            }
            if cause.only_when_lifted && evidence.is_empty() {
                return Err(self.error(cause.id.span(), "only_when_lifted without evidence: the cause could never be shown"));
            }
            let mut wordings = Vec::new();
            for w in cause.wording {
                wordings.push(Wording {
                    when: self.tests(w.when)?,
                    diagnosis: w.diagnosis,
                    fix: w.fix.map(|f| self.steps(f)).transpose()?,
                    why: w.why,
                    commands: w.commands,
                });
            }
            out.push(Cause {
                id: cause.id.into_inner(),
                title: cause.title,
                diagnosis: cause.diagnosis,
                fix: self.steps(cause.fix)?,
                why: cause.why,
                commands: cause.commands,
                references: cause.references,
                evidence,
                only_when_lifted: cause.only_when_lifted,
                applies: cause.applies.map(|a| self.applies(a)).transpose()?,
                wordings,
            });
        }
        Ok(out)
    }

    fn example(&self, example: ExampleFile) -> Result<Example> {
        let log = match (example.line, example.log) {
            (Some(line), None) => line,
            (None, Some(log)) => log.trim_end_matches('\n').to_owned(),
            // A pattern without `match` hits on facts alone.
            (None, None) if !example.facts.is_empty() => String::new(),
            _ => return Err(self.error(0..0, "an example needs either `line` or `log`")),
        };
        let mut facts = Vec::new();
        for (name, value) in example.facts {
            let fact = Fact::from_name(name.as_ref()).ok_or_else(|| self.error(name.span(), "unknown fact"))?;
            facts.push((fact, value_of(fact, value)));
        }
        Ok(Example { log, facts, section: example.section, captures: example.captures.into_iter().collect(), cause: example.cause, because: example.because })
    }
}

/// The first control character but line end and tab.
fn control_character(value: &toml::Value) -> Option<char> {
    let of_text = |text: &str| text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    match value {
        toml::Value::String(text) => of_text(text),
        toml::Value::Array(all) => all.iter().find_map(control_character),
        toml::Value::Table(all) => all.iter().find_map(|(key, v)| of_text(key).or_else(|| control_character(v))),
        _ => None,
    }
}

fn value_of(fact: Fact, scalar: Scalar) -> FactValue {
    match scalar {
        Scalar::Number(n) => FactValue::Number(n),
        Scalar::Flag(yes) => FactValue::Flag(yes),
        Scalar::Text(text) if fact.kind() == crate::facts::FactKind::Flag && text == "yes" => FactValue::Flag(true),
        Scalar::Text(text) if fact.kind() == crate::facts::FactKind::Flag && text == "no" => FactValue::Flag(false),
        Scalar::Text(text) => FactValue::Text(text),
    }
}

fn words<T: fmt::Display>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}
