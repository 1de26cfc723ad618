//! Rules about patterns that need no scan. The ones that do are in the proof floor.

use std::fmt;

use super::{Catalog, LineRegex, Pattern, Rank};

/// How bad a complaint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The pattern may not be built in.
    Error,
    /// Worth a look.
    Warning,
}

/// A promise that a pattern does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// How bad.
    pub weight: Weight,
    /// Of which pattern, or class.
    pub id: String,
    /// What is wrong, lower case, no full stop.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
        };
        write!(f, "{weight}: {}: {}", self.id, self.message)
    }
}

/// The longest title, in characters: it must fit a line of a list.
const MAX_TITLE: usize = 100;

/// Checks every pattern and class. What only the built-in set requires is a warning for a pack's pattern.
pub fn lint(catalog: &Catalog) -> Vec<Complaint> {
    let mut out = Vec::new();
    for class in &catalog.classes {
        let mut complain = |message: String| out.push(Complaint { weight: Weight::Error, id: class.id.clone(), message });
        title(&class.title, &mut complain);
        if class.definition.trim().is_empty() {
            complain("no definition".to_owned());
        }
        links(class.causes.iter().flat_map(|c| &c.references), &mut complain);
    }
    for pattern in &catalog.patterns {
        one(catalog, pattern, &mut out);
    }
    out.sort();
    out
}

fn one(catalog: &Catalog, pattern: &Pattern, out: &mut Vec<Complaint>) {
    let built_in = pattern.pack.is_none();
    let mut complaints = Vec::new();
    let mut always = |message: String| complaints.push((Weight::Error, message));
    let symptom = pattern.id.as_str().split_once('/').map_or("", |(_, s)| s);
    if !is_kebab(symptom) {
        always("the symptom is not in kebab-case".to_owned());
    }
    if symptom.rsplit('-').next().is_some_and(|w| w.len() < 3 && w.bytes().all(|b| b.is_ascii_digit())) {
        always("the symptom ends in a number: say what the log shows".to_owned());
    }
    title(&pattern.title, &mut always);
    for id in &pattern.explains {
        let known = match id.strip_suffix("/*") {
            Some(class) => catalog.class(class).is_some(),
            None => catalog.pattern(id).is_some(),
        };
        if !known {
            always(format!("explains `{id}`, which is no pattern"));
        }
        if catalog.pattern(id).is_some_and(|p| p.rank == Rank::Aftermath) {
            always(format!("explains `{id}`, which is of rank aftermath and needs no edge"));
        }
    }
    if built_in {
        links(pattern.causes.iter().flat_map(|c| &c.references), &mut always);
    }
    let known_captures = capture_names(pattern);
    for example in &pattern.must_match {
        for (name, _) in &example.captures {
            if !known_captures.contains(name) {
                always(format!("a must_match expects the capture `{name}`, which no regex has"));
            }
        }
        if let Some(cause) = &example.cause
            && !pattern.causes.iter().any(|c| c.id == *cause)
        {
            always(format!("a must_match expects the cause `{cause}`, which the pattern has not"));
        }
    }
    for id in &pattern.formerly {
        if catalog.patterns.iter().any(|p| p.id.as_str() == id) {
            always(format!("formerly `{id}`, which is the id of another pattern"));
        }
    }
    if pattern.must_match.is_empty() && !pattern.extends {
        always("no must_match".to_owned());
    }

    let weight = if built_in { Weight::Error } else { Weight::Warning };
    let mut wish = |message: String| complaints.push((weight, message));
    if pattern.rank != Rank::Notice {
        if pattern.causes.is_empty() {
            wish("no cause, and its class has none".to_owned());
        }
        for cause in &pattern.causes {
            if cause.fix.is_empty() {
                wish(format!("cause `{}` has no fix", cause.id));
            }
            if cause.references.is_empty() {
                wish(format!("cause `{}` has no reference", cause.id));
            }
            if cause.diagnosis.trim().is_empty() {
                wish(format!("cause `{}` has no diagnosis", cause.id));
            }
        }
    }
    if !pattern.matches.is_empty() && !pattern.extends {
        if pattern.must_match.len() < 2 {
            wish("fewer than two must_match".to_owned());
        }
        if pattern.must_not_match.is_empty() {
            wish("no must_not_match".to_owned());
        }
    }
    if pattern.must_not_match.iter().any(|e| e.because.trim().is_empty()) {
        wish("a must_not_match without `because`".to_owned());
    }
    for LineRegex { source, needs } in pattern.line_regexes() {
        if needs.branches.is_empty() {
            complaints.push((Weight::Warning, format!("slow pattern: nothing fixed must occur in `{source}`, so every line is tried")));
        }
    }
    out.extend(complaints.into_iter().map(|(weight, message)| Complaint { weight, id: pattern.id.to_string(), message }));
}

/// The names of all captures of the regexes that can join a hit.
fn capture_names(pattern: &Pattern) -> Vec<String> {
    let regexes = pattern.matches.iter().chain(pattern.near.iter().flat_map(|n| &n.any));
    let mut names: Vec<String> =
        regexes.filter_map(|r| crate::text::dialect(&r.source).ok()).flat_map(|r| r.capture_names().flatten().map(str::to_owned).collect::<Vec<_>>()).collect();
    names.sort();
    names.dedup();
    names
}

fn title(title: &str, complain: &mut impl FnMut(String)) {
    if title.trim().is_empty() {
        complain("no title".to_owned());
    }
    if title.ends_with('.') {
        complain("the title ends in a full stop".to_owned());
    }
    if title.chars().count() > MAX_TITLE {
        complain(format!("the title is longer than {MAX_TITLE} characters"));
    }
}

fn links<'a>(links: impl Iterator<Item = &'a String>, complain: &mut impl FnMut(String)) {
    for link in links {
        let host = link.strip_prefix("https://").map(|rest| rest.split('/').next().unwrap_or_default());
        if !host.is_some_and(|h| h.contains('.')) || link.contains(char::is_whitespace) {
            complain(format!("`{link}` is no https link"));
        }
    }
}

/// Whether `word` is in kebab-case, as the symptom of an id and the name of a tool must be.
pub fn is_kebab(word: &str) -> bool {
    !word.is_empty() && word.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}
