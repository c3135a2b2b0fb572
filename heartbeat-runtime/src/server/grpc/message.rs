//! The messages of the gRPC health checking protocol, in protobuf
//! (<https://github.com/grpc/grpc/blob/master/doc/health-checking.md>), and their frames. They have so few
//! fields that a library would be larger.

/// The flag and the length before a message (gRPC over HTTP/2, "Length-Prefixed-Message").
const PREFIX: usize = 5;
/// The wire types of protobuf.
const VARINT: u64 = 0;
const I64: u64 = 1;
const LEN: u64 = 2;
const I32: u64 = 5;

/// The status of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServingStatus {
    Serving = 1,
    NotServing = 2,
    /// Of `Watch` alone: there is no such service, yet.
    ServiceUnknown = 3,
}

/// The error of a request that is no frame with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameError {
    Compressed,
    Malformed,
}

impl From<bool> for ServingStatus {
    fn from(serves: bool) -> Self {
        if serves { Self::Serving } else { Self::NotServing }
    }
}

/// Returns the message of a request, which is one frame.
pub(super) fn unframe(request: &[u8]) -> Result<&[u8], FrameError> {
    let (prefix, message) = request.split_first_chunk::<PREFIX>().ok_or(FrameError::Malformed)?;
    let [compressed, length @ ..] = *prefix;
    if usize::try_from(u32::from_be_bytes(length)) != Ok(message.len()) {
        return Err(FrameError::Malformed);
    }
    if compressed == 0 { Ok(message) } else { Err(FrameError::Compressed) }
}

/// Returns the frame of a `HealthCheckResponse`.
pub(super) fn check_response(status: ServingStatus) -> Vec<u8> {
    frame(&status_field(status))
}

/// Returns the frame of a `HealthListResponse`: a map, whose entries are messages of a key and a value.
pub(super) fn list_response<'a>(services: impl Iterator<Item = (&'a str, bool)>) -> Vec<u8> {
    let mut message = Vec::new();
    for (name, serves) in services {
        let mut entry = Vec::new();
        push_bytes(&mut entry, 1, name.as_bytes());
        push_bytes(&mut entry, 2, &status_field(serves.into()));
        push_bytes(&mut message, 1, &entry);
    }
    frame(&message)
}

/// Returns the service of a `HealthCheckRequest`: its first field, which is empty if it is missing.
pub(super) fn requested_service(mut message: &[u8]) -> Result<String, FrameError> {
    let mut service: &[u8] = &[];
    while !message.is_empty() {
        let tag = take_varint(&mut message)?;
        match (tag >> 3, tag & 7) {
            (1, LEN) => service = take_bytes(&mut message)?,
            (_, VARINT) => drop(take_varint(&mut message)?),
            (_, I64) => drop(take(&mut message, 8)?),
            (_, LEN) => drop(take_bytes(&mut message)?),
            (_, I32) => drop(take(&mut message, 4)?),
            _ => return Err(FrameError::Malformed),
        }
    }
    String::from_utf8(service.to_vec()).map_err(|_| FrameError::Malformed)
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], &length.to_be_bytes()[..], message].concat()
}

fn status_field(status: ServingStatus) -> [u8; 2] {
    [1 << 3, status as u8]
}

fn push_bytes(to: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    to.push(field << 3 | 2);
    let mut length = bytes.len();
    while length > 0x7f {
        to.push(0x80 | u8::try_from(length & 0x7f).unwrap_or_default());
        length >>= 7;
    }
    to.push(u8::try_from(length).unwrap_or_default());
    to.extend_from_slice(bytes);
}

fn take_varint(from: &mut &[u8]) -> Result<u64, FrameError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first().ok_or(FrameError::Malformed)?;
        *from = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(FrameError::Malformed)
}

fn take_bytes<'a>(from: &mut &'a [u8]) -> Result<&'a [u8], FrameError> {
    let length = take_varint(from)?;
    take(from, usize::try_from(length).map_err(|_| FrameError::Malformed)?)
}

fn take<'a>(from: &mut &'a [u8], length: usize) -> Result<&'a [u8], FrameError> {
    let (taken, rest) = from.split_at_checked(length).ok_or(FrameError::Malformed)?;
    *from = rest;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        FrameError, ServingStatus, check_response, list_response, push_bytes, requested_service,
        unframe,
    };

    /// Bytes as `grpcio` writes and reads them.
    #[test]
    fn messages_are_those_of_the_protocol() {
        assert_eq!(requested_service(b"").unwrap(), "");
        assert_eq!(requested_service(b"\x0a\x04live").unwrap(), "live");
        assert_eq!(requested_service(b"\x0a\x04live\x0a\x05ready").unwrap(), "ready");
        assert_eq!(requested_service(b"\x10\x96\x01\x1a\x01x\x0a\x01a\x25abcd").unwrap(), "a");
        assert_eq!(check_response(ServingStatus::NotServing), b"\0\0\0\0\x02\x08\x02");
        let services = [("", true), ("live", false)];
        assert_eq!(
            list_response(services.into_iter()),
            b"\0\0\0\0\x14\x0a\x06\x0a\0\x12\x02\x08\x01\x0a\x0a\x0a\x04live\x12\x02\x08\x02"
        );
    }

    #[test]
    fn malformed_messages_are_refused() {
        for message in [
            &b"\x0a"[..],
            b"\x0a\x02a",
            b"\x0a\x01\xff",
            b"\x0b",
            b"\x0c",
            b"\xff\xff",
            &[0xff; 20],
        ] {
            assert_eq!(requested_service(message), Err(FrameError::Malformed), "{message:?}");
        }
        assert_eq!(unframe(b"\0\0\0\0\x01a"), Ok(&b"a"[..]));
        assert_eq!(unframe(b"\x01\0\0\0\x01a"), Err(FrameError::Compressed));
        for request in [&b""[..], b"\0\0\0\0", b"\0\0\0\0\x01", b"\0\0\0\0\0a"] {
            assert_eq!(unframe(request), Err(FrameError::Malformed), "{request:?}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_read_as_it_is_written(name in ".{0,300}") {
            let mut message = Vec::new();
            push_bytes(&mut message, 1, name.as_bytes());
            prop_assert_eq!(requested_service(&message), Ok(name));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = unframe(&bytes).map(requested_service);
        }
    }
}
