//! Whole lines of several streams.

use crate::live::queue::{PIECE_BYTES, Queue};

/// Holds the begun line of one stream back, so that another's does not stand in its midst.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// Puts the whole lines of `piece` into the queue and leaves it empty. A line of more than 64 KiB is not waited for.
    pub(super) fn put(&mut self, piece: &mut Vec<u8>, queue: &Queue) {
        match piece.iter().rposition(|b| *b == b'\n') {
            Some(end) => {
                let rest = piece.split_off(end + 1);
                self.end(queue);
                queue.put(piece);
                self.begun = rest;
            }
            None => self.begun.append(piece),
        }
        if self.begun.len() > PIECE_BYTES {
            self.end(queue);
        }
    }

    /// The stream is at its end: nothing is held back.
    pub(super) fn end(&mut self, queue: &Queue) {
        for part in self.begun.chunks(PIECE_BYTES) {
            queue.put(&mut part.to_vec());
        }
        self.begun.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::queue::Next;
    use std::time::Duration;

    #[test]
    fn lines_of_two_streams_stay_whole() {
        let queue = Queue::new();
        let (mut out, mut err) = (Lines::default(), Lines::default());
        for (stream, text) in [(0, "on"), (1, "a\nb"), (0, "e\ntwo"), (1, "c\n"), (0, "")] {
            if stream == 0 { &mut out } else { &mut err }.put(&mut text.as_bytes().to_vec(), &queue);
        }
        out.end(&queue);
        err.end(&queue);
        queue.end();
        let mut all = Vec::new();
        while let Next::Bytes(bytes) = queue.take(Duration::ZERO) {
            all.extend(bytes);
        }
        assert_eq!(String::from_utf8(all).unwrap(), "a\none\nbc\ntwo");
    }
}
