//! The side that passes bytes on.

use std::io::{self, PipeReader};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::keyboard::Keyboard;
use super::lines::Lines;
use super::start::{Side, Stream};
use crate::live::copy::write_all;
use crate::live::queue::{PIECE_BYTES, Queue};

/// Bytes that are still read of each stream when the command has ended: as much as a pipe can hold.
const MAX_REST: usize = 1 << 20;
/// How long what was written into a pseudo-terminal takes to come out of it, at most.
const TERMINAL_DELAY: Duration = Duration::from_millis(20);

/// What became of the bytes.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) mid_line: bool,
    pub(super) lost: Option<io::Error>,
}

/// A stream that is read.
struct Open {
    from: OwnedFd,
    to: Side,
    lines: Lines,
}

struct Relay<'a> {
    open: Vec<Open>,
    /// Begun lines are held back.
    by_lines: bool,
    queue: &'a Queue,
    piece: Vec<u8>,
    passed: Passed,
}

/// Passes on what the streams give until `bell` is at its end, and then what they still hold.
pub(super) fn pass(streams: Vec<Stream>, queue: &Queue, keyboard: Option<&Keyboard>, bell: &PipeReader, mut nearly: Option<Instant>) -> Passed {
    let by_lines = streams.len() > 1;
    let open = streams.into_iter().map(|s| Open { from: s.from, to: s.to, lines: Lines::default() }).collect();
    let mut relay = Relay { open, by_lines, queue, piece: Vec::with_capacity(PIECE_BYTES), passed: Passed::default() };
    let (input, mut keys) = (io::stdin(), keyboard.and_then(Keyboard::keys));
    loop {
        let keys_want = keys.as_ref().and_then(|k| k.wants(input.as_fd()));
        let mut fds = vec![PollFd::from_borrowed_fd(bell.as_fd(), PollFlags::IN)];
        fds.extend(relay.open.iter().map(|o| PollFd::from_borrowed_fd(o.from.as_fd(), PollFlags::IN)));
        fds.extend(keys_want.map(|(fd, flags)| PollFd::from_borrowed_fd(fd, flags)));
        let left = nearly.map(|at| timespec(at.saturating_duration_since(Instant::now())));
        match poll(&mut fds, left.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => {
                relay.passed.lost = Some(e.into());
                return relay.finish(Duration::ZERO);
            }
        }
        let ready: Vec<bool> = fds.iter().map(|f| !f.revents().is_empty()).collect();
        drop(fds);
        if nearly.is_some_and(|at| Instant::now() >= at) {
            nearly = None;
            queue.wake();
        }
        // What is readable comes before the end.
        relay.read(&ready[1..]);
        if keys_want.is_some()
            && ready.last() == Some(&true)
            && let Some(keys) = &mut keys
        {
            keys.pass(input.as_fd());
        }
        if ready[0] {
            return relay.finish(if keyboard.is_some() { TERMINAL_DELAY } else { Duration::ZERO });
        }
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() }
}

impl Relay<'_> {
    /// Reads once from each stream that is ready; forgets those that are at their end.
    fn read(&mut self, ready: &[bool]) {
        let mut ready = ready.iter();
        let mut open = std::mem::take(&mut self.open);
        open.retain_mut(|o| ready.next() != Some(&true) || self.read_one(o) != Read::End);
        self.open = open;
    }

    fn read_one(&mut self, open: &mut Open) -> Read {
        let Relay { piece, queue, passed, by_lines, .. } = self;
        match rustix::io::read(&open.from, spare_capacity(piece)) {
            Ok(0) => return Read::ended(open, queue),
            Ok(_) => {}
            Err(Errno::INTR | Errno::AGAIN) => return Read::Bytes(0),
            // EIO is the end of a pseudo-terminal that nobody writes to.
            Err(e) => {
                passed.lost = passed.lost.take().or((e != Errno::IO).then(|| e.into()));
                return Read::ended(open, queue);
            }
        }
        let bytes = piece.len();
        let (out, err) = (io::stdout(), io::stderr());
        let to: BorrowedFd = if open.to == Side::Out { out.as_fd() } else { err.as_fd() };
        let written = write_all(to, piece);
        passed.mid_line = piece.last() != Some(&b'\n');
        if *by_lines {
            open.lines.put(piece, queue);
        } else {
            queue.put(piece);
        }
        match written {
            Ok(()) => Read::Bytes(bytes),
            // The command is to learn that its reader is gone: by a closed pipe, as without anybody between.
            Err(e) => {
                passed.lost = passed.lost.take().or((e != Errno::PIPE).then(|| e.into()));
                Read::ended(open, queue)
            }
        }
    }

    /// The command has ended: what it wrote is passed on, what others write later is not waited for.
    fn finish(mut self, patience: Duration) -> Passed {
        for mut open in std::mem::take(&mut self.open) {
            let mut rest = MAX_REST;
            while rest > 0 && is_readable(&open.from, patience) {
                match self.read_one(&mut open) {
                    Read::Bytes(bytes) => rest = rest.saturating_sub(bytes),
                    Read::End => break,
                }
            }
            open.lines.end(self.queue);
        }
        self.passed
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Read {
    Bytes(usize),
    End,
}

impl Read {
    fn ended(open: &mut Open, queue: &Queue) -> Read {
        open.lines.end(queue);
        Read::End
    }
}

fn is_readable(fd: &OwnedFd, patience: Duration) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)];
    poll(&mut fds, Some(&timespec(patience))).is_ok_and(|n| n > 0)
}
