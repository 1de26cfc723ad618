//! A run of clean lines in one buffer.

use std::ops::Range;

/// Clean lines, each ended by `\n`, with one before the first. A line holds no `\n` itself.
#[derive(Clone, Debug)]
pub struct Block {
    text: Vec<u8>,
    /// Where each line ends in `text`.
    ends: Vec<u32>,
}

impl Default for Block {
    fn default() -> Block {
        Block { text: vec![b'\n'], ends: Vec::new() }
    }
}

impl Block {
    /// No lines.
    pub fn new() -> Block {
        Block::default()
    }

    /// Appends a line.
    pub fn push(&mut self, line: &[u8]) {
        self.text.extend_from_slice(line);
        self.ends.push(self.text.len() as u32);
        self.text.push(b'\n');
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no line.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all lines with their ends.
    pub fn bytes(&self) -> usize {
        self.text.len() - 1
    }

    /// The text of a line.
    pub fn line(&self, index: usize) -> &[u8] {
        &self.text[self.start(index)..self.ends[index] as usize]
    }

    /// Forgets the first `lines` lines.
    pub fn drop_front(&mut self, lines: usize) {
        let cut = self.start(lines) - 1;
        self.text.drain(..cut);
        self.ends.drain(..lines);
        self.ends.iter_mut().for_each(|e| *e -= cut as u32);
    }

    /// The text of a range of lines with the line end before it, and where that starts in the block.
    pub(super) fn text_of(&self, lines: Range<usize>) -> (&[u8], usize) {
        let start = self.start(lines.start) - 1;
        (&self.text[start..self.start(lines.end)], start)
    }

    pub(super) fn ends(&self) -> &[u32] {
        &self.ends
    }

    pub(super) fn start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(1, |i| self.ends[i] as usize + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_after_a_cut() {
        let mut block = Block::new();
        for line in ["one", "two", "three"] {
            block.push(line.as_bytes());
        }
        block.drop_front(1);
        assert_eq!((block.line(0), block.line(1), block.len()), (&b"two"[..], &b"three"[..], 2));
        block.drop_front(2);
        assert!(block.is_empty());
        assert_eq!(block.bytes(), 0);
    }
}
