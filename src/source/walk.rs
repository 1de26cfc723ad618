//! What a list of paths gives, in order: files as they are, folders depth first in byte order of names.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use globset::GlobSet;

use super::folders::{Folders, Found, Key, Listing};

/// Which files of a folder are taken.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only files of which the path below the folder, or the name, matches; `None`: by ending.
    pub globs: Option<GlobSet>,
    /// Every file.
    pub all_files: bool,
}

/// Something to read, or why it cannot be.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// `None`: standard input.
    pub path: Option<PathBuf>,
    /// Why it cannot be read; `None`: try.
    pub error: Option<String>,
}

impl Item {
    /// The path as it is shown.
    pub fn name(&self) -> String {
        self.path.as_ref().map_or("-".to_owned(), |p| p.to_string_lossy().into_owned())
    }
}

/// Items one by one, in order. Memory grows with the depth of folders and the entries of one, not with the number of files.
pub struct Walk<'a> {
    paths: Box<dyn Iterator<Item = PathBuf> + Send + 'a>,
    choice: Choice,
    threads: usize,
    /// The folder that was named and is being walked.
    under: Option<Under>,
}

struct Under {
    root: PathBuf,
    folders: Folders,
    /// The folders from the root to the one whose entries are due.
    open: Vec<Open>,
}

struct Open {
    key: Key,
    found: std::iter::Enumerate<std::vec::IntoIter<Found>>,
    has_job_log: bool,
}

impl Open {
    fn new(key: Key, listing: Listing) -> Open {
        Open { key, found: listing.found.into_iter().enumerate(), has_job_log: listing.has_job_log }
    }
}

/// Endings of logs; what follows a `.log.` may be a number.
const ENDINGS: [&str; 4] = ["log", "txt", "trace", "out"];

impl<'a> Walk<'a> {
    /// Walks what `paths` name. `-` is standard input. With more than one of `threads`, as many list folders ahead.
    pub fn new(paths: impl Iterator<Item = PathBuf> + Send + 'a, choice: Choice, threads: usize) -> Walk<'a> {
        Walk { paths: Box::new(paths), choice, threads, under: None }
    }
}

impl Choice {
    fn takes(&self, root: &Path, path: &Path, has_job_log: bool) -> bool {
        if self.all_files {
            return true;
        }
        if let Some(globs) = &self.globs {
            let below = path.strip_prefix(root).unwrap_or(path);
            return globs.is_match(below) || path.file_name().is_some_and(|n| globs.is_match(n));
        }
        // A folder of GitLab's archive holds other files beside the trace.
        if has_job_log { path.file_name().is_some_and(|n| n == "job.log") } else { has_ending(path) }
    }
}

fn has_ending(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(OsStr::to_str) else { return true };
    match name.rsplit_once('.') {
        None => true,
        Some((stem, ending)) => ENDINGS.contains(&ending) || (ending.bytes().all(|b| b.is_ascii_digit()) && stem.ends_with(".log")),
    }
}

impl Under {
    fn new(root: PathBuf, threads: usize) -> Under {
        let mut folders = Folders::new(root.clone(), threads);
        let first = Open::new(Key::new(), folders.take(&[]));
        Under { root, folders, open: vec![first] }
    }

