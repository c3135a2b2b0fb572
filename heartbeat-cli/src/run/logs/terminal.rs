//! The one stream of lines on stdout.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};

use crate::terminal::printable;

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
        let text = shown(text, self.has_colors);
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

/// Returns a line without what would act upon the lines around it. Its colours end with it, and are kept
/// where the terminal shows them.
fn shown(text: &str, has_colors: bool) -> Cow<'_, str> {
    let is_hostile = |c: char| c.is_control() && c != '\t';
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for (number, piece) in text.split("\x1b[").enumerate() {
        let is_parameter = |c: char| c.is_ascii_digit() || matches!(c, ';' | ':');
        let color = piece.trim_start_matches(is_parameter).strip_prefix('m').filter(|_| number > 0);
        let rest = match color {
            Some(rest) => {
                let parameters = piece.strip_suffix(rest).filter(|_| has_colors);
                shown.extend(parameters.into_iter().flat_map(|it| ["\x1b[", it]));
                rest.to_owned()
            }
            None if number > 0 => format!("\x1b[{piece}"),
            None => piece.to_owned(),
        };
        let plain = strip_str(&rest).to_string();
        shown.extend(plain.chars().map(|c| if c == '\t' { c } else { printable(c) }));
    }
    if shown.contains('\x1b') {
        shown.push_str("\x1b[0m");
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_line_acts_upon_no_other() {
        for (line, plain, colored) in [
            ("a\tb caf\u{e9}", "a\tb caf\u{e9}", "a\tb caf\u{e9}"),
            ("10 %\r20 %", "10 %\u{fffd}20 %", "10 %\u{fffd}20 %"),
            ("\x1b[31mred", "red", "\x1b[31mred\x1b[0m"),
            ("a \x1b[1;38:5:3mb\x1b[m c", "a b c", "a \x1b[1;38:5:3mb\x1b[m c\x1b[0m"),
            ("\x1b[2J\x1b[Hgone", "gone", "gone"),
            ("\x1b]0;title\x07x", "x", "x"),
        ] {
            assert_eq!(shown(line, false), plain, "{line:?}");
            assert_eq!(shown(line, true), colored, "{line:?}");
        }
    }
}
