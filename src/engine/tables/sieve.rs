//! The tables of the sieve: which windows there are, and which fragments have them.

use bytemuck::{AnyBitPattern, NoUninit};

use crate::pattern::SHORT_STRETCH;

use super::Wanted;
use super::layout::{Reader, Slice, Writer};
use super::program::EngineError;
use super::texts::Texts;
use super::window::{Kind, windows};

const LONG_BITS: u32 = 20;
pub(in crate::engine) const LONG_AGAIN_BITS: u32 = 19;
const MIDDLE_BITS: u32 = 18;
pub(in crate::engine) const STRETCH_BITS: u32 = 17;
const SHORT_BITS: u32 = 15;
const PAIR_BITS: u32 = 16;
const BUCKET_BITS: u32 = 16;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
/// Bits of an entry's place that count the bytes before its window.
const BACK_BITS: u32 = 8;

/// Tables of all fragments.
#[derive(Debug)]
pub(in crate::engine) struct SieveTables {
    /// A bit for the hash of each window of eight bytes.
    pub(in crate::engine) long: Slice<u8>,
    /// The same windows by another hash: what chance let through stops here.
    pub(in crate::engine) long_again: Slice<u8>,
    /// A bit for the hash of each window of four bytes.
    pub(in crate::engine) middle: Slice<u8>,
    /// A bit for the hash of the five bytes that the two windows of a fragment make up.
    pub(in crate::engine) stretches: Slice<u8>,
    /// A bit for each pair of bytes of short fragments.
    pub(in crate::engine) pairs: Slice<u8>,
    /// A bit for the hash of the three bytes that each short fragment begins with.
    pub(in crate::engine) short: Slice<u8>,
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
            let entry = |key: u64, back: usize| (key, (id as u32) << BACK_BITS | back as u32);
            let (kind, starts) = windows(wanted);
            for at in starts {
                match kind {
                    Kind::Long => {
                        let key = word::<8>(&folded, at);
                        set(&mut long, long_hash(key));
                        set(&mut long_again, hash_again(key, LONG_AGAIN_BITS));
                        long_entries.push(entry(key, at));
                    }
                    Kind::Middle => {
                        let key = word::<4>(&folded, at);
                        set(&mut middle, middle_hash(key));
                        middle_entries.push(entry(key, at));
                    }
                    Kind::Short => set(&mut pairs, word::<2>(&folded, at) as usize),
                }
            }
            if kind == Kind::Middle {
                set(&mut stretches, hash_again(word::<SHORT_STRETCH>(&folded, usize::from(wanted.rarest)), STRETCH_BITS));
            }
            if kind == Kind::Short {
                let key = word::<3>(&folded, 0);
                set(&mut short, short_hash(key));
                short_entries.push(entry(key, 0));
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
        Ok(SieveTables {
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
        })
    }
}

/// A window of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, NoUninit, AnyBitPattern)]
#[repr(C)]
pub(in crate::engine) struct Entry {
    /// A hash of the window: another window may have the same.
    check: u32,
    place: u32,
}

impl Entry {
    pub(in crate::engine) fn fragment(self) -> u32 {
        self.place >> BACK_BITS
    }

    /// Bytes of the fragment before the window.
    pub(in crate::engine) fn back(self) -> usize {
        (self.place & ((1 << BACK_BITS) - 1)) as usize
    }
}

/// Entries by the hash of their window.
#[derive(Debug)]
pub(in crate::engine) struct Buckets {
    starts: Slice<u32>,
    entries: Slice<Entry>,
}

impl Buckets {
    fn build(entries: Vec<(u64, u32)>) -> Buckets {
        let mut placed: Vec<(usize, Entry)> = entries.into_iter().map(|(key, place)| (bucket(key), Entry { check: check(key), place })).collect();
        placed.sort_unstable();
        let mut starts = vec![0u32; (1 << BUCKET_BITS) + 1];
        placed.iter().for_each(|(bucket, _)| starts[bucket + 1] += 1);
        (0..1 << BUCKET_BITS).for_each(|i| starts[i + 1] += starts[i]);
        Buckets { starts: starts.into(), entries: placed.into_iter().map(|(_, entry)| entry).collect() }
    }

    /// The windows that can be this one.
    #[inline]
    pub(in crate::engine) fn of(&self, key: u64) -> impl Iterator<Item = Entry> {
        let (bucket, check) = (bucket(key), check(key));
        let entries = &self.entries[self.starts[bucket] as usize..self.starts[bucket + 1] as usize];
        entries.iter().copied().filter(move |e| e.check == check)
    }
}

#[inline(always)]
fn bucket(key: u64) -> usize {
    (key.wrapping_mul(MULTIPLIER) >> (64 - BUCKET_BITS)) as usize
}

#[inline(always)]
fn check(key: u64) -> u32 {
    (key.wrapping_mul(MULTIPLIER) >> (32 - BUCKET_BITS)) as u32
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
