//! Sampling and hashing: the fast way.
//!
//! The text goes by in chunks that stay in a core's first cache. Each chunk is folded, looked at in steps, and the places
//! where a table has a bit are noted without a branch; only then are they looked up and compared. `docs/engine.md` shows it
//! on three words.

use crate::engine::tables::{
    Buckets, LONG_AGAIN_BITS, LONG_STEP, SHORT_STEP, STRETCH_BITS, SieveTables, has, hash_again, long_hash, middle_hash, short_hash, word,
};
use crate::pattern::{SHORT_STRETCH, fold};

use super::{Occurrence, Way};

/// Bytes of text that are folded and looked at at a time.
const CHUNK: usize = 8 * 1024;
/// Folded bytes kept before a chunk: a short fragment can begin one byte before a look.
const FRONT: usize = 8;
/// Folded bytes behind a chunk: windows reach over its end.
const BACK: usize = 8;

/// Places at which long fragments are looked for in a chunk, and at which the others are.
const LONG_LOOKS: usize = CHUNK / LONG_STEP;
const SHORT_LOOKS: usize = CHUNK / SHORT_STEP;

/// What one scanning thread needs. Sizes are part of the types: no index of the loops needs to be checked.
#[derive(Debug)]
pub(in crate::engine) struct Buffers {
    folded: Box<[u8; FRONT + CHUNK + BACK]>,
    long_hits: Box<[u16; LONG_LOOKS]>,
    middle_hits: Box<[u16; SHORT_LOOKS]>,
    pair_hits: Box<[u16; SHORT_LOOKS]>,
    short_hits: Box<[u16; 2 * SHORT_LOOKS]>,
}

impl Default for Buffers {
    fn default() -> Buffers {
        Buffers {
            folded: Box::new([0; FRONT + CHUNK + BACK]),
            long_hits: Box::new([0; LONG_LOOKS]),
            middle_hits: Box::new([0; SHORT_LOOKS]),
            pair_hits: Box::new([0; SHORT_LOOKS]),
            short_hits: Box::new([0; 2 * SHORT_LOOKS]),
        }
    }
}

/// The loops over a chunk: fold `text`, then note where tables have a bit.
pub(in crate::engine) type Look = unsafe fn(&SieveTables, &[u8], &mut Buffers) -> Noted;

/// How many places of each list were noted.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Noted {
    long: usize,
    middle: usize,
    short: usize,
}

/// Appends every occurrence of every fragment, line by line.
pub(super) fn find(tables: &SieveTables, look: Look, text: &[u8], buffers: &mut Buffers, out: &mut Vec<Occurrence>) {
    buffers.folded[..FRONT].fill(0);
    for start in (0..text.len()).step_by(CHUNK) {
        if start > 0 {
            buffers.folded.copy_within(CHUNK..CHUNK + FRONT, 0);
        }
        // SAFETY: `look_of` chose a function whose instructions this processor has.
        let noted = unsafe { look(tables, &text[start..text.len().min(start + CHUNK + BACK)], buffers) };
        let Buffers { folded, long_hits, middle_hits, short_hits, .. } = &*buffers;
        let (mut long, mut middle, mut short) = (&long_hits[..noted.long], &middle_hits[..noted.middle], &short_hits[..noted.short]);
        // In the order of their places: lines come one after the other.
        loop {
            let next = |list: &[u16]| list.first().map_or(usize::MAX, |p| usize::from(*p));
            let (l, m, s) = (next(long), next(middle), next(short));
            if l <= m && l < s {
                compare(tables, &tables.long_buckets, word::<8>(&folded[..], FRONT + l), text, start + l, out);
                long = &long[1..];
            } else if m < s {
                compare(tables, &tables.middle_buckets, word::<4>(&folded[..], FRONT + m), text, start + m, out);
                middle = &middle[1..];
            } else if s < usize::MAX {
                // Places of this list are counted from one byte before the chunk.
                compare(tables, &tables.short_buckets, word::<3>(&folded[..], FRONT + s - 1), text, start + s - 1, out);
                short = &short[1..];
            } else {
                break;
            }
        }
    }
}

