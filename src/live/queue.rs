//! Bytes on their way to the judge.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::text::Gap;

/// Bytes that are handed over at a time, at most: as much as a pipe holds.
pub(super) const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that can wait: 2 MiB.
const MAX_PIECES: usize = 32;

/// Takes bytes from one thread and gives them to another, in order. Memory: at most 2 MiB, and no more than what waited at
/// one time.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    pieces: VecDeque<Vec<u8>>,
    /// Room of pieces that were taken.
    spare: Vec<Vec<u8>>,
    /// What was dropped before the first piece.
    gap: Gap,
    woken: bool,
    ended: bool,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Bytes; give their room back with [`Queue::give_back`].
    Bytes(Vec<u8>),
    /// Bytes that were dropped.
    Gap(Gap),
    /// [`Queue::wake`] was called.
    Woken,
    /// Nothing came for as long as was to be waited.
    Idle,
    /// Nothing will come.
    End,
}

impl Queue {
    /// An empty one.
    pub fn new() -> Queue {
        Queue::default()
    }

    /// Adds the bytes of `piece`, at most 64 KiB, and leaves it empty, with room for as many. Never waits for the
    /// other side: where there is no room, the oldest bytes are dropped. Few bytes are copied to those before, many are not.
    pub fn put(&self, piece: &mut Vec<u8>) {
        let mut state = self.lock();
        let State { pieces, spare, gap, .. } = &mut *state;
        match pieces.back_mut().filter(|last| last.len() + piece.len() <= PIECE_BYTES) {
            Some(last) => {
                last.extend_from_slice(piece);
                piece.clear();
            }
            None if piece.is_empty() => {}
            None => {
                let oldest = if pieces.len() == MAX_PIECES { pieces.pop_front() } else { None };
                oldest.iter().for_each(|dropped| gap.add(dropped));
                let mut empty = oldest.or_else(|| spare.pop()).unwrap_or_else(|| Vec::with_capacity(PIECE_BYTES));
                empty.clear();
                pieces.push_back(std::mem::replace(piece, empty));
            }
        }
        self.changed.notify_one();
    }

    /// Makes the other side look up.
    pub fn wake(&self) {
        self.lock().woken = true;
        self.changed.notify_one();
    }

    /// Nothing more will be put.
    pub fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_one();
    }

    /// What comes next, waiting no longer than `patience`.
    pub fn take(&self, patience: Duration) -> Next {
        let empty = |s: &mut State| s.pieces.is_empty() && s.gap.bytes == 0 && !s.woken && !s.ended;
        let (mut state, _) = self.changed.wait_timeout_while(self.lock(), patience, empty).unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut state.woken) {
            return Next::Woken;
        }
        let gap = std::mem::take(&mut state.gap);
        if gap.bytes > 0 {
            return Next::Gap(gap);
        }
        match state.pieces.pop_front() {
            Some(piece) => Next::Bytes(piece),
            None if state.ended => Next::End,
            None => Next::Idle,
        }
    }

    /// The room of bytes that were taken, for others.
    pub fn give_back(&self, mut piece: Vec<u8>) {
        piece.clear();
        let mut state = self.lock();
        // More than a few would hold memory that a burst took, for good.
        if state.spare.len() < 4 {
            state.spare.push(piece);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_in_order_and_what_has_no_room_is_counted() {
        let queue = Queue::new();
        let text: Vec<u8> = (0..3 * MAX_PIECES * PIECE_BYTES / 2).map(|i| if i % 61 == 0 { b'\n' } else { b'a' + (i % 23) as u8 }).collect();
        let mut piece = Vec::new();
        for chunk in text.chunks(10_007) {
            piece.extend_from_slice(chunk);
            queue.put(&mut piece);
            assert!(piece.is_empty());
        }
        queue.end();
        let Next::Gap(gap) = queue.take(Duration::ZERO) else { panic!("all had room") };
        let mut want = Gap::default();
        want.add(&text[..gap.bytes as usize]);
        assert_eq!(gap, want);
        let mut rest = Vec::new();
        while let Next::Bytes(piece) = queue.take(Duration::ZERO) {
            rest.extend_from_slice(&piece);
            queue.give_back(piece);
        }
        assert!(rest == text[gap.bytes as usize..] && rest.len() > (MAX_PIECES - 1) * (PIECE_BYTES - 10_007));
        assert_eq!(queue.take(Duration::ZERO), Next::End);
    }

    #[test]
    fn waiting_ends() {
        let queue = Queue::new();
        assert_eq!(queue.take(Duration::from_millis(1)), Next::Idle);
        queue.put(&mut Vec::new());
        queue.put(&mut b"a".to_vec());
        queue.wake();
        assert_eq!(queue.take(Duration::from_secs(60)), Next::Woken);
        assert_eq!(queue.take(Duration::from_secs(60)), Next::Bytes(b"a".to_vec()));
        queue.end();
        assert_eq!(queue.take(Duration::from_secs(60)), Next::End);
    }
}
