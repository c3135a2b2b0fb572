//! Values of a file in messages, where they may be shortened, and in fixes, where they may not.

use std::fmt::Write as _;

/// The most of a value that a message shows, in characters.
const LONGEST: usize = 120;
/// The longest value that a fix holds, in bytes.
const MAX_PASTED: usize = 1024;

/// A value as it can be shown in a message: on one line, with invisible
/// characters made visible, and, where it is long, with its middle left out.
pub(crate) fn excerpt(value: &str) -> String {
    if !is_long(value) {
        return visible(value);
    }
    let tail = value.char_indices().nth_back(LONGEST / 2 - 1).map_or(0, |(at, _)| at);
    let head: String = value.chars().take(LONGEST / 2).collect();
    format!("{}…{}", visible(&head), visible(value.get(tail..).unwrap_or_default()))
}

/// As [`excerpt`], of the part in which a long value differs from what it should be.
pub(crate) fn excerpt_beside(value: &str, expected: &str) -> String {
    if !is_long(value) {
        return visible(value);
    }
    let in_common = value.chars().zip(expected.chars()).take_while(|(a, b)| a == b).count();
    let start = in_common.saturating_sub(LONGEST / 2);
    let part: String = value.chars().skip(start).take(LONGEST).collect();
    let left_out = |is_left_out: bool| if is_left_out { "…" } else { "" };
    let (before, after) = (start > 0, value.chars().nth(start + LONGEST).is_some());
    format!("{}{}{}", left_out(before), visible(&part), left_out(after))
}

/// A value as it is to be written between the quotation marks of an attribute: whole, as what is
/// cut would be wrong when it is pasted. No honest name is longer than [`MAX_PASTED`]: for such a
/// one stands `…`, as for anything else that is to be filled in.
pub(crate) fn pasted(value: &str) -> String {
    if value.len() > MAX_PASTED {
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

/// Whether a message shows only a part of a value.
pub(crate) fn is_long(value: &str) -> bool {
    value.chars().nth(LONGEST).is_some()
}

fn visible(value: &str) -> String {
    let mut shown = String::with_capacity(value.len());
    for c in value.chars() {
        if is_invisible(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// Quotation marks and letters with accents show as they are.
fn is_invisible(c: char) -> bool {
    c.is_control() || (c as u32 >= 0x2000 && !c.is_alphanumeric())
}
