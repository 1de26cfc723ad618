//! Why the bench stopped.

use std::fmt;
use std::path::Path;

/// A reason, and with it the exit status.
#[derive(Debug)]
pub enum Error {
    /// Two engines that must agree do not.
    Disagreement(String),
    /// The options do not fit together.
    Usage(String),
    /// Something could not be read, written or run.
    World(String),
}

impl Error {
    /// Of a path that could not be read or written.
    pub fn path(path: &Path, what: impl fmt::Display) -> Error {
        Error::World(format!("{}: {what}", path.display()))
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Error::Disagreement(_) => 1,
            Error::Usage(_) => 2,
            Error::World(_) => 3,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Disagreement(m) | Error::Usage(m) | Error::World(m) => f.write_str(m),
        }
    }
}
