//! The tables of the sieve: which windows there are, and which fragments have them.

use std::collections::BTreeSet;
use std::ops::Range;

use bytemuck::{AnyBitPattern, NoUninit};

use crate::pattern::{Fragment, MIDDLE_STRETCH, SHORT_STRETCH, fold};

use super::Wanted;
use super::layout::{Reader, Slice, Writer, wrong};
use super::program::EngineError;
use super::texts::Texts;
use super::window::{Kind, LONG_PART, LONG_STEP, LONG_WINDOW, MIDDLE_STEP, MIDDLE_WINDOW, SHORT_STEP, SHORT_WINDOW, stretch};

const LONG_BITS: u32 = 20;
pub(in crate::engine) const LONG_AGAIN_BITS: u32 = 19;
const MIDDLE_BITS: u32 = 18;
pub(in crate::engine) const MIDDLE_AGAIN_BITS: u32 = 17;
const SHORT_BITS: u32 = 16;
pub(in crate::engine) const SHORT_AGAIN_BITS: u32 = 16;
const MAX_BUCKET_BITS: u32 = 16;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Tables of all fragments.
#[derive(Debug)]
pub(in crate::engine) struct SieveTables {
    /// A bit for the hash of each window of eight bytes.
    long: Slice<u8>,
    /// A bit for the hash of each part of twelve bytes of a stretch.
    long_again: Slice<u8>,
    /// A bit for the hash of each window of four bytes.
    middle: Slice<u8>,
    /// A bit for the hash of the stretch that the windows of a fragment make up.
    middle_again: Slice<u8>,
    /// A bit for the hash of each window of three bytes.
    short: Slice<u8>,
    /// A bit for the hash of the stretch that the windows of a fragment make up.
    short_again: Slice<u8>,
    /// By part.
    pub(in crate::engine) long_buckets: Buckets,
    /// By stretch.
    pub(in crate::engine) middle_buckets: Buckets,
    /// By stretch.
    pub(in crate::engine) short_buckets: Buckets,
    pub(in crate::engine) texts: Texts,
}

impl SieveTables {
    pub(super) fn build(wanted: &[Wanted]) -> SieveTables {
        let table = |bits: u32| vec![0u8; 1 << (bits - 3)];
        let (mut long, mut long_again, mut middle) = (table(LONG_BITS), table(LONG_AGAIN_BITS), table(MIDDLE_BITS));
        let (mut middle_again, mut short, mut short_again) = (table(MIDDLE_AGAIN_BITS), table(SHORT_BITS), table(SHORT_AGAIN_BITS));
        let (mut long_entries, mut middle_entries, mut short_entries) = (Vec::new(), Vec::new(), Vec::new());
        for (id, wanted) in wanted.iter().enumerate() {
            let folded = wanted.fragment.folded();
            let (kind, Range { start, end }) = stretch(wanted);
            let entry = |hashed: Range<usize>, key: u64| (key, Entry::new(id as u32, &wanted.fragment, hashed, key));
            match kind {
                Kind::Long => {
                    (start..start + LONG_STEP).for_each(|at| set(&mut long, long_hash(word::<LONG_WINDOW>(&folded, at))));
                    for at in start..=end - LONG_PART {
                        let key = long_key(&folded, at);
                        set(&mut long_again, hash_again(key, LONG_AGAIN_BITS));
                        long_entries.push(entry(at..at + LONG_PART, key));
                    }
                }
                Kind::Middle => {
                    (start..start + MIDDLE_STEP).for_each(|at| set(&mut middle, middle_hash(word::<MIDDLE_WINDOW>(&folded, at))));
                    let key = word::<MIDDLE_STRETCH>(&folded, start);
                    set(&mut middle_again, hash_again(key, MIDDLE_AGAIN_BITS));
                    middle_entries.push(entry(start..end, key));
                }
                Kind::Short => {
                    for stretch in short_stretches(&folded, start) {
                        (0..SHORT_STEP).for_each(|at| set(&mut short, short_hash(word::<SHORT_WINDOW>(&stretch, at))));
                        let key = word::<SHORT_STRETCH>(&stretch, 0);
                        set(&mut short_again, hash_again(key, SHORT_AGAIN_BITS));
                        short_entries.push(entry(start..end.min(folded.len()), key));
                    }
                }
            }
        }
        SieveTables {
            long: long.into(),
            long_again: long_again.into(),
            middle: middle.into(),
            middle_again: middle_again.into(),
            short: short.into(),
            short_again: short_again.into(),
            long_buckets: Buckets::build(long_entries),
            middle_buckets: Buckets::build(middle_entries),
            short_buckets: Buckets::build(short_entries),
            texts: Texts::build(wanted.iter().map(|w| (&w.fragment, w.lead))),
        }
    }

