//! Follows the bytes of a connection: marks where a request begins and ends, and rejects what
//! hyper's HTTP/1 parser accepts and request smuggling depends on: a line that ends in a bare line
//! feed, and a body with two lengths.

use super::frames::Frames;

/// The connection preface of HTTP/2 (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The length of a body whose end this does not look for.
const UNKNOWN: u64 = u64::MAX;

const LENGTH: &[u8] = b"content-length";
const ENCODING: &[u8] = b"transfer-encoding";

/// A follower of the bytes of a connection: heads, and the bodies between them, which it skips.
///
/// A forbidden byte becomes NUL, which the parser answers with 400 anywhere in a head or in trailers; it
/// then closes the connection.
pub(super) struct Heads {
    /// Bytes of the preface so far; `None` for HTTP/1.
    preface: Option<usize>,
    /// The follower of the bytes after the preface.
    frames: Frames,
    /// Bytes of the body still to come.
    body: u64,
    head: Head,
}

/// The head, or the empty chunk after one, that the next byte belongs to.
#[derive(Default)]
struct Head {
    /// Part of it has arrived.
    begun: bool,
    after_return: bool,
    line: Line,
    /// The framing field of this head.
    framing: Option<&'static [u8]>,
    /// The length that the head gives.
    length: u64,
    /// These are the trailers of an empty chunked body, where no framing field may be.
    trailers: bool,
}

/// The part of a line that the next byte belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Start,
    /// The framing field that the line may name, and the bytes of its name so far.
    Name(&'static [u8], usize),
    Rest,
    /// The length of the body.
    Length,
    /// The size of the first chunk, which is zero so far.
    ChunkSize,
    /// The extension of that size.
    ChunkExtension,
}

impl Default for Heads {
    fn default() -> Self {
        let (frames, head) = (Frames::default(), Head::default());
        Self { preface: Some(0), frames, body: 0, head }
    }
}

impl Heads {
    /// Follows the next bytes, and overwrites forbidden ones.
    pub(super) fn follow(&mut self, mut bytes: &mut [u8]) {
        loop {
            if self.body > 0 {
                bytes = self.skip_body(bytes);
            }
            if self.preface.is_none() {
                bytes = self.head.skip_lines(bytes);
            }
            let Some((byte, rest)) = bytes.split_first_mut() else { break };
            bytes = rest;
            if self.is_http2() {
                self.frames.follow(*byte);
                continue;
            }
            self.preface = self
                .preface
                .filter(|come| PREFACE.get(*come) == Some(byte))
                .map(|come| come.saturating_add(1));
            self.head.begun = true;
            if self.is_refused(*byte) {
                *byte = 0;
            }
            self.head.after_return = *byte == b'\r';
            if matches!(self.head.line, Line::Rest | Line::Length) && self.preface.is_none() {
                bytes = self.head.skip_to_line_feed(bytes);
            }
        }
    }

    fn skip_body<'a>(&mut self, bytes: &'a mut [u8]) -> &'a mut [u8] {
        let count = usize::try_from(self.body).map_or(bytes.len(), |body| body.min(bytes.len()));
        if self.body != UNKNOWN {
            self.body = self.body.saturating_sub(count as u64);
        }
        bytes.get_mut(count..).unwrap_or_default()
    }

    /// Tells whether part of a request head has arrived.
    pub(super) fn is_mid_request(&self) -> bool {
        if self.is_http2() { self.frames.is_mid_request() } else { self.head.begun }
    }

    /// Tells whether the next head cannot be found, because the body has no length: the connection
    /// must close after the response.
    pub(super) fn is_lost(&self) -> bool {
        self.body == UNKNOWN || self.head.line == Line::ChunkSize
    }

    fn is_http2(&self) -> bool {
        self.preface == Some(PREFACE.len())
    }

    fn is_refused(&mut self, byte: u8) -> bool {
        match (byte, self.head.line) {
            // The parser refuses it, and accepts NUL here.
            (b'\n', Line::ChunkExtension) if !self.head.after_return => {
                self.body = UNKNOWN;
                false
            }
            (b'\n', _) => !self.head.after_return || self.end_line(),
            (b'0', Line::ChunkSize) => false,
            (_, Line::ChunkSize) if byte.is_ascii_hexdigit() => {
                self.body = UNKNOWN;
                false
            }
            (_, Line::ChunkSize) => {
                self.head.line = Line::ChunkExtension;
                false
            }
            (b'\r', _) | (_, Line::Rest | Line::ChunkExtension) => false,
            (_, Line::Length) => {
                self.head.follow_length(byte);
                false
            }
            (_, Line::Start) => self.head.follow_name(byte.to_ascii_lowercase(), None),
            (_, Line::Name(field, come)) => {
                self.head.follow_name(byte.to_ascii_lowercase(), Some((field, come)))
            }
        }
    }

    fn end_line(&mut self) -> bool {
        if self.head.line == Line::Start {
            // An empty line ends the head.
            let Head { framing, length, .. } = std::mem::take(&mut self.head);
            match framing {
                Some(LENGTH) => self.body = length,
                Some(_) => self.head.line = Line::ChunkSize,
                None => {}
            }
        } else {
            self.head.trailers |= matches!(self.head.line, Line::ChunkSize | Line::ChunkExtension);
            self.head.line = Line::Start;
        }
        false
    }
}

