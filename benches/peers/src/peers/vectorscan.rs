//! Vectorscan over a whole trace at a time: each expression is reported once, which is the least
//! work that gives a set of expressions.

use std::sync::Arc;

use super::{Peer, Worker};
use crate::error::Error;
use crate::ours::clean_lines;
use crate::vectorscan::Scanner;
use crate::vectorscan_database::Set;

/// Over the raw bytes, escape sequences and headers and all.
#[derive(Clone, Debug)]
pub struct Raw(pub Arc<Set>);

/// Over the clean lines of a trace, joined. Making them is part of the work.
#[derive(Clone, Debug)]
pub struct Clean(pub Arc<Set>);

struct RawThread<'d> {
    scanner: Scanner<'d>,
    found: Vec<u32>,
}

struct CleanThread<'d> {
    raw: RawThread<'d>,
    text: Vec<u8>,
}

fn thread(set: &Set) -> Result<RawThread<'_>, Error> {
    Ok(RawThread { scanner: set.database.scanner().map_err(world)?, found: Vec::new() })
}

fn world(message: String) -> Error {
    Error::World(format!("vectorscan: {message}"))
}

impl Peer for Raw {
    fn worker(&self) -> Result<Box<dyn Worker + Send + '_>, Error> {
        Ok(Box::new(thread(&self.0)?))
    }
}

impl Peer for Clean {
    fn worker(&self) -> Result<Box<dyn Worker + Send + '_>, Error> {
        Ok(Box::new(CleanThread { raw: thread(&self.0)?, text: Vec::new() }))
    }
}

impl Worker for RawThread<'_> {
    fn scan(&mut self, trace: &[u8]) -> Result<u64, Error> {
        self.found.clear();
        self.scanner.scan(trace, &mut self.found).map_err(world)?;
        Ok(self.found.len() as u64)
    }
}

impl Worker for CleanThread<'_> {
    fn scan(&mut self, trace: &[u8]) -> Result<u64, Error> {
        join_clean_lines(trace, &mut self.text);
        self.raw.scan(&self.text)
    }
}

/// The clean lines of a trace, each ended by `\n`.
pub fn join_clean_lines(trace: &[u8], text: &mut Vec<u8>) {
    text.clear();
    clean_lines(trace, |line| {
        text.extend_from_slice(line);
        text.push(b'\n');
    });
}
