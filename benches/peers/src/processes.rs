//! Whole programs, from start to end.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;

/// Where standard output goes.
#[derive(Clone, Debug)]
pub enum Out {
    /// Nowhere. Not for programs that stop at the first match when nobody reads.
    Null,
    /// A pipe that is read to its end.
    Pipe,
    /// A file, and how many lines it must then have, if that is known.
    File(PathBuf, Option<u64>),
}

/// A program and its arguments.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The program.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its standard output.
    pub out: Out,
    /// Exit statuses that mean that the work was done.
    pub allowed: &'static [i32],
    /// It is stopped when it takes longer.
    pub limit: Duration,
}

impl Invocation {
    /// A program whose output is read through a pipe, and which ends with 0.
    pub fn new<A: Into<OsString>>(program: impl Into<OsString>, arguments: impl IntoIterator<Item = A>, limit: Duration) -> Invocation {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Invocation { program: program.into(), arguments, out: Out::Pipe, allowed: &[0], limit }
    }

    /// Runs it: seconds by the clock, or `None` if it took longer than its limit.
    pub fn run(&self) -> Result<Option<f64>, Error> {
        let stdout = match &self.out {
            Out::Null => Stdio::null(),
            Out::Pipe => Stdio::piped(),
            Out::File(path, _) => File::create(path).map_err(|e| Error::path(path, e))?.into(),
        };
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env("LC_ALL", "C").stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        let start = Instant::now();
        let child = command.spawn().map_err(|e| self.error(e))?;
        let over = AtomicBool::new(false);
        let (status, complaint) = self.wait(child, &over).map_err(|e| self.error(e))?;
        let seconds = start.elapsed().as_secs_f64();
        if over.load(Ordering::Relaxed) {
            return Ok(None);
        }
        if !status.is_some_and(|s| self.allowed.contains(&s)) {
            let status = status.map_or("a signal".to_owned(), |s| format!("status {s}"));
            let first = complaint.lines().next().unwrap_or_default();
            return Err(self.error(format!("ended with {status}: {first}")));
        }
        if let Out::File(path, Some(want)) = &self.out {
            let text = std::fs::read(path).map_err(|e| Error::path(path, e))?;
            let got = memchr::memchr_iter(b'\n', &text).count() as u64;
            if got != *want {
                return Err(self.error(format!("wrote {got} lines, and not {want}")));
            }
        }
        Ok(Some(seconds))
    }

    /// Waits for the end without polling: its pipes close when it ends, by itself or stopped by the watch.
    fn wait(&self, mut child: Child, over: &AtomicBool) -> io::Result<(Option<i32>, String)> {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let child = Mutex::new(child);
        let lock = || child.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, watched) = channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                if watched.recv_timeout(self.limit) == Err(RecvTimeoutError::Timeout) {
                    over.store(true, Ordering::Relaxed);
                    // It may have ended by itself a moment ago.
                    _ = lock().kill();
                }
            });
            let reader = stdout.map(|mut out| scope.spawn(move || io::copy(&mut out, &mut io::sink())));
            let mut complaint = Vec::new();
            if let Some(mut err) = stderr {
                err.read_to_end(&mut complaint)?;
            }
            if let Some(Ok(read)) = reader.map(|r| r.join()) {
                read?;
            }
            let status = lock().wait()?;
            drop(done);
            Ok((status.code(), String::from_utf8_lossy(&complaint).into_owned()))
        })
    }

    fn error(&self, what: impl std::fmt::Display) -> Error {
        Error::World(format!("{}: {what}", self.program.display()))
    }
}

/// The first line that a program prints when it is asked for its version; an error says that it is not there.
pub fn version_of(program: impl Into<OsString>) -> Result<String, Error> {
    let program = program.into();
    let output = Command::new(&program).arg("--version").output();
    let output = output.map_err(|e| Error::World(format!("{}: {e}", program.display())))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
