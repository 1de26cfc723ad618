//! Fragments, ready to be compared with text in words of eight bytes.

use std::ops::Range;

use crate::pattern::Fragment;

use super::layout::{Reader, Slice, Writer};
use super::program::EngineError;
use super::sieve::word;

#[derive(Debug)]
pub(in crate::engine) struct Texts {
    /// For each fragment where its words begin, its length, and how much of that is a line end before it.
    places: Slice<[u32; 3]>,
    /// Value and mask; bytes behind the end of a fragment have none.
    words: Slice<[u64; 2]>,
}

impl Texts {
    /// Of fragments and the bytes of a line end before each.
    pub(super) fn build<'f>(fragments: impl Iterator<Item = (&'f Fragment, u8)>) -> Texts {
        let (mut places, mut words) = (Vec::new(), Vec::new());
        for (fragment, lead) in fragments {
            places.push([words.len() as u32, fragment.len() as u32, u32::from(lead)]);
            words.extend(fragment.words().into_iter().map(|(value, mask)| [value, mask]));
        }
        Texts { places: places.into(), words: words.into() }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.add(&self.places);
        writer.add(&self.words);
    }

    pub(super) fn read(reader: &mut Reader) -> Result<Texts, EngineError> {
        Ok(Texts { places: reader.part()?, words: reader.part()? })
    }

    /// Bytes of a fragment.
    #[inline]
    pub(in crate::engine) fn length(&self, fragment: u32) -> usize {
        self.places[fragment as usize][1] as usize
    }

    /// Where in `text` the text of `fragment` begins, at one of the places. Cost: a comparison each.
    #[inline]
    pub(in crate::engine) fn begins(&self, fragment: u32, text: &[u8], places: Range<usize>) -> impl Iterator<Item = usize> {
        let [first, length, _] = self.places[fragment as usize];
        let [value, mask] = self.words[first as usize];
        let last = (text.len() + 1).saturating_sub(length as usize);
        let places = places.start..places.end.min(last);
        // What is too near to the text's end for a whole word is compared more slowly.
        let whole = places.start..places.end.min((text.len() + 1).saturating_sub(8)).max(places.start);
        let rest = whole.end..places.end;
        let words = text.get(whole.start..whole.end + 7).unwrap_or_default().windows(8);
        let first_word = move |(_, bytes): &(usize, &[u8])| word::<8>(bytes, 0) & mask == value;
        whole.zip(words).filter(first_word).map(|(at, _)| at).chain(rest).filter(move |at| self.begin(fragment, text, *at).is_some())
    }

    /// Where the text of `fragment` begins, behind a line end, if it stands in `text` at `start`.
    #[inline]
    pub(in crate::engine) fn begin(&self, fragment: u32, text: &[u8], start: usize) -> Option<u32> {
        let [first, length, lead] = self.places[fragment as usize];
        let length = length as usize;
        if text.len() - start.min(text.len()) < length {
            return None;
        }
        let words = &self.words[first as usize..first as usize + length.div_ceil(8)];
        let stands = words.iter().enumerate().all(|(i, [value, mask])| {
            let at = start + 8 * i;
            let word = if at + 8 <= text.len() { word::<8>(text, at) } else { last_word(&text[at..]) };
            word & mask == *value
        });
        stands.then_some(start as u32 + lead)
    }
}

fn last_word(rest: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(word)
}
