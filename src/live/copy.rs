//! The side that copies.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::queue::{PIECE_BYTES, Queue};
use super::signals::{Heard, Signals};

/// Why the copying ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The input is at its end.
    Input,
    /// Nobody reads the output any more.
    Output,
    /// By a signal of this number. What stood in the pipe was copied.
    Signal(u8),
}

/// What went wrong, and on which side.
#[derive(Debug)]
pub enum CopyError {
    /// Standard input could not be read.
    Input(io::Error),
    /// Standard output could not be written.
    Output(io::Error),
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CopyError::Input(e) => write!(f, "standard input: {e}"),
            CopyError::Output(e) => write!(f, "standard output: {e}"),
        }
    }
}

impl std::error::Error for CopyError {}

/// Copies standard input to standard output until one of them ends or a signal asks for it, each byte as soon as it can be
/// read, and puts what was read into the queue. The queue is ended in any case.
pub fn copy(queue: &Queue, signals: &Signals) -> Result<End, CopyError> {
    let (input, output) = (io::stdin(), io::stdout());
    let end = pass(input.as_fd(), output.as_fd(), queue, signals);
    queue.end();
    end
}

fn pass(input: BorrowedFd, output: BorrowedFd, queue: &Queue, signals: &Signals) -> Result<End, CopyError> {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        let (ready, heard) = wait(input, signals).map_err(|e| CopyError::Input(e.into()))?;
        let asked = match heard {
            Some(Heard::Reopen) => {
                queue.wake();
                None
            }
            Some(Heard::End(signal)) => Some(End::Signal(signal)),
            None => None,
        };
        if !ready {
            match asked {
                Some(end) => return Ok(end),
                None => continue,
            }
        }
        match rustix::io::read(input, spare_capacity(&mut piece)) {
            Ok(0) => return Ok(asked.unwrap_or(End::Input)),
            Ok(_) => {}
            Err(Errno::INTR | Errno::AGAIN) => continue,
            Err(e) => return Err(CopyError::Input(e.into())),
        }
        let written = write_all(output, &piece);
        // What could not be written was read all the same, and tells why the job failed.
        queue.put(&mut piece);
        match (written, asked) {
            (Ok(()), Some(end)) => return Ok(end),
            (Ok(()), None) => {}
            (Err(Errno::PIPE), _) => return Ok(End::Output),
            (Err(e), _) => return Err(CopyError::Output(e.into())),
        }
    }
}

/// Waits until there is something to read, or a signal came.
fn wait(input: BorrowedFd, signals: &Signals) -> Result<(bool, Option<Heard>), Errno> {
    let mut fds = [PollFd::from_borrowed_fd(input, PollFlags::IN), PollFd::from_borrowed_fd(signals.bell(), PollFlags::IN)];
    match poll(&mut fds, None) {
        Ok(_) => Ok((!fds[0].revents().is_empty(), if fds[1].revents().is_empty() { None } else { signals.heard() })),
        Err(Errno::INTR) => Ok((false, None)),
        Err(e) => Err(e),
    }
}

/// Writes everything, also where the other side made the pipe one that does not wait.
pub(super) fn write_all(output: BorrowedFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(output, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let mut fds = [PollFd::from_borrowed_fd(output, PollFlags::OUT)];
                match poll(&mut fds, None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(e) => return Err(e),
                }
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
