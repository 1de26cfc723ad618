//! A pattern file to begin with, from one line of a log.
//!
//! What a tool prints every time stays as it is, what it fills in becomes a wild card, and a capture where it has a name
//! of the field. The author writes what only a person knows: the second example, the look-alike, the fix.

mod quote;
mod shape;

use std::fmt::Write;

use crate::redact::Redacted;
use crate::text::{cut, dialect};

use quote::quoted;
use shape::Shape;

/// Bytes of a symptom that is made from a line.
const MAX_SYMPTOM_BYTES: usize = 40;
/// Words of it.
const MAX_SYMPTOM_WORDS: usize = 4;
/// Bytes of a title that is made from a line: it must fit a line of a list.
const MAX_TITLE_BYTES: usize = 80;

/// A drafted pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The class that the author named.
    pub class: String,
    /// What the line shows, in kebab-case: the last part of the id.
    pub symptom: String,
    /// Matches the line it was made from, and lines that differ from it in what a tool fills in.
    pub regex: String,
    /// Names and values of the captures on that line.
    pub captures: Vec<(String, String)>,
    /// The line.
    pub line: Redacted,
    /// It stands in a runner's daemon log.
    pub daemon: bool,
    title: String,
}

impl Draft {
    /// Drafts a pattern from a clean line. `symptom` overrides the one that is made from the line's words. `None`: the
    /// line holds nothing that a tool prints every time.
    pub fn new(class: &str, symptom: Option<&str>, line: &Redacted, daemon: bool) -> Option<Draft> {
        let shape = Shape::of(line.as_str())?;
        let words = shape.words();
        let regex = shape.regex();
        let captures = captures(&regex, line)?;
        let symptom = symptom.map_or_else(|| kebab(&words), str::to_owned);
        Some(Draft {
            class: class.to_owned(),
            symptom,
            regex,
            captures,
            line: line.clone(),
            daemon,
            title: cut(&words.join(" "), MAX_TITLE_BYTES).trim_matches(|c: char| c.is_whitespace() || "()[]{}:,;-".contains(c)).to_owned(),
        })
    }

    /// The pattern file. With `names_class` it names its class: a pack's file does, one in a folder of the class need not.
    pub fn toml(&self, names_class: bool) -> String {
        let mut out = String::new();
        let put = &mut out;
        let _ = writeln!(put, "# Say what the log shows, so that it reads well alone in a list.");
        let _ = writeln!(put, "title = {}", quoted(&self.title));
        if names_class {
            let _ = writeln!(put, "class = {}", quoted(&self.class));
        }
        let _ = writeln!(put, "# specific: names the failure. generic: says that something failed. aftermath: follows from another line.");
        let _ = writeln!(put, "rank  = \"specific\"");
        let _ = writeln!(put, "# Widen what other versions word differently; keep at least four bytes that always occur.");
        let _ = writeln!(put, "match = [{}]", quoted(&self.regex));
        if self.daemon {
            let _ = writeln!(put, "where = {{ kind = \"runner-log\" }}");
        }
        out.push_str(CAUSE);
        let put = &mut out;
        let _ = writeln!(put, "\n[[must_match]]\nline = {}", quoted(self.line.as_str()));
        if !self.captures.is_empty() {
            let captures: Vec<String> = self.captures.iter().map(|(name, value)| format!("{name} = {}", quoted(value))).collect();
            let _ = writeln!(put, "captures = {{ {} }}", captures.join(", "));
        }
        out.push_str(EXAMPLES);
        out
    }
}

/// Names and values of the captures of a regex on its own line.
fn captures(regex: &str, line: &Redacted) -> Option<Vec<(String, String)>> {
    let regex = dialect(regex).ok()?;
    let found = regex.captures(line.as_str().as_bytes())?;
    let value = |name: &str| found.name(name).map(|m| (name.to_owned(), String::from_utf8_lossy(m.as_bytes()).into_owned()));
    Some(regex.capture_names().flatten().filter_map(value).collect())
}

