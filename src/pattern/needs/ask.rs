//! What is left to ask where a fragment was found.
//!
//! Most regexes of the catalog are one set of texts, or two with anything between them. Of these the fragments and their edges
//! say everything, and comparing a few words takes the place of the regex.

use regex_syntax::hir::{Hir, HirKind, Look};
use serde::{Deserialize, Serialize};

use super::Clause;
use super::edge::{Edge, Edges, is_space};
use super::fragment::Fragment;
use super::walk::{MAX_FRAGMENT_BYTES, Set, byte_class, empty, exact, flatten, is_white_space, product};

/// What decides whether the regex matches, where a fragment of the searched clause stands between its edges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// The regex.
    Regex,
    /// Nothing: it matches.
    Nothing,
    /// Whether another fragment stands near enough.
    Beside(Beside),
}

/// Fragments of which one must stand at a distance of the one that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// The fragments; never empty.
    pub fragments: Vec<Fragment>,
    /// What may stand beyond them.
    pub edges: Edges,
    /// It stands behind the one that was found, else before.
    pub behind: bool,
    /// Bytes between the two, at least.
    pub least: u32,
    /// Bytes between the two, at most.
    pub most: u32,
}

/// What is to be asked of a branch `hir` with these clauses, in the order of the text, if `search` of them is searched for.
pub(super) fn ask(hir: &Hir, clauses: &[Clause], search: &Clause) -> Ask {
    let mut flat = Vec::new();
    flatten(if let HirKind::Concat(parts) = hir.kind() { parts } else { std::slice::from_ref(hir) }, &mut flat);
    let asked = match clauses {
        [_] => alone(&flat, search).then_some(Ask::Nothing),
        [left, right] => beside(&flat, left, right, search).map(Ask::Beside),
        _ => None,
    };
    asked.unwrap_or(Ask::Regex)
}

/// Whether the parts say no more than the clause.
fn alone(parts: &[&Hir], clause: &Clause) -> bool {
    // Where the walk made more than one run of it, or gave up an edge, the clause says less than the regex.
    is_whole(clause) && side(parts, true, true).is_some_and(|(set, edges)| edges == clause.edges && clause.fragments.iter().all(|f| set.contains(f)))
}

/// What stands near the clause that is searched for, if the parts say no more than that.
fn beside(parts: &[&Hir], left: &Clause, right: &Clause, search: &Clause) -> Option<Beside> {
    let mut gaps = parts.iter().enumerate().filter_map(|(i, part)| Some((i, gap(part)?)));
    let (at, (least, most)) = gaps.next().filter(|_| gaps.next().is_none())?;
    let (before, behind) = (side(&parts[..at], true, false)?, side(&parts[at + 1..], false, true)?);
    let searched_is_left = search == left;
    let ((mut found, found_edges), (mut fragments, edges)) = if searched_is_left { (before, behind) } else { (behind, before) };
    let other = if searched_is_left { right } else { left };
    // A text within another was left out of the clause; the distance is counted from the end of the whole.
    found.sort();
    found.dedup();
    fragments.sort();
    fragments.dedup();
    let says_all = is_whole(search) && found == search.fragments && found_edges == search.edges && edges == other.edges;
    let exact = fragments.iter().all(|f| !f.is_empty() && f.is_exact() && f.len() < MAX_FRAGMENT_BYTES);
    (says_all && exact).then_some(Beside { fragments, edges, behind: searched_is_left, least, most })
}

/// Whether the fragments of a clause are what the regex has in their place.
fn is_whole(clause: &Clause) -> bool {
    clause.fragments.iter().all(|f| f.is_exact() && f.len() < MAX_FRAGMENT_BYTES)
}

/// What the parts produce between two edges, if it is little and nothing else is in them. Only an outer end of the regex can be
/// the line's.
fn side(parts: &[&Hir], starts: bool, ends: bool) -> Option<(Set, Edges)> {
    let look = |part: &Hir| if let HirKind::Look(look) = part.kind() { Some(*look) } else { None };
    let start = match parts {
        [first, second, rest @ ..] if starts && look(first) == Some(Look::Start) && is_any_space(second) => Some((rest, Edge::Space)),
        [first, rest @ ..] if starts && look(first) == Some(Look::Start) => Some((rest, Edge::Line)),
        [first, rest @ ..] if look(first) == Some(Look::WordAscii) => Some((rest, Edge::Word)),
        _ => None,
    };
    let (parts, start) = start.unwrap_or((parts, Edge::Any));
    let end = match parts {
        [rest @ .., second, last] if ends && look(last) == Some(Look::End) && is_any_space(second) => Some((rest, Edge::Space)),
        [rest @ .., last] if ends && look(last) == Some(Look::End) => Some((rest, Edge::Line)),
        [rest @ .., last] if look(last) == Some(Look::WordAscii) => Some((rest, Edge::Word)),
        _ => None,
    };
    let (parts, end) = end.unwrap_or((parts, Edge::Any));
    if !parts.iter().all(|part| part.properties().look_set().is_empty()) {
        return None;
    }
    let produced = parts.iter().try_fold(empty(), |set, part| product(&set, &exact(part)?))?;
    Some((produced, Edges { start, end }))
}

/// Whether a part is any white space, and any number of it.
fn is_any_space(part: &Hir) -> bool {
    let HirKind::Repetition(r) = part.kind() else { return false };
    let HirKind::Class(class) = r.sub.kind() else { return false };
    let members: usize = byte_class(class).map_or(0, |c| c.ranges().iter().map(|r| usize::from(r.end() - r.start()) + 1).sum());
    r.min == 0 && r.max.is_none() && is_white_space(part) && members == (0..=u8::MAX).filter(|b| is_space(*b)).count()
}

/// The fewest and the most bytes of a part that is a number of bytes of any kind. Lines hold no line ends.
fn gap(part: &Hir) -> Option<(u32, u32)> {
    let HirKind::Repetition(r) = part.kind() else { return None };
    let HirKind::Class(class) = r.sub.kind() else { return None };
    let bytes = byte_class(class)?;
    let has = |b: u8| bytes.ranges().iter().any(|r| (r.start()..=r.end()).contains(&b));
    (0..=u8::MAX).all(|b| b == b'\n' || has(b)).then(|| (r.min, r.max.unwrap_or(u32::MAX)))
}
