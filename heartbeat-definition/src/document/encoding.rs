//! Bytes to text. The byte order mark is believed first, then the bytes
//! themselves, and the XML declaration never: in real files it lies.

use std::borrow::Cow;

use crate::position::Cursor;
use crate::{Position, ReadError};

pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// What the declaration says, where it differs from what the bytes are.
    pub(super) mismatch: Option<Mismatch>,
}

pub(crate) struct Mismatch {
    pub(crate) declared: String,
    pub(crate) actual: &'static str,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, ReadError> {
    let (text, actual) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (Cow::Borrowed(utf8(rest)?), "utf-8"),
        [0xFF, 0xFE, rest @ ..] | rest @ [b'<', 0, ..] => {
            (Cow::Owned(utf16(rest, u16::from_le_bytes)?), "utf-16")
        }
        [0xFE, 0xFF, rest @ ..] | rest @ [0, b'<', ..] => {
            (Cow::Owned(utf16(rest, u16::from_be_bytes)?), "utf-16")
        }
        _ => (Cow::Borrowed(utf8(bytes)?), "utf-8"),
    };
    let mismatch = declared(&text)
        .filter(|declared| !agree(declared, actual))
        .map(|declared| Mismatch { declared: declared.to_owned(), actual });
    Ok(Decoded { text, mismatch })
}

fn utf8(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        let place = std::str::from_utf8(valid).map_or(Position::START, end_of);
        let byte = rest.first().copied().unwrap_or_default();
        ReadError::new(
            place,
            format!("the byte 0x{byte:02X} is not UTF-8: save the file as UTF-8 or UTF-16"),
        )
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, ReadError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    for unit in char::decode_utf16(pairs.iter().copied().map(unit)) {
        match unit {
            Ok(character) => text.push(character),
            Err(error) => {
                let unit = error.unpaired_surrogate();
                return Err(ReadError::new(
                    end_of(&text),
                    format!("0x{unit:04X} is half a UTF-16 character: save the file anew"),
                ));
            }
        }
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        Err(ReadError::new(
            end_of(&text),
            "the file ends in half a UTF-16 character: it was cut off, restore it",
        ))
    }
}

fn end_of(text: &str) -> Position {
    Cursor::new(text).at(text.len())
}

/// The encoding that the XML declaration names.
fn declared(text: &str) -> Option<&str> {
    let declaration = text.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.strip_prefix(quote)?.split(quote).next()
}

fn agree(declared: &str, actual: &str) -> bool {
    let declared = declared.to_ascii_lowercase();
    match actual {
        "utf-16" => declared.starts_with("utf-16") || declared == "unicode",
        _ => matches!(&*declared, "utf-8" | "utf8" | "us-ascii" | "ascii"),
    }
}
