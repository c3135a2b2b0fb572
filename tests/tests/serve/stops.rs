//! Stops while requests are under way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use heartbeat_tests::{Signal, exchange};

use super::{Serving, TIMEOUT, command, connect, get, read_until, send};

/// An HTTP/2 request for `/hello`, with the headers in literal form.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
    \0\0\x0a\x01\x05\0\0\0\x01\x82\x86\x04\x06/hello";

/// Returns a chunked body without the sizes of its chunks, which are ASCII.
fn pieces(body: Vec<u8>) -> Vec<u8> {
    body.into_iter().filter(|byte| *byte >= 200).collect()
}

#[test]
fn accepts_through_the_drain_and_then_no_more() {
    let mut command = command();
    let mut serving = Serving::start(command.env("HEARTBEAT_DRAIN", "2s"));
    let mut idle = send(&serving.api, "/hello");
    read_until(&mut idle, "hello\n");
    serving.worker.signal(Signal::TERM);
    serving.worker.wait_for_line("SIGTERM: stopping");
    assert_eq!(serving.worker.get("/readyz").status, 503);
    for address in serving.endpoints() {
        assert!(get(address, "/hello").starts_with("HTTP/1.0 200 "));
    }
    serving.worker.wait_for_line("in on_stop");
    assert!(TcpStream::connect(&serving.api).is_err(), "closed before on_stop");
    assert_eq!(idle.read(&mut [0; 100]).unwrap(), 0, "an idle connection is closed");
    assert_eq!(serving.worker.wait().code(), Some(0), "{:#?}", serving.worker.log());
}

#[test]
fn a_slow_download_is_complete_before_on_stop() {
    let mut serving = Serving::start(&mut command());
    let mut downloads = serving.endpoints().map(|address| {
        let mut download = send(address, "/slow");
        let head = read_until(&mut download, "\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        download
    });
    serving.worker.signal(Signal::TERM);
    let expected: Vec<u8> = (200..250).flat_map(|byte| vec![byte; 200_000]).collect();
    for download in &mut downloads {
        let mut body = Vec::new();
        download.read_to_end(&mut body).unwrap();
        assert!(body.ends_with(b"\r\n0\r\n\r\n"), "complete");
        assert_eq!(pieces(body), expected);
    }
    serving.worker.wait_for_line("in on_stop");
    assert_eq!(serving.worker.wait().code(), Some(0), "{:#?}", serving.worker.log());
}

/// A client that reads slowly gets the last bytes too, though user code has sent them long before.
#[test]
fn a_slow_reader_gets_the_last_bytes() {
    let mut serving = Serving::start(&mut command());
    let mut downloads: Vec<_> = serving
        .endpoints()
        .map(|address| {
            let socket =
                socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            // Little of the response is in the system's buffers.
            socket.set_recv_buffer_size(2048).unwrap();
            let to: std::net::SocketAddr = address.parse().unwrap();
            socket.connect(&to.into()).unwrap();
            let mut stream = TcpStream::from(socket);
            stream.set_read_timeout(Some(TIMEOUT)).unwrap();
            stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            read_until(&mut stream, "\r\n\r\n");
            stream
        })
        .into_iter()
        .collect();
    serving.worker.signal(Signal::TERM);
    serving.worker.wait_for_line("SIGTERM: stopping");
    // Longer than the health server waits for its last responses.
    serving.worker.read_log_for(Duration::from_secs(3));
    assert!(!serving.worker.log().iter().any(|line| line.contains("in on_stop")));
    for download in &mut downloads {
        let mut body = Vec::new();
        download.read_to_end(&mut body).unwrap();
        assert!(body.ends_with(b"\r\n0\r\n\r\n"), "complete");
        assert_eq!(pieces(body).len(), 50 * 200_000);
    }
    serving.worker.wait_for_line("in on_stop");
    assert_eq!(serving.worker.wait().code(), Some(0), "{:#?}", serving.worker.log());
}

#[test]
fn connections_learn_of_the_stop() {
    let mut command = command();
    let mut serving = Serving::start(command.env("HEARTBEAT_DRAIN", "500ms"));
    let mut http2 = connect(&serving.api);
    http2.write_all(HTTP2).unwrap();
    let mut frames = Vec::new();
    while !frames.windows(6).any(|bytes| bytes == b"hello\n") {
        let mut byte = [0];
        assert_eq!(http2.read(&mut byte).unwrap(), 1);
        frames.extend(byte);
    }
    serving.worker.signal(Signal::TERM);
    http2.read_to_end(&mut frames).unwrap();
    // A frame has its length, its type (7 is GOAWAY), its flags, and the stream: none.
    let is_goaway = |bytes: &[u8]| bytes.starts_with(&[0, 0, 8, 7, 0, 0, 0, 0, 0]);
    assert!(frames.windows(9).any(is_goaway), "{frames:?}");
    assert_eq!(serving.worker.wait().code(), Some(0), "{:#?}", serving.worker.log());
    assert!(exchange(&serving.api, "GET /hello HTTP/1.0\r\n\r\n").is_err());
}
