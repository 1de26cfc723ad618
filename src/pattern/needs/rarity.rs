//! How often a fragment stands in log text: tables of all runs of four and of eight bytes, by hash.
//!
//! Runs of four tell rare words from frequent ones. Runs of eight tell what logs say all the time (`passed; 0`, `Checking `)
//! from words that only look like it: so many are there that each slot holds some hundreds by chance, and only what is
//! more frequent than that stands out.

use std::ops::Range;

use super::fragment::{Fragment, fold};

const BITS: u32 = 15;
const SLOTS: usize = 1 << BITS;
const LONG_BITS: u32 = 16;
const LONG_SLOTS: usize = 1 << LONG_BITS;
/// Bytes of a long run.
const LONG: usize = 8;
/// Steps of the scale for each doubling.
const STEPS: f64 = 8.0;
/// What is said of a fragment of three bytes, per [`UNIT`]: nothing is known of it.
const SHORT: u64 = 6_000;
/// Frequencies are counts in this many bytes.
const UNIT: f64 = (1 << 22) as f64;

static BUILT_IN: Rarity = Rarity(*include_bytes!("rarity.bin"));

/// Frequencies of runs of four and of eight bytes, on a logarithmic scale.
///
/// The built-in one is trained on the fixtures, which real tools printed, and on as much text of a generator of job
/// traces: `cargo run --release --example rarity -- PATH...`.
#[derive(Debug)]
pub struct Rarity([u8; SLOTS + LONG_SLOTS]);

impl Rarity {
    /// The table that ships with the program.
    pub fn built_in() -> &'static Rarity {
        &BUILT_IN
    }

    /// A table of the frequencies in `texts`. Cost: one pass.
    pub fn train<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Vec<u8> {
        let mut counts = vec![0u64; SLOTS + LONG_SLOTS];
        let mut bytes = 0;
        for text in texts {
            bytes += text.len();
            for run in text.windows(4) {
                counts[slot([run[0], run[1], run[2], run[3]])] += 1;
            }
            let folded: Vec<u8> = text.iter().map(|b| fold(*b)).collect();
            folded.windows(LONG).for_each(|run| counts[long_slot(run)] += 1);
        }
        let scale = UNIT / bytes.max(1) as f64;
        counts.iter().map(|c| (STEPS * (1.0 + *c as f64 * scale).log2()).round().min(255.0) as u8).collect()
    }

    /// About how often `fragment` stands in four megabytes, at most: as often as the rarest run within it, plus one.
    pub fn of(&self, fragment: &Fragment) -> u64 {
        self.within(fragment, 0..fragment.len())
    }

    /// The same for a part of it.
    pub(super) fn within(&self, fragment: &Fragment, part: Range<usize>) -> u64 {
        let runs = (part.start..part.end.saturating_sub(3)).map(|at| fragment.spellings(at).map(|s| self.count(slot(s))).sum::<u64>());
        let folded = &fragment.folded()[part];
        let long = folded.windows(LONG).map(|run| self.count(long_slot(run)));
        runs.chain(long).min().unwrap_or(SHORT) + 1
    }

    /// About how often what falls into a slot stands in four megabytes.
    fn count(&self, slot: usize) -> u64 {
        ((f64::from(self.0[slot]) / STEPS).exp2() - 1.0) as u64
    }
}

fn slot(run: [u8; 4]) -> usize {
    let run = run.map(|b| if b.is_ascii_digit() { b'0' } else { b });
    (u32::from_le_bytes(run).wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

/// The slot of eight folded bytes.
fn long_slot(run: &[u8]) -> usize {
    let word = run.iter().rev().fold(0u64, |word, b| word << 8 | u64::from(*b));
    SLOTS + ((word ^ word >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - LONG_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_logs_are_frequent() {
        let of = |text: &str| Rarity::built_in().of(&Fragment::exact(text.as_bytes()));
        assert!(of("error") > 50 * of("shallow update"));
        assert!(of(" failed") > 10 * of("certificate"));
    }
}
