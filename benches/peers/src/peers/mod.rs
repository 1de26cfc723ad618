//! Engines that run in this process: each takes whole traces, one after another.

mod floor;
mod literals;
mod ours;
#[cfg(feature = "vectorscan")]
mod vectorscan;

pub use floor::Floor;
pub use literals::Literals;
#[cfg(feature = "vectorscan")]
pub use vectorscan::{Clean, Raw, join_clean_lines};

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::corpus::Traces;
use crate::error::Error;

/// An engine, compiled and shared by all threads.
pub trait Peer: Sync {
    /// What one thread needs. It is made before the clock starts, and kept for all rounds.
    fn worker(&self) -> Result<Box<dyn Worker + Send + '_>, Error>;
}

/// One thread of an engine.
pub trait Worker {
    /// Looks at one trace. How many different things it found: the same in every round.
    fn scan(&mut self, trace: &[u8]) -> Result<u64, Error>;
}

/// What one pass over the files gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pass {
    /// By the clock.
    pub seconds: f64,
    /// Sum over all files.
    pub found: u64,
}

/// An engine with its threads.
pub struct Running<'p> {
    workers: Vec<(Box<dyn Worker + Send + 'p>, Vec<u8>)>,
    traces: &'p Traces,
}

impl<'p> Running<'p> {
    /// Makes the threads' workers.
    pub fn new(peer: &'p dyn Peer, threads: usize, traces: &'p Traces) -> Result<Running<'p>, Error> {
        let worker = |_| peer.worker().map(|w| (w, traces.buffer()));
        Ok(Running { workers: (0..threads).map(worker).collect::<Result<_, _>>()?, traces })
    }

    /// Reads and scans every file once.
    pub fn pass(&mut self) -> Result<Pass, Error> {
        let (traces, next) = (self.traces, AtomicUsize::new(0));
        let work = |worker: &mut Box<dyn Worker + Send + 'p>, buffer: &mut Vec<u8>| {
            let mut found = 0;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= traces.len() {
                    return Ok(found);
                }
                found += worker.scan(traces.read(index, buffer)?)?;
            }
        };
        let start = Instant::now();
        let found = match &mut self.workers[..] {
            [(worker, buffer)] => work(worker, buffer)?,
            workers => thread::scope(|scope| {
                let threads: Vec<_> = workers.iter_mut().map(|(worker, buffer)| scope.spawn(|| work(worker, buffer))).collect();
                let join = |t: thread::ScopedJoinHandle<'_, Result<u64, Error>>| t.join().unwrap_or_else(|_| Err(Error::World("a thread died".to_owned())));
                threads.into_iter().map(join).sum::<Result<u64, Error>>()
            })?,
        };
        Ok(Pass { seconds: start.elapsed().as_secs_f64(), found })
    }
}

/// Counts the different ones of small numbers, text by text.
#[derive(Debug, Default)]
struct Distinct {
    /// For each number the last text in which it was seen.
    seen: Vec<u32>,
    text: u32,
    count: u64,
}

impl Distinct {
    fn new(numbers: usize) -> Distinct {
        Distinct { seen: vec![0; numbers], text: 0, count: 0 }
    }

    /// The next text.
    fn begin(&mut self) {
        if self.text == u32::MAX {
            self.seen.fill(0);
            self.text = 0;
        }
        self.text += 1;
        self.count = 0;
    }

    fn add(&mut self, number: usize) {
        let seen = &mut self.seen[number];
        self.count += u64::from(*seen != self.text);
        *seen = self.text;
    }
}
