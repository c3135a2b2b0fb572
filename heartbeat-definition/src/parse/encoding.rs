//! Bytes to text. The byte order mark is believed first, then the bytes
//! themselves, and the XML declaration never: in real files it lies.

use std::borrow::Cow;

use super::damage::typographic_quote;
use crate::lint::diagnostic::excerpt;
use crate::parse::position::Cursor;
use crate::{Code, Position, ReadError, Severity};

pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) doubts: Vec<Doubt>,
}

/// Bytes that are read here, but not by every XML parser.
pub(crate) struct Doubt {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) fix: String,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, ReadError> {
    let (mut text, actual) = match bytes {
        [0xFF, 0xFE, 0, 0, ..]
        | [0, 0, 0xFE, 0xFF, ..]
        | [b'<', 0, 0, 0, ..]
        | [0, 0, 0, b'<', ..] => {
            let message = "the file is in UTF-32, which XML parsers do not read: save it as UTF-8";
            return Err(ReadError::new(Position::START, message));
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => (Cow::Borrowed(utf8(rest)?), "utf-8"),
        [0xFF, 0xFE, rest @ ..] | rest @ [b'<', 0, ..] => {
            (Cow::Owned(utf16(rest, u16::from_le_bytes)?), "utf-16le")
        }
        [0xFE, 0xFF, rest @ ..] | rest @ [0, b'<', ..] => {
            (Cow::Owned(utf16(rest, u16::from_be_bytes)?), "utf-16be")
        }
        _ => (Cow::Borrowed(utf8(bytes)?), "utf-8"),
    };
    let mut doubts = Vec::new();
    let marks = text.len() - text.trim_start_matches(MARK).len();
    if marks > 0 {
        text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches(MARK)),
            Cow::Owned(mut text) => Cow::Owned(text.split_off(marks)),
        };
        doubts.push(Doubt {
            code: Code::RepeatedByteOrderMark,
            severity: Code::RepeatedByteOrderMark.severity(),
            message: "the file begins with more than one byte order mark, which XML parsers refuse"
                .to_owned(),
            fix: "save it as UTF-8 with one or none".to_owned(),
        });
    }
    doubts.extend(declared(&text).and_then(|declared| belied(declared, actual, &text)));
    Ok(Decoded { text, doubts })
}

const MARK: char = '\u{feff}';

fn utf8(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        let valid = std::str::from_utf8(valid).unwrap_or_default();
        let byte = rest.first().copied().unwrap_or_default();
        let text = valid.chars().chain(rest.iter().copied().map(windows_1252)).collect::<String>();
        let (place, message) = typographic_quote(&text, valid.len()).unwrap_or_else(|| {
            let message =
                format!("the byte 0x{byte:02X} is not UTF-8: save the file as UTF-8 or UTF-16");
            (valid.len(), message)
        });
        ReadError::new(Cursor::new(&text).at(place), message)
    })
}

/// The character that a byte most often is where it is not UTF-8; of those that differ from
/// Latin-1 only the quotation marks matter.
fn windows_1252(byte: u8) -> char {
    match byte {
        0x82 => '‚',
        0x84 => '„',
        0x8B => '‹',
        0x91 => '‘',
        0x92 => '’',
        0x93 => '“',
        0x94 => '”',
        0x9B => '›',
        other => char::from(other),
    }
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

/// What comes of a declared encoding that the bytes are not in.
fn belied(declared: &str, actual: &str, text: &str) -> Option<Doubt> {
    let name = declared.to_ascii_lowercase();
    let name = name.as_str();
    let is_plain = actual == "utf-8" && text.is_ascii();
    let agrees = match actual {
        "utf-8" if is_plain => matches!(name, "utf-8" | "utf8" | "us-ascii" | "ascii"),
        "utf-8" => matches!(name, "utf-8" | "utf8"),
        _ => name == "utf-16" || name == actual,
    };
    if agrees {
        return None;
    }
    // Where every character is ASCII, an encoding that extends it byte by byte reads the file alike.
    let is_harmless = is_plain && EXTEND_ASCII.iter().any(|prefix| name.starts_with(prefix));
    let actual = if actual == "utf-8" { actual } else { "utf-16" };
    let declared = excerpt(declared);
    let (severity, consequence) = if is_harmless {
        (Severity::Note, "")
    } else {
        (Severity::Warning, ", by which XML parsers refuse or misread it")
    };
    Some(Doubt {
        code: Code::EncodingMismatch,
        severity,
        message: format!("the file is in {actual} but declares `{declared}`{consequence}"),
        fix: format!("declare encoding=\"{actual}\""),
    })
}

const EXTEND_ASCII: [&str; 3] = ["iso-8859-", "windows-125", "latin1"];
