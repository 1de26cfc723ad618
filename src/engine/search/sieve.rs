//! Sampling and hashing: the fast way.
//!
//! The text goes by in chunks that stay in a core's first cache. Each chunk is folded, looked at in steps, and the places
//! where a table has a bit are noted without a branch; only then are they looked up and compared. `docs/engine.md` shows it
//! on three words.

use crate::pattern::{SHORT_STRETCH, fold};

use super::window::{Kind, LONG_STEP, SHORT_STEP, windows};
use super::{Occurrence, Wanted, Way};

/// Bytes of text that are folded and looked at at a time.
const CHUNK: usize = 8 * 1024;
/// Folded bytes kept before a chunk: a short fragment can begin one byte before a look.
const FRONT: usize = 8;
/// Folded bytes behind a chunk: windows reach over its end.
const BACK: usize = 8;

const LONG_BITS: u32 = 20;
const MIDDLE_BITS: u32 = 18;
const LONG_AGAIN_BITS: u32 = 19;
const STRETCH_BITS: u32 = 17;
const SHORT_BITS: u32 = 15;
const BUCKET_BITS: u32 = 16;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Tables of all fragments.
#[derive(Debug)]
pub(in crate::engine) struct Sieve {
    /// A bit for the hash of each window of eight bytes.
    long: Box<[u8]>,
    /// The same windows by another hash: what chance let through stops here.
    long_again: Box<[u8]>,
    /// A bit for the hash of each window of four bytes.
    middle: Box<[u8]>,
    /// A bit for the hash of the five bytes that the two windows of a fragment make up.
    stretches: Box<[u8]>,
    /// A bit for each pair of bytes of short fragments.
    pairs: Box<[u8]>,
    /// A bit for the hash of the three bytes that each short fragment begins with.
    short: Box<[u8]>,
    long_buckets: Buckets,
    middle_buckets: Buckets,
    short_buckets: Buckets,
    texts: Texts,
    look: Look,
}

/// What one scanning thread needs.
#[derive(Debug)]
pub(in crate::engine) struct Buffers {
    folded: Box<[u8]>,
    long_hits: Box<[u16]>,
    middle_hits: Box<[u16]>,
    pair_hits: Box<[u16]>,
    short_hits: Box<[u16]>,
}

impl Default for Buffers {
    fn default() -> Buffers {
        Buffers {
            folded: vec![0; FRONT + CHUNK + BACK].into_boxed_slice(),
            long_hits: vec![0; CHUNK / LONG_STEP + 1].into_boxed_slice(),
            middle_hits: vec![0; CHUNK / SHORT_STEP + 1].into_boxed_slice(),
            pair_hits: vec![0; CHUNK / SHORT_STEP + 1].into_boxed_slice(),
            short_hits: vec![0; CHUNK + 2].into_boxed_slice(),
        }
    }
}

/// The loops over a chunk: fold `text`, then note where tables have a bit.
type Look = unsafe fn(&Sieve, &[u8], &mut Buffers) -> Noted;

/// How many places of each list were noted.
#[derive(Clone, Copy, Debug)]
struct Noted {
    long: usize,
    middle: usize,
    short: usize,
}

