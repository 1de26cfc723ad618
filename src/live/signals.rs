//! Signals that ask for the end, or for new output files.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level::pipe};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The end, by the signal of this number.
    End(u8),
    /// Output files were moved away: make them anew.
    Reopen,
}

/// Listens for SIGINT, SIGTERM and SIGHUP. The second of those that ask for the end ends the process at once.
#[derive(Debug)]
pub struct Signals {
    /// Becomes readable with the first signal.
    bell: UnixStream,
    end: Arc<AtomicUsize>,
    reopen: Arc<AtomicBool>,
}

impl Signals {
    /// Begins to listen. `reopens`: SIGHUP asks for new files, else for the end.
    pub fn new(reopens: bool) -> io::Result<Signals> {
        let (bell, rings) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        rings.set_nonblocking(true)?;
        let (end, reopen, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if signal == SIGHUP && reopens {
                flag::register(signal, Arc::clone(&reopen))?;
            } else if is_ignored(signal) {
                continue;
            } else {
                // In the order in which they are registered: the first one arms what ends the process at the second.
                flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again))?;
                flag::register(signal, Arc::clone(&again))?;
                flag::register_usize(signal, Arc::clone(&end), signal as usize)?;
            }
            pipe::register(signal, rings.try_clone()?)?;
        }
        Ok(Signals { bell, end, reopen })
    }

    /// What was asked for since the last call.
    pub(super) fn heard(&self) -> Option<Heard> {
        let mut sink = [0; 64];
        while io::Read::read(&mut &self.bell, &mut sink).is_ok_and(|n| n > 0) {}
        if self.reopen.swap(false, Ordering::Relaxed) {
            return Some(Heard::Reopen);
        }
        match self.end.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(Heard::End(signal as u8)),
        }
    }

    /// Readable when [`Signals::heard`] has something.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

/// Whether the process was started with this signal ignored, as `nohup` does: it asks for no end then.
pub(super) fn is_ignored(signal: i32) -> bool {
    // SAFETY: without a new action the call only fills in the old one, for which all zeros are a value.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}
