//! A line as what a tool prints every time, and what it fills in.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::text::dialect;

/// Variable parts, the most telling kinds first. Each is tried at a place where a word can begin.
const KINDS: [(Kind, &str); 9] = [
    (Kind::Quoted, r#"^(?:'[^']+'|"[^"]+"|`[^`]+`)"#),
    (Kind::Url, r#"^[a-z][a-z0-9+.-]*://[^\s'"<>)\]]*[\w/]"#),
    (Kind::Token, r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.,:Z+-]*"),
    (Kind::FileLine, r"^[\w./+@\\-]+\.\w+:\d+(?::\d+)?"),
    (Kind::Path, r"^(?:[A-Za-z]:)?[\w.@+~-]*[/\\][\w.@+~/\\-]*\w"),
    (Kind::Host, r"^(?:[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+|\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?"),
    (Kind::Token, r"^(?:\[redacted\]|[0-9a-f]{7,64}\b|\d+(?:[.,:]\d+)+\w*|\d+[a-zA-Z%]+)"),
    (Kind::Number, r"^\d+"),
    (Kind::Token, r"^[A-Za-z]+(?:[-_]\w+)*[-_]\w*\d[\w-]*"),
];

static COMPILED: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| KINDS.iter().filter_map(|(kind, source)| Some((*kind, dialect(source).ok()?))).collect());

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Quoted,
    Url,
    FileLine,
    Path,
    Host,
    Number,
    Token,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Fixed(String),
    Filled(Kind, String),
}

/// The pieces of a line, from the first fixed one that tells something.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pieces: Vec<Piece>,
}

impl Shape {
    /// `None`: nothing of the line is fixed.
    pub(super) fn of(line: &str) -> Option<Shape> {
        let mut pieces = pieces(line.trim());
        let tells = |p: &Piece| matches!(p, Piece::Fixed(text) if text.bytes().filter(u8::is_ascii_alphabetic).count() > 1 || !text.is_ascii());
        let first = pieces.iter().position(tells)?;
        // What stands before the message is another matter, but for the place in a source file.
        let keep = first.checked_sub(1).filter(|i| matches!(pieces[*i], Piece::Filled(Kind::FileLine, _))).unwrap_or(first);
        pieces.drain(..keep);
        if let Some(Piece::Fixed(text)) = pieces.first_mut() {
            *text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';' | '-' | ')' | ']')).to_owned();
        }
        while pieces.last().is_some_and(|p| !tells(p) && capture(p).is_none()) {
            pieces.pop();
        }
        if let Some(Piece::Fixed(text)) = pieces.last_mut() {
            text.truncate(text.trim_end().len());
        }
        Some(Shape { pieces })
    }

    /// The regex that matches the line, and its likes.
    pub(super) fn regex(&self) -> String {
        let mut used = Vec::new();
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Fixed(text) => escaped(text),
                Piece::Filled(kind, text) => wild(*kind, text, fresh(piece, &mut used)),
            })
            .collect()
    }

    /// The words of the fixed pieces.
    pub(super) fn words(&self) -> Vec<String> {
        let fixed = self.pieces.iter().filter_map(|p| match p {
            Piece::Fixed(text) => Some(text),
            Piece::Filled(..) => None,
        });
        fixed.flat_map(|t| t.split_whitespace()).filter(|w| w.chars().any(char::is_alphanumeric)).map(str::to_owned).collect()
    }
}

fn pieces(line: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut fixed = String::new();
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let word_before = fixed.chars().next_back().is_some_and(|b| b.is_alphanumeric() || b == '_');
        let in_parens = fixed.ends_with('(');
        let filled = if word_before { None } else { filled_at(&line[at..], in_parens) };
        match filled {
            Some((kind, length)) => {
                if !fixed.is_empty() {
                    out.push(Piece::Fixed(std::mem::take(&mut fixed)));
                }
                out.push(Piece::Filled(kind, line[at..at + length].to_owned()));
                at += length;
            }
            None => {
                fixed.push(c);
                at += c.len_utf8();
            }
        }
    }
    if !fixed.is_empty() {
        out.push(Piece::Fixed(fixed));
    }
    out
}

fn filled_at(rest: &str, in_parens: bool) -> Option<(Kind, usize)> {
    let (kind, length) = COMPILED.iter().find_map(|(kind, regex)| Some((*kind, regex.find(rest.as_bytes())?.end())))?;
    let text = &rest[..length];
    let behind = rest[length..].chars().next();
    let is_status = kind == Kind::Number && matches!(text.parse::<u16>(), Ok(400..=599));
    // `(6)` of curl and `returned error: 403` say what failed; a word goes on behind the number of `2xx`.
    let is_code = kind == Kind::Number && (is_status || in_parens && behind == Some(')') && length <= 2);
    // Options and negations look like names: `--no-verify`, `non-fast-forward`.
    let is_word = kind == Kind::Host && !text.contains(|c: char| c.is_ascii_digit()) && behind.is_none_or(char::is_whitespace) && text.ends_with('.');
    (!is_code && !is_word).then_some((kind, length))
}

/// The name of a piece's capture, the first time that it comes.
fn fresh(piece: &Piece, used: &mut Vec<&'static str>) -> Option<&'static str> {
    let name = capture(piece).filter(|n| !used.contains(n))?;
    used.push(name);
    Some(name)
}

fn capture(piece: &Piece) -> Option<&'static str> {
    let Piece::Filled(kind, text) = piece else { return None };
    match kind {
        Kind::FileLine => Some("file"),
        Kind::Quoted => {
            let inner = &text[1..text.len() - 1];
            let (kind, length) = filled_at(inner, false)?;
            (length >= inner.trim_end_matches('/').len()).then(|| name_of(kind)).flatten()
        }
        kind => name_of(*kind),
    }
}

fn name_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Url => Some("url"),
        Kind::Path => Some("path"),
        Kind::Host => Some("host"),
        _ => None,
    }
}

fn wild(kind: Kind, text: &str, capture: Option<&'static str>) -> String {
    let named = |inner: &str| capture.map_or(inner.to_owned(), |name| format!("(?P<{name}>{inner})"));
    match kind {
        Kind::Number => r"\d+".to_owned(),
        Kind::Quoted => {
            let quote = &text[..1];
            format!("{quote}{}{quote}", named(&format!("[^{quote}]+")))
        }
        Kind::FileLine => {
            let columns = text.matches(':').count() - text.matches(":\\").count();
            let column = if columns > 1 { r":\d+" } else { "" };
            match capture {
                Some(_) => format!(r"(?P<file>[^\s:]+):(?P<line>\d+){column}"),
                None => format!(r"[^\s:]+:\d+{column}"),
            }
        }
        // A full stop, a bracket or a colon behind the value is not of it.
        Kind::Url => named(r#"[^\s'"<>)\]]*[\w/]"#),
        Kind::Path => named(r"[\w.@+~:/\\-]*\w"),
        Kind::Host => named(r"[\w.:-]*\w"),
        Kind::Token => named(r"\S+"),
    }
}

/// Only what has a meaning in a regex is escaped: the rest is to be read.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
