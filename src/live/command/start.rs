//! Starting a command with its streams where they can be read.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use pty_process::blocking as pty;
use rustix::process::Pid;
use rustix::{fs, termios};

use super::keyboard::Keyboard;
use super::steer::Target;

/// Why a command did not start.
#[derive(Debug)]
pub enum StartError {
    /// There is no such program.
    NotFound(io::Error),
    /// There is one, and it cannot be executed.
    NotExecutable(io::Error),
    /// Nothing about the command: pipes, signals, processes or pseudo-terminals are not to be had.
    Own(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::NotFound(e) | StartError::NotExecutable(e) | StartError::Own(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Out,
    Err,
}

/// What a command writes.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) from: OwnedFd,
    pub(super) to: Side,
}

/// A command that runs.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) target: Target,
    pub(super) streams: Vec<Stream>,
    /// The terminal whose keys are its input, if it has one.
    pub(super) keyboard: Option<Keyboard>,
}

pub(super) fn start(program: &OsString, arguments: &[OsString]) -> Result<Started, StartError> {
    if io::stdout().is_terminal() { in_terminal(program, arguments) } else { in_pipes(program, arguments) }
}

fn in_pipes(program: &OsString, arguments: &[OsString]) -> Result<Started, StartError> {
    let mut command = Command::new(program);
    command.args(arguments);
    let (from, to) = io::pipe().map_err(StartError::Own)?;
    let mut streams = vec![Stream { from: from.into(), to: Side::Out }];
    if is_one_file() {
        command.stderr(to.try_clone().map_err(StartError::Own)?);
    } else {
        let (from, to) = io::pipe().map_err(StartError::Own)?;
        streams.push(Stream { from: from.into(), to: Side::Err });
        command.stderr(to);
    }
    command.stdout(to);
    // A key reaches all processes in the terminal's foreground group, and only these may read from it: with a terminal
    // the command stays in this group. Without one it gets its own, so that a signal to this group comes to it once.
    let own_group = File::open("/dev/tty").is_err();
    if own_group {
        command.process_group(0);
        die_with_parent(&mut command);
    }
    let child = command.spawn().map_err(why)?;
    Ok(Started { target: Target { pid: pid(&child)?, own_group }, streams, keyboard: None })
}

/// What has a group of its own would survive a SIGKILL to this one.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    let ask = || Ok(rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?);
    // SAFETY: between fork and exec the closure makes one system call and touches no memory that is shared.
    unsafe { command.pre_exec(ask) };
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_: &mut Command) {}

fn in_terminal(program: &OsString, arguments: &[OsString]) -> Result<Started, StartError> {
    let own = |e: pty_process::Error| match e {
        pty_process::Error::Io(e) => StartError::Own(e),
        pty_process::Error::Rustix(e) => StartError::Own(e.into()),
    };
    let (master, slave) = pty::open().map_err(own)?;
    let outer = io::stdout();
    if let (Ok(modes), Ok(size)) = (termios::tcgetattr(&outer), termios::tcgetwinsize(&outer)) {
        termios::tcsetattr(&slave, termios::OptionalActions::Now, &modes).map_err(|e| StartError::Own(e.into()))?;
        termios::tcsetwinsize(&master, size).map_err(|e| StartError::Own(e.into()))?;
    }
    let mut command = pty::Command::new(program).args(arguments);
    let typed = io::stdin().is_terminal();
    if !typed {
        command = command.stdin(Stdio::inherit());
    }
    let mut streams = Vec::new();
    if !io::stderr().is_terminal() {
        let (from, to) = io::pipe().map_err(StartError::Own)?;
        command = command.stderr(to);
        streams.push(Stream { from: from.into(), to: Side::Err });
    }
    let child = command.spawn(slave).map_err(|e| match e {
        pty_process::Error::Io(e) => why(e),
        pty_process::Error::Rustix(e) => StartError::Own(e.into()),
    })?;
    let target = Target { pid: pid(&child)?, own_group: true };
    let master: OwnedFd = master.into();
    let keyboard = Keyboard::new(master.try_clone().map_err(StartError::Own)?, typed);
    streams.insert(0, Stream { from: master, to: Side::Out });
    Ok(Started { target, streams, keyboard: Some(keyboard) })
}

/// Whether standard output and standard error are the same open file.
fn is_one_file() -> bool {
    let (out, err) = (io::stdout(), io::stderr());
    let id = |fd: &dyn AsFd| fs::fstat(fd.as_fd()).map(|s| (s.st_dev, s.st_ino));
    matches!((id(&out), id(&err)), (Ok(a), Ok(b)) if a == b)
}

fn why(e: io::Error) -> StartError {
    match e.kind() {
        ErrorKind::NotFound => StartError::NotFound(e),
        ErrorKind::WouldBlock | ErrorKind::OutOfMemory => StartError::Own(e),
        _ => StartError::NotExecutable(e),
    }
}

fn pid(child: &Child) -> Result<Pid, StartError> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| StartError::Own(io::Error::other("no process number")))
}
