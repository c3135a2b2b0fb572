//! A line of a file on a terminal.

use std::ops::Range;

/// A line as it is shown: no longer than it is of use, without secrets and control characters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ShownLine {
    pub(super) text: String,
    /// The part that is underlined, in bytes.
    pub(super) underlined: Range<usize>,
}

// === impl ShownLine ===

impl ShownLine {
    /// Cuts the line to a width, in columns, around what is underlined.
    pub(super) fn fit(self, columns: usize) -> Self {
        let Self { text, underlined } = &self;
        if width(text) <= columns {
            return self;
        }
        let (before, rest) = text.split_at_checked(underlined.start).unwrap_or((text, ""));
        let token = rest.get(..underlined.len()).unwrap_or(rest).chars();
        let (token, after) = rest.split_at(fitting(token, columns / 2));
        // Two signs for what is cut. A side that is short leaves its room to the other.
        let free = columns.saturating_sub(width(token) + 2 * width("…"));
        let left = width(before).min((free / 2).max(free.saturating_sub(width(after))));
        let start = before.len() - fitting(before.chars().rev(), left);
        let end = fitting(after.chars(), free.saturating_sub(left));
        let dots = |is_cut| if is_cut { "…" } else { "" };
        let head = format!("{}{}", dots(start > 0), before.split_at(start).1);
        let tail = format!("{}{}", after.split_at(end).0, dots(end < after.len()));
        let underlined = head.len()..head.len() + token.len();
        Self { text: [&head, token, &tail].concat(), underlined }
    }
}

/// Returns the length of the characters that fit into columns, in bytes.
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut used = 0;
    let fits = |c: &char| {
        used += columns_of(*c);
        used <= columns
    };
    characters.take_while(fits).map(char::len_utf8).sum()
}

/// Returns the columns that a text takes at most.
fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    match c {
        '\t' => 4,
        c if c.is_ascii() => 1,
        // Some are as wide as two.
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::ShownLine;

    #[test]
    fn fits_a_width_around_the_place() {
        let text = format!("{}<b>{}", "a".repeat(100), "ü".repeat(100));
        let fit = |underlined, columns| {
            let shown = ShownLine { text: text.clone(), underlined }.fit(columns);
            let (start, rest) = shown.text.split_at(shown.underlined.start);
            let (token, end) = rest.split_at(shown.underlined.len());
            format!("{start}[{token}]{end}")
        };
        assert_eq!(fit(100..103, 303), format!("{}[<b>]{}", "a".repeat(100), "ü".repeat(100)));
        assert_eq!(fit(100..103, 20), "…aaaaaa[<b>]üüü…");
        assert_eq!(fit(0..80, 20), "[aaaaaaaaaa]aaaaaa…");
        assert_eq!(fit(301..303, 20), "…üüüüüüü[ü]");
        assert_eq!(fit(100..103, 3), "…[<]…");
        assert_eq!(fit(303..303, 0), "…[]");
    }
}
