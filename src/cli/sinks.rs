//! Where records go: standard output and the files of `--output`, in one pass.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use crate::format::{Human, JsonArray, Look, Summary, json_line};
use crate::record::Record;

use super::args::Format;

/// A place for records in one format.
pub(super) struct Sink {
    name: String,
    out: Box<dyn Write>,
    shape: Shape,
    failed: bool,
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
        Sink {
            name: "standard output".to_owned(),
            out: Box::new(BufWriter::with_capacity(1 << 16, io::stdout())),
            shape: Shape::of(format, manner),
            failed: false,
        }
    }

    /// A file; it is made new.
    pub(super) fn file(format: Format, path: PathBuf, manner: Manner) -> Result<Sink, String> {
        let name = path.display().to_string();
        let file = File::create(&path).map_err(|e| format!("{name}: {e}"))?;
        Ok(Sink { name, out: Box::new(BufWriter::with_capacity(1 << 16, file)), shape: Shape::of(format, manner), failed: false })
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
