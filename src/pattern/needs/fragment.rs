//! A run of bytes with a little freedom: letters without case, any digit.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::edge::{Edge, Edges};

/// The mask of a byte that is given whole.
const WHOLE: u8 = 0xff;
/// The mask of a letter without case.
const CASELESS: u8 = 0xdf;
/// The mask of a digit: what differs from `0` in the low half only. Six other signs do too, which a filter may let pass.
const DIGIT: u8 = 0xf0;

/// A short text in which each byte is given whole, as a letter without case, or as any digit.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fragment {
    /// What a byte is after its mask was applied.
    values: Vec<u8>,
    masks: Vec<u8>,
}

impl Fragment {
    /// A fragment of given bytes.
    pub fn exact(bytes: &[u8]) -> Fragment {
        Fragment { values: bytes.to_vec(), masks: vec![WHOLE; bytes.len()] }
    }

    /// One letter without case.
    pub(super) fn caseless(letter: u8) -> Fragment {
        Fragment { values: vec![letter & CASELESS], masks: vec![CASELESS] }
    }

    /// One digit.
    pub(super) fn digit() -> Fragment {
        Fragment { values: vec![b'0'], masks: vec![DIGIT] }
    }

    /// The same without case: what the search, which folds its text, takes for it at first.
    pub(super) fn without_case(&self) -> Fragment {
        let is_letter = |(value, mask): (&u8, &u8)| *mask != DIGIT && value.is_ascii_alphabetic();
        let masks = self.values.iter().zip(&self.masks).map(|(v, m)| if is_letter((v, m)) { CASELESS } else { *m }).collect::<Vec<_>>();
        Fragment { values: self.values.iter().zip(&masks).map(|(v, m)| v & m).collect(), masks }
    }

    /// This one and the other behind it, cut to `max` bytes.
    pub(super) fn then(&self, other: &Fragment, max: usize) -> Fragment {
        let mut joined = self.clone();
        joined.values.extend_from_slice(&other.values);
        joined.masks.extend_from_slice(&other.masks);
        joined.values.truncate(max);
        joined.masks.truncate(max);
        joined
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it has no byte.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether it stands for nothing but what it says: a digit may be another sign.
    pub(super) fn is_exact(&self) -> bool {
        !self.masks.contains(&DIGIT)
    }

    /// Whether `text` begins with it. Cost: up to the first byte that differs.
    pub fn is_at(&self, text: &[u8]) -> bool {
        text.len() >= self.len() && text.iter().zip(&self.masks).zip(&self.values).all(|((t, m), v)| t & m == *v)
    }

    /// Whether it holds a line's end.
    pub(super) fn ends_a_line(&self) -> bool {
        self.values.contains(&b'\n')
    }

    /// Its first byte, or one that stands for it.
    pub(super) fn first(&self) -> Option<u8> {
        self.values.first().copied()
    }

    /// Its last byte, or one that stands for it.
    pub(super) fn last(&self) -> Option<u8> {
        self.values.last().copied()
    }

    /// Whether it stands in every text that `other` stands for, at one of the places that `edges` leave.
    pub(super) fn stands_in(&self, other: &Fragment, edges: Edges) -> bool {
        let Some(last) = other.len().checked_sub(self.len()) else { return false };
        let stands = |at: usize| {
            let mut bytes = (0..self.len()).map(|i| (self.values[i], self.masks[i], other.values[at + i], other.masks[at + i]));
            bytes.all(|(value, mask, other_value, other_mask)| match mask {
                // The mask lets other signs pass, and what is searched for does not.
                DIGIT => other_mask == DIGIT || (other_mask == WHOLE && other_value.is_ascii_digit()),
                _ => other_mask & mask == mask && other_value & mask == value,
            })
        };
        let from = if edges.end == Edge::Any { 0 } else { last };
        let to = if edges.start == Edge::Any { last } else { 0 };
        (from..=to).any(stands)
    }

    /// Its values and masks in little-endian words of eight bytes; what stands behind its end has no mask.
    pub fn words(&self) -> Vec<(u64, u64)> {
        let word = |bytes: &[u8]| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        };
        self.values.chunks(8).map(word).zip(self.masks.chunks(8).map(word)).collect()
    }

