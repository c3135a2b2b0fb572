//! The text of a unit file.

use std::fmt::Display;

use crate::render::target::Target;

/// A unit file that is being written.
#[derive(Debug)]
pub(super) struct Unit(String);

impl Unit {
    pub(super) fn new() -> Self {
        Self(format!("{}\n", Target::Systemd.mark()))
    }

    pub(super) fn section(&mut self, name: &str) {
        self.0.extend(["\n[", name, "]\n"]);
    }

    /// Writes a comment, of one line or several.
    pub(super) fn comment(&mut self, text: &str) {
        for line in text.lines() {
            self.0.extend(["# ", line, "\n"]);
        }
    }

    pub(super) fn set(&mut self, key: &str, value: impl Display) {
        self.0.extend([key, "=", &value.to_string(), "\n"]);
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}
