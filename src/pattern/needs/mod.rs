//! What must stand in every line that a regex matches.
//!
//! The idea: `error: (?:cannot|could not) open \S+` can only match where `error: cannot open ` or
//! `error: could not open ` stands, so that one search for such fragments of all regexes finds the few lines that
//! regexes need to see. A regex is taken apart in three steps:
//!
//! - into *branches*, one of which must match: the alternatives of the regex;
//! - each branch into *clauses*, all of which must hold: places of the branch where something fixed must stand;
//! - each clause into *fragments*, one of which must stand in the line.
//!
//! `\bcache\b.{0,60}\b(?:failed|corrupt)` has one branch with two clauses: `cache`, and `failed` or `corrupt`. The search
//! looks for the clause that is rarest in logs; the others are checked on lines where it was found.
//!
//! All this is a superset filter: a wrong answer is impossible, only more or fewer lines that a regex sees in vain.

mod ask;
mod edge;
mod fragment;
mod rarity;
mod walk;

use std::collections::HashMap;

use regex_syntax::ParserBuilder;
use serde::{Deserialize, Serialize};

use walk::LineEnd;

pub use ask::{Ask, Beside};
pub use edge::{Edge, Edges};
pub use fragment::{Fragment, fold};
pub use rarity::Rarity;

/// A fragment shorter than this is no filter.
pub const MIN_FRAGMENT_BYTES: usize = 3;

/// Clauses of a branch that are kept beside the one that is searched for.
const MAX_CHECKED: usize = 2;

/// So many places at which a fragment is seen, but for its case, cost as much as one at which it stands.
const SEEN_IN_VAIN: u64 = 3;

/// What one regex needs; no branches: nothing is known, and it must see every line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// One of these holds on every line that matches.
    pub branches: Vec<Branch>,
}

/// What one alternative of a regex needs: everything that is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The bytes with which the line can begin, if the branch says so.
    pub first: Option<ByteSet>,
    /// The bytes with which the line can end, if the branch says so.
    pub last: Option<ByteSet>,
    /// The clause to search for.
    pub search: Clause,
    /// Further clauses, the rarest first.
    pub check: Vec<Clause>,
    /// What decides where the clause to search for holds.
    pub ask: Ask,
}

/// A fragment of this many bytes has a stretch as long that is its rarest.
pub const LONG_STRETCH: usize = 15;
/// The same for shorter ones.
pub const MIDDLE_STRETCH: usize = 7;
/// The same for those that are shorter still, but for the shortest.
pub const SHORT_STRETCH: usize = 4;

/// One of these must stand in the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// The fragments; never empty.
    pub fragments: Vec<Fragment>,
    /// Where the rarest stretch of each begins, in its [`Clause::sought`] form, for the clause that is searched for; else empty.
    pub rarest: Vec<u8>,
    /// What may stand beyond them.
    pub edges: Edges,
}

impl Clause {
    /// A fragment of the clause as it is searched for: with the line ends that must stand before and behind it, which are rarer
    /// than it is.
    pub fn sought(&self, fragment: &Fragment) -> Fragment {
        let line_end = |edge: Edge| if edge == Edge::Line { Fragment::exact(b"\n") } else { Fragment::default() };
        line_end(self.edges.start).then(fragment, usize::MAX).then(&line_end(self.edges.end), usize::MAX)
    }
}

/// A set of bytes, a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ByteSet(pub [u8; 32]);

impl ByteSet {
    /// Whether the byte is in it.
    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 3)] & (1 << (byte & 7)) != 0
    }

    fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 3)] |= 1 << (byte & 7);
    }

    fn join(&mut self, other: &ByteSet) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
    }
}

/// What `source` needs. Without branches if no useful fragment must occur in one of its alternatives, or if `source` does
/// not parse. Cost: 10 to 100 microseconds; the built-in catalog has it computed when the program is built.
pub fn needs(source: &str) -> Needs {
    let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(source);
    let Ok(hir) = parsed else { return Needs::default() };
    let rarity = Rarity::built_in();
    let mut branches = Vec::new();
    for alternative in walk::alternatives(&hir) {
        let mut clauses = walk::clauses(&alternative, rarity);
        let whole = clauses.clone();
        // What goes on over a line's end stands in no line.
        clauses.retain(|c| c.fragments.iter().all(|f| f.len() >= MIN_FRAGMENT_BYTES && !f.ends_a_line()));
        clauses.sort_by_key(|c| cost(c, rarity));
        let mut clauses = clauses.into_iter();
        let Some(mut search) = clauses.next() else { return Needs::default() };
        let ask = ask::ask(&alternative, &whole, &search);
        search.rarest = search.fragments.iter().map(|f| rarest(&search.sought(f), rarity)).collect();
        let check = clauses.take(MAX_CHECKED).collect();
        let [first, last] = [LineEnd::Start, LineEnd::End].map(|end| walk::end_bytes(&alternative, end));
        let branch = Branch { first, last, search, check, ask };
        if !branches.contains(&branch) {
            branches.push(branch);
        }
    }
    Needs { branches }
}

