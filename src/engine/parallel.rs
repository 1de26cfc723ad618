//! One block over several threads.

use std::ops::Range;

use rayon::prelude::*;

use super::{Block, Engine, Hit, Scratch};

/// A piece smaller than this is not worth a thread.
const MIN_PIECE_LINES: usize = 512;

impl Engine {
    /// The same hits as [`Engine::scan`], in the same order, found by all threads of the current pool.
    pub fn scan_parallel(&self, block: &Block, lines: Range<usize>, hits: &mut Vec<Hit>) {
        let pieces = rayon::current_num_threads() * 4;
        let size = lines.len().div_ceil(pieces).max(MIN_PIECE_LINES);
        let starts: Vec<usize> = lines.clone().step_by(size).collect();
        let found: Vec<Vec<Hit>> = starts
            .into_par_iter()
            .map_init(Scratch::default, |scratch, start| {
                let mut hits = Vec::new();
                self.scan(block, start..(start + size).min(lines.end), scratch, &mut hits);
                hits
            })
            .collect();
        hits.extend(found.into_iter().flatten());
    }
}