impl Sieve {
    pub(super) fn build(wanted: &[Wanted], way: Way) -> Sieve {
        let mut long = vec![0u8; 1 << (LONG_BITS - 3)].into_boxed_slice();
        let mut long_again = vec![0u8; 1 << (LONG_AGAIN_BITS - 3)].into_boxed_slice();
        let mut middle = vec![0u8; 1 << (MIDDLE_BITS - 3)].into_boxed_slice();
        let mut stretches = vec![0u8; 1 << (STRETCH_BITS - 3)].into_boxed_slice();
        let mut pairs = vec![0u8; 1 << 13].into_boxed_slice();
        let mut short = vec![0u8; 1 << (SHORT_BITS - 3)].into_boxed_slice();
        let (mut long_entries, mut middle_entries, mut short_entries) = (Vec::new(), Vec::new(), Vec::new());
        for (id, wanted) in wanted.iter().enumerate() {
            let folded = wanted.fragment.folded();
            let entry = |key: u64, back: usize| Entry { key, fragment: id as u32, back: back as u8 };
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
        Sieve {
            long,
            long_again,
            middle,
            stretches,
            pairs,
            short,
            long_buckets: Buckets::build(long_entries),
            middle_buckets: Buckets::build(middle_entries),
            short_buckets: Buckets::build(short_entries),
            texts: Texts::build(wanted),
            look: look_of(way),
        }
    }

    pub(super) fn find(&self, text: &[u8], buffers: &mut Buffers, out: &mut Vec<Occurrence>) {
        buffers.folded[..FRONT].fill(0);
        for start in (0..text.len()).step_by(CHUNK) {
            if start > 0 {
                buffers.folded.copy_within(CHUNK..CHUNK + FRONT, 0);
            }
            // SAFETY: `look_of` chose a function whose instructions this processor has.
            let noted = unsafe { (self.look)(self, &text[start..text.len().min(start + CHUNK + BACK)], buffers) };
            let Buffers { folded, long_hits, middle_hits, short_hits, .. } = &*buffers;
            let (mut long, mut middle, mut short) = (&long_hits[..noted.long], &middle_hits[..noted.middle], &short_hits[..noted.short]);
            // In the order of their places: lines come one after the other.
            loop {
                let next = |list: &[u16]| list.first().map_or(usize::MAX, |p| usize::from(*p));
                let (l, m, s) = (next(long), next(middle), next(short));
                if l <= m && l < s {
                    self.compare(&self.long_buckets, word::<8>(folded, FRONT + l), text, start + l, out);
                    long = &long[1..];
                } else if m < s {
                    self.compare(&self.middle_buckets, word::<4>(folded, FRONT + m), text, start + m, out);
                    middle = &middle[1..];
                } else if s < usize::MAX {
                    // Places of this list are counted from one byte before the chunk.
                    self.compare(&self.short_buckets, word::<3>(folded, FRONT + s - 1), text, start + s - 1, out);
                    short = &short[1..];
                } else {
                    break;
                }
            }
        }
    }

    /// Compares the fragments with this window with the text around it.
    #[inline]
    fn compare(&self, buckets: &Buckets, key: u64, text: &[u8], at: usize, out: &mut Vec<Occurrence>) {
        for entry in buckets.of(key) {
            if entry.key == key
                && let Some(start) = at.checked_sub(usize::from(entry.back))
                && self.texts.is_at(entry.fragment, text, start)
            {
                out.push(Occurrence { start: start as u32, fragment: entry.fragment });
            }
        }
    }

    #[inline(always)]
    fn look_at(&self, text: &[u8], buffers: &mut Buffers) -> Noted {
        let Buffers { folded, long_hits, middle_hits, pair_hits, short_hits } = buffers;
        let chunk = text.len().min(CHUNK);
        let (into, behind) = folded[FRONT..].split_at_mut(text.len());
        into.iter_mut().zip(text).for_each(|(f, t)| *f = fold(*t));
        // What the last chunk left there is no text.
        behind.fill(0);

        let mut noted = Noted { long: 0, middle: 0, short: 0 };
        for at in (0..chunk).step_by(LONG_STEP) {
            let hash = long_hash(word::<8>(folded, FRONT + at));
            long_hits[noted.long] = at as u16;
            noted.long += has(&self.long, hash);
        }
        let mut pairs = 0;
        for at in (0..chunk).step_by(SHORT_STEP) {
            let window = word::<4>(folded, FRONT + at);
            middle_hits[noted.middle] = at as u16;
            noted.middle += has(&self.middle, middle_hash(window));
            pair_hits[pairs] = at as u16;
            pairs += has(&self.pairs, window as usize & 0xffff);
        }
        // What is left is few, and most of it chance: a second look at more bytes.
        noted.long = again(long_hits, noted.long, |at| has(&self.long_again, hash_again(word::<8>(folded, FRONT + at), LONG_AGAIN_BITS)));
        noted.middle = again(middle_hits, noted.middle, |at| {
            let stretch = |from: usize| has(&self.stretches, hash_again(word::<SHORT_STRETCH>(folded, from), STRETCH_BITS));
            // The window is the first of its stretch, or the second.
            stretch(FRONT + at) | stretch(FRONT + at - 1)
        });
        for &at in &pair_hits[..pairs] {
            // A fragment begins with this pair, or one byte before it.
            for at in [at, at + 1] {
                short_hits[noted.short] = at;
                noted.short += has(&self.short, short_hash(word::<3>(folded, FRONT - 1 + usize::from(at))));
            }
        }
        noted
    }
}

/// Keeps those of the first `count` places of a list for which `keep` gives 1; gives how many.
#[inline(always)]
fn again(list: &mut [u16], count: usize, keep: impl Fn(usize) -> usize) -> usize {
    let mut kept = 0;
    for i in 0..count {
        let at = list[i];
        list[kept] = at;
        kept += keep(usize::from(at));
    }
    kept
}

/// The loops with what every processor has.
fn look_portable(sieve: &Sieve, text: &[u8], buffers: &mut Buffers) -> Noted {
    sieve.look_at(text, buffers)
}

/// The same loops, compiled for AVX2.
///
/// # Safety
///
/// The processor must have AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn look_avx2(sieve: &Sieve, text: &[u8], buffers: &mut Buffers) -> Noted {
    sieve.look_at(text, buffers)
}