/// Without a cause of its own a pattern has those of its class.
const CAUSE: &str = "
# Without a cause of its own the pattern has those of its class (`whyred explain CLASS`). The likeliest comes first.
# [[cause]]
# id         = \"\"
# title      = \"\"
# diagnosis  = \"What happened.\"
# fix        = [\"Which file or setting, which value.\", \"The next step.\"]
# why        = \"Why that works.\"
# commands   = []
# references = [\"https://\"]
";

const EXAMPLES: &str = "
# A second line that the tool really printed: another version, another value.
# [[must_match]]
# line = ''

# The nearest line that means something else.
# [[must_not_match]]
# line    = ''
# because = \"\"
";

/// Words to a symptom; a symptom may not end in a number.
fn kebab(words: &[String]) -> String {
    let clean = words.iter().map(|w| w.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_lowercase() as char).collect::<String>());
    let telling = |w: &String| w.len() > 1 && !FILLERS.contains(&w.as_str()) && !w.bytes().all(|b| b.is_ascii_digit());
    let mut symptom = String::new();
    for word in clean.filter(telling).take(MAX_SYMPTOM_WORDS) {
        if symptom.len() + word.len() > MAX_SYMPTOM_BYTES {
            break;
        }
        if !symptom.is_empty() {
            symptom.push('-');
        }
        symptom.push_str(&word);
    }
    if symptom.is_empty() { "new-symptom".to_owned() } else { symptom }
}

/// Words that every message has.
const FILLERS: [&str; 18] = ["error", "fatal", "warning", "err", "the", "is", "to", "of", "for", "in", "at", "on", "with", "and", "this", "was", "an", "by"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;

    fn draft(line: &str) -> Draft {
        Draft::new("dns", None, &Redactor::new().redact(line.as_bytes()), false).unwrap()
    }

    #[test]
    fn what_a_tool_fills_in_becomes_a_wild_card() {
        let regex = |line: &str| draft(line).regex;
        assert_eq!(
            regex("fatal: unable to access 'https://gitlab.example.com/group/app.git/': The requested URL returned error: 403"),
            r"fatal: unable to access '(?P<url>[^']+)': The requested URL returned error: 403"
        );
        assert_eq!(regex("curl: (6) Could not resolve host: mirror.example.com"), r"curl: \(6\) Could not resolve host: (?P<host>[\w.:-]*\w)");
        assert_eq!(regex("src/main.c:12:5: error: expected ';' before 'return'"), r"(?P<file>[^\s:]+):(?P<line>\d+):\d+: error: expected '[^']+' before");
        assert_eq!(regex("/builds/group/app/run.sh: line 44: foo: command not found"), r"line \d+: foo: command not found");
        assert_eq!(regex("npm error code E404"), "npm error code E404");
        assert_eq!(regex("Error: took 12.5s of 10s (limit 3)"), r"Error: took \S+ of \S+ \(limit");
    }

    #[test]
    fn the_file_can_be_read_back() {
        let draft = draft("E: it's \"odd\": '''three''' C:\\builds\\app.log not in /etc/app.conf");
        let file: toml::Table = toml::from_str(&draft.toml(true)).unwrap();
        assert_eq!(file["must_match"][0]["line"].as_str(), Some(draft.line.as_str()));
        assert_eq!(file["match"][0].as_str(), Some(draft.regex.as_str()));
        assert_eq!(file["class"].as_str(), Some("dns"));
    }

    #[test]
    fn a_symptom_is_made_of_telling_words() {
        assert_eq!(draft("fatal: unable to access 'x': Could not resolve host: a.example.com").symptom, "unable-access-could-not");
        assert_eq!(Draft::new("dns", Some("mine"), &Redactor::new().redact(b"some words here"), false).unwrap().symptom, "mine");
        assert!(Draft::new("dns", None, &Redactor::new().redact(b"12 34.5"), false).is_none(), "nothing that is always there");
    }
}
