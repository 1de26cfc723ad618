//! From the parsed form of a regex to its branches and clauses.
//!
//! The walk keeps, for each part of a regex, the set of fragments that it can produce:
//!
//! - a literal produces itself, `[Ee]` a letter without case, `\d` a digit, another small class each of its bytes;
//! - an alternation produces what its branches do;
//! - in a concatenation, neighbours that produce few fragments are multiplied into longer ones, a clause each run;
//! - `x+` ends the run before it with what `x` produces, and begins the next with it.

use regex_syntax::hir::{Class, ClassBytes, Hir, HirKind, Look};

use super::edge::{Edge, Edges, is_space};
use super::fragment::Fragment;
use super::rarity::Rarity;
use super::{ByteSet, Clause, cost};

/// Alternatives into which a regex is taken apart.
const MAX_ALTERNATIVES: usize = 64;
/// Fragments that a multiplied run may hold.
const MAX_PRODUCT: usize = 48;
/// Fragments of a clause.
const MAX_CLAUSE: usize = 96;
/// Bytes of a fragment that are kept: more adds nothing to a filter.
pub(super) const MAX_FRAGMENT_BYTES: usize = 48;
/// Repetitions that are written out.
const MAX_REPEATED: u32 = 8;
/// Fragments of one byte's class.
const MAX_CLASS: usize = 4;

pub(super) type Set = Vec<Fragment>;

pub(super) fn empty() -> Set {
    vec![Fragment::default()]
}

/// Regexes of which one matches wherever `hir` does.
pub(super) fn alternatives(hir: &Hir) -> Vec<Hir> {
    match hir.kind() {
        HirKind::Alternation(branches) => branches.iter().flat_map(alternatives).collect(),
        HirKind::Capture(c) => alternatives(&c.sub),
        HirKind::Concat(parts) => {
            let mut all: Vec<Vec<Hir>> = vec![Vec::new()];
            for part in parts {
                let inner = alternatives(part);
                // What is a set of fragments anyway stays together, unless some of them have edges of their own.
                let apart = exact(part).is_none() || !part.properties().look_set().is_empty();
                if inner.len() > 1 && all.len() * inner.len() <= MAX_ALTERNATIVES && apart {
                    all = all.iter().flat_map(|before| inner.iter().map(|i| before.iter().chain([i]).cloned().collect())).collect();
                } else {
                    all.iter_mut().for_each(|a| a.push(part.clone()));
                }
            }
            all.into_iter().map(Hir::concat).collect()
        }
        _ => vec![hir.clone()],
    }
}

/// Clauses that hold wherever `hir` matches. Some may hold fragments of no use.
pub(super) fn clauses(hir: &Hir, rarity: &Rarity) -> Vec<Clause> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(_) | HirKind::Class(_) => exact(hir).map(|s| clause(s, Edges::default())).into_iter().collect(),
        HirKind::Repetition(r) if r.min >= 1 => clauses(&r.sub, rarity),
        HirKind::Repetition(_) => Vec::new(),
        HirKind::Capture(c) => clauses(&c.sub, rarity),
        HirKind::Alternation(branches) => {
            let mut all = Set::new();
            for branch in branches {
                let inner = clauses(branch, rarity).into_iter().filter(|c| c.fragments.iter().all(|f| !f.is_empty()));
                let Some(best) = inner.min_by_key(|c| cost(c, rarity)) else { return Vec::new() };
                all.extend(best.fragments);
            }
            if all.len() <= MAX_CLAUSE { vec![clause(all, Edges::default())] } else { Vec::new() }
        }
        HirKind::Concat(parts) => {
            let mut out = Vec::new();
            let mut run = Run { set: empty(), edges: Edges::default() };
            let mut flat = Vec::new();
            flatten(parts, &mut flat);
            for (i, part) in flat.iter().enumerate() {
                let ends = flat[i + 1..].iter().all(|p| matches!(p.kind(), HirKind::Look(Look::End)));
                if let HirKind::Look(look) = part.kind() {
                    run.look(*look, i == 0, ends);
                    continue;
                }
                if is_white_space(part) && (run.edges.start == Edge::Line && run.is_empty() || ends && i + 1 < flat.len()) {
                    run.white_space();
                    continue;
                }
                if let Some(set) = exact(part) {
                    match product(&run.set, &set) {
                        Some(longer) => run.grow(longer),
                        None => run.restart(set, &mut out),
                    }
                    continue;
                }
                match part.kind() {
                    HirKind::Repetition(r) if r.min >= 1 && exact(&r.sub).is_some() => {
                        let once = exact(&r.sub).unwrap_or_default();
                        if let Some(longer) = product(&run.set, &once) {
                            run.grow(longer);
                        }
                        run.restart(once, &mut out);
                    }
                    _ => {
                        run.restart(empty(), &mut out);
                        out.extend(clauses(part, rarity));
                    }
                }
            }
            run.restart(empty(), &mut out);
            out
        }
    }
}

