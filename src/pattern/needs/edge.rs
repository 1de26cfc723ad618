//! What may stand beyond a fragment.

use serde::{Deserialize, Serialize};

use super::fragment::Fragment;

/// What a regex allows beyond one end of a fragment: before its start, or behind its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Edge {
    /// Anything.
    #[default]
    Any = 0,
    /// Nothing: the line begins or ends here.
    Line = 1,
    /// Nothing but white space, to the line's edge.
    Space = 2,
    /// No letter, digit or underscore next to it.
    Word = 3,
}

impl Edge {
    /// The edge of a number, as [`Edge`] has it; [`Edge::Any`] for others.
    pub fn of(number: u8) -> Edge {
        [Edge::Any, Edge::Line, Edge::Space, Edge::Word].into_iter().find(|e| *e as u8 == number).unwrap_or_default()
    }

    /// Whether `before` may stand before a fragment. Cost: the white space at its end.
    #[inline]
    pub fn allows_before(self, before: &[u8]) -> bool {
        self.allows(before.iter().rev())
    }

    /// Whether `behind` may stand behind a fragment. Cost: the white space at its start.
    #[inline]
    pub fn allows_behind(self, behind: &[u8]) -> bool {
        self.allows(behind.iter())
    }

    /// `beyond` goes from the fragment outwards.
    #[inline]
    fn allows<'t>(self, mut beyond: impl Iterator<Item = &'t u8>) -> bool {
        match self {
            Edge::Any => true,
            Edge::Line => beyond.next().is_none(),
            Edge::Space => beyond.all(|b| is_space(*b)),
            Edge::Word => !beyond.next().is_some_and(|b| is_word(*b)),
        }
    }
}

/// The start and the end of the fragments of a clause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edges {
    /// What may stand before.
    pub start: Edge,
    /// What may stand behind.
    pub end: Edge,
}

impl Edges {
    /// The same for a set of fragments: a word's edge is one only where all of them have a word's byte there.
    pub(super) fn of(self, fragments: &[Fragment]) -> Edges {
        let keep = |edge: Edge, holds: bool| if edge == Edge::Word && !holds { Edge::Any } else { edge };
        let at = |pick: fn(&Fragment) -> Option<u8>| fragments.iter().all(|f| pick(f).is_some_and(is_word));
        Edges { start: keep(self.start, at(Fragment::first)), end: keep(self.end, at(Fragment::last)) }
    }

    /// Whether `start..end` of `line` may be a fragment of the clause.
    #[inline]
    pub fn allow(self, line: &[u8], start: usize, end: usize) -> bool {
        self.start.allows_before(&line[..start]) && self.end.allows_behind(&line[end..])
    }
}

/// White space as regexes have it, without Unicode.
pub(super) fn is_space(b: u8) -> bool {
    b.is_ascii_whitespace() || b == 0x0b
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beyond() {
        let line = b"  push: pushed";
        let edges = |start, end| Edges { start, end };
        let push = |at: usize, e: Edges| e.allow(line, at, at + 4);
        assert!(push(2, edges(Edge::Space, Edge::Word)) && push(8, edges(Edge::Word, Edge::Any)));
        assert!(!push(8, edges(Edge::Any, Edge::Word)) && !push(2, edges(Edge::Line, Edge::Any)) && !push(8, edges(Edge::Space, Edge::Any)));
        assert!(edges(Edge::Any, Edge::Line).allow(line, 8, 14) && edges(Edge::Line, Edge::Any).allow(line, 0, 3));
    }

    #[test]
    fn numbers_stand_for_edges() {
        for edge in [Edge::Any, Edge::Line, Edge::Space, Edge::Word] {
            assert_eq!(Edge::of(edge as u8), edge);
        }
    }
}
