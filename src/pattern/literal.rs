//! Literals that must stand in every line that a regex matches.
//!
//! The idea: `error: (?:cannot|could not) open \S+` can only match where `error: cannot open ` or
//! `error: could not open ` stands, so that one search for all literals of all patterns finds the few lines that
//! regexes need to see. The walk keeps, for each part of a regex, the set of strings that it must produce:
//!
//! - a literal produces itself; `[Ee]` produces `e`, since literals are compared without ASCII case;
//! - an alternation produces the union, and nothing if one branch produces nothing;
//! - in a concatenation, neighbours that produce small exact sets are multiplied into longer strings; the best run wins;
//! - `x+` produces what `x` does; `x*` and `x?` produce nothing.
//!
//! The result is a superset filter: wrong answers are impossible, only more or fewer candidate lines.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A literal shorter than this is no filter.
pub const MIN_LITERAL_BYTES: usize = 3;

/// The most strings that one set may hold.
const MAX_SET: usize = 64;
/// The most strings that a multiplied run may hold.
const MAX_PRODUCT: usize = 24;
/// Bytes of a literal that are kept: more adds nothing to a filter.
const MAX_LITERAL_BYTES: usize = 48;

type Set = Vec<Vec<u8>>;

/// Literals of `source` in ASCII lower case, sorted; empty if no useful one must occur, or if `source` does not parse.
pub fn required_literals(source: &str) -> Vec<Vec<u8>> {
    let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(source);
    let Ok(hir) = parsed else { return Vec::new() };
    let mut set = required(&hir).unwrap_or_default();
    if set.iter().any(|l| l.len() < MIN_LITERAL_BYTES) {
        return Vec::new();
    }
    set.sort();
    set.dedup();
    set
}

/// The best set of which one string stands in every match.
fn required(hir: &Hir) -> Option<Set> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Literal(_) | HirKind::Class(_) => exact(hir),
        HirKind::Repetition(r) if r.min >= 1 => required(&r.sub),
        HirKind::Repetition(_) => None,
        HirKind::Capture(c) => required(&c.sub),
        HirKind::Alternation(branches) => {
            let mut all = Set::new();
            for branch in branches {
                all.extend(required(branch)?);
            }
            (all.len() <= MAX_SET).then_some(all)
        }
        HirKind::Concat(parts) => best_run(parts),
    }
}

/// The best of: each part's own required set, and each run of neighbours with exact sets.
fn best_run(parts: &[Hir]) -> Option<Set> {
    let mut best: Option<Set> = None;
    let mut run: Set = vec![Vec::new()];
    for part in parts {
        match exact(part).and_then(|set| product(&run, &set)) {
            Some(longer) => run = longer,
            None => {
                best = better(best, ended(run));
                // A part that starts anew, or that only has an inner requirement.
                run = exact(part).unwrap_or_else(|| vec![Vec::new()]);
                best = better(best, required(part));
            }
        }
    }
    better(best, ended(run))
}

fn ended(run: Set) -> Option<Set> {
    run.iter().all(|l| !l.is_empty()).then_some(run)
}

/// All strings that `hir` can produce, if they are few.
fn exact(hir: &Hir) -> Option<Set> {
    match hir.kind() {
        HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(class) => exact_class(class),
        HirKind::Capture(c) => exact(&c.sub),
        HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Repetition(r) if r.max == Some(1) && r.min == 0 => {
            let mut set = exact(&r.sub)?;
            set.push(Vec::new());
            (set.len() <= MAX_PRODUCT).then_some(set)
        }
        HirKind::Repetition(_) => None,
        HirKind::Concat(parts) => {
            let mut all: Set = vec![Vec::new()];
            for part in parts {
                all = product(&all, &exact(part)?)?;
            }
            Some(all)
        }
        HirKind::Alternation(branches) => {
            let mut all = Set::new();
            for branch in branches {
                all.extend(exact(branch)?);
            }
            (all.len() <= MAX_PRODUCT).then_some(all)
        }
    }
}

fn exact_class(class: &Class) -> Option<Set> {
    let mut bytes: Vec<u8> = Vec::new();
    match class {
        Class::Bytes(ranges) => {
            for range in ranges.ranges() {
                if range.len() > 4 {
                    return None;
                }
                bytes.extend(range.start()..=range.end());
            }
        }
        Class::Unicode(_) => return None,
    }
    bytes.iter_mut().for_each(|b| b.make_ascii_lowercase());
    bytes.sort_unstable();
    bytes.dedup();
    (1..=3).contains(&bytes.len()).then(|| bytes.into_iter().map(|b| vec![b]).collect())
}

fn product(left: &Set, right: &Set) -> Option<Set> {
    if left.len() * right.len() > MAX_PRODUCT || left.iter().any(|l| l.len() >= MAX_LITERAL_BYTES) {
        return None;
    }
    let mut all = Set::with_capacity(left.len() * right.len());
    for l in left {
        for r in right {
            let mut joined = l.clone();
            joined.extend_from_slice(r);
            joined.truncate(MAX_LITERAL_BYTES);
            all.push(joined);
        }
    }
    Some(all)
}

/// The set whose shortest string is longer; of equal ones the smaller set.
fn better(a: Option<Set>, b: Option<Set>) -> Option<Set> {
    let worth = |s: &Set| (s.iter().map(Vec::len).min().unwrap_or(0).min(16), std::cmp::Reverse(s.len()));
    match (a, b) {
        (Some(a), Some(b)) => Some(if worth(&b) > worth(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(source: &str) -> Vec<String> {
        required_literals(source).into_iter().map(|l| String::from_utf8(l).unwrap()).collect()
    }

    #[test]
    fn what_must_occur() {
        assert_eq!(literals("plain text"), ["plain text"]);
        assert_eq!(literals(r"error: (?:cannot|could not) open \S+"), ["error: cannot open ", "error: could not open "]);
        assert_eq!(literals(r"^\s*Could not resolve host: (?P<host>\S+)"), ["could not resolve host: "]);
        assert_eq!(literals(r"(?i)toomanyrequests"), ["toomanyrequests"]);
        assert_eq!(literals(r"jobs?\.\.\. failed"), ["job... failed", "jobs... failed"]);
        assert_eq!(literals(r"(?:\d+ )+tests failed"), ["tests failed"]);
        assert_eq!(literals(r"first.*second longer"), ["second longer"]);
        assert_eq!(literals(r"alpha|beta gamma"), ["alpha", "beta gamma"]);
    }

    #[test]
    fn what_need_not_occur() {
        for source in [r"\d+", r"(?:abc)*", "ab", "abcd|", r"x?y?z?", "("] {
            assert!(literals(source).is_empty(), "{source}");
        }
    }

    /// A line that the regex matches holds one of its literals.
    #[test]
    fn a_match_holds_a_literal() {
        for (source, line) in [
            (r"npm (?:ERR!|error) code E(?:RESOLVE|404)", "npm ERR! code E404"),
            (r"(?i)permission DENIED \(publickey[^)]*\)", "Permission denied (publickey,password)."),
            (r"(?:a|bc)(?:def|g)hij{2,3}", "xbcghijj"),
            (r"(foo)?bar(baz){1,2}", "barbazbaz"),
        ] {
            let lower = line.to_lowercase();
            assert!(crate::text::dialect(source).unwrap().is_match(line.as_bytes()));
            assert!(literals(source).iter().any(|l| lower.contains(l.as_str())), "{source}: {:?}", literals(source));
        }
    }
}
