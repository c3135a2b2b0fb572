//! Log output.

use std::io::{self, IsTerminal};

use heartbeat_runtime::Error;

/// Logs to stderr.
pub(crate) fn init() -> Result<(), Error> {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init()
}