/// Compares the fragments with this window with the text around it.
#[inline]
fn compare(tables: &SieveTables, buckets: &Buckets, key: u64, text: &[u8], at: usize, out: &mut Vec<Occurrence>) {
    for entry in buckets.of(key) {
        if let Some(start) = entry.start(text, at)
            && tables.texts.is_at(entry.fragment, text, start)
        {
            out.push(Occurrence { start: start as u32, fragment: entry.fragment });
        }
    }
}

#[inline(always)]
fn look_at(tables: &SieveTables, text: &[u8], buffers: &mut Buffers) -> Noted {
    let Buffers { folded, long_hits, middle_hits, pair_hits, short_hits } = buffers;
    let bits = tables.bits();
    let (into, behind) = folded[FRONT..].split_at_mut(text.len());
    into.iter_mut().zip(text).for_each(|(f, t)| *f = fold(*t));
    // What the last chunk left there is no text.
    behind.fill(0);

    let mut noted = Noted { long: 0, middle: 0, short: 0 };
    for look in 0..LONG_LOOKS {
        let at = look * LONG_STEP;
        long_hits[noted.long % LONG_LOOKS] = at as u16;
        noted.long += has(bits.long, long_hash(word::<8>(&folded[..], FRONT + at)));
    }
    let mut pairs = 0;
    for look in 0..SHORT_LOOKS {
        let at = look * SHORT_STEP;
        let window = word::<4>(&folded[..], FRONT + at);
        middle_hits[noted.middle % SHORT_LOOKS] = at as u16;
        noted.middle += has(bits.middle, middle_hash(window));
        pair_hits[pairs % SHORT_LOOKS] = at as u16;
        pairs += has(bits.pairs, window as usize & 0xffff);
    }
    // What is left is few, and most of it chance: a second look at more bytes.
    let of = |at: usize| at % CHUNK + FRONT;
    noted.long = again(&mut long_hits[..noted.long], |at| has(bits.long_again, hash_again(word::<8>(&folded[..], of(at)), LONG_AGAIN_BITS)));
    noted.middle = again(&mut middle_hits[..noted.middle], |at| {
        let stretch = |from: usize| has(bits.stretches, hash_again(word::<SHORT_STRETCH>(&folded[..], from), STRETCH_BITS));
        // The window is the first of its stretch, or the second.
        stretch(of(at)) | stretch(of(at) - 1)
    });
    for &at in &pair_hits[..pairs] {
        // A fragment begins with this pair, or one byte before it.
        for at in [at, at + 1] {
            short_hits[noted.short % (2 * SHORT_LOOKS)] = at;
            noted.short += has(bits.short, short_hash(word::<3>(&folded[..], of(usize::from(at)) - 1)));
        }
    }
    noted
}

/// Keeps those places of a list for which `keep` gives 1; gives how many.
#[inline(always)]
fn again(list: &mut [u16], keep: impl Fn(usize) -> usize) -> usize {
    let mut kept = 0;
    for i in 0..list.len() {
        let at = list[i];
        list[kept] = at;
        kept += keep(usize::from(at));
    }
    kept
}

/// The loops with what every processor has.
fn look_portable(tables: &SieveTables, text: &[u8], buffers: &mut Buffers) -> Noted {
    look_at(tables, text, buffers)
}

/// The same loops, compiled for AVX2.
///
/// # Safety
///
/// The processor must have AVX2, BMI1, BMI2, LZCNT and POPCNT.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn look_avx2(tables: &SieveTables, text: &[u8], buffers: &mut Buffers) -> Noted {
    look_at(tables, text, buffers)
}

pub(super) fn look_of(way: Way) -> Look {
    #[cfg(target_arch = "x86_64")]
    if way != Way::Portable && has_avx2() {
        return look_avx2;
    }
    let _ = way;
    look_portable
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}