    /// What [`fold`] makes of every text that it stands for.
    pub fn folded(&self) -> Vec<u8> {
        self.values.iter().map(|v| fold(*v)).collect()
    }

    /// The texts of four bytes that its bytes from `at` on can be, digits as `0`.
    pub(super) fn spellings(&self, at: usize) -> impl Iterator<Item = [u8; 4]> {
        let caseless: Vec<usize> = (0..4).filter(|i| self.masks[at + i] == CASELESS).collect();
        let base = [0, 1, 2, 3].map(|i| self.values[at + i]);
        (0..1u32 << caseless.len()).map(move |lower| {
            let mut text = base;
            caseless.iter().enumerate().filter(|(bit, _)| lower & (1 << bit) != 0).for_each(|(_, i)| text[*i] |= 0x20);
            text
        })
    }
}

/// For people: a letter without case as a capital in angle brackets, a digit as `#`.
impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::new();
        let mut caseless = false;
        for (&value, &mask) in self.values.iter().zip(&self.masks) {
            if (mask == CASELESS) != caseless {
                caseless = !caseless;
                bytes.push(if caseless { b'<' } else { b'>' });
            }
            bytes.push(if mask == DIGIT { b'#' } else { value });
        }
        if caseless {
            bytes.push(b'>');
        }
        f.write_str(&String::from_utf8_lossy(&bytes))
    }
}

/// One byte for all that a byte of a fragment can stand for: letters in lower case, `0` for every digit. Other bytes may fall
/// together; a filter may let more pass.
#[inline(always)]
pub const fn fold(byte: u8) -> u8 {
    if byte.wrapping_sub(b'0') < 10 { b'0' } else { byte | 0x20 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_stands_for_every_case_and_digit() {
        let fragment = Fragment::exact(b"Err").then(&Fragment::caseless(b'o'), 9).then(&Fragment::digit(), 9);
        for (text, is) in [("Erro1", true), ("ErrO9 more", true), ("erro1", false), ("Errox", false), ("Err", false)] {
            assert_eq!(fragment.is_at(text.as_bytes()), is, "{text}");
        }
        assert_eq!(fragment.to_string(), "Err<O>#");
        assert_eq!(fragment.folded(), b"erro0");
        assert_eq!(fragment.spellings(1).map(|s| String::from_utf8(s.to_vec()).unwrap()).collect::<Vec<_>>(), ["rrO0", "rro0"]);
    }

    #[test]
    fn a_fragment_stands_in_another() {
        let (error, caseless) = (Fragment::exact(b"error"), Fragment::caseless(b'r'));
        let (any, at_start, at_end) = (Edges::default(), Edges { start: Edge::Line, end: Edge::Any }, Edges { start: Edge::Any, end: Edge::Word });
        assert!(Fragment::exact(b"rro").stands_in(&error, any));
        assert!(!Fragment::exact(b"rro").stands_in(&error, at_start));
        assert!(Fragment::exact(b"err").stands_in(&error, at_start));
        assert!(!Fragment::exact(b"err").stands_in(&error, at_end));
        assert!(Fragment::exact(b"ror").stands_in(&error, at_end));
        assert!(caseless.stands_in(&error, any));
        assert!(!Fragment::exact(b"r").stands_in(&caseless, any), "it may stand for a capital");
        assert!(!error.stands_in(&Fragment::exact(b"err"), any));
        assert!(Fragment::digit().stands_in(&Fragment::exact(b"x7"), any));
        assert!(!Fragment::digit().stands_in(&Fragment::exact(b"x:"), any));
    }

    #[test]
    fn texts_of_a_fragment_fold_to_the_same() {
        for byte in 0..=255u8 {
            let caseless = Fragment::caseless(byte);
            if byte.is_ascii_alphabetic() {
                assert_eq!(caseless.folded(), [fold(byte)]);
                assert_eq!(caseless.folded(), [fold(byte ^ 0x20)]);
            }
            if byte.is_ascii_digit() {
                assert_eq!(Fragment::digit().folded(), [fold(byte)]);
            }
            assert_eq!(Fragment::exact(&[byte]).folded(), [fold(byte)]);
        }
    }
}
