//! The tables of the sieve: which windows there are, and which fragments have them.

use std::ops::Range;

use bytemuck::{AnyBitPattern, NoUninit};

use crate::pattern::{Fragment, SHORT_STRETCH};

use super::Wanted;
use super::layout::{Reader, Slice, Writer, wrong};
use super::program::EngineError;
use super::texts::Texts;
use super::window::{Kind, windows};

const LONG_BITS: u32 = 20;
pub(in crate::engine) const LONG_AGAIN_BITS: u32 = 19;
const MIDDLE_BITS: u32 = 18;
pub(in crate::engine) const STRETCH_BITS: u32 = 17;
const SHORT_BITS: u32 = 15;
const PAIR_BITS: u32 = 16;
const MAX_BUCKET_BITS: u32 = 16;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Tables of all fragments.
#[derive(Debug)]
pub(in crate::engine) struct SieveTables {
    /// A bit for the hash of each window of eight bytes.
    long: Slice<u8>,
    /// The same windows by another hash: what chance let through stops here.
    long_again: Slice<u8>,
    /// A bit for the hash of each window of four bytes.
    middle: Slice<u8>,
    /// A bit for the hash of the five bytes that the two windows of a fragment make up.
    stretches: Slice<u8>,
    /// A bit for each pair of bytes of short fragments.
    pairs: Slice<u8>,
    /// A bit for the hash of the three bytes that two neighbouring pairs make up.
    short: Slice<u8>,
    pub(in crate::engine) long_buckets: Buckets,
    pub(in crate::engine) middle_buckets: Buckets,
    pub(in crate::engine) short_buckets: Buckets,
    pub(in crate::engine) texts: Texts,
}

impl SieveTables {
    pub(super) fn build(wanted: &[Wanted]) -> SieveTables {
        let table = |bits: u32| vec![0u8; 1 << (bits - 3)];
        let (mut long, mut long_again, mut middle) = (table(LONG_BITS), table(LONG_AGAIN_BITS), table(MIDDLE_BITS));
        let (mut stretches, mut pairs, mut short) = (table(STRETCH_BITS), table(PAIR_BITS), table(SHORT_BITS));
        let (mut long_entries, mut middle_entries, mut short_entries) = (Vec::new(), Vec::new(), Vec::new());
        for (id, wanted) in wanted.iter().enumerate() {
            let folded = wanted.fragment.folded();
            let entry = |width: usize| move |at: usize, key: u64| (key, Entry::new(id as u32, &wanted.fragment, at..at + width, key));
            let (kind, starts) = windows(wanted);
            for at in starts {
                match kind {
                    Kind::Long => {
                        let key = word::<8>(&folded, at);
                        set(&mut long, long_hash(key));
                        set(&mut long_again, hash_again(key, LONG_AGAIN_BITS));
                        long_entries.push(entry(8)(at, key));
                    }
                    Kind::Middle => {
                        let key = word::<4>(&folded, at);
                        set(&mut middle, middle_hash(key));
                        middle_entries.push(entry(4)(at, key));
                    }
                    Kind::Short => set(&mut pairs, word::<2>(&folded, at) as usize),
                }
            }
            if kind == Kind::Middle {
                set(&mut stretches, hash_again(word::<SHORT_STRETCH>(&folded, usize::from(wanted.rarest)), STRETCH_BITS));
            }
            if kind == Kind::Short {
                let from = usize::from(wanted.rarest);
                let key = word::<3>(&folded, from);
                set(&mut short, short_hash(key));
                short_entries.push(entry(3)(from, key));
            }
        }
        SieveTables {
            long: long.into(),
            long_again: long_again.into(),
            middle: middle.into(),
            stretches: stretches.into(),
            pairs: pairs.into(),
            short: short.into(),
            long_buckets: Buckets::build(long_entries),
            middle_buckets: Buckets::build(middle_entries),
            short_buckets: Buckets::build(short_entries),
            texts: Texts::build(wanted),
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
            stretches: self.stretches.first_chunk()?,
            pairs: self.pairs.first_chunk()?,
            short: self.short.first_chunk()?,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        for table in [&self.long, &self.long_again, &self.middle, &self.stretches, &self.pairs, &self.short] {
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
            stretches: reader.part()?,
            pairs: reader.part()?,
            short: reader.part()?,
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
    pub(in crate::engine) stretches: &'t [u8; 1 << (STRETCH_BITS - 3)],
    pub(in crate::engine) pairs: &'t [u8; 1 << (PAIR_BITS - 3)],
    pub(in crate::engine) short: &'t [u8; 1 << (SHORT_BITS - 3)],
}

/// A window of a fragment.
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