fn look_of(way: Way) -> Look {
    #[cfg(target_arch = "x86_64")]
    if way != Way::Portable && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2") {
        return look_avx2;
    }
    let _ = way;
    look_portable
}

/// `N` bytes as a number.
#[inline(always)]
fn word<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word[..N].copy_from_slice(&bytes[at..at + N]);
    u64::from_le_bytes(word)
}

#[inline(always)]
fn long_hash(window: u64) -> usize {
    (window.wrapping_mul(MULTIPLIER) >> (64 - LONG_BITS)) as usize
}

#[inline(always)]
fn middle_hash(window: u64) -> usize {
    ((window as u32).wrapping_mul(MULTIPLIER as u32) >> (32 - MIDDLE_BITS)) as usize
}

#[inline(always)]
fn short_hash(window: u64) -> usize {
    ((window as u32).wrapping_mul(MULTIPLIER as u32) >> (32 - SHORT_BITS)) as usize
}

/// Another hash than the others.
#[inline(always)]
fn hash_again(window: u64, bits: u32) -> usize {
    ((window ^ window >> 29).wrapping_mul(0xd6e8_feb8_6659_fd93) >> (64 - bits)) as usize
}

/// The bit of a table, as a number to count with.
#[inline(always)]
fn has(table: &[u8], bit: usize) -> usize {
    usize::from(table[bit >> 3] >> (bit & 7) & 1)
}

fn set(table: &mut [u8], bit: usize) {
    table[bit >> 3] |= 1 << (bit & 7);
}

/// A window of a fragment.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u64,
    fragment: u32,
    /// Bytes of the fragment before the window.
    back: u8,
}

/// Entries by the hash of their window.
#[derive(Debug)]
struct Buckets {
    starts: Box<[u32]>,
    entries: Box<[Entry]>,
}

impl Buckets {
    fn build(mut entries: Vec<Entry>) -> Buckets {
        entries.sort_by_key(|e| (bucket(e.key), e.key, e.fragment));
        let mut starts = vec![0u32; (1 << BUCKET_BITS) + 1];
        entries.iter().for_each(|e| starts[bucket(e.key) + 1] += 1);
        (0..1 << BUCKET_BITS).for_each(|i| starts[i + 1] += starts[i]);
        Buckets { starts: starts.into_boxed_slice(), entries: entries.into_boxed_slice() }
    }

    #[inline]
    fn of(&self, key: u64) -> &[Entry] {
        let bucket = bucket(key);
        &self.entries[self.starts[bucket] as usize..self.starts[bucket + 1] as usize]
    }
}

#[inline(always)]
fn bucket(key: u64) -> usize {
    (key.wrapping_mul(MULTIPLIER) >> (64 - BUCKET_BITS)) as usize
}

/// All fragments, ready to be compared in words of eight bytes.
#[derive(Debug)]
struct Texts {
    /// For each fragment where its words begin, and its length.
    places: Box<[(u32, u32)]>,
    /// Value and mask; bytes behind the end of a fragment have none.
    words: Box<[(u64, u64)]>,
}

impl Texts {
    fn build(wanted: &[Wanted]) -> Texts {
        let (mut places, mut words) = (Vec::new(), Vec::new());
        for Wanted { fragment, .. } in wanted {
            places.push((words.len() as u32, fragment.len() as u32));
            words.extend(fragment.words());
        }
        Texts { places: places.into_boxed_slice(), words: words.into_boxed_slice() }
    }

    #[inline]
    fn is_at(&self, fragment: u32, text: &[u8], start: usize) -> bool {
        let (first, length) = self.places[fragment as usize];
        let length = length as usize;
        if text.len() - start.min(text.len()) < length {
            return false;
        }
        let words = &self.words[first as usize..first as usize + length.div_ceil(8)];
        words.iter().enumerate().all(|(i, (value, mask))| {
            let at = start + 8 * i;
            let word = if at + 8 <= text.len() { word::<8>(text, at) } else { last_word(&text[at..]) };
            word & mask == *value
        })
    }
}

fn last_word(rest: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(word)
}
