//! A file that grows.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::signals::{Heard, Signals};

/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// How long nothing comes before that is told.
const QUIET: Duration = Duration::from_millis(250);
/// How often a file is looked at of which the system tells nothing: another machine may write it.
const UNWATCHED: Duration = Duration::from_secs(1);

/// What happens to the file.
#[derive(Debug)]
pub enum Growth<'a> {
    /// The next bytes.
    Bytes(&'a [u8]),
    /// Nothing came for a quarter of a second.
    Quiet,
    /// It was cut, or another stands under its name: what comes is the start of a file. What was left of the old one came
    /// before.
    Anew,
    /// Output files were moved away (SIGHUP).
    Reopen,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Wait for more.
    Follow,
    /// It is enough.
    Stop,
}

/// Reads the file at `path` from its start and goes on with what is added, also where it is moved away and made anew. Ends
/// when `grows` has enough, or with the number of the signal that asks for the end.
pub fn follow(path: &Path, signals: &Signals, mut grows: impl FnMut(Growth) -> Then) -> io::Result<Option<u8>> {
    let mut followed = Followed { file: File::open(path)?, path: path.to_path_buf(), read: 0 };
    if !followed.file.metadata()?.is_file() {
        return Err(io::Error::other("no regular file"));
    }
    let watch = Watch::new(path)?;
    let mut piece = vec![0; PIECE_BYTES];
    // When bytes came last, until it is told that none come.
    let mut last = Some(Instant::now());
    loop {
        let read = match followed.file.read(&mut piece) {
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        if read > 0 {
            followed.read += read as u64;
            last = Some(Instant::now());
            if grows(Growth::Bytes(&piece[..read])) == Then::Stop {
                return Ok(None);
            }
        } else if followed.is_anew()? {
            last = Some(Instant::now());
            if grows(Growth::Anew) == Then::Stop {
                return Ok(None);
            }
            continue;
        }
        let patience = match last {
            _ if read > 0 => Duration::ZERO,
            Some(last) => QUIET.saturating_sub(last.elapsed()),
            None => UNWATCHED,
        };
        watch.wait(signals, patience)?;
        match signals.heard() {
            Some(Heard::End(signal)) => return Ok(Some(signal)),
            Some(Heard::Reopen) => {
                grows(Growth::Reopen);
            }
            None => {}
        }
        if read == 0 && last.is_some_and(|l| l.elapsed() >= QUIET) {
            last = None;
            if grows(Growth::Quiet) == Then::Stop {
                return Ok(None);
            }
        }
    }
}

struct Followed {
    file: File,
    path: PathBuf,
    read: u64,
}

impl Followed {
    /// At the end of what there is: whether the file was cut, or another stands under its name. That one is open then.
    fn is_anew(&mut self) -> io::Result<bool> {
        let here = self.file.metadata()?;
        if here.len() < self.read {
            self.file = File::open(&self.path).or_else(|_| self.file.try_clone())?;
            io::Seek::rewind(&mut self.file)?;
            self.read = 0;
            return Ok(true);
        }
        let id = |m: &Metadata| (m.dev(), m.ino());
        // Between moving away and making anew there is none.
        let is_other = std::fs::metadata(&self.path).is_ok_and(|there| there.is_file() && id(&there) != id(&here));
        // The last bytes of the old one may have come since it was read.
        if !is_other || self.file.metadata()?.len() > self.read {
            return Ok(false);
        }
        let Ok(file) = File::open(&self.path) else { return Ok(false) };
        (self.file, self.read) = (file, 0);
        Ok(true)
    }
}

/// Rings when something happens in the folders of the file.
struct Watch {
    bell: UnixStream,
    _watcher: Option<RecommendedWatcher>,
}

impl Watch {
    fn new(path: &Path) -> io::Result<Watch> {
        let (bell, rings) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        rings.set_nonblocking(true)?;
        // A bell that rings already needs no other byte.
        let ring = move |event: notify::Result<notify::Event>| {
            // Reading the file is something that happens to it too.
            if event.is_ok_and(|e| !e.kind.is_access()) {
                let _ = (&rings).write(&[0]);
            }
        };
        // Where the system has no more watches to give, looking at the file every second does.
        let mut watcher = notify::recommended_watcher(ring).ok();
        let named = path.parent().map(|p| if p.as_os_str().is_empty() { Path::new(".") } else { p }.to_path_buf());
        // A link's own folder tells when it leads elsewhere, the file's when that grows.
        let real = path.canonicalize().ok().and_then(|p| p.parent().map(Path::to_path_buf));
        for folder in named.into_iter().chain(real) {
            if let Some(watcher) = &mut watcher {
                let _ = watcher.watch(&folder, RecursiveMode::NonRecursive);
            }
        }
        Ok(Watch { bell, _watcher: watcher })
    }

    /// Waits for something to happen, or a signal, no longer than that.
    fn wait(&self, signals: &Signals, patience: Duration) -> io::Result<()> {
        let mut fds = [PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN), PollFd::from_borrowed_fd(signals.bell(), PollFlags::IN)];
        let time = Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: patience.subsec_nanos().into() };
        match poll(&mut fds, Some(&time)) {
            Ok(_) | Err(Errno::INTR) => {
                let mut sink = [0; 512];
                while (&self.bell).read(&mut sink).is_ok_and(|n| n > 0) {}
                Ok(())
            }
            Err(e) => Err(e.into()),
        }
    }
}
