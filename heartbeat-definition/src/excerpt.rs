//! Values of a file, shortened for messages and whole for fixes.

use std::fmt::Write as _;

/// Maximum length of a value in a message, in characters.
const MAX_SHOWN_CHARS: usize = 120;
/// Maximum length of a value in a fix, in bytes.
const MAX_PASTED_BYTES: usize = 1024;

/// Formats a value for a message: on one line, with invisible characters escaped and without the
/// middle of a long one.
pub(crate) fn excerpt(value: &str) -> String {
    if !is_long(value) {
        return escape_invisible(value);
    }
    let tail = value.char_indices().nth_back(MAX_SHOWN_CHARS / 2 - 1).map_or(0, |(at, _)| at);
    let head: String = value.chars().take(MAX_SHOWN_CHARS / 2).collect();
    format!(
        "{}…{}",
        escape_invisible(&head),
        escape_invisible(value.get(tail..).unwrap_or_default())
    )
}

/// Formats a value as [`excerpt`] does, but shows the part in which a long one differs from
/// `expected`.
pub(crate) fn excerpt_beside(value: &str, expected: &str) -> String {
    if !is_long(value) {
        return escape_invisible(value);
    }
    let common = value.chars().zip(expected.chars()).take_while(|(a, b)| a == b).count();
    let start = common.saturating_sub(MAX_SHOWN_CHARS / 2);
    let part: String = value.chars().skip(start).take(MAX_SHOWN_CHARS).collect();
    let ellipsis = |is_cut: bool| if is_cut { "…" } else { "" };
    let (before, after) = (start > 0, value.chars().nth(start + MAX_SHOWN_CHARS).is_some());
    format!("{}{}{}", ellipsis(before), escape_invisible(&part), ellipsis(after))
}

/// Formats a value for a fix: escaped for the quotation marks of an attribute, and whole, because a
/// shortened one would be wrong when pasted. A value above [`MAX_PASTED_BYTES`] is no honest name:
/// it becomes `…`, to fill in.
pub(crate) fn pasted(value: &str) -> String {
    if value.len() > MAX_PASTED_BYTES {
        return "…".to_owned();
    }
    let mut written = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '"' => written.push_str("&quot;"),
            c if is_invisible(c) => drop(write!(written, "&#x{:X};", u32::from(c))),
            c => written.push(c),
        }
    }
    written
}

/// Returns whether a message shows only a part of a value.
pub(crate) fn is_long(value: &str) -> bool {
    value.chars().nth(MAX_SHOWN_CHARS).is_some()
}

fn escape_invisible(value: &str) -> String {
    let mut shown = String::with_capacity(value.len());
    for c in value.chars() {
        if is_invisible(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// Returns whether a character is escaped. Quotation marks and letters with accents are not.
fn is_invisible(c: char) -> bool {
    c.is_control() || (c as u32 >= 0x2000 && !c.is_alphanumeric())
}
