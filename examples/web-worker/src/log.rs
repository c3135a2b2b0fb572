//! Log output.

use std::io::{self, IsTerminal};

/// Logs to stderr, unless there is a subscriber already, as in the second test of a process.
pub(crate) fn init() {
    let _ = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init();
}
