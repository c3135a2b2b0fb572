//! The user's terminal, and text of others on it.

use std::io::{ErrorKind, Write};

use crate::failure::Failure;

/// Prints a text. A reader that closes the pipe early is not a failure.
pub(crate) fn print(mut output: impl Write, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    match output.write_all(text.as_ref()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

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
