//! The least that reading a trace costs: its lines are counted.

use super::{Peer, Worker};
use crate::error::Error;

/// Counts line ends.
#[derive(Clone, Copy, Debug)]
pub struct Floor;

impl Peer for Floor {
    fn worker(&self) -> Result<Box<dyn Worker + Send + '_>, Error> {
        Ok(Box::new(Floor))
    }
}

impl Worker for Floor {
    fn scan(&mut self, trace: &[u8]) -> Result<u64, Error> {
        Ok(memchr::memchr_iter(b'\n', trace).count() as u64)
    }
}