/// Neighbours of which each produces few fragments.
struct Run {
    set: Set,
    edges: Edges,
}

impl Run {
    /// Nothing was produced yet.
    fn is_empty(&self) -> bool {
        self.set.iter().all(Fragment::is_empty)
    }

    fn look(&mut self, look: Look, first: bool, ends: bool) {
        match look {
            Look::Start if first => self.edges.start = Edge::Line,
            // White space that was passed over before it stays allowed.
            Look::End if ends && self.edges.end != Edge::Space => self.edges.end = Edge::Line,
            Look::WordAscii if self.is_empty() && self.edges.start == Edge::Any => self.edges.start = Edge::Word,
            Look::WordAscii if !self.is_empty() && self.edges.end == Edge::Any => self.edges.end = Edge::Word,
            _ => {}
        }
    }

    /// White space between the line's start and what comes, or between what came and the line's end.
    fn white_space(&mut self) {
        if self.is_empty() {
            self.edges.start = Edge::Space;
        } else {
            self.edges.end = Edge::Space;
        }
    }

    /// What came last was no edge: more follows.
    fn grow(&mut self, longer: Set) {
        self.set = longer;
        self.edges.end = Edge::Any;
    }

    fn restart(&mut self, next: Set, out: &mut Vec<Clause>) {
        let set = std::mem::replace(&mut self.set, next);
        let edges = std::mem::take(&mut self.edges);
        if set.iter().all(|f| !f.is_empty()) {
            out.push(clause(set, edges));
        }
    }
}

/// Whether a part can only be white space, any number of it.
pub(super) fn is_white_space(part: &Hir) -> bool {
    let HirKind::Repetition(r) = part.kind() else { return false };
    let HirKind::Class(class) = r.sub.kind() else {
        return matches!(r.sub.kind(), HirKind::Literal(l) if l.0.iter().all(|b| is_space(*b)));
    };
    byte_class(class).is_some_and(|c| c.ranges().iter().all(|r| (r.start()..=r.end()).all(is_space)))
}

/// Parts of captures and of concatenations within one another, in order.
pub(super) fn flatten<'h>(parts: &'h [Hir], out: &mut Vec<&'h Hir>) {
    for part in parts {
        match part.kind() {
            HirKind::Concat(inner) => flatten(inner, out),
            HirKind::Capture(c) => flatten(std::slice::from_ref(&c.sub), out),
            _ => out.push(part),
        }
    }
}

fn clause(mut fragments: Set, edges: Edges) -> Clause {
    fragments.sort();
    fragments.dedup();
    let mut edges = edges.of(&fragments);
    // One that was cut does not end where the regex's text does.
    if fragments.iter().any(|f| f.len() >= MAX_FRAGMENT_BYTES) {
        edges.end = Edge::Any;
    }
    // Where the longer of two stands, the shorter does too.
    let is_needed = |f: &Fragment| !fragments.iter().any(|other| other != f && !other.is_empty() && other.stands_in(f, edges));
    let fragments: Set = fragments.iter().filter(|f| is_needed(f)).cloned().collect();
    Clause { fragments, rarest: Vec::new(), edges }
}