    fn next(&mut self, choice: &Choice) -> Option<Item> {
        while let Some(open) = self.open.last_mut() {
            match open.found.next() {
                None => {
                    self.open.pop();
                }
                Some((place, Found::Folder)) => {
                    let key = [open.key.as_slice(), &[place]].concat();
                    let listing = self.folders.take(&key);
                    self.open.push(Open::new(key, listing));
                }
                Some((_, Found::File { path, is_regular })) => {
                    if choice.takes(&self.root, &path, open.has_job_log) {
                        return Some(Item { path: Some(path), error: (!is_regular).then(|| "no regular file".to_owned()) });
                    }
                }
                // A broken link that has no log's name is nobody's business.
                Some((_, Found::Unreadable { path, .. })) if path != self.root && path.is_symlink() && !has_ending(&path) => {}
                Some((_, Found::Unreadable { path, error })) => return Some(Item { path: Some(path), error: Some(error) }),
            }
        }
        None
    }
}

impl Iterator for Walk<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.under.as_mut().and_then(|u| u.next(&self.choice)) {
                return Some(item);
            }
            self.under = None;
            let path = self.paths.next()?;
            if path.as_os_str() == "-" {
                return Some(Item { path: None, error: None });
            }
            if path.is_dir() {
                self.under = Some(Under::new(path, self.threads));
                continue;
            }
            let error = (path.is_symlink() && !path.exists()).then(|| "a broken symbolic link".to_owned());
            return Some(Item { path: Some(path), error });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn walked(root: &Path, choice: Choice, threads: usize) -> Vec<String> {
        let show = |i: Item| {
            let path = i.path.unwrap();
            let below = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            i.error.map_or(below.clone(), |e| format!("{below}: {}", e.split(':').next().unwrap()))
        };
        Walk::new([root.to_path_buf()].into_iter(), choice, threads).map(show).collect()
    }

    fn names(root: &Path, choice: Choice) -> Vec<String> {
        let alone = walked(root, choice.clone(), 1);
        assert_eq!(alone, walked(root, choice, 3));
        alone
    }

    /// The slow twin: one walker over the whole tree.
    fn by_one_walker(root: &Path) -> Vec<String> {
        let entries = walkdir::WalkDir::new(root).follow_links(true).sort_by(|a, b| a.file_name().cmp(b.file_name()));
        let below = |p: &Path| p.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let show = |e: Result<walkdir::DirEntry, walkdir::Error>| match e {
            Ok(e) => (!e.file_type().is_dir()).then(|| below(e.path())),
            Err(e) if e.loop_ancestor().is_some() => Some(format!("{}: a folder loop", below(e.path().unwrap()))),
            Err(e) => Some(format!("{}: a broken symbolic link", below(e.path().unwrap()))),
        };
        entries.into_iter().filter_map(show).collect()
    }

    #[cfg(unix)]
    #[test]
    fn any_tree_is_walked_as_by_one_walker() {
        let mut seed = 7u64;
        let mut random = move |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let mut folders = vec![folder.path().to_path_buf()];
            for i in 0..120 {
                let above = folders[random(folders.len())].clone();
                let path = above.join(format!("{}{i}", ["a", "B", "-", "é"][random(4)]));
                match random(8) {
                    0..3 => {
                        fs::create_dir(&path).unwrap();
                        folders.push(path);
                    }
                    3 => std::os::unix::fs::symlink(&folders[random(folders.len())], path).unwrap(),
                    4 => std::os::unix::fs::symlink("nowhere", path).unwrap(),
                    _ => fs::write(path, "x").unwrap(),
                }
            }
            let want = by_one_walker(folder.path());
            for threads in [1, 2, 8] {
                let got = walked(folder.path(), Choice { globs: None, all_files: true }, threads);
                assert!(got == want, "{threads}");
            }
        }
    }

    #[test]
    fn a_folder_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in ["b.log", "a/z.txt", "a/no-ending", "a/c.log.2", "a/readme.md", "B.out", ".git/x.log", ".hidden.log", "arch/job.log", "arch/other.log"] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        assert_eq!(names(root, Choice::default()), ["B.out", "a/c.log.2", "a/no-ending", "a/z.txt", "arch/job.log", "b.log"]);
        let globs = globset::GlobSetBuilder::new().add(globset::Glob::new("*.md").unwrap()).build().unwrap();
        assert_eq!(names(root, Choice { globs: Some(globs), all_files: false }), ["a/readme.md"]);
        assert_eq!(names(root, Choice { globs: None, all_files: true }).len(), 8);
    }

    #[cfg(unix)]
    #[test]
    fn loops_and_broken_links_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("a")).unwrap();
        std::os::unix::fs::symlink(root, root.join("a/loop")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.join("gone.log")).unwrap();
        assert_eq!(names(root, Choice::default()), ["a/loop: a folder loop", "gone.log: a broken symbolic link"]);
    }
}