impl Head {
    /// Skips complete lines that neither end the head nor name a framing field.
    fn skip_lines<'a>(&mut self, mut bytes: &'a mut [u8]) -> &'a mut [u8] {
        while self.line == Line::Start
            && !matches!(bytes.first(), None | Some(b'\r' | b'\n' | b'C' | b'c' | b'T' | b't'))
            && let Some(end) = memchr::memchr(b'\n', bytes)
            && bytes.get(..end).is_some_and(|line| line.ends_with(b"\r"))
        {
            self.begun = true;
            bytes = bytes.get_mut(end.saturating_add(1)..).unwrap_or_default();
        }
        bytes
    }

    /// Skips the value of a field.
    fn skip_to_line_feed<'a>(&mut self, bytes: &'a mut [u8]) -> &'a mut [u8] {
        let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let (skipped, rest) = bytes.split_at_mut(end);
        self.after_return = skipped.last().map_or(self.after_return, |byte| *byte == b'\r');
        if self.line == Line::Length {
            for byte in &*skipped {
                self.follow_length(*byte);
            }
        }
        rest
    }

    fn follow_length(&mut self, byte: u8) {
        self.length = match byte {
            b' ' | b'\t' | b'\r' => self.length,
            b'0'..=b'9' => self.length.saturating_mul(10).saturating_add((byte - b'0').into()),
            // A list of lengths, which may all be the same.
            _ => UNKNOWN,
        };
    }

    fn follow_name(&mut self, byte: u8, name: Option<(&'static [u8], usize)>) -> bool {
        let first = if byte == b'c' { LENGTH } else { ENCODING };
        let (field, come) = name.unwrap_or((first, 0));
        if field.get(come) == Some(&byte) {
            self.line = Line::Name(field, come.saturating_add(1));
            return false;
        }
        let ends = byte == b':' && come == field.len();
        self.line = Line::Rest;
        if ends && field == LENGTH {
            (self.line, self.length) = (Line::Length, 0);
        }
        ends && (self.trailers || *self.framing.get_or_insert(field) != field)
    }
}

#[cfg(test)]
mod tests {
    use super::{Heads, PREFACE};

    const POST: &str = "POST / HTTP/1.1\r\n";

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
            // The parser refuses these.
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\nG / H\n",
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
                "P / H\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n",
                "P / H\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length\0 9\r\n\r\n",
            ),
            (
                "P / H\r\nTransfer-Encoding: chunked\r\n\r\n0;a=b\r\nA: b\nC: d\r\n\r\n",
                "P / H\r\nTransfer-Encoding: chunked\r\n\r\n0;a=b\r\nA: b\0C: d\r\n\r\n",
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
    fn skips_a_body_of_known_length_and_follows_the_next_head() {
        let body = "a\nb\n";
        for (fields, lost) in [
            ("Content-Length: 4\r\n\r\n", false),
            ("Content-Length:\t4 \r\nX: 9\r\n\r\n", false),
            ("Content-Length: 4, 4\r\n\r\n", true),
            ("Transfer-Encoding: chunked\r\n\r\n4\r\n", true),
            ("Transfer-Encoding: chunked\r\n\r\n00a;x\r\n", true),
        ] {
            let request = format!("{POST}{fields}{body}G / H\n");
            let passed = followed(request.as_bytes());
            let end = if lost { "G / H\n" } else { "G / H\0" };
            let expected = format!("{POST}{fields}{body}{end}");
            assert_eq!(passed, expected.as_bytes(), "{fields:?}");
        }
    }

    #[test]
    fn loses_the_next_head_in_a_chunked_body() {
        for (bytes, lost) in [
            ("Transfer-Encoding: chunked\r\n\r\n", true),
            ("Transfer-Encoding: chunked\r\n\r\n0", true),
            ("Transfer-Encoding: chunked\r\n\r\n0\r\n", false),
            ("Transfer-Encoding: chunked\r\n\r\n01\r\n", true),
            ("Transfer-Encoding: chunked\r\n\r\n0;a=b\r\n\r\n", false),
            ("Transfer-Encoding: chunked\r\n\r\n0;a\n", true),
            ("Content-Length: 7\r\n\r\n", false),
            ("Content-Length: 0\r\n\r\n", false),
        ] {
            let mut heads = Heads::default();
            heads.follow(&mut format!("{POST}{bytes}").into_bytes());
            assert_eq!(heads.is_lost(), lost, "{bytes:?}");
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
