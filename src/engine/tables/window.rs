//! Which bytes of a fragment are hashed.
//!
//! The text is looked at in steps, not at every byte. Of a fragment as many neighbouring windows go into the table as a step
//! has bytes: wherever the fragment stands, the start of exactly one of them falls on a step.
//!
//! ```text
//! text      . . e r r o r : x x       looked at every second byte:  ..  rr  or  :x
//! fragment      e r r o r             windows of four: `erro`, `rror`; here `rror` falls on a step
//! ```

use std::ops::Range;

use crate::pattern::{LONG_STRETCH, SHORT_STRETCH};

use super::Wanted;

/// Bytes between two looks for long fragments, and of what is looked at.
pub(in crate::engine) const LONG_STEP: usize = 8;
/// Bytes between two looks for the others.
pub(in crate::engine) const SHORT_STEP: usize = 2;

// A stretch has a window for each alignment.
const _: () = assert!(LONG_STRETCH == LONG_STEP + 8 - 1 && SHORT_STRETCH == SHORT_STEP + 4 - 1);

/// How a fragment is looked for, by its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Eight bytes at every eighth byte.
    Long,
    /// Four bytes at every second byte.
    Middle,
    /// Two bytes at every second byte, then the three that two neighbours make up.
    Short,
}

/// How a fragment is looked for, and where its windows begin.
pub(super) fn windows(wanted: &Wanted) -> (Kind, Range<usize>) {
    let from = usize::from(wanted.rarest);
    match wanted.fragment.len() {
        LONG_STRETCH.. => (Kind::Long, from..from + LONG_STEP),
        SHORT_STRETCH.. => (Kind::Middle, from..from + SHORT_STEP),
        _ => (Kind::Short, from..from + SHORT_STEP),
    }
}