    /// The tables of bits.
    #[inline]
    pub(in crate::engine) fn bits(&self) -> Bits<'_> {
        self.sized().unwrap_or_else(|| unreachable!("sizes are checked where tables are read"))
    }

    /// The tables of bits, if they have the sizes of this build.
    #[inline]
    fn sized(&self) -> Option<Bits<'_>> {
        Some(Bits {
            long: self.long.first_chunk()?,
            long_again: self.long_again.first_chunk()?,
            middle: self.middle.first_chunk()?,
            middle_again: self.middle_again.first_chunk()?,
            short: self.short.first_chunk()?,
            short_again: self.short_again.first_chunk()?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        for table in [&self.long, &self.long_again, &self.middle, &self.middle_again, &self.short, &self.short_again] {
            writer.add(table);
        }
        for buckets in [&self.long_buckets, &self.middle_buckets, &self.short_buckets] {
            writer.add(&buckets.starts);
            writer.add(&buckets.entries);
        }
        self.texts.write(writer);
    }

    pub(super) fn read(reader: &mut Reader) -> Result<SieveTables, EngineError> {
        let buckets = |reader: &mut Reader| Ok(Buckets { starts: reader.part()?, entries: reader.part()? });
        let tables = SieveTables {
            long: reader.part()?,
            long_again: reader.part()?,
            middle: reader.part()?,
            middle_again: reader.part()?,
            short: reader.part()?,
            short_again: reader.part()?,
            long_buckets: buckets(reader)?,
            middle_buckets: buckets(reader)?,
            short_buckets: buckets(reader)?,
            texts: Texts::read(reader)?,
        };
        if tables.sized().is_none() { Err(wrong()) } else { Ok(tables) }
    }
}

/// The tables of bits, their sizes part of the types.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Bits<'t> {
    pub(in crate::engine) long: &'t [u8; 1 << (LONG_BITS - 3)],
    pub(in crate::engine) long_again: &'t [u8; 1 << (LONG_AGAIN_BITS - 3)],
    pub(in crate::engine) middle: &'t [u8; 1 << (MIDDLE_BITS - 3)],
    pub(in crate::engine) middle_again: &'t [u8; 1 << (MIDDLE_AGAIN_BITS - 3)],
    pub(in crate::engine) short: &'t [u8; 1 << (SHORT_BITS - 3)],
    pub(in crate::engine) short_again: &'t [u8; 1 << (SHORT_AGAIN_BITS - 3)],
}

/// The folded texts of four bytes that begin with a short fragment's stretch: of three bytes with any fourth, and with none,
/// which is what stands behind the end of a text.
fn short_stretches(folded: &[u8], start: usize) -> Vec<[u8; SHORT_STRETCH]> {
    match folded[start..] {
        [a, b, c, d, ..] => vec![[a, b, c, d]],
        [a, b, c] => {
            let fourth: BTreeSet<u8> = (0..=u8::MAX).map(fold).chain([0]).collect();
            fourth.into_iter().map(|d| [a, b, c, d]).collect()
        }
        _ => Vec::new(),
    }
}

/// A window or a stretch of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, NoUninit, AnyBitPattern)]
#[repr(C)]
pub(in crate::engine) struct Entry {
    /// A hash of the window: another window may have the same.
    check: u32,
    pub(in crate::engine) fragment: u32,
    /// Four bytes of the fragment that tell it from others with the same window, and their masks.
    value: u32,
    mask: u32,
    /// Bytes of the fragment before the window.
    back: u16,
    /// Where those four bytes begin, from the fragment's start.
    telling: u16,
}

impl Entry {
    fn new(id: u32, fragment: &Fragment, window: Range<usize>, key: u64) -> Entry {
        let last = fragment.len().saturating_sub(4);
        // What stands behind the window tells most, then what stands before it: the window itself is known but for its case.
        let telling = if window.end + 4 <= fragment.len() {
            window.end
        } else if window.start >= 4 {
            window.start - 4
        } else if window.start > 0 {
            0
        } else {
            last
        };
        let words = fragment.words();
        let part = |word: fn(&(u64, u64)) -> u64| {
            let bytes: Vec<u8> = words.iter().flat_map(|w| word(w).to_le_bytes()).skip(telling).take(4).collect();
            bytes.iter().rev().fold(0u32, |n, b| n << 8 | u32::from(*b))
        };
        Entry { check: check(key), fragment: id, value: part(|w| w.0), mask: part(|w| w.1), back: window.start as u16, telling: telling as u16 }
    }

