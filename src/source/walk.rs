//! What a list of paths gives, in order: files as they are, folders depth first in byte order of names.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use globset::GlobSet;

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

/// Items one by one: memory grows with the depth of folders and the entries of one, not with the number of files.
pub struct Walk<'a> {
    paths: Box<dyn Iterator<Item = PathBuf> + Send + 'a>,
    choice: Choice,
    folder: Option<(PathBuf, walkdir::IntoIter)>,
    /// The folder of the last file, and whether it is one of GitLab's archive: there only `job.log` counts.
    last_folder: Option<(PathBuf, bool)>,
}

/// Endings of logs; what follows a `.log.` may be a number.
const ENDINGS: [&str; 4] = ["log", "txt", "trace", "out"];

impl<'a> Walk<'a> {
    /// Walks what `paths` name. `-` is standard input.
    pub fn new(paths: impl Iterator<Item = PathBuf> + Send + 'a, choice: Choice) -> Walk<'a> {
        Walk { paths: Box::new(paths), choice, folder: None, last_folder: None }
    }

    fn entry(&mut self, root: &Path, entry: Result<walkdir::DirEntry, walkdir::Error>) -> Option<Item> {
        match entry {
            Ok(entry) => {
                let kind = entry.file_type();
                if kind.is_dir() || !self.takes(root, &entry) {
                    return None;
                }
                let path = entry.into_path();
                let error = (!kind.is_file()).then(|| "no regular file".to_owned());
                Some(Item { path: Some(path), error })
            }
            Err(e) => {
                let path = e.path().map(Path::to_path_buf);
                // A broken link that has no log's name is nobody's business.
                if path.as_deref().is_some_and(|p| p.is_symlink() && p != root && !self.has_ending(p)) {
                    return None;
                }
                let error = match (e.loop_ancestor(), e.io_error()) {
                    (Some(ancestor), _) => format!("a folder loop: the link leads back to {}", ancestor.display()),
                    (None, Some(io)) if io.kind() == std::io::ErrorKind::NotFound && path.as_deref().is_some_and(Path::is_symlink) => {
                        "a broken symbolic link".to_owned()
                    }
                    (None, Some(io)) if io.kind() == std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
                    (None, Some(io)) => io.to_string(),
                    (None, None) => "cannot be read".to_owned(),
                };
                Some(Item { path: path.or_else(|| Some(root.to_path_buf())), error: Some(error) })
            }
        }
    }

    fn takes(&mut self, root: &Path, entry: &walkdir::DirEntry) -> bool {
        let path = entry.path();
        if self.choice.all_files {
            return true;
        }
        if let Some(globs) = &self.choice.globs {
            let below = path.strip_prefix(root).unwrap_or(path);
            return globs.is_match(below) || globs.is_match(entry.file_name());
        }
        if entry.file_name() == "job.log" {
            return true;
        }
        self.has_ending(path) && !self.in_archive(path.parent().unwrap_or(root))
    }

    fn in_archive(&mut self, folder: &Path) -> bool {
        if let Some((last, is_archive)) = &self.last_folder
            && last == folder
        {
            return *is_archive;
        }
        let is_archive = folder.join("job.log").is_file();
        self.last_folder = Some((folder.to_path_buf(), is_archive));
        is_archive
    }

    fn has_ending(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().and_then(OsStr::to_str) else { return true };
        match name.rsplit_once('.') {
            None => true,
            Some((stem, ending)) => ENDINGS.contains(&ending) || (ending.bytes().all(|b| b.is_ascii_digit()) && stem.ends_with(".log")),
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            while let Some((root, mut entries)) = self.folder.take() {
                let Some(entry) = entries.next() else { break };
                if entry.as_ref().is_ok_and(is_hidden) {
                    if entry.is_ok_and(|e| e.file_type().is_dir()) {
                        entries.skip_current_dir();
                    }
                    self.folder = Some((root, entries));
                    continue;
                }
                let item = self.entry(&root, entry);
                self.folder = Some((root, entries));
                if item.is_some() {
                    return item;
                }
            }
            let path = self.paths.next()?;
            if path.as_os_str() == "-" {
                return Some(Item { path: None, error: None });
            }
            if path.is_dir() {
                let entries = walkdir::WalkDir::new(&path).follow_links(true).sort_by(|a, b| a.file_name().cmp(b.file_name())).into_iter();
                self.folder = Some((path, entries));
                continue;
            }
            let error = (path.is_symlink() && !path.exists()).then(|| "a broken symbolic link".to_owned());
            return Some(Item { path: Some(path), error });
        }
    }
}

fn is_hidden(entry: &walkdir::DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().to_str().is_some_and(|n| n.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(root: &Path, choice: Choice) -> Vec<String> {
        let show = |i: Item| {
            let path = i.path.unwrap();
            let below = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            i.error.map_or(below.clone(), |e| format!("{below}: {}", e.split(':').next().unwrap()))
        };
        Walk::new([root.to_path_buf()].into_iter(), choice).map(show).collect()
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
