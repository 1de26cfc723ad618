//! The terminal that a command's pseudo-terminal stands for.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize};

/// Hands keys and the window's size on. Where standard input is the terminal its keys come unchanged, and what the terminal
/// was before is restored in the end.
#[derive(Debug)]
pub(super) struct Keyboard {
    master: OwnedFd,
    /// As the terminal was; `None` where standard input is no terminal.
    before: Option<Termios>,
}

impl Keyboard {
    /// From now on keys come unchanged: the pseudo-terminal gives them their meaning.
    pub(super) fn new(master: OwnedFd, typed: bool) -> Keyboard {
        let before = if typed { tcgetattr(io::stdin()).ok() } else { None };
        if let Some(before) = &before {
            let mut raw = before.clone();
            raw.make_raw();
            // A terminal that is gone needs no mode.
            let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &raw);
        }
        Keyboard { master, before }
    }

    /// Gives the pseudo-terminal the size that the window has now.
    pub(super) fn resize(&self) {
        if let Ok(size) = tcgetwinsize(io::stdout()) {
            let _ = tcsetwinsize(&self.master, size);
        }
    }

    pub(super) fn keys(&self) -> Option<Keys<'_>> {
        self.before.as_ref().map(|_| Keys { master: self.master.as_fd(), waiting: Vec::new(), ended: false })
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(io::stdin(), OptionalActions::Drain, before);
        }
    }
}

/// Keys on their way. Never waits for the command to read them.
#[derive(Debug)]
pub(super) struct Keys<'a> {
    master: BorrowedFd<'a>,
    waiting: Vec<u8>,
    ended: bool,
}

impl<'a> Keys<'a> {
    /// What to wait for before [`Keys::pass`].
    pub(super) fn wants(&self, input: BorrowedFd<'a>) -> Option<(BorrowedFd<'a>, PollFlags)> {
        if !self.waiting.is_empty() {
            return Some((self.master, PollFlags::OUT));
        }
        (!self.ended).then_some((input, PollFlags::IN))
    }

    /// Takes keys, or hands on those that wait.
    pub(super) fn pass(&mut self, input: BorrowedFd) {
        let moved = if self.waiting.is_empty() {
            let mut keys = [0; 1024];
            rustix::io::read(input, &mut keys).map(|read| {
                self.ended = read == 0;
                self.waiting.extend_from_slice(&keys[..read]);
            })
        } else {
            rustix::io::write(self.master, &self.waiting).map(|written| drop(self.waiting.drain(..written)))
        };
        // A terminal without keys, or a command without a reader for them: output goes on.
        if moved.is_err_and(|e| !matches!(e, Errno::INTR | Errno::AGAIN)) {
            self.waiting.clear();
            self.ended = true;
        }
    }
}
