//! Large files through a memory map. `memmap2` and `unsafe` live here only.
//!
//! A file that becomes shorter while it is mapped makes the system send SIGBUS to whoever reads the missing pages, and
//! that ends a process. So a handler puts a page of zeros under the address and notes that it did; the scan goes on over
//! zeros, which clean away to nothing, and the reader is told that the file shrank.

use std::fs::File;

use super::open::ReadError;

/// Bytes handed out at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// The size of a regular file of at least `from` bytes.
pub(super) fn size_worth_mapping(file: &File, from: u64) -> Option<u64> {
    let data = file.metadata().ok()?;
    (cfg!(target_os = "linux") && data.is_file() && data.len() >= from && usize::try_from(data.len()).is_ok()).then_some(data.len())
}

/// Maps the first `size` bytes of `file` and hands them out in chunks.
#[cfg(target_os = "linux")]
pub(super) fn read(file: &File, size: u64, take: &mut impl FnMut(&[u8])) -> Result<(), ReadError> {
    if !guard::install() {
        return Err(ReadError::Io(std::io::Error::other("the handler for a file that shrinks could not be set")));
    }
    // SAFETY: the map is read only, private to this function, and `size` bytes long. Others may change the file: the
    // bytes are only ever read as bytes, so any value is valid. They may cut it: `guard` turns the missing pages into
    // zeros. If the handler were taken away by somebody else in this process, a cut file would end the process.
    let map = unsafe { memmap2::MmapOptions::new().len(size as usize).map(file) }.map_err(ReadError::Io)?;
    let region = guard::Region::new(&map);
    for chunk in map.chunks(CHUNK_BYTES) {
        take(chunk);
        if region.shrunk() {
            return Err(ReadError::Shrunk);
        }
    }
    Ok(())
}

/// Nothing is ever worth mapping here.
#[cfg(not(target_os = "linux"))]
pub(super) fn read(_: &File, _: u64, _: &mut impl FnMut(&[u8])) -> Result<(), ReadError> {
    Err(ReadError::Io(std::io::ErrorKind::Unsupported.into()))
}

#[cfg(target_os = "linux")]
mod guard {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// Maps that can be open at a time: one a thread.
    const SLOTS: usize = 256;

    struct Slot {
        /// 0: free.
        start: AtomicUsize,
        end: AtomicUsize,
        shrunk: AtomicBool,
    }

    static REGIONS: [Slot; SLOTS] = [const { Slot { start: AtomicUsize::new(0), end: AtomicUsize::new(0), shrunk: AtomicBool::new(false) } }; SLOTS];
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    static PAGE: AtomicUsize = AtomicUsize::new(4096);

    /// An open map; the handler looks after it until it is dropped.
    pub(super) struct Region(Option<usize>);

    impl Region {
        pub(super) fn new(map: &[u8]) -> Region {
            let start = map.as_ptr() as usize;
            let slot = REGIONS.iter().position(|s| s.start.compare_exchange(0, start, Ordering::SeqCst, Ordering::SeqCst).is_ok());
            if let Some(i) = slot {
                REGIONS[i].shrunk.store(false, Ordering::SeqCst);
                REGIONS[i].end.store(start + map.len(), Ordering::SeqCst);
            }
            Region(slot)
        }

        pub(super) fn shrunk(&self) -> bool {
            self.0.is_some_and(|i| REGIONS[i].shrunk.load(Ordering::SeqCst))
        }
    }

    impl Drop for Region {
        fn drop(&mut self) {
            if let Some(i) = self.0 {
                REGIONS[i].end.store(0, Ordering::SeqCst);
                REGIONS[i].start.store(0, Ordering::SeqCst);
            }
        }
    }

    /// Sets the handler, once. False if the system refuses.
    pub(super) fn install() -> bool {
        *INSTALLED.get_or_init(|| {
            // SAFETY: `sysconf` and `sigaction` are called with valid arguments; the handler does only what a signal
            // handler may: atomics, `mmap`, `signal`, `raise`.
            unsafe {
                PAGE.store(usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap_or(4096), Ordering::SeqCst);
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = handler as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
                libc::sigemptyset(&mut action.sa_mask);
                libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut()) == 0
            }
        })
    }

    extern "C" fn handler(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the system gives a valid `info` to an SA_SIGINFO handler.
        let address = unsafe { (*info).si_addr() } as usize;
        let page = PAGE.load(Ordering::SeqCst);
        let ours = REGIONS.iter().find(|s| {
            let start = s.start.load(Ordering::SeqCst);
            start != 0 && address >= start && address < s.end.load(Ordering::SeqCst).next_multiple_of(page)
        });
        let Some(region) = ours else {
            // Not a map of ours: as if there were no handler.
            // SAFETY: both calls may be made in a handler.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
            return;
        };
        region.shrunk.store(true, Ordering::SeqCst);
        // SAFETY: the page lies in a map of ours that nobody else knows, so that replacing it affects no other memory.
        let zeros = unsafe {
            libc::mmap((address & !(page - 1)) as *mut libc::c_void, page, libc::PROT_READ, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED, -1, 0)
        };
        if zeros == libc::MAP_FAILED {
            // SAFETY: as above.
            unsafe {
                libc::signal(signal, libc::SIG_DFL);
                libc::raise(signal);
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_cut_under_its_map_is_told_and_survived() {
        let file = tempfile::tempfile().unwrap();
        let size = 8 * CHUNK_BYTES as u64;
        file.set_len(size).unwrap();
        let mut chunks = 0;
        let end = read(&file, size, &mut |chunk| {
            chunks += 1;
            if chunks == 2 {
                file.set_len(CHUNK_BYTES as u64).unwrap();
            }
            assert!(chunk.iter().all(|&b| b == 0));
        });
        assert!(matches!(end, Err(ReadError::Shrunk)), "{end:?}");
        assert!(chunks < 8);
    }
}
