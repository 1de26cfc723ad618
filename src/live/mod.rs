//! Bytes that pass by: copied at once, judged on the side.
//!
//! One thread copies, another judges. Between them is a [`Queue`] of bounded size: where bytes come faster than they can be
//! judged, the oldest of those that wait are dropped and counted. The copy waits for its reader alone.

mod command;
mod copy;
mod follow;
mod judge;
mod queue;
mod signals;

pub use command::{Ended, StartError, run};
pub use copy::{CopyError, End, copy};
pub use follow::{Growth, Then, follow};
pub use judge::{Event, judge};
pub use queue::{Next, Queue};
pub use signals::{Heard, Signals};
