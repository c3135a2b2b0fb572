//! Follows the frames of an HTTP/2 client (RFC 9113, section 4.1).

const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// A follower of the frames of a connection.
#[derive(Default)]
pub(super) struct Frames {
    /// Bytes of the frame header so far; it has nine.
    start: Vec<u8>,
    /// Bytes of the payload still to come.
    payload: u32,
    /// The head continues in the next frame.
    continues: bool,
}

impl Frames {
    pub(super) fn follow(&mut self, byte: u8) {
        if let Some(left) = self.payload.checked_sub(1) {
            self.payload = left;
            return;
        }
        self.start.push(byte);
        if let [high, middle, low, kind, flags, _, _, _, _] = *self.start.as_slice() {
            self.payload = u32::from_be_bytes([0, high, middle, low]);
            if matches!(kind, HEADERS | CONTINUATION) {
                self.continues = flags & END_HEADERS == 0;
            }
            self.start.clear();
        }
    }

    /// Tells whether part of a frame, or of a head, is missing.
    pub(super) fn is_mid_request(&self) -> bool {
        self.payload > 0 || self.continues || !self.start.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Frames;

    #[test]
    fn a_request_is_incomplete_within_a_frame_and_between_those_of_a_head() {
        let mut frames = Frames::default();
        for (bytes, mid_request) in [
            (&b"\0\0\x08\x06\0\0\0\0"[..], true),
            (b"\0", true),
            (b"a ping\0", true),
            (b"\0", false),
            (b"\0\0\0\x04\x01\0\0\0\0", false),
            (b"\0\0\x01\x01\x01\0\0\0\x01\x82", true),
            (b"\0\0\x01\x09\0\0\0\0\x01\x84", true),
            (b"\0\0\x01\x09\x04\0\0\0\x01\x86", false),
        ] {
            for byte in bytes {
                frames.follow(*byte);
            }
            assert_eq!(frames.is_mid_request(), mid_request, "{bytes:?}");
        }
    }
}
