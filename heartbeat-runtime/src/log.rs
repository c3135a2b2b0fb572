//! The few lines that every worker prints: where its health is served, and how it lives and ends.

use std::fmt;
use std::io::{self, Write};

use tracing::dispatcher;
use tracing::subscriber::NoSubscriber;

/// Logs one lifecycle line through `tracing`, or to stderr while the program has no subscriber.
macro_rules! lifecycle {
    ($level:ident, $($line:tt)+) => {
        if $crate::log::is_subscribed() {
            ::tracing::$level!(target: "heartbeat", $($line)+);
        } else {
            $crate::log::to_stderr(format_args!($($line)+));
        }
    };
}
pub(crate) use lifecycle;

pub(crate) fn is_subscribed() -> bool {
    dispatcher::get_default(|current| !current.is::<NoSubscriber>())
}

pub(crate) fn to_stderr(line: fmt::Arguments<'_>) {
    // A closed stderr is no reason to end a worker, as `eprintln!` would.
    let _ = writeln!(io::stderr(), "heartbeat: {line}");
}
