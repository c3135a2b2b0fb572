//! Empty bodies, incomplete requests, and the connections that stay open.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker};

use super::{BODY, ready_worker};

const CHUNKED: &[u8] =
    b"GET /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
const HTTP1: &[u8] = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
/// A request for `/` over HTTP/2 by prior knowledge.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
    \0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86";

/// The last frame of [`HTTP2`]: headers that end the request.
const HTTP2_REQUEST: &[u8] = b"\0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86";

/// Sends the first part, and after its response the second, unless that is empty.
fn send(worker: &Worker, first: &[u8], second: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(worker.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(first).unwrap();
    let mut response = Vec::new();
    while !second.is_empty() && !String::from_utf8_lossy(&response).contains(BODY) {
        let mut chunk = [0; 1024];
        let count = stream.read(&mut chunk).unwrap();
        assert_ne!(count, 0, "no response");
        response.extend_from_slice(&chunk[..count]);
    }
    stream.write_all(second).unwrap();
    stream
}

/// The connection stays open after each form of an empty body.
#[test]
fn accepts_an_empty_body() {
    let worker = ready_worker();
    let empty = [
        "Content-Length: 0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n000;x=y\r\nTrailer: z\r\n\r\n",
    ];
    for body in empty {
        let request = format!("GET /livez HTTP/1.1\r\nHost: a\r\n{body}");
        let response = worker.exchange(request.repeat(3) + "GET /livez HTTP/1.0\r\n\r\n");
        assert_eq!(response.matches("HTTP/1.1 200 OK").count(), 3, "{body:?}: {response}");
        assert_eq!(response.matches(BODY).count(), 4, "{body:?}: {response}");
    }
    // Over HTTP/2 an empty data frame ends the request.
    let mut stream = TcpStream::connect(worker.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(HTTP2.strip_suffix(HTTP2_REQUEST).unwrap()).unwrap();
    stream.write_all(b"\0\0\x03\x01\x04\0\0\0\x01\x82\x84\x86").unwrap();
    stream.write_all(b"\0\0\0\0\x01\0\0\0\x01").unwrap();
    let mut response = Vec::new();
    while !String::from_utf8_lossy(&response).contains(BODY) {
        let mut chunk = [0; 1024];
        let count = stream.read(&mut chunk).unwrap();
        assert_ne!(count, 0, "no response: {:?}", String::from_utf8_lossy(&response));
        response.extend_from_slice(&chunk[..count]);
    }
}

#[test]
fn closes_a_connection_with_an_incomplete_head_after_five_seconds() {
    let worker = ready_worker();
    let http2_unended = b"\0\0\x03\x01\x01\0\0\0\x03\x82\x84\x86";
    let (http1_twice, http2_twice) =
        ([HTTP1, b"GET /liv"].concat(), [HTTP2, http2_unended].concat());
    let start = Instant::now();
    let streams = [
        ("nothing", &b""[..], &b""[..]),
        ("a byte", b"G", b""),
        ("part of a preface", b"PRI * HTT", b""),
        ("part of a head", b"GET /livez HTTP/1.1\r\nHost: a\r\n", b""),
        ("no chunk", b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b""),
        ("no chunk in a second request", HTTP1, CHUNKED.strip_suffix(LAST_CHUNK).unwrap()),
        ("HTTP/2, no data", HTTP2, b"\0\0\x03\x01\x04\0\0\0\x03\x82\x84\x86"),
        ("a second request, later", HTTP1, b"GET /liv"),
        ("a second request, at once", &http1_twice, b""),
        ("HTTP/2, later", HTTP2, http2_unended),
        ("HTTP/2, at once", &http2_twice, b""),
    ]
    .map(|(sent, first, second)| (sent, first, send(&worker, first, second)));
    // Idle connections stay open: an acknowledgement of HTTP/2 settings begins no request.
    let settings_ack = b"\0\0\0\x04\x01\0\0\0\0";
    let http2_no_data = [
        HTTP2.strip_suffix(HTTP2_REQUEST).unwrap(),
        b"\0\0\x03\x01\x04\0\0\0\x01\x82\x84\x86\0\0\0\0\x01\0\0\0\x01",
    ]
    .concat();
    let idle = [
        ("a request", send(&worker, HTTP1, b"\r\n")),
        ("an empty body", send(&worker, CHUNKED, b"\r\n")),
        ("HTTP/2", send(&worker, HTTP2, settings_ack)),
        ("HTTP/2, an empty body", send(&worker, &http2_no_data, settings_ack)),
    ];
    for (sent, first, mut stream) in streams {
        let mut response = Vec::new();
        stream.read_to_end(&mut response).expect("an end, and no reset");
        assert!(response.is_empty() || first.starts_with(HTTP1) || first.starts_with(HTTP2));
        let after = start.elapsed();
        assert!(after >= Duration::from_secs(5), "{sent}: {after:?}");
        assert!(after < Duration::from_secs(20), "{sent}: {after:?}");
    }
    for (sent, mut stream) in idle {
        stream.set_read_timeout(Some(Duration::from_millis(1500))).unwrap();
        let end = io::copy(&mut stream, &mut io::sink()).map_err(|error| error.kind());
        assert_eq!(end, Err(io::ErrorKind::WouldBlock), "{sent}: an idle connection stays open");
    }
}

#[test]
fn a_missing_body_does_not_delay_the_exit() {
    let mut worker = ready_worker();
    let mut client = send(&worker, CHUNKED.strip_suffix(LAST_CHUNK).unwrap(), b"");
    assert_eq!(worker.get("/livez").status, 200);
    let start = Instant::now();
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
    let mut response = String::new();
    client.read_to_string(&mut response).expect("an end, and no reset");
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
}
