//! Follows the bytes of a connection: marks where a request begins and ends, and rejects what
//! hyper's HTTP/1 parser accepts and request smuggling depends on: a line that ends in a bare line
//! feed, and a body with two lengths.

use super::frames::Frames;

/// The connection preface of HTTP/2 (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const LENGTH: &[u8] = b"content-length";
const ENCODING: &[u8] = b"transfer-encoding";

/// A follower of the bytes of a connection. They are all heads, as bodies are refused.
///
/// A forbidden byte becomes NUL, which the parser answers with 400 anywhere in a head; it then
/// closes the connection.
pub(super) struct Heads {
    /// Bytes of the preface so far; `None` for HTTP/1.
    preface: Option<usize>,
    /// The follower of the bytes after the preface.
    frames: Frames,
    /// Part of a head has arrived.
    begun: bool,
    after_return: bool,
    /// The framing field that the line may name, and the bytes of its name so far.
    name: Option<(&'static [u8], usize)>,
    /// The name has ended, or is not that of a framing field.
    after_name: bool,
    /// The framing field of this head.
    framing: Option<&'static [u8]>,
}

impl Default for Heads {
    fn default() -> Self {
        Self {
            preface: Some(0),
            frames: Frames::default(),
            begun: false,
            after_return: false,
            name: None,
            after_name: false,
            framing: None,
        }
    }
}

impl Heads {
    /// Follows the next bytes, and overwrites forbidden ones.
    pub(super) fn follow(&mut self, mut bytes: &mut [u8]) {
        while let Some((byte, rest)) = bytes.split_first_mut() {
            bytes = rest;
            if self.is_http2() {
                self.frames.follow(*byte);
                continue;
            }
            self.preface = self
                .preface
                .filter(|come| PREFACE.get(*come) == Some(byte))
                .map(|come| come.saturating_add(1));
            self.begun = true;
            if self.is_refused(*byte) {
                *byte = 0;
            }
            self.after_return = *byte == b'\r';
            if self.after_name && self.preface.is_none() {
                bytes = self.skip_to_line_feed(bytes);
            }
        }
    }

    /// Skips the value of a field.
    fn skip_to_line_feed<'a>(&mut self, bytes: &'a mut [u8]) -> &'a mut [u8] {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (skipped, rest) = bytes.split_at_mut(end);
        self.after_return = skipped.last().map_or(self.after_return, |byte| *byte == b'\r');
        rest
    }

    /// Tells whether part of a request has arrived.
    pub(super) fn is_mid_request(&self) -> bool {
        if self.is_http2() { self.frames.is_mid_request() } else { self.begun }
    }

    fn is_http2(&self) -> bool {
        self.preface == Some(PREFACE.len())
    }

    fn is_refused(&mut self, byte: u8) -> bool {
        match byte {
            b'\n' => !self.after_return || self.end_line(),
            b'\r' => false,
            _ if self.after_name => false,
            byte => self.follow_name(byte.to_ascii_lowercase()),
        }
    }

    fn end_line(&mut self) -> bool {
        if self.name.is_none() && !self.after_name {
            // An empty line ends the head.
            (self.framing, self.begun) = (None, false);
        }
        (self.name, self.after_name) = (None, false);
        false
    }

    fn follow_name(&mut self, byte: u8) -> bool {
        let first = if byte == b'c' { LENGTH } else { ENCODING };
        let (field, come) = self.name.unwrap_or((first, 0));
        if field.get(come) == Some(&byte) {
            self.name = Some((field, come.saturating_add(1)));
            return false;
        }
        self.after_name = true;
        let ends = byte == b':' && come == field.len();
        ends && *self.framing.get_or_insert(field) != field
    }
}

#[cfg(test)]
mod tests {
    use super::{Heads, PREFACE};

    /// Returns the bytes after the follower, which are the same whether they come at once or one by one.
    fn followed(bytes: &[u8]) -> Vec<u8> {
        let mut at_once = bytes.to_vec();
        Heads::default().follow(&mut at_once);
        let mut one_by_one = bytes.to_vec();
        let mut heads = Heads::default();
        one_by_one.chunks_mut(1).for_each(|byte| heads.follow(byte));
        assert_eq!(at_once, one_by_one);
        at_once
    }

    #[test]
    fn passes_ordinary_requests() {
        for request in [
            "GET / HTTP/1.1\r\nHost: a:80\r\nContent-Length: 0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nX: content-length:\r\nY: transfer-encoding:\r\n\r\n",
        ] {
            assert_eq!(followed(request.as_bytes()), request.as_bytes());
        }
    }

    #[test]
    fn overwrites_a_bare_line_feed_and_a_second_length() {
        for (request, left) in [
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\0Host: a\r\n\r\n"),
            ("GET / HTTP/1.0\r\n\n", "GET / HTTP/1.0\r\n\0"),
            ("\nGET", "\0GET"),
            (
                "G / H\r\ncontent-LENGTH: 1\r\nTransfer-encoding: x\r\n",
                "G / H\r\ncontent-LENGTH: 1\r\nTransfer-encoding\0 x\r\n",
            ),
            (
                "G / H\r\nTransfer-Encoding: x\r\nA: b\r\nContent-Length: 1\r\n",
                "G / H\r\nTransfer-Encoding: x\r\nA: b\r\nContent-Length\0 1\r\n",
            ),
        ] {
            assert_eq!(followed(request.as_bytes()), left.as_bytes());
        }
    }

    #[test]
    fn a_request_is_incomplete_until_its_empty_line() {
        let mut heads = Heads::default();
        for (bytes, mid_request) in [
            ("", false),
            ("G", true),
            ("ET / HTTP/1.1\r\n", true),
            ("Host: a\r\n\r", true),
            ("\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\nG", true),
        ] {
            heads.follow(&mut bytes.as_bytes().to_vec());
            assert_eq!(heads.is_mid_request(), mid_request, "{bytes:?}");
        }
        let mut heads = Heads::default();
        heads.follow(&mut [PREFACE, b"\0\0\0\x04\0\0\0\0\0"].concat());
        assert!(!heads.is_mid_request());
        heads.follow(&mut [0]);
        assert!(heads.is_mid_request());
    }

    #[test]
    fn passes_http2_unchanged() {
        let bytes = [PREFACE, b"\0\n\n\n\0content-length:transfer-encoding:"].concat();
        assert_eq!(followed(&bytes), bytes);
        let almost = [&PREFACE[..PREFACE.len() - 1], b"\r\n\n"].concat();
        assert_eq!(followed(&almost).last(), Some(&0));
    }
}
