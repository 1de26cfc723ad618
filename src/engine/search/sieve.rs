//! Sampling and hashing: the fast way.
//!
//! The text goes by in chunks that stay in a core's first cache. Each chunk is folded, looked at in steps, and the places
//! where a table has a bit are noted without a branch; only then are they looked up and compared. `docs/engine.md` shows it
//! on three words.

use crate::engine::tables::{
    Buckets, LONG_AGAIN_BITS, LONG_BACK, LONG_STEP, LONG_WINDOW, MIDDLE_AGAIN_BITS, MIDDLE_STEP, MIDDLE_WINDOW, SHORT_AGAIN_BITS, SHORT_STEP, SHORT_WINDOW,
    SieveTables, has, hash_again, long_hash, long_key, middle_hash, short_hash, word,
};
use crate::pattern::{MIDDLE_STRETCH, SHORT_STRETCH, fold};

use super::{Occurrence, Way};

/// Bytes of text that are folded and looked at at a time.
const CHUNK: usize = 8 * 1024;
/// Folded bytes kept before a chunk: a stretch can begin before the first look into it.
const FRONT: usize = 8;
/// Folded bytes behind a chunk: windows and stretches reach over its end.
const BACK: usize = 8;

/// Looks into a chunk for each kind.
const LONG_LOOKS: usize = CHUNK / LONG_STEP;
const MIDDLE_LOOKS: usize = CHUNK / MIDDLE_STEP;
const SHORT_LOOKS: usize = CHUNK / SHORT_STEP;

/// What one scanning thread needs. Sizes are part of the types: no index of the loops needs to be checked.
#[derive(Debug)]
pub(in crate::engine) struct Buffers {
    folded: Box<[u8; FRONT + CHUNK + BACK]>,
    /// Where a window was seen, from the chunk's start.
    long_windows: Box<[u16; LONG_LOOKS]>,
    middle_windows: Box<[u16; MIDDLE_LOOKS]>,
    short_windows: Box<[u16; SHORT_LOOKS]>,
    /// Where the stretch of a window begins, or the part of one, from the start of `folded`.
    long_parts: Box<[u16; 2 * LONG_LOOKS]>,
    middle_stretches: Box<[u16; MIDDLE_STEP * MIDDLE_LOOKS]>,
    short_stretches: Box<[u16; SHORT_STEP * SHORT_LOOKS]>,
}