    /// Where the fragment would begin, if the window is at `at` and the telling bytes agree.
    #[inline(always)]
    pub(in crate::engine) fn start(self, text: &[u8], at: usize) -> Option<usize> {
        let start = at.checked_sub(usize::from(self.back))?;
        let from = start + usize::from(self.telling);
        let told = text.get(from..from + 4).is_none_or(|t| word::<4>(t, 0) as u32 & self.mask == self.value);
        told.then_some(start)
    }
}

/// Entries by the hash of their window.
#[derive(Debug)]
pub(in crate::engine) struct Buckets {
    starts: Slice<u32>,
    entries: Slice<Entry>,
}

impl Buckets {
    fn build(entries: Vec<(u64, Entry)>) -> Buckets {
        // About one entry a bucket: more buckets would only take room in the cache.
        let bits = entries.len().next_power_of_two().ilog2().clamp(1, MAX_BUCKET_BITS);
        let mut placed: Vec<(usize, Entry)> = entries.into_iter().map(|(key, entry)| (bucket(key, bits), entry)).collect();
        placed.sort_unstable();
        let mut starts = vec![0u32; (1 << bits) + 1];
        placed.iter().for_each(|(bucket, _)| starts[bucket + 1] += 1);
        (0..1 << bits).for_each(|i| starts[i + 1] += starts[i]);
        Buckets { starts: starts.into(), entries: placed.into_iter().map(|(_, entry)| entry).collect() }
    }

    /// The windows that can be this one.
    #[inline]
    pub(in crate::engine) fn of(&self, key: u64) -> impl Iterator<Item = Entry> {
        let bits = (self.starts.len() - 1).ilog2();
        let (bucket, check) = (bucket(key, bits), check(key));
        let entries = &self.entries[self.starts[bucket] as usize..self.starts[bucket + 1] as usize];
        entries.iter().copied().filter(move |e| e.check == check)
    }
}

#[inline(always)]
fn bucket(key: u64, bits: u32) -> usize {
    (key.wrapping_mul(MULTIPLIER) >> (64 - bits)) as usize
}

/// Other bits of the same hash than those of the bucket.
#[inline(always)]
fn check(key: u64) -> u32 {
    (key.wrapping_mul(MULTIPLIER) >> (32 - MAX_BUCKET_BITS)) as u32
}

/// `N` bytes as a number.
#[inline(always)]
pub(in crate::engine) fn word<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word[..N].copy_from_slice(&bytes[at..at + N]);
    u64::from_le_bytes(word)
}

/// What stands for a part of a long fragment's stretch.
#[inline(always)]
pub(in crate::engine) fn long_key(folded: &[u8], at: usize) -> u64 {
    word::<8>(folded, at) ^ word::<{ LONG_PART - 8 }>(folded, at + 8).wrapping_mul(MULTIPLIER)
}

#[inline(always)]
pub(in crate::engine) fn long_hash(window: u64) -> usize {
    (window.wrapping_mul(MULTIPLIER) >> (64 - LONG_BITS)) as usize
}

#[inline(always)]
pub(in crate::engine) fn middle_hash(window: u64) -> usize {
    ((window as u32).wrapping_mul(MULTIPLIER as u32) >> (32 - MIDDLE_BITS)) as usize
}

#[inline(always)]
pub(in crate::engine) fn short_hash(window: u64) -> usize {
    ((window as u32).wrapping_mul(MULTIPLIER as u32) >> (32 - SHORT_BITS)) as usize
}

/// Another hash than the others.
#[inline(always)]
pub(in crate::engine) fn hash_again(window: u64, bits: u32) -> usize {
    ((window ^ window >> 29).wrapping_mul(0xd6e8_feb8_6659_fd93) >> (64 - bits)) as usize
}

/// The bit of a table, as a number to count with.
#[inline(always)]
pub(in crate::engine) fn has(table: &[u8], bit: usize) -> usize {
    usize::from(table[bit >> 3] >> (bit & 7) & 1)
}

fn set(table: &mut [u8], bit: usize) {
    table[bit >> 3] |= 1 << (bit & 7);
}
