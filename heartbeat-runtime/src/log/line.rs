//! A line: its text, its fields, and where it goes.

use std::io::{self, Write};

use tracing::dispatcher::{self, Dispatch};
use tracing::subscriber::NoSubscriber;

use super::elapsed::Elapsed;

/// The severity of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

/// The fields of a line, which a program can read without parsing its text. A subscriber sees those
/// that are set; stderr shows the text alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    state: Option<&'static str>,
    reasons: Option<String>,
    heartbeat: Option<String>,
    check: Option<String>,
    task: Option<String>,
    exit_code: Option<u8>,
    elapsed_ms: Option<u64>,
}

/// A line that waits to be written.
pub(super) struct Line {
    level: Level,
    fields: Fields,
    pub(super) text: String,
    /// The subscriber of the logging thread, which may be its own.
    subscriber: Dispatch,
}

// === impl Fields ===

impl Fields {
    /// Returns the fields of a verdict: the state, and the codes of the reasons with spaces between.
    pub(crate) fn new(state: &'static str, reasons: &[&str]) -> Self {
        let reasons = (!reasons.is_empty()).then(|| reasons.join(" "));
        Self { state: Some(state), reasons, ..Self::default() }
    }

    /// Returns the field of an exit code.
    pub(crate) fn exit(code: u8) -> Self {
        Self { exit_code: Some(code), ..Self::default() }
    }

    pub(crate) fn heartbeat(mut self, name: &str) -> Self {
        self.heartbeat = Some(name.to_owned());
        self
    }

    pub(crate) fn check(mut self, name: &str) -> Self {
        self.check = Some(name.to_owned());
        self
    }

    pub(crate) fn task(mut self, name: &str) -> Self {
        self.task = Some(name.to_owned());
        self
    }

    pub(crate) fn exit_code(mut self, code: u8) -> Self {
        self.exit_code = Some(code);
        self
    }

    pub(crate) fn elapsed(mut self, Elapsed(time): Elapsed) -> Self {
        self.elapsed_ms = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self
    }
}

// === impl Line ===

impl Line {
    pub(super) fn new(level: Level, fields: Fields, text: String) -> Self {
        Self { level, fields, text, subscriber: dispatcher::get_default(Dispatch::clone) }
    }

    /// Returns a line without fields that goes where another one does.
    pub(super) fn beside(other: &Self, level: Level, text: String) -> Self {
        Self { level, fields: Fields::default(), text, subscriber: other.subscriber.clone() }
    }

    /// Tells whether the logging thread had a subscriber.
    pub(super) fn has_subscriber(&self) -> bool {
        is_subscriber(&self.subscriber)
    }

    /// Writes the line to its subscriber, else to that of the program, which may be newer than the line,
    /// else to stderr.
    pub(super) fn write(&self) {
        let current = || dispatcher::get_default(Dispatch::clone);
        let subscriber = if self.has_subscriber() { self.subscriber.clone() } else { current() };
        if is_subscriber(&subscriber) {
            dispatcher::with_default(&subscriber, || self.emit());
        } else {
            self.write_to_stderr();
        }
    }

    pub(super) fn write_to_stderr(&self) {
        // `eprintln!` would panic on a closed stderr. One write, as other processes may share the pipe.
        let _ = io::stderr().write_all(format!("heartbeat: {}\n", self.text).as_bytes());
    }

    /// Emits the line as an event. The level is part of the call site, so each has its own.
    fn emit(&self) {
        macro_rules! event {
            ($level:ident) => {
                tracing::event!(
                    target: "heartbeat",
                    tracing::Level::$level,
                    state = self.fields.state,
                    reasons = self.fields.reasons,
                    heartbeat = self.fields.heartbeat,
                    check = self.fields.check,
                    task = self.fields.task,
                    exit_code = self.fields.exit_code,
                    elapsed_ms = self.fields.elapsed_ms,
                    "{}",
                    self.text
                )
            };
        }
        match self.level {
            Level::Info => event!(INFO),
            Level::Warn => event!(WARN),
            Level::Error => event!(ERROR),
        }
    }
}

/// Tells whether this thread has a subscriber.
pub(super) fn has_subscriber() -> bool {
    dispatcher::get_default(is_subscriber)
}

fn is_subscriber(subscriber: &Dispatch) -> bool {
    !subscriber.is::<NoSubscriber>()
}

/// Escapes control characters, which would end a line or steer a terminal.
pub(crate) fn escape_controls(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { line.extend(letter.escape_default()) } else { line.push(letter) }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::escape_controls;

    #[test]
    fn escapes_control_characters() {
        assert_eq!(escape_controls("a\nb\u{1b}[31m ä"), "a\\nb\\u{1b}[31m ä");
    }
}