impl Default for Buffers {
    fn default() -> Buffers {
        Buffers {
            folded: Box::new([0; FRONT + CHUNK + BACK]),
            long_windows: Box::new([0; LONG_LOOKS]),
            middle_windows: Box::new([0; MIDDLE_LOOKS]),
            short_windows: Box::new([0; SHORT_LOOKS]),
            long_parts: Box::new([0; 2 * LONG_LOOKS]),
            middle_stretches: Box::new([0; MIDDLE_STEP * MIDDLE_LOOKS]),
            short_stretches: Box::new([0; SHORT_STEP * SHORT_LOOKS]),
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
        let Buffers { folded, long_parts, middle_stretches, short_stretches, .. } = &*buffers;
        let (mut long, mut middle, mut short) = (&long_parts[..noted.long], &middle_stretches[..noted.middle], &short_stretches[..noted.short]);
        // In the order of their places: lines come one after the other.
        loop {
            let next = |list: &[u16]| list.first().map_or(usize::MAX, |p| usize::from(*p));
            let (l, m, s) = (next(long), next(middle), next(short));
            if l <= m && l < s {
                compare(tables, &tables.long_buckets, long_key(&folded[..], l), text, (start + l).checked_sub(FRONT), out);
                long = &long[1..];
            } else if m < s {
                compare(tables, &tables.middle_buckets, word::<MIDDLE_STRETCH>(&folded[..], m), text, (start + m).checked_sub(FRONT), out);
                middle = &middle[1..];
            } else if s < usize::MAX {
                compare(tables, &tables.short_buckets, word::<SHORT_STRETCH>(&folded[..], s), text, (start + s).checked_sub(FRONT), out);
                short = &short[1..];
            } else {
                break;
            }
        }
    }
}

/// Compares the fragments with this window with the text around it.
#[inline]
fn compare(tables: &SieveTables, buckets: &Buckets, key: u64, text: &[u8], at: Option<usize>, out: &mut Vec<Occurrence>) {
    let Some(at) = at else { return };
    for entry in buckets.of(key) {
        if let Some(start) = entry.start(text, at)
            && let Some(start) = tables.texts.begin(entry.fragment, text, start)
        {
            out.push(Occurrence { start, fragment: entry.fragment });
        }
    }
}

#[inline(always)]
fn look_at(tables: &SieveTables, text: &[u8], buffers: &mut Buffers) -> Noted {
    let Buffers { folded, long_windows, middle_windows, short_windows, long_parts, middle_stretches, short_stretches } = buffers;
    let bits = tables.bits();
    let (into, behind) = folded[FRONT..].split_at_mut(text.len());
    into.iter_mut().zip(text).for_each(|(f, t)| *f = fold(*t));
    // What the last chunk left there is no text.
    behind.fill(0);
    let folded = &folded[..];

    let (mut long, mut middle, mut short) = (0, 0, 0);
    for look in 0..LONG_LOOKS {
        let at = look * LONG_STEP;
        long_windows[long % LONG_LOOKS] = at as u16;
        long += has(bits.long, long_hash(word::<LONG_WINDOW>(folded, FRONT + at)));
    }
    for look in 0..MIDDLE_LOOKS {
        let at = look * MIDDLE_STEP;
        middle_windows[middle % MIDDLE_LOOKS] = at as u16;
        middle += has(bits.middle, middle_hash(bytes::<MIDDLE_WINDOW>(folded, FRONT + at)));
    }
    for look in 0..SHORT_LOOKS {
        let at = look * SHORT_STEP;
        short_windows[short % SHORT_LOOKS] = at as u16;
        short += has(bits.short, short_hash(bytes::<SHORT_WINDOW>(folded, FRONT + at)));
    }
    // What is left is few, and most of it chance: a second look at more bytes. Of a stretch any window can have been seen.
    Noted {
        long: stretches(&long_windows[..long], long_parts, [LONG_BACK, 0], |at| has(bits.long_again, hash_again(long_key(folded, at), LONG_AGAIN_BITS))),
        middle: stretches(&middle_windows[..middle], middle_stretches, backs::<MIDDLE_STEP>(), |at| {
            has(bits.middle_again, hash_again(bytes::<MIDDLE_STRETCH>(folded, at), MIDDLE_AGAIN_BITS))
        }),
        short: stretches(&short_windows[..short], short_stretches, backs::<SHORT_STEP>(), |at| {
            has(bits.short_again, hash_again(bytes::<SHORT_STRETCH>(folded, at), SHORT_AGAIN_BITS))
        }),
    }
}

/// How far before a window its stretch can begin, the farthest first.
const fn backs<const STEP: usize>() -> [usize; STEP] {
    let mut backs = [0; STEP];
    let mut i = 0;
    while i < STEP {
        backs[i] = STEP - 1 - i;
        i += 1;
    }
    backs
}

/// Writes to `out` where what has a window of the list can begin, that many bytes before the window, if `keep` gives 1: from the
/// start of the folded text, in order. Gives how many.
#[inline(always)]
fn stretches<const BACKS: usize, const N: usize>(windows: &[u16], out: &mut [u16; N], backs: [usize; BACKS], keep: impl Fn(usize) -> usize) -> usize {
    let mut kept = 0;
    for &window in windows {
        for back in backs {
            let at = usize::from(window) % CHUNK + FRONT - back;
            out[kept % N] = at as u16;
            kept += keep(at);
        }
    }
    kept
}

/// `N` bytes of the folded text, read as eight: behind a chunk there is room for more than any window or stretch.
#[inline(always)]
fn bytes<const N: usize>(folded: &[u8], at: usize) -> u64 {
    word::<8>(folded, at) & (u64::MAX >> (64 - 8 * N))
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

/// The same loops, compiled for AVX-512.
///
/// # Safety
///
/// The processor must have what [`look_avx2`] needs, and AVX-512 F, BW, DQ and VL.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn look_avx512(tables: &SieveTables, text: &[u8], buffers: &mut Buffers) -> Noted {
    look_at(tables, text, buffers)
}

/// The loops of a way, or of the next narrower one where the processor lacks something.
pub(super) fn look_of(way: Way) -> Look {
    #[cfg(target_arch = "x86_64")]
    {
        if way == Way::Avx512 && has_avx2() && has_avx512() {
            return look_avx512;
        }
        if way != Way::Portable && has_avx2() {
            return look_avx2;
        }
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

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512vl")
}
