//! A command whose output passes by.
//!
//! It gets a pseudo-terminal where standard output is a terminal, one pipe where standard output and standard error are the
//! same open file, two where they are not. One thread passes bytes on, one passes signals on and waits for the end.

mod keyboard;
mod lines;
mod relay;
mod start;
mod steer;

use std::ffi::OsString;
use std::io;
use std::time::Instant;

use super::queue::Queue;
pub use start::StartError;

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status, or 128 and the number of the signal that ended it.
    pub status: u8,
    /// The first signal that asked this process for the end, and was passed on.
    pub asked: Option<u8>,
    /// What was passed on last did not end a line.
    pub mid_line: bool,
    /// Why not everything was passed on, other than that nobody reads it.
    pub lost: Option<io::Error>,
}

/// Runs `program` until it ends, passes on what it writes, and puts that into the queue, whole lines where two streams come.
/// At `nearly` the queue's other side is woken once. The queue is ended in any case.
///
/// What the command started and left behind is not waited for: what it writes later has no reader.
pub fn run(program: &OsString, arguments: &[OsString], queue: &Queue, nearly: Option<Instant>) -> Result<Ended, StartError> {
    let ended = begin(program, arguments, queue, nearly);
    queue.end();
    ended
}

fn begin(program: &OsString, arguments: &[OsString], queue: &Queue, nearly: Option<Instant>) -> Result<Ended, StartError> {
    // Before the command starts: its end must not be missed.
    let listener = steer::Listener::new().map_err(StartError::Own)?;
    let (bell, rings) = io::pipe().map_err(StartError::Own)?;
    let start::Started { target, streams, keyboard } = start::start(program, arguments)?;
    std::thread::scope(|scope| {
        let steering = scope.spawn({
            let keyboard = keyboard.as_ref();
            move || steer::steer(listener, &target, keyboard, rings)
        });
        let passed = relay::pass(streams, queue, keyboard.as_ref(), &bell, nearly);
        let (status, asked) = steering.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(Ended { status, asked, mid_line: passed.mid_line, lost: passed.lost })
    })
}
