//! The traces that every row reads.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::args::Args;
use crate::error::Error;
use crate::generate;

/// Files, and one large file.
#[derive(Debug)]
pub struct Corpus {
    /// The folder that holds the files and nothing else.
    pub root: PathBuf,
    /// The files, in byte order of their paths.
    pub traces: Traces,
    /// The large file.
    pub one: PathBuf,
    /// Its bytes.
    pub one_bytes: u64,
    /// Where the files come from, in words.
    pub origin: String,
}

impl Corpus {
    /// Opens the folder of `--corpus`, or writes traces below `scratch`. Reads every file once, so that all are cached.
    pub fn open(args: &Args, scratch: &Path) -> Result<Corpus, Error> {
        let (folder, origin) = match &args.corpus {
            Some(folder) => (folder.clone(), "given".to_owned()),
            None => {
                let folder = scratch.join("corpus");
                let plan = generate::Plan { files: args.files, seed: args.seed, colour: args.colour, stamps: args.stamps };
                generate::write(&plan, &folder.join("files"))?;
                (folder, format!("generated, {plan}"))
            }
        };
        let inner = folder.join("files");
        let root = if inner.is_dir() { inner } else { folder.clone() };
        let mut paths = Vec::new();
        list(&root, &mut paths)?;
        if paths.is_empty() {
            return Err(Error::path(&root, "holds no file"));
        }
        let traces = Traces::open(paths, args.in_memory)?;
        let one = match (&args.one, folder.join("one.log")) {
            (Some(one), _) => one.clone(),
            (None, one) if root != folder && one.is_file() => one,
            _ => join(&traces.paths, scratch.join("one.log"))?,
        };
        let one_bytes = fs::metadata(&one).map_err(|e| Error::path(&one, e))?.len();
        Ok(Corpus { root, traces, one, one_bytes, origin })
    }
}

/// Files to be read one by one, or held in memory.
#[derive(Debug)]
pub struct Traces {
    paths: Vec<PathBuf>,
    sizes: Vec<u64>,
    held: Option<Vec<Vec<u8>>>,
    largest: usize,
}

impl Traces {
    fn open(paths: Vec<PathBuf>, hold: bool) -> Result<Traces, Error> {
        let (mut sizes, mut held) = (Vec::new(), Vec::new());
        for path in &paths {
            let bytes = fs::read(path).map_err(|e| Error::path(path, e))?;
            sizes.push(bytes.len() as u64);
            if hold {
                held.push(bytes);
            }
        }
        let largest = sizes.iter().max().map_or(0, |&n| n as usize);
        Ok(Traces { paths, sizes, held: hold.then_some(held), largest })
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.sizes.iter().sum()
    }

    /// The path of a file.
    pub fn path(&self, index: usize) -> &Path {
        &self.paths[index]
    }

    /// A buffer that holds the largest file: a read that does not fill it has met the end of the file.
    pub fn buffer(&self) -> Vec<u8> {
        vec![0; if self.held.is_some() { 0 } else { self.largest + 1 }]
    }

    /// The bytes of a file.
    pub fn read<'t>(&'t self, index: usize, buffer: &'t mut [u8]) -> Result<&'t [u8], Error> {
        if let Some(held) = &self.held {
            return Ok(&held[index]);
        }
        let path = &self.paths[index];
        let read = File::open(path).and_then(|mut f| f.read(buffer)).map_err(|e| Error::path(path, e))?;
        if read as u64 != self.sizes[index] {
            return Err(Error::path(path, format!("{read} bytes were read, and {} before", self.sizes[index])));
        }
        Ok(&buffer[..read])
    }

    /// `count` indices, evenly spread.
    pub fn sample(&self, count: usize) -> Vec<usize> {
        let count = count.min(self.len());
        (0..count).map(|i| i * self.len() / count).collect()
    }
}

fn list(folder: &Path, out: &mut Vec<PathBuf>) -> Result<(), Error> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| Error::path(folder, e))? {
        entries.push(entry.map_err(|e| Error::path(folder, e))?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() { list(&path, out)? } else { out.push(path) }
    }
    Ok(())
}

fn join(paths: &[PathBuf], to: PathBuf) -> Result<PathBuf, Error> {
    let mut out = File::create(&to).map_err(|e| Error::path(&to, e))?;
    for path in paths {
        let mut file = File::open(path).map_err(|e| Error::path(path, e))?;
        io::copy(&mut file, &mut out).map_err(|e| Error::path(&to, e))?;
    }
    Ok(to)
}
