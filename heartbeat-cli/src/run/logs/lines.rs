//! Bytes of a pipe, cut into lines.

/// Maximum length of a line, in bytes. A longer one is cut into several.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// A splitter of bytes into lines.
#[derive(Debug, Default)]
pub(super) struct LineSplitter {
    /// The line that has not ended yet.
    rest: Vec<u8>,
}

// === impl LineSplitter ===

impl LineSplitter {
    /// Adds bytes, and returns the lines that they end, without their line ends. What is not UTF-8 is
    /// replaced.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.rest.extend_from_slice(piece);
            if self.rest.ends_with(b"\n") {
                lines.extend(self.cut_long_line());
                lines.extend(self.finish());
            }
        }
        lines.extend(self.cut_long_line());
        lines
    }

    /// Returns the line that has no end, if there is one.
    pub(super) fn finish(&mut self) -> Option<String> {
        if self.rest.is_empty() {
            return None;
        }
        let line = std::mem::take(&mut self.rest);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(String::from_utf8_lossy(line).into_owned())
    }

    /// Cuts pieces off a line until the rest is short.
    fn cut_long_line(&mut self) -> Vec<String> {
        let mut pieces = Vec::new();
        while self.rest.len() > MAX_LINE_BYTES {
            let is_inside_char = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
            let before = self.rest.iter().skip(MAX_LINE_BYTES - 3).take(4).rev();
            let cut = MAX_LINE_BYTES - before.take_while(is_inside_char).count().min(3);
            let rest = self.rest.split_off(cut);
            let piece = std::mem::replace(&mut self.rest, rest);
            pieces.push(String::from_utf8_lossy(&piece).into_owned());
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::{LineSplitter, MAX_LINE_BYTES};

    #[test]
    fn a_line_ends_where_it_ends_however_it_arrives() {
        let mut splitter = LineSplitter::default();
        assert_eq!(splitter.push(b"on"), Vec::<String>::new());
        assert_eq!(splitter.push(b"e\ntwo\r\n\nthr"), ["one", "two", ""]);
        assert_eq!(splitter.push(b"\xc3"), Vec::<String>::new());
        assert_eq!(splitter.push(b"\xa9\n"), ["thr\u{e9}"]);
        assert_eq!(splitter.push(b"\xff\n"), ["\u{fffd}"]);
        assert_eq!(splitter.push(b"half"), Vec::<String>::new());
        assert_eq!(splitter.finish().as_deref(), Some("half"));
        assert_eq!(splitter.finish(), None);
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        for (line, first) in [
            ("a".repeat(MAX_LINE_BYTES + 1), MAX_LINE_BYTES),
            ("\u{e9}".repeat(MAX_LINE_BYTES), MAX_LINE_BYTES),
            (format!("a{}", "\u{e9}".repeat(MAX_LINE_BYTES)), MAX_LINE_BYTES - 1),
            (format!("a{}", "\u{1f600}".repeat(MAX_LINE_BYTES)), MAX_LINE_BYTES - 3),
        ] {
            let mut splitter = LineSplitter::default();
            let mut pieces = splitter.push(line.as_bytes());
            assert_eq!(pieces[0].len(), first);
            pieces.extend(splitter.push(b"\n"));
            assert_eq!(pieces.concat(), line);
            assert!(pieces.iter().all(|piece| piece.len() <= MAX_LINE_BYTES));
        }
    }
}
