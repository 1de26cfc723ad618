//! The side that judges.

use std::time::{Duration, Instant};

use crate::verdict::{Judgement, Session};

use super::queue::{Next, Queue};

/// How long a job that ended waits for its verdict, about.
const SETTLE: Duration = Duration::from_millis(250);

/// What happens while bytes pass.
#[derive(Debug)]
pub enum Event {
    /// Jobs of a runner's log ended, or a problem of it began or is over.
    Judged(Vec<Judgement>),
    /// [`Queue::wake`] was called.
    Woken,
}

/// Judges what comes until its end. Gives the session, of which the rest is to be asked, and how many bytes were dropped
/// unread.
pub fn judge<'r>(queue: &Queue, mut session: Session<'r>, mut happens: impl FnMut(Event, &mut Session)) -> (Session<'r>, u64) {
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
            Next::Woken => happens(Event::Woken, &mut session),
            Next::Idle => {}
            Next::End => break,
        }
        if unsettled && settled.elapsed() >= SETTLE {
            session.settle();
            (settled, unsettled) = (Instant::now(), false);
        }
        let judged = session.take_finished();
        if !judged.is_empty() {
            happens(Event::Judged(judged), &mut session);
        }
    }
    (session, dropped)
}
