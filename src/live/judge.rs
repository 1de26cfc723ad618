//! The side that judges.

use std::time::{Duration, Instant};

use crate::verdict::{Judgement, Session};

use super::queue::{Next, Queue};

/// How long a job that ended waits for its verdict, about.
const SETTLE: Duration = Duration::from_millis(250);

/// What happens while bytes pass.
#[derive(Debug)]
pub enum Event {
    /// Jobs of a runner's log ended; at the end of the bytes, all that is left.
    Judged(Vec<Judgement>),
    /// [`Queue::wake`] was called.
    Woken,
}

/// Judges what comes until its end. Gives how many bytes were dropped unread.
pub fn judge(queue: &Queue, mut session: Session, mut happens: impl FnMut(Event)) -> u64 {
    let (mut dropped, mut settled, mut unsettled) = (0, Instant::now(), false);
    loop {
        match queue.take(SETTLE) {
            Next::Bytes(piece) => {
                session.push(&piece);
                queue.give_back(piece);
                unsettled = true;
            }
            Next::Gap(gap) => {
                session.skip(gap);
                dropped += gap.bytes;
            }
            Next::Woken => happens(Event::Woken),
            Next::Idle => {}
            Next::End => break,
        }
        if unsettled && settled.elapsed() >= SETTLE {
            session.settle();
            (settled, unsettled) = (Instant::now(), false);
        }
        let judged = session.take_finished();
        if !judged.is_empty() {
            happens(Event::Judged(judged));
        }
    }
    happens(Event::Judged(session.finish()));
    dropped
}
