//! A file under check: its text, and the part of a line that a finding points at.

use std::ops::Range;
use std::path::PathBuf;

use heartbeat_definition::Position;

use super::secrets::find_secrets;
use super::shown_line::ShownLine;
use crate::terminal::printable;

/// Maximum length of the line before and behind the place that is pointed at, in bytes.
const MAX_CONTEXT: usize = 240;
/// Maximum length of what is underlined, in bytes.
const MAX_UNDERLINED: usize = 80;

/// XML's own entities, which messages quote as the fix.
const ENTITIES: [&str; 5] = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"];

/// A file under check.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    text: String,
    /// The start of each line.
    lines: Vec<usize>,
    secrets: Vec<Range<usize>>,
}

// === impl Source ===

impl Source {
    pub(super) fn new(path: PathBuf, text: String) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        let secrets = find_secrets(&text);
        Self { path, text, lines, secrets }
    }

    /// Returns the path as a terminal can show it.
    pub(super) fn shown_path(&self) -> String {
        self.path.to_string_lossy().chars().map(printable).collect()
    }

    /// Returns the line of a position, or nothing where there is no text.
    pub(super) fn line(&self, position: Position) -> Option<ShownLine> {
        let (line, at) = self.locate(position)?;
        let token = at..at + token_length(&self.text, line.start, at..line.end);
        let start = floor(&self.text, at.saturating_sub(MAX_CONTEXT).max(line.start));
        let end = floor(&self.text, line.end.min(token.end + MAX_CONTEXT));
        let mut shown = ShownLine { text: String::new(), underlined: 0..0 };
        if start > line.start {
            shown.text.push('…');
        }
        self.show(start..end, &token, &mut shown);
        if end < line.end {
            shown.text.push('…');
        }
        Some(shown)
    }

    /// Hides the parts of a message about a position that quote a secret.
    pub(super) fn hide_secrets(&self, message: &str, position: Position) -> String {
        let near: Vec<_> = self.locate(position).map_or(Vec::new(), |(line, at)| {
            let is_near = |secret: &&Range<usize>| {
                secret.start < line.end.max(at + 1) && secret.end > line.start
            };
            self.secrets.iter().filter(is_near).filter_map(|it| self.text.get(it.clone())).collect()
        });
        let is_secret = |quoted: &str| {
            quoted.len() > 1
                && !ENTITIES.contains(&quoted)
                && near.iter().any(|secret| secret.contains(quoted))
        };
        let parts = message.split('`').enumerate();
        let parts: Vec<_> = parts
            .map(|(index, part)| if index % 2 == 1 && is_secret(part) { "…" } else { part })
            .collect();
        parts.join("`")
    }

    /// Returns the range of a position's line, without its end, and the position in bytes.
    fn locate(&self, position: Position) -> Option<(Range<usize>, usize)> {
        let index = usize::try_from(position.line).ok()?.checked_sub(1)?;
        let start = *self.lines.get(index)?;
        let line = self.text.get(start..)?.split('\n').next()?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        let column = usize::try_from(position.column).ok()?.saturating_sub(1);
        let at = match line.char_indices().nth(column) {
            Some((at, _)) => start + at,
            None => start + line.len(),
        };
        (!self.text.is_empty()).then_some((start..start + line.len(), at))
    }

    /// Writes a range of the text, and notes where in it the token is.
    fn show(&self, range: Range<usize>, token: &Range<usize>, shown: &mut ShownLine) {
        let first = self.secrets.partition_point(|secret| secret.end <= range.start);
        let mut secrets = self.secrets.iter().skip(first).peekable();
        let (mut start, mut end) = (None, None);
        for (at, c) in self.text.get(range.clone()).unwrap_or_default().char_indices() {
            let at = range.start + at;
            while secrets.peek().is_some_and(|secret| secret.end <= at) {
                secrets.next();
            }
            let secret = secrets.peek().filter(|secret| secret.start <= at);
            let is_hidden = secret.is_some_and(|secret| secret.start.max(range.start) < at);
            // Inside of a secret, the sign that stands for it.
            let here = shown.text.len() - if is_hidden { '…'.len_utf8() } else { 0 };
            if at >= token.start {
                start = start.or(Some(here));
            }
            if at >= token.end {
                end = end.or(Some(shown.text.len()));
            }
            match secret {
                Some(_) if is_hidden => {}
                Some(_) => shown.text.push('…'),
                None if c == '\t' => shown.text.push(c),
                None => shown.text.push(printable(c)),
            }
        }
        let length = shown.text.len();
        shown.underlined = start.unwrap_or(length)..end.unwrap_or(length);
    }
}

