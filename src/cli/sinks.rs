//! Where records go: standard output and the files of `--output`, in one pass.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::format::{Human, JsonArray, Look, Summary, json_line};
use crate::record::Record;

use super::args::Format;
use super::message::{Status, error};

/// A place for records in one format.
pub(super) struct Sink {
    name: String,
    out: Box<dyn Write + Send>,
    shape: Shape,
    failed: bool,
    /// The file to make anew when it was moved away.
    path: Option<PathBuf>,
    upkeep: Upkeep,
}

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upkeep {
    /// It is made new.
    New,
    /// One of JSON Lines grows, and any other is made new.
    Grow,
}

enum Shape {
    Human { human: Human, look: Option<Look>, first: Option<Box<Record>>, shown: u64, summary: bool, colour: bool, width: usize },
    Jsonl,
    Json(JsonArray),
}

/// How people's output looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub(super) colour: bool,
    pub(super) width: usize,
    /// `None`: a block for one record, an entry each for several.
    pub(super) look: Option<Look>,
    pub(super) summary: bool,
}

/// What became of writing.
#[derive(Debug)]
pub(super) enum Written {
    Yes,
    /// The reader is gone: no reason to go on, and no mistake.
    Closed,
    Failed(String),
}

impl Sink {
    /// Standard output.
    pub(super) fn stdout(format: Format, manner: Manner) -> Sink {
        Sink::of("standard output", io::stdout(), format, manner)
    }

    /// Standard error.
    pub(super) fn stderr(format: Format, manner: Manner) -> Sink {
        Sink::of("standard error", io::stderr(), format, manner)
    }

    fn of(name: &str, out: impl Write + Send + 'static, format: Format, manner: Manner) -> Sink {
        let out = Box::new(BufWriter::with_capacity(1 << 16, out));
        Sink { name: name.to_owned(), out, shape: Shape::of(format, manner), failed: false, path: None, upkeep: Upkeep::New }
    }

    /// The files of `--output FORMAT=PATH`. On a mistake the messages are out already.
    pub(super) fn files(outputs: &[String], manner: Manner, upkeep: Upkeep) -> Result<Vec<Sink>, Status> {
        let mut sinks = Vec::new();
        for output in outputs {
            let Some((format, path)) = output.split_once('=').and_then(|(f, p)| Some((Format::from_word(f)?, p))).filter(|(_, p)| !p.is_empty()) else {
                error(&format!("--output {output}: expected FORMAT=PATH with the format human, jsonl or json"));
                return Err(Status::Usage);
            };
            let upkeep = if format == Format::Jsonl { upkeep } else { Upkeep::New };
            sinks.push(Sink::file(format, path.into(), manner, upkeep).map_err(|e| {
                error(&e);
                Status::Trouble
            })?);
        }
        Ok(sinks)
    }

    fn file(format: Format, path: PathBuf, manner: Manner, upkeep: Upkeep) -> Result<Sink, String> {
        let name = path.display().to_string();
        let file = open(&path, upkeep).map_err(|e| format!("{name}: {e}"))?;
        let out = Box::new(BufWriter::with_capacity(1 << 16, file));
        Ok(Sink { name, out, shape: Shape::of(format, manner), failed: false, path: Some(path), upkeep })
    }

    /// Makes a file that grows anew under its name, as log rotation asks for. Others stay as they are.
    pub(super) fn reopen(&mut self) -> Written {
        let Some(path) = self.path.as_deref().filter(|_| self.upkeep == Upkeep::Grow) else { return Written::Yes };
        let opened = self.out.flush().and_then(|()| open(path, self.upkeep));
        let result = opened.map(|file| {
            self.out = Box::new(BufWriter::with_capacity(1 << 16, file));
            self.failed = false;
        });
        self.written(result)
    }

    /// Lets what was written be seen.
    pub(super) fn flush(&mut self) -> Written {
        let result = self.out.flush();
        self.written(result)
    }

    /// Writes what is no record.
    pub(super) fn put(&mut self, text: &str) -> Written {
        let result = self.out.write_all(text.as_bytes());
        self.written(result)
    }

    /// Writes a record of which more may follow at any time: how people see it does not depend on those.
    pub(super) fn now(&mut self, record: &Record, look: Look) -> Written {
        let result = match &mut self.shape {
            Shape::Human { human, .. } => self.out.write_all(human.record(record, look).as_bytes()),
            Shape::Jsonl | Shape::Json(_) => return self.record(record),
        };
        self.written(result)
    }

    pub(super) fn record(&mut self, record: &Record) -> Written {
        let result = match &mut self.shape {
            Shape::Jsonl => json_line(record, &mut self.out),
            Shape::Json(array) => array.record(record, &mut self.out),
            Shape::Human { human, look, first, shown, .. } => {
                *shown += 1;
                match (*look, first.take()) {
                    (Some(look), _) => self.out.write_all(human.record(record, look).as_bytes()),
                    // Whether one record or several come decides how they look.
                    (None, None) if *shown == 1 => {
                        *first = Some(Box::new(record.clone()));
                        Ok(())
                    }
                    (None, before) => {
                        let before = before.map(|b| human.record(&b, Look::Line)).unwrap_or_default();
                        let text = human.record(record, Look::Line);
                        self.out.write_all(before.as_bytes()).and_then(|()| self.out.write_all(text.as_bytes()))
                    }
                }
            }
        };
        self.written(result)
    }

    pub(super) fn finish(&mut self, summary: &Summary) -> Written {
        if self.failed {
            return Written::Yes;
        }
        let result = match &mut self.shape {
            Shape::Jsonl => Ok(()),
            Shape::Json(array) => array.finish(&mut self.out),
            Shape::Human { human, first, summary: wanted, colour, width, .. } => {
                let one = first.take().map(|r| human.record(&r, Look::Block)).unwrap_or_default();
                let whole = if *wanted && summary.records() != 1 { format!("\n{}", summary.show(*colour, *width)) } else { String::new() };
                self.out.write_all(one.as_bytes()).and_then(|()| self.out.write_all(whole.as_bytes()))
            }
        };
        let result = result.and_then(|()| self.out.flush());
        self.written(result)
    }

    fn written(&mut self, result: io::Result<()>) -> Written {
        match result {
            Ok(()) => Written::Yes,
            Err(e) if e.kind() == ErrorKind::BrokenPipe => Written::Closed,
            Err(_) if self.failed => Written::Yes,
            Err(e) => {
                self.failed = true;
                Written::Failed(format!("{}: {e}", self.name))
            }
        }
    }
}

fn open(path: &Path, upkeep: Upkeep) -> io::Result<File> {
    match upkeep {
        Upkeep::New => File::create(path),
        Upkeep::Grow => OpenOptions::new().append(true).create(true).open(path),
    }
}

impl Shape {
    fn of(format: Format, manner: Manner) -> Shape {
        match format {
            Format::Jsonl => Shape::Jsonl,
            Format::Json => Shape::Json(JsonArray::default()),
            Format::Human => Shape::Human {
                human: Human::new(manner.colour, manner.width),
                look: manner.look,
                first: None,
                shown: 0,
                summary: manner.summary,
                colour: manner.colour,
                width: manner.width,
            },
        }
    }
}