/// All that `hir` can produce, if it is little.
pub(super) fn exact(hir: &Hir) -> Option<Set> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(empty()),
        HirKind::Literal(literal) => Some(vec![Fragment::exact(&literal.0)]),
        HirKind::Class(class) => exact_class(class),
        HirKind::Capture(c) => exact(&c.sub),
        HirKind::Repetition(r) if r.min == 0 && r.max == Some(1) => {
            let mut set = exact(&r.sub)?;
            set.extend(empty());
            (set.len() <= MAX_PRODUCT).then_some(set)
        }
        HirKind::Repetition(r) if r.max == Some(r.min) && r.min <= MAX_REPEATED => {
            let once = exact(&r.sub)?;
            (0..r.min).try_fold(empty(), |set, _| product(&set, &once))
        }
        HirKind::Repetition(_) => None,
        HirKind::Concat(parts) => parts.iter().try_fold(empty(), |set, part| product(&set, &exact(part)?)),
        HirKind::Alternation(branches) => {
            let mut all = Set::new();
            for branch in branches {
                all.extend(exact(branch)?);
            }
            (all.len() <= MAX_PRODUCT).then_some(all)
        }
    }
}

/// The class as one of bytes; one of letters of ASCII alone may be parsed as a Unicode one.
pub(super) fn byte_class(class: &Class) -> Option<ClassBytes> {
    match class {
        Class::Bytes(bytes) => Some(bytes.clone()),
        Class::Unicode(letters) => letters.to_byte_class(),
    }
}

fn exact_class(class: &Class) -> Option<Set> {
    let ranges = byte_class(class)?;
    let mut has = ByteSet::default();
    let mut only_digits = true;
    for range in ranges.ranges() {
        only_digits &= range.start() >= b'0' && range.end() <= b'9';
        (range.start()..=range.end()).for_each(|b| has.insert(b));
    }
    let members: Vec<u8> = (0..=255).filter(|b| has.has(*b)).collect();
    if only_digits && members.len() > MAX_CLASS {
        return Some(vec![Fragment::digit()]);
    }
    if members.is_empty() || members.len() > 2 * MAX_CLASS {
        return None;
    }
    let both = |b: u8| b.is_ascii_alphabetic() && has.has(b ^ 0x20);
    let one = |&b: &u8| match both(b) {
        true if b.is_ascii_uppercase() => None,
        true => Some(Fragment::caseless(b)),
        false => Some(Fragment::exact(&[b])),
    };
    let set: Set = members.iter().filter_map(one).collect();
    (set.len() <= MAX_CLASS).then_some(set)
}

pub(super) fn product(left: &Set, right: &Set) -> Option<Set> {
    if left.len() * right.len() > MAX_PRODUCT || left.iter().any(|f| f.len() >= MAX_FRAGMENT_BYTES) {
        return None;
    }
    Some(left.iter().flat_map(|l| right.iter().map(|r| l.then(r, MAX_FRAGMENT_BYTES))).collect())
}

/// An end of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    Start,
    End,
}

/// The bytes that a line can have at one of its ends if `hir` matches it; `None`: it may match elsewhere, or with any byte.
pub(super) fn end_bytes(hir: &Hir, end: LineEnd) -> Option<ByteSet> {
    let properties = hir.properties();
    let anchored = match end {
        LineEnd::Start => properties.look_set_prefix().contains(Look::Start),
        LineEnd::End => properties.look_set_suffix().contains(Look::End),
    };
    if !anchored {
        return None;
    }
    let (set, may_be_empty) = outer(hir, end)?;
    (!may_be_empty).then_some(set)
}

/// The outermost bytes, and whether nothing at all can match.
fn outer(hir: &Hir, end: LineEnd) -> Option<(ByteSet, bool)> {
    let mut set = ByteSet::default();
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => return Some((set, true)),
        HirKind::Literal(l) => set.insert(*if end == LineEnd::Start { l.0.first() } else { l.0.last() }?),
        HirKind::Class(class) => byte_class(class)?.ranges().iter().for_each(|r| (r.start()..=r.end()).for_each(|b| set.insert(b))),
        HirKind::Repetition(r) => return outer(&r.sub, end).map(|(set, empty)| (set, empty || r.min == 0)),
        HirKind::Capture(c) => return outer(&c.sub, end),
        HirKind::Concat(parts) => {
            for i in 0..parts.len() {
                let part = if end == LineEnd::Start { &parts[i] } else { &parts[parts.len() - 1 - i] };
                let (more, empty) = outer(part, end)?;
                set.join(&more);
                if !empty {
                    return Some((set, false));
                }
            }
            return Some((set, true));
        }
        HirKind::Alternation(branches) => {
            let mut any_empty = false;
            for branch in branches {
                let (more, empty) = outer(branch, end)?;
                set.join(&more);
                any_empty |= empty;
            }
            return Some((set, any_empty));
        }
    }
    Some((set, false))
}
