//! What stands in folders, by listings that threads make ahead of the one that is due.
//!
//! Every folder that is known has a key: the positions that lead to it from the first. The keys' order is the order of
//! the walk, so the threads always list the folder that is due next. What was listed and not taken yet is bounded.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Entries that were listed ahead and not taken yet; beyond it no further listing is begun.
const MAX_AHEAD: usize = 16_384;
/// More threads than that wait for the same disk.
const MAX_LISTERS: usize = 32;

/// Where a folder stands in the order of the walk.
pub(super) type Key = Vec<usize>;

/// What stands in one folder, in byte order of names. Hidden entries are left out.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub found: Vec<Found>,
    /// The folder is one of GitLab's archive of traces.
    pub has_job_log: bool,
}

/// One entry of a folder.
#[derive(Debug)]
pub(super) enum Found {
    /// No folder; `is_regular` also where a link leads to a regular file.
    File { path: PathBuf, is_regular: bool },
    /// A folder: [`Folders::take`] with its place.
    Folder,
    /// What cannot be read, and why.
    Unreadable { path: PathBuf, error: String },
}

struct State {
    /// Folders that nobody has begun to list.
    known: BTreeMap<Key, PathBuf>,
    listed: BTreeMap<Key, Listing>,
    /// Entries in `listed`.
    ahead: usize,
    has_threads: bool,
    stopped: bool,
}

struct Shared {
    root: Root,
    state: Mutex<State>,
    changed: Condvar,
}

/// The folders below one that was named.
pub(super) struct Folders {
    shared: Arc<Shared>,
    threads: usize,
}

impl Folders {
    /// With more than one of `threads`, as many list ahead; they begin with the first folder that has two others in it.
    pub fn new(root: PathBuf, threads: usize) -> Folders {
        let known = BTreeMap::from([(Key::new(), root.clone())]);
        let state = State { known, listed: BTreeMap::new(), ahead: 0, has_threads: false, stopped: false };
        let threads = if threads > 1 { threads.min(MAX_LISTERS) } else { 0 };
        Folders { shared: Arc::new(Shared { root: Root::new(root), state: Mutex::new(state), changed: Condvar::new() }), threads }
    }

    /// The listing of the folder with `key`, which was found and not taken yet. Waits for a thread that is at it.
    pub fn take(&mut self, key: &[usize]) -> Listing {
        let mut state = self.shared.lock();
        loop {
            if let Some(listing) = state.listed.remove(key) {
                state.ahead -= listing.found.len();
                self.shared.changed.notify_all();
                return listing;
            }
            if let Some(folder) = state.known.remove(key) {
                drop(state);
                let (listing, below) = list(&folder, &self.shared.root);
                let mut state = self.shared.lock();
                state.add(key, below);
                let wants_threads = self.threads > 0 && !state.has_threads && state.known.len() > 1;
                state.has_threads |= wants_threads;
                drop(state);
                if wants_threads {
                    self.begin();
                }
                self.shared.changed.notify_all();
                return listing;
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn begin(&self) {
        for _ in 0..self.threads {
            let shared = self.shared.clone();
            // Where no thread is to be had, the walk lists for itself.
            let _ = std::thread::Builder::new().name("lister".to_owned()).spawn(move || shared.list_ahead());
        }
    }
}

impl Drop for Folders {
    /// The threads end after the listing they are at; nobody waits for a slow disk.
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
    }
}

impl State {
    fn add(&mut self, key: &[usize], below: Vec<(usize, PathBuf)>) {
        self.known.extend(below.into_iter().map(|(place, path)| ([key, &[place]].concat(), path)));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list_ahead(&self) {
        let mut state = self.lock();
        while !state.stopped {
            if state.ahead >= MAX_AHEAD {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let Some((key, folder)) = state.known.pop_first() else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            let (listing, below) = list(&folder, &self.root);
            state = self.lock();
            state.add(&key, below);
            state.ahead += listing.found.len();
            state.listed.insert(key, listing);
            self.changed.notify_all();
        }
    }
}

/// What stands in `folder`, and the folders among it with their places.
fn list(folder: &Path, root: &Root) -> (Listing, Vec<(usize, PathBuf)>) {
    let (mut listing, mut below) = (Listing::default(), Vec::new());
    let unreadable = |path: PathBuf, e: &io::Error| Found::Unreadable { path, error: why(e) };
    let mut entries = Vec::new();
    let opened = std::fs::read_dir(folder).map_or_else(|e| vec![Err(e)], Iterator::collect);
    for entry in opened {
        match entry {
            Ok(entry) if entry.file_name().as_encoded_bytes().starts_with(b".") => {}
            Ok(entry) => entries.push(entry),
            Err(e) => listing.found.push(unreadable(folder.to_path_buf(), &e)),
        }
    }
    entries.sort_by_cached_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let is_link = entry.file_type().is_ok_and(|t| t.is_symlink());
        let kind = if is_link { std::fs::metadata(&path).map(|m| m.file_type()) } else { entry.file_type() };
        let found = match kind {
            Ok(kind) if kind.is_dir() => match is_link.then(|| root.leads_back(&path)).flatten() {
                Some(above) => Found::Unreadable { error: format!("a folder loop: the link leads back to {}", above.display()), path },
                None => {
                    below.push((listing.found.len(), path));
                    Found::Folder
                }
            },
            Ok(kind) => {
                listing.has_job_log |= kind.is_file() && entry.file_name() == "job.log";
                Found::File { path, is_regular: kind.is_file() }
            }
            Err(e) if is_link && e.kind() == io::ErrorKind::NotFound => Found::Unreadable { path, error: "a broken symbolic link".to_owned() },
            Err(e) => unreadable(path, &e),
        };
        listing.found.push(found);
    }
    (listing, below)
}

fn why(e: &io::Error) -> String {
    if e.kind() == io::ErrorKind::PermissionDenied { "permission denied".to_owned() } else { e.to_string() }
}

/// The folder that was named.
struct Root {
    path: PathBuf,
    /// Its parents, without links.
    above: Vec<PathBuf>,
}

impl Root {
    fn new(path: PathBuf) -> Root {
        // What has no canonical path cannot be listed either, and says so then.
        let above = path.canonicalize().map(|p| p.ancestors().skip(1).map(Path::to_path_buf).collect()).unwrap_or_default();
        Root { path, above }
    }

    /// The folder on the way to the link `path` that it leads back to.
    fn leads_back(&self, path: &Path) -> Option<PathBuf> {
        let on_the_way = path.ancestors().skip(1).take_while(|a| a.starts_with(&self.path));
        let mut all = on_the_way.chain(self.above.iter().map(PathBuf::as_path));
        all.find(|a| same_file::is_same_file(a, path).unwrap_or(false)).map(Path::to_path_buf)
    }
}
