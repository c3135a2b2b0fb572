//! The one stream of lines on stdout.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};

/// The colours of instances. None is red, which is for errors.
const COLORS: [AnsiColor; 10] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightYellow,
    AnsiColor::BrightGreen,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
];

/// The lines of all instances, each behind its instance's name.
#[derive(Debug)]
pub(crate) struct Terminal {
    has_colors: bool,
    /// Width of the longest name so far, in characters.
    width: usize,
    colors: HashMap<Arc<str>, AnsiColor>,
    /// Lines that are not written yet.
    text: String,
}

// === impl Terminal ===

impl Terminal {
    /// Returns a stream with colours if stdout shows them.
    pub(crate) fn new(names: &[Arc<str>]) -> Self {
        let has_colors = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        let mut terminal =
            Self { has_colors, width: 0, colors: HashMap::new(), text: String::new() };
        for name in names {
            terminal.add(name);
        }
        terminal
    }

    /// Gives an instance its colour.
    pub(crate) fn add(&mut self, name: &Arc<str>) {
        self.width = self.width.max(name.chars().count());
        let color = COLORS.iter().cycle().nth(self.colors.len()).copied();
        self.colors.entry(Arc::clone(name)).or_insert(color.unwrap_or(AnsiColor::Cyan));
    }

    /// Adds a line of an instance.
    pub(crate) fn line(&mut self, name: &Arc<str>, text: &str) {
        let style = match self.colors.get(name) {
            Some(color) if self.has_colors => color.on_default(),
            _ => Style::new(),
        };
        let width = self.width;
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{style}{name:width$} |{style:#} {text}");
    }

    /// Adds a line of `run` itself.
    pub(crate) fn own_line(&mut self, text: &str) {
        let style = if self.has_colors { Style::new().bold() } else { Style::new() };
        let _ = writeln!(self.text, "{style}heartbeat:{style:#} {text}");
    }

    /// Returns the length of the lines that are not written yet.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.text.len()
    }

    /// Writes the lines.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(self.text.as_bytes()).and_then(|()| stdout.flush());
        self.text.clear();
        written
    }
}