/// Returns the length of what begins at a place within a line: a tag's name, an attribute's name, the
/// rest of its value, or a word.
fn token_length(text: &str, line: usize, rest: Range<usize>) -> usize {
    let before = text.get(line..rest.start).unwrap_or_default();
    let rest = text.get(rest).unwrap_or_default();
    let is_of_name = |c: char| c.is_alphanumeric() || "-_.:".contains(c);
    let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let length = if let Some(tag) = rest.strip_prefix('<') {
        let tag = tag.trim_start_matches('/');
        rest.len() - tag.trim_start_matches(is_of_name).len()
    } else if let Some(length) = quote.and_then(|quote| rest.find(quote)) {
        length
    } else {
        rest.len() - rest.trim_start_matches(is_of_name).len()
    };
    // At least the character at the place.
    let one = rest.chars().next().map_or(0, char::len_utf8);
    floor(rest, length.clamp(one, MAX_UNDERLINED.max(one)))
}

/// Returns the start of the character at `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use heartbeat_definition::Position;

    use super::{ShownLine, Source};

    fn source(text: &str) -> Source {
        Source::new(PathBuf::new(), text.to_owned())
    }

    /// Shows the line of a position, with `[…]` around what is underlined.
    #[track_caller]
    fn shown(text: &str, line: u32, column: u32) -> String {
        marked(source(text).line(Position { line, column }).unwrap())
    }

    fn marked(ShownLine { mut text, underlined }: ShownLine) -> String {
        text.insert(underlined.end, ']');
        text.insert(underlined.start, '[');
        text
    }

    #[test]
    fn underlines_what_begins_at_the_position() {
        let text = "<a>\r\n\t<Role näme=\"a b\" c='d'/>\r\n";
        assert_eq!(shown(text, 2, 2), "\t[<Role] näme=\"a b\" c='d'/>");
        assert_eq!(shown(text, 2, 8), "\t<Role [näme]=\"a b\" c='d'/>");
        assert_eq!(shown(text, 2, 14), "\t<Role näme=\"[a b]\" c='d'/>");
        assert_eq!(shown(text, 2, 12), "\t<Role näme[=]\"a b\" c='d'/>");
        assert_eq!(shown(text, 2, 99), "\t<Role näme=\"a b\" c='d'/>[]");
        assert_eq!(shown(text, 3, 1), "[]");
        assert_eq!(shown("<a b=\"\"/>", 1, 7), "<a b=\"[\"]/>");
    }

    #[test]
    fn hides_secrets_and_keeps_the_place() {
        let text = "<Setting value=\"hidden\" nam=\"x\"/>";
        assert_eq!(shown(text, 1, 2), "<[Setting] value=\"…\" nam=\"…\"/>");
        assert_eq!(shown(text, 1, 25), "<Setting value=\"…\" [nam]=\"…\"/>");
        assert_eq!(shown(text, 1, 17), "<Setting value=\"[…]\" nam=\"…\"/>");
        assert_eq!(shown(text, 1, 19), "<Setting value=\"[…]\" nam=\"…\"/>");
        let lines = "<Setting value=\"hid\nden\nhid\" nam=\"x\"/>";
        assert_eq!(shown(lines, 2, 1), "[…]");
        assert_eq!(shown(lines, 3, 6), "…\" [nam]=\"…\"/>");
    }

    #[test]
    fn hides_secrets_in_messages() {
        let text = "<Setting value=\"x\"hidden\"/>";
        let message = "a space is missing before `hidden`: add `x`";
        let hidden = source(text).hide_secrets(message, Position { line: 1, column: 19 });
        assert_eq!(hidden, "a space is missing before `…`: add `x`");
        assert_eq!(source("<a>").hide_secrets(message, Position::START), message);
    }

    #[test]
    fn cuts_long_lines_at_characters() {
        let text = format!("{}<Role name=\"{}\"/>", "<é/>".repeat(100_000), "ü".repeat(1000));
        let shown = shown(&text, 1, 400_001);
        assert!(shown.starts_with('…') && shown.ends_with("ü…"), "{shown}");
        assert!(shown.contains("<é/>[<Role] name"), "{shown}");
        assert!(shown.len() < 600);
    }

    #[test]
    fn shows_no_control_characters() {
        assert_eq!(
            shown("<a \u{1b}[31m\u{9b}\u{202e}/>", 1, 1),
            "[<a] \u{fffd}[31m\u{fffd}\u{fffd}/>"
        );
        assert_eq!(source("").line(Position::START), None);
        assert_eq!(source("<a>").line(Position { line: 9, column: 1 }), None);
    }
}
