//! What standard output can show. `anstream`'s choice and `terminal_size` live here only.

/// Columns where standard output is no terminal.
pub(super) const PLAIN_WIDTH: usize = 100;

/// Whether standard output takes colours: a terminal that wants them, or the user says so by `CLICOLOR_FORCE`.
pub(super) fn colour() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// The same of standard error.
#[cfg(unix)]
pub(super) fn error_colour() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Columns of the terminal.
pub(super) fn width() -> usize {
    terminal_size::terminal_size().map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0))
}
