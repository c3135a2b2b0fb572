//! Text of others on the user's terminal.

/// Replaces a character that a terminal would act upon instead of showing it.
pub(crate) fn printable(c: char) -> char {
    match c {
        // Marks that turn the direction of the text around.
        '\u{061c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}
