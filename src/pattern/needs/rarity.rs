//! How often a fragment stands in log text: a table of all runs of four bytes, by hash.

use std::ops::Range;

use super::fragment::Fragment;

const BITS: u32 = 15;
const SLOTS: usize = 1 << BITS;
/// Steps of the scale for each doubling.
const STEPS: f64 = 8.0;
/// What is said of a fragment of three bytes, per [`UNIT`]: nothing is known of it.
const SHORT: u64 = 6_000;
/// Frequencies are counts in this many bytes.
const UNIT: f64 = (1 << 22) as f64;

static BUILT_IN: Rarity = Rarity(*include_bytes!("rarity.bin"));

/// Frequencies of runs of four bytes, on a logarithmic scale.
///
/// The built-in one is trained on the fixtures, which real tools printed, and on as much text of a generator of job
/// traces: `cargo run --release --example rarity -- PATH...`.
#[derive(Debug)]
pub struct Rarity([u8; SLOTS]);

impl Rarity {
    /// The table that ships with the program.
    pub fn built_in() -> &'static Rarity {
        &BUILT_IN
    }

    /// A table of the frequencies in `texts`. Cost: one pass.
    pub fn train<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Vec<u8> {
        let mut counts = vec![0u64; SLOTS];
        let mut bytes = 0;
        for text in texts {
            bytes += text.len();
            for run in text.windows(4) {
                counts[slot([run[0], run[1], run[2], run[3]])] += 1;
            }
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
        let runs = (part.start..part.end.saturating_sub(3)).map(|at| fragment.spellings(at).map(|s| self.count(s)).sum::<u64>());
        runs.min().unwrap_or(SHORT) + 1
    }

    /// About how often four bytes stand in four megabytes.
    fn count(&self, run: [u8; 4]) -> u64 {
        ((f64::from(self.0[slot(run)]) / STEPS).exp2() - 1.0) as u64
    }
}

fn slot(run: [u8; 4]) -> usize {
    let run = run.map(|b| if b.is_ascii_digit() { b'0' } else { b });
    (u32::from_le_bytes(run).wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
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
