//! Which bytes of a fragment are hashed.
//!
//! The text is looked at in steps, not at every byte. Of a fragment as many neighbouring windows go into the table as a step
//! has bytes: wherever the fragment stands, the start of exactly one of them falls on a step.
//!
//! ```text
//! text      . . . e r r o r : x       looked at every second byte, three bytes: `...` `.er` `rro` `or:` `:x`
//! fragment        e r r o             windows of three: `err`, `rro`; here `rro` falls on a step
//! ```

use std::ops::Range;

use crate::pattern::{LONG_STRETCH, MIDDLE_STRETCH, SHORT_STRETCH};

use super::Wanted;

/// Bytes between two looks for long fragments, and bytes that are looked at.
pub(in crate::engine) const LONG_STEP: usize = 8;
pub(in crate::engine) const LONG_WINDOW: usize = 8;
/// Bytes of a second look at long ones. Every window lies in one such part of its stretch, at its start or
/// [`LONG_BACK`] bytes behind it.
pub(in crate::engine) const LONG_PART: usize = 12;
pub(in crate::engine) const LONG_BACK: usize = LONG_PART - LONG_WINDOW;
/// The same for those of middling length.
pub(in crate::engine) const MIDDLE_STEP: usize = 4;
pub(in crate::engine) const MIDDLE_WINDOW: usize = 4;
/// The same for short ones.
pub(in crate::engine) const SHORT_STEP: usize = 2;
pub(in crate::engine) const SHORT_WINDOW: usize = 3;

// A stretch has a window for each alignment.
const _: () = assert!(LONG_STRETCH == LONG_STEP + LONG_WINDOW - 1 && LONG_STRETCH == LONG_PART + LONG_BACK - 1);
const _: () = assert!(MIDDLE_STRETCH == MIDDLE_STEP + MIDDLE_WINDOW - 1);
const _: () = assert!(SHORT_STRETCH == SHORT_STEP + SHORT_WINDOW - 1);

/// How a fragment is looked for, by its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// From 15 bytes on: eight bytes at every eighth byte.
    Long,
    /// From 7 bytes on: four bytes at every fourth byte.
    Middle,
    /// From 3 bytes on: three bytes at every second byte.
    Short,
}

/// How a fragment is looked for, and the stretch of it that is hashed; of a fragment of three bytes that is one byte more than
/// there is.
pub(super) fn stretch(wanted: &Wanted) -> (Kind, Range<usize>) {
    let from = usize::from(wanted.rarest);
    match wanted.fragment.len() {
        LONG_STRETCH.. => (Kind::Long, from..from + LONG_STRETCH),
        MIDDLE_STRETCH.. => (Kind::Middle, from..from + MIDDLE_STRETCH),
        _ => (Kind::Short, from..from + SHORT_STRETCH),
    }
}
