//! Positions in a file.

use std::fmt;

use memchr::{memchr_iter, memrchr};

/// A position in a file. Columns count characters, not bytes.
///
/// A byte order mark has no column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
}

impl Position {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl Default for Position {
    fn default() -> Self {
        Self::START
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A converter of byte offsets into positions.
///
/// Offsets must ascend, so that all of them together cost one pass over the text, even if it is a
/// single line.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    offset: usize,
    position: Position,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), offset: 0, position: Position::START }
    }

    /// Returns the position at a byte offset.
    pub(crate) fn at(&mut self, offset: usize) -> Position {
        debug_assert!(offset >= self.offset, "offsets must ascend");
        let mut passed = self.text.get(self.offset..offset).unwrap_or_default();
        let Position { line, column } = &mut self.position;
        if let Some(last) = memrchr(b'\n', passed) {
            *line = line.saturating_add(saturated(memchr_iter(b'\n', passed).count()));
            *column = 1;
            passed = passed.get(last.saturating_add(1)..).unwrap_or_default();
        }
        // A continuation byte belongs to a character that is counted already.
        let characters = passed.iter().filter(|byte| !matches!(byte, 0x80..0xC0)).count();
        *column = column.saturating_add(saturated(characters));
        self.offset = self.offset.max(offset);
        self.position
    }
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_columns_in_characters() {
        let mut cursor = Cursor::new("aä\r\nßx");
        assert_eq!(cursor.at(3).to_string(), "1:3");
        assert_eq!(cursor.at(5).to_string(), "2:1");
        assert_eq!(cursor.at(7).to_string(), "2:2");
    }
}
