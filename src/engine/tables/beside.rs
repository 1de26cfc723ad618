//! Fragments of which one must stand at a distance of another: where they say everything, no regex is asked.

use std::collections::HashMap;
use std::ops::Range;

use bytemuck::{AnyBitPattern, NoUninit};

use crate::pattern::{Beside, Edge, Edges, Fragment};

use super::layout::{Reader, Slice, Writer};
use super::program::EngineError;
use super::texts::Texts;

/// Comparisons that cost no more than a regex does.
const MAX_COMPARED: usize = 4096;

/// What must stand beside what was found, for all branches that ask for it.
#[derive(Debug)]
pub(super) struct BesideTables {
    entries: Slice<Entry>,
    /// Fragments of the entries, one behind the other.
    fragments: Slice<u32>,
    texts: Texts,
}

#[derive(Clone, Copy, Debug, NoUninit, AnyBitPattern)]
#[repr(C)]
struct Entry {
    /// A range of `fragments`.
    first: u32,
    end: u32,
    least: u32,
    most: u32,
    /// As [`Edge`] has them.
    edges: [u8; 2],
    behind: u16,
}

/// The tables under way, each fragment once.
#[derive(Default)]
pub(super) struct Building<'f> {
    entries: Vec<Entry>,
    fragments: Vec<u32>,
    ids: HashMap<&'f Fragment, u32>,
    texts: Vec<&'f Fragment>,
}

impl<'f> Building<'f> {
    /// The number of one more.
    pub(super) fn add(&mut self, beside: &'f Beside) -> u32 {
        let first = self.fragments.len() as u32;
        for fragment in &beside.fragments {
            let id = *self.ids.entry(fragment).or_insert_with(|| {
                self.texts.push(fragment);
                self.texts.len() as u32 - 1
            });
            self.fragments.push(id);
        }
        let Beside { edges: Edges { start, end }, behind, least, most, .. } = *beside;
        let edges = [start as u8, end as u8];
        self.entries.push(Entry { first, end: self.fragments.len() as u32, least, most, edges, behind: u16::from(behind) });
        self.entries.len() as u32 - 1
    }

    pub(super) fn build(self) -> BesideTables {
        BesideTables { entries: self.entries.into(), fragments: self.fragments.into(), texts: Texts::build(self.texts.into_iter().map(|f| (f, 0))) }
    }
}

impl BesideTables {
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.add(&self.entries);
        writer.add(&self.fragments);
        self.texts.write(writer);
    }

    pub(super) fn read(reader: &mut Reader) -> Result<BesideTables, EngineError> {
        Ok(BesideTables { entries: reader.part()?, fragments: reader.part()?, texts: Texts::read(reader)? })
    }

    /// Whether what `beside` asks for stands in `line`, where `found` is what was searched for; `None`: there are too many places
    /// to look at.
    pub(super) fn holds(&self, beside: u32, line: &[u8], found: Range<usize>) -> Option<bool> {
        let Entry { first, end, least, most, edges, behind } = self.entries[beside as usize];
        let (least, most) = (least as usize, most as usize);
        let fragments = &self.fragments[first as usize..end as usize];
        // From the end of what stands first to the start of what stands last.
        let (near, far) = match behind {
            0 => (found.start.checked_sub(least), found.start.saturating_sub(most)),
            _ => (found.end.checked_add(least).filter(|near| *near <= line.len()), line.len().min(found.end.saturating_add(most))),
        };
        let Some(near) = near else { return Some(false) };
        if near.abs_diff(far) * fragments.len() > MAX_COMPARED {
            return None;
        }
        let edges = Edges { start: Edge::of(edges[0]), end: Edge::of(edges[1]) };
        Some(fragments.iter().any(|&fragment| {
            let length = self.texts.length(fragment);
            let starts = match behind {
                0 => far.saturating_sub(length)..(near + 1).saturating_sub(length),
                _ => near..far + 1,
            };
            // What would have to begin before the line begins with it, and ends too far behind.
            let stands = |at: usize| (behind != 0 || at + length >= far) && edges.allow(line, at, at + length);
            self.texts.begins(fragment, line, starts).any(stands)
        }))
    }
}
