//! How far an HTTP/2 client has come with what it sends (RFC 9113, section 4.1).

const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Follows the frames of a connection.
#[derive(Default)]
pub(super) struct Frames {
    /// What has come of the nine bytes that a frame begins with.
    start: Vec<u8>,
    /// How much of its payload is to come.
    payload: u32,
    /// A head goes on in the next frame.
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

    /// Whether part of a frame, or of a head, is to come.
    pub(super) fn is_mid_request(&self) -> bool {
        self.payload > 0 || self.continues || !self.start.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Frames;

    #[test]
    fn a_client_is_amid_a_frame_or_a_head_in_several() {
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
