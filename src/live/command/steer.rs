//! Signals to a command, and its end.

use std::io::{self, PipeWriter};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, kill_process_group, waitpid};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

use super::keyboard::Keyboard;
use crate::live::signals::is_ignored;

/// Signals that are passed on.
const PASSED: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];
/// Those of them that ask for the end.
const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// The process to steer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) pid: Pid,
    /// It leads a process group of its own, which gets the signals.
    pub(super) own_group: bool,
}

/// Holds signals for [`steer`] from its making on.
#[derive(Debug)]
pub(super) struct Listener {
    signals: SignalsInfo<WithOrigin>,
}

impl Listener {
    pub(super) fn new() -> io::Result<Listener> {
        // What is ignored here is ignored by the command (nohup), and comes to nobody.
        let passed = PASSED.into_iter().filter(|s| !is_ignored(*s));
        Ok(Listener { signals: SignalsInfo::new(passed.chain([SIGCHLD, SIGWINCH]))? })
    }
}

/// Passes signals on until the process ends. Gives its exit status as shells say it, and the first signal that asked for its
/// end. `rings` is closed then.
pub(super) fn steer(mut listener: Listener, target: &Target, keyboard: Option<&Keyboard>, rings: PipeWriter) -> (u8, Option<u8>) {
    let _rings = rings;
    let mut asked = None;
    loop {
        match ended(target) {
            Some(status) => return (status, asked),
            None => {
                for origin in listener.signals.wait() {
                    match origin.signal {
                        SIGCHLD => {}
                        SIGWINCH => keyboard.iter().for_each(|k| k.resize()),
                        // A key's signal reached the whole group already.
                        _ if !target.own_group && matches!(origin.cause, Cause::Kernel) => {}
                        signal => send(target, signal),
                    }
                    if ENDING.contains(&origin.signal) {
                        asked = asked.or(u8::try_from(origin.signal).ok());
                    }
                }
            }
        }
    }
}

/// The exit status, if the process is at its end.
fn ended(target: &Target) -> Option<u8> {
    match waitpid(Some(target.pid), WaitOptions::NOHANG) {
        Ok(None) => None,
        Ok(Some((_, status))) => Some(as_shells_say(status)),
        // Somebody else waited for it: what it ended with is not to be known.
        Err(_) => Some(1),
    }
}

fn as_shells_say(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| status.terminating_signal().map(|s| 128 + s));
    code.and_then(|c| u8::try_from(c).ok()).unwrap_or(1)
}

fn send(target: &Target, signal: i32) {
    let Some(signal) = Signal::from_named_raw(signal) else { return };
    // It may have ended in between; nobody has waited for it yet, so that the number is still its own.
    let _ = if target.own_group { kill_process_group(target.pid, signal) } else { kill_process(target.pid, signal) };
}
