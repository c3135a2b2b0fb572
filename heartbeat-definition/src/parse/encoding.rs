//! Decoding. The byte order mark decides, else the bytes themselves; the XML declaration is wrong
//! too often.

use std::borrow::Cow;

use super::damage::typographic_quote;
use super::position::Cursor;
use crate::{Position, ReadError};

/// Maximum size of a file, in bytes.
const MAX_BYTES: usize = 1 << 20;
const MARK: char = '\u{feff}';

/// The encoding of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    Utf32,
}

impl Encoding {
    /// Detects the encoding by the byte order mark, else by the first character.
    pub(crate) fn detect(bytes: &[u8]) -> Self {
        match bytes {
            [0xFF, 0xFE, 0, 0, ..]
            | [0, 0, 0xFE, 0xFF, ..]
            | [b'<', 0, 0, 0, ..]
            | [0, 0, 0, b'<', ..] => Self::Utf32,
            [0xFF, 0xFE, ..] | [b'<', 0, ..] => Self::Utf16Le,
            [0xFE, 0xFF, ..] | [0, b'<', ..] => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }

    /// Returns the byte order mark of this encoding.
    pub(crate) fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8 => &[0xEF, 0xBB, 0xBF],
            Self::Utf16Le => &[0xFF, 0xFE],
            Self::Utf16Be => &[0xFE, 0xFF],
            Self::Utf32 => &[],
        }
    }
}

/// Decodes a file, without its byte order marks.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    if bytes.len() > MAX_BYTES {
        let length = bytes.len();
        let message = format!(
            "the file has {length} bytes, but at most {MAX_BYTES} are read: is this the right file?"
        );
        return Err(ReadError::new(Position::START, message));
    }
    let encoding = Encoding::detect(bytes);
    let bytes = bytes.strip_prefix(encoding.mark()).unwrap_or(bytes);
    let text = match encoding {
        Encoding::Utf8 => Cow::Borrowed(utf8(bytes)?),
        Encoding::Utf16Le => Cow::Owned(utf16(bytes, u16::from_le_bytes)?),
        Encoding::Utf16Be => Cow::Owned(utf16(bytes, u16::from_be_bytes)?),
        Encoding::Utf32 => {
            let message = "the file is in UTF-32, which XML parsers do not read: save it as UTF-8";
            return Err(ReadError::new(Position::START, message));
        }
    };
    let repeated_marks = text.len() - text.trim_start_matches(MARK).len();
    Ok(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.split_at(repeated_marks).1),
        Cow::Owned(mut text) => Cow::Owned(text.split_off(repeated_marks)),
    })
}

/// Returns the text of a file as positions count it, also of one that cannot be decoded: bytes that are
/// not UTF-8 count as one character each. It is empty for UTF-32, and above the
/// [limit](crate#limits).
///
/// ```
/// assert_eq!(heartbeat_definition::source_text(b"\xEF\xBB\xBF<a>\xFC</a>"), "<a>ü</a>");
/// ```
#[cfg(feature = "lint")]
#[must_use]
pub fn source_text(bytes: &[u8]) -> Cow<'_, str> {
    decode(bytes).unwrap_or_else(|_| Cow::Owned(decode_lossy(bytes)))
}

#[cfg(feature = "lint")]
fn decode_lossy(bytes: &[u8]) -> String {
    let encoding = Encoding::detect(bytes);
    let bytes = bytes.strip_prefix(encoding.mark()).unwrap_or(bytes);
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().copied().map(unit);
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match encoding {
        _ if bytes.len() > MAX_BYTES => String::new(),
        Encoding::Utf8 => {
            let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
            utf8_or_windows_1252(bytes, valid)
        }
        Encoding::Utf16Le => utf16(u16::from_le_bytes),
        Encoding::Utf16Be => utf16(u16::from_be_bytes),
        Encoding::Utf32 => String::new(),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = error.valid_up_to();
        let byte = bytes.get(valid).copied().unwrap_or_default();
        let text = utf8_or_windows_1252(bytes, valid);
        let (place, message) = typographic_quote(&text, valid).unwrap_or_else(|| {
            let message =
                format!("the byte 0x{byte:02X} is not UTF-8: save the file as UTF-8 or UTF-16");
            (valid, message)
        });
        ReadError::new(Cursor::new(&text).at(place), message)
    })
}

/// Decodes the first `valid` bytes as UTF-8, and the others by the most likely encoding.
fn utf8_or_windows_1252(bytes: &[u8], valid: usize) -> String {
    let (valid, rest) = bytes.split_at_checked(valid).unwrap_or((bytes, &[]));
    let valid = std::str::from_utf8(valid).unwrap_or_default();
    valid.chars().chain(rest.iter().copied().map(windows_1252)).collect()
}

/// Decodes a byte by Windows-1252. Of its differences from Latin-1, only the quotation marks matter.
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
                    format!("0x{unit:04X} is half a UTF-16 character: save the file again"),
                ));
            }
        }
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        Err(ReadError::new(
            end_of(&text),
            "the file ends in half a UTF-16 character: it was cut off: restore it",
        ))
    }
}

fn end_of(text: &str) -> Position {
    Cursor::new(text).at(text.len())
}