/// Where the rarest stretch of a fragment begins.
fn rarest(fragment: &Fragment, rarity: &Rarity) -> u8 {
    // What is looked at within a stretch: as many windows as make up for the steps of the search.
    let (stretch, window) = match fragment.len() {
        LONG_STRETCH.. => (LONG_STRETCH, 8),
        MIDDLE_STRETCH.. => (MIDDLE_STRETCH, 4),
        SHORT_STRETCH.. => (SHORT_STRETCH, SHORT_STRETCH),
        _ => return 0,
    };
    let seen = fragment.without_case();
    let windows = |from: usize| (from..=from + stretch - window).map(|at| rarity.within(&seen, at..at + window)).sum::<u64>();
    (0..=fragment.len() - stretch).min_by_key(|from| windows(*from)).unwrap_or(0) as u8
}

/// How often a clause is found, in log text.
fn cost(clause: &Clause, rarity: &Rarity) -> u64 {
    // Fragments that differ in case or in a digit only are seen at the same places.
    let of = |f: &Fragment| rarity.of(f) + rarity.of(&f.without_case()) / SEEN_IN_VAIN;
    let distinct: HashMap<Vec<u8>, u64> = clause.fragments.iter().map(|f| clause.sought(f)).map(|f| (f.folded(), of(&f))).collect();
    let all: u64 = distinct.values().sum();
    let rarer = |edge: Edge| if edge == Edge::Space { 4 } else { 1 };
    all / rarer(clause.edges.start) / rarer(clause.edges.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        needs(source).branches.iter().map(|b| b.search.fragments.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")).collect()
    }

    #[test]
    fn what_must_occur() {
        assert_eq!(shown("plain text"), ["plain text"]);
        assert_eq!(shown(r"error: (?:cannot|could not) open \S+"), ["error: cannot open |error: could not open "]);
        assert_eq!(shown(r"^\s*Could not resolve host: (?P<host>\S+)"), ["Could not resolve host: "]);
        assert_eq!(shown(r"(?i)toomanyrequests"), ["<TOOMANYREQUESTS>"]);
        assert_eq!(shown(r"jobs?\.\.\. failed"), ["job... failed|jobs... failed"]);
        assert_eq!(shown(r"(?:\d+ )+tests failed"), ["tests failed"]);
        assert_eq!(shown(r"(?P<file>\S+\.go):\d+$"), [".go:#"]);
        assert_eq!(shown(r"alpha|beta gamma"), ["alpha", "beta gamma"]);
    }

    #[test]
    fn the_rarest_clause_is_searched_for_and_the_others_are_checked() {
        let needs = needs(r"(?i)\bcertificates?\b.{0,60}\b(?:expired|invalid|failed)\b");
        let branch = &needs.branches[0];
        assert_eq!(branch.search.fragments[0].to_string(), "<CERTIFICATE>");
        assert_eq!(branch.check[0].fragments.len(), 3);
    }

    #[test]
    fn first_bytes_of_a_line() {
        let last = |source: &str| needs(source).branches[0].last;
        let end = last(r"tests failed \(\d+\)[.!]?$").unwrap();
        assert!(end.has(b')') && end.has(b'!') && !end.has(b'd'));
        assert!(last(r"tests failed .*$").is_none_or(|set| set.has(b'd')) && last("tests failed").is_none());
        let first = |source: &str| needs(source).branches[0].first;
        let start = first(r"^\s*\d+ tests failed").unwrap();
        assert!(start.has(b' ') && start.has(b'7') && !start.has(b'a'));
        assert!(first(r"\d+ tests failed").is_none());
        assert!(first(r"\stests failed").is_none());
    }

    #[test]
    fn where_nothing_else_needs_to_be_asked() {
        let certain = |source: &str| needs(source).branches.iter().all(|b| b.ask == Ask::Nothing);
        for source in ["plain text", r"(?i)^plain (?P<what>text|words)$", r"^\s*plain text\s*$", r"\bplain texts?\b|\bother words\b", "[Pp]lain text"] {
            assert!(certain(source), "{source}");
        }
        for source in [
            r"plain \d text",
            r"^ *plain text",
            r"^\s+plain text",
            r"plain\b text",
            r"plain .*text",
            r"\b:plain text",
            r"(?m)^plain text",
            "plain text(?:s|$|!)?",
            "(?:plain )+text",
            "plain text that is much too long to be kept as one fragment",
        ] {
            assert!(!certain(source), "{source}");
        }
    }

    #[test]
    fn where_another_fragment_decides() {
        let beside = |source: &str| match &needs(source).branches[0].ask {
            Ask::Beside(n) => Some(format!("{} {} {}..{} {}", n.behind, n.fragments[0], n.least, n.most, n.edges.end as u8)),
            _ => None,
        };
        for (source, want) in [
            (r"certificates?\b.{0,60}\bexpired\b", Some("true expired 0..60 3")),
            (r"certificates?.{0,60}expired", None),
            (r"\bcertificates?\b.{0,60}\bexpired\b", Some("true expired 0..60 3")),
            (r"^expired.{1,9}?\bcertificate in the store\s*$", Some("false expired 1..9 0")),
            (r"(?i)certificate in the store.*(?:gone|lost)", Some("true <GONE> 0..4294967295 0")),
            (r"certificate \d.{0,60}expired", None),
            (r"certificate [^:]{0,60}expired", None),
            (r"certificate.{0,60}expired.{0,60}again", None),
            (r"certificate\b.{0,60}\b:expired", None),
        ] {
            assert_eq!(beside(source).as_deref(), want, "{source}");
        }
    }

    #[test]
    fn edges_of_fragments() {
        for (source, start, end) in [
            ("plain text", Edge::Any, Edge::Any),
            ("^plain text$", Edge::Line, Edge::Line),
            (r"^\s*plain text\s*$", Edge::Space, Edge::Space),
            (r"^ *(?P<all>plain text)", Edge::Space, Edge::Any),
            (r"\bplain text\b", Edge::Word, Edge::Word),
            (r"\b:plain text:\b", Edge::Any, Edge::Any),
            (r"^plain text\b.*x", Edge::Line, Edge::Word),
            (r"^\d+ plain text \d+$", Edge::Any, Edge::Any),
            (r"^x?\S*plain text.*$", Edge::Any, Edge::Any),
        ] {
            assert_eq!(needs(source).branches[0].search.edges, Edges { start, end }, "{source}");
        }
    }

    #[test]
    fn what_need_not_occur() {
        for source in [r"\d+", r"(?:abc)*", "ab", "abcd|", r"x?y?z?", "(", r"over\nthe end"] {
            assert!(shown(source).is_empty(), "{source}");
        }
    }

    /// A line that the regex matches meets one of its branches.
    #[test]
    fn a_match_meets_a_branch() {
        for (source, line) in [
            (r"npm (?:ERR!|error) code E(?:RESOLVE|404)", "npm ERR! code E404"),
            (r"(?i)permission DENIED \(publickey[^)]*\)", "Permission denied (publickey,password)."),
            (r"(?:a|bc)(?:def|g)hij{2,3}", "xbcghijj"),
            (r"(foo)?bar(baz){1,2}", "barbazbaz"),
            (r"^(?:E\d{3}|W\d{2,})x{3}: .*(?:end|stop)$", "E404xxx: the end"),
            (r"a{2}b{3}c+d", "xaabbbccd"),
            (r"^\s*(?:-->|==>) (?P<file>\S+\.rs)\s*$", "   --> src/main.rs"),
            (r"^(?:[ \t]+)?gone\b.*\.(?:go|rs)$", "\tgone: a.go"),
            (r"(?i)\bcache\b.*\b(?:lost|gone)\b", "the CACHE: (gone)"),
            (r"x\b-end\b!|\b~~~\b", "x-end!"),
            (r"over: (?:forty|fifty) bytes of text are cut somewhere in the middle\b", "over: forty bytes of text are cut somewhere in the middle"),
            (r"(?m)^a second line$", "a second line"),
        ] {
            assert!(crate::text::dialect(source).unwrap().is_match(line.as_bytes()));
            let needs = needs(source);
            assert!(!needs.branches.is_empty(), "{source}");
            let stands = |c: &Clause| {
                let line = line.as_bytes();
                (0..line.len()).any(|i| c.fragments.iter().any(|f| f.is_at(&line[i..]) && c.edges.allow(line, i, i + f.len())))
            };
            let has = |set: Option<ByteSet>, byte: u8| set.is_none_or(|s| s.has(byte));
            let ends = |b: &Branch| has(b.first, line.as_bytes()[0]) && has(b.last, line.as_bytes()[line.len() - 1]);
            let meets = |b: &Branch| ends(b) && stands(&b.search) && b.check.iter().all(stands);
            assert!(needs.branches.iter().any(meets), "{source}: {needs:?}");
        }
    }
}
