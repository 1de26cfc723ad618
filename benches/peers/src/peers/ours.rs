//! The engine under test: raw bytes to clean lines to the set of regexes that match.

use super::{Distinct, Peer, Worker};
use crate::error::Error;
use crate::ours::{Ours, Scanner};

struct Thread<'o> {
    scanner: Scanner<'o>,
    found: Distinct,
}

impl Peer for Ours {
    fn worker(&self) -> Result<Box<dyn Worker + Send + '_>, Error> {
        Ok(Box::new(Thread { scanner: self.scanner(), found: Distinct::new(self.probes().len()) }))
    }
}

impl Worker for Thread<'_> {
    fn scan(&mut self, trace: &[u8]) -> Result<u64, Error> {
        let Thread { scanner, found } = self;
        found.begin();
        scanner.scan(trace, &mut |probe, _line| found.add(probe as usize));
        Ok(found.count)
    }
}
