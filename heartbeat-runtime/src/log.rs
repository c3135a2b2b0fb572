//! The few lines that every worker prints: where its health is served, and how it lives and ends.

use std::fmt;
use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

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

/// How many lines may wait to be written; more are lost.
const WAITING: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

/// What the heart thread writes with. A thread of its own writes the lines out, so that a pipe
/// that nobody reads, or a subscriber that blocks or panics, stops neither health nor deadlines.
#[derive(Clone)]
pub(crate) struct Pen {
    messages: SyncSender<Message>,
}

enum Message {
    Line(Level, String),
    /// All before it is written.
    Written(SyncSender<()>),
}

impl Pen {
    pub(crate) fn new() -> io::Result<Self> {
        let (messages, received) = sync_channel(WAITING);
        thread::Builder::new().name("heartbeat-log".to_owned()).spawn(move || {
            for message in received {
                match message {
                    Message::Line(Level::Info, line) => lifecycle!(info, "{line}"),
                    Message::Line(Level::Warn, line) => lifecycle!(warn, "{line}"),
                    Message::Line(Level::Error, line) => lifecycle!(error, "{line}"),
                    Message::Written(told) => drop(told.try_send(())),
                }
            }
        })?;
        Ok(Self { messages })
    }

    /// Writes a line, as soon as the lines before it are written; never waits.
    pub(crate) fn write(&self, level: Level, line: String) {
        let _ = self.messages.try_send(Message::Line(level, line));
    }

    /// Waits until all is written, or that much time has passed.
    pub(crate) fn finish(&self, within: Duration) {
        let (told, written) = sync_channel(1);
        if self.messages.try_send(Message::Written(told)).is_ok() {
            let _ = written.recv_timeout(within);
        }
    }
}

pub(crate) fn is_subscribed() -> bool {
    dispatcher::get_default(|current| !current.is::<NoSubscriber>())
}

pub(crate) fn to_stderr(line: fmt::Arguments<'_>) {
    // A closed stderr is no reason to end a worker, as `eprintln!` would.
    let _ = writeln!(io::stderr(), "heartbeat: {line}");
}

/// The text without what would end a line or steer a terminal.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { line.extend(letter.escape_default()) } else { line.push(letter) }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn what_ends_a_line_is_written_out() {
        assert_eq!(one_line("a\nb\u{1b}[31m ä"), "a\\nb\\u{1b}[31m ä");
    }
}
