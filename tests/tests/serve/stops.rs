//! Stops while requests are under way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use heartbeat_tests::{Signal, Worker, exchange};

use super::{Serving, TIMEOUT, command, connect, get, read_until, send};

/// An HTTP/2 request for `/hello`, with the headers in literal form.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
    \0\0\x0a\x01\x05\0\0\0\x01\x82\x86\x04\x06/hello";

/// Types of frames (RFC 9113, section 6).
const PING: u8 = 6;
const GOAWAY: u8 = 7;

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

/// A client that reads slowly gets the last bytes too, though the handler has ended long before. Among
/// so many lengths are some that end just beyond the buffer of the socket.
#[test]
fn a_slow_reader_gets_the_last_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let heartbeat = folder.path().join("heartbeat");
    let mut command = command();
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", format!("unix:{}", heartbeat.display()));
    let mut worker = Worker::spawn_raw(&mut command);
    worker.wait_for_line("ready after");
    let downloads: Vec<_> = (1..60)
        .map(|number| {
            let length = number * 8_000;
            let mut download = UnixStream::connect(&heartbeat).unwrap();
            download.set_read_timeout(Some(TIMEOUT)).unwrap();
            write!(
                download,
                "GET /bytes/{length} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
            let mut head = [0; 12];
            download.read_exact(&mut head).unwrap();
            assert_eq!(&head, b"HTTP/1.1 200");
            (download, length)
        })
        .collect();
    worker.signal(Signal::TERM);
    worker.wait_for_line("SIGTERM: stopping");
    // Longer than the health server waits for its last responses.
    worker.read_log_for(Duration::from_secs(3));
    // The longest first: the handlers of the others have ended by then.
    for (mut download, length) in downloads.into_iter().rev() {
        worker.read_log_for(Duration::from_millis(100));
        // The rest must be with the system by then.
        if worker.log().iter().any(|line| line.contains("in on_stop")) {
            assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
        }
        let mut response = Vec::new();
        download.read_to_end(&mut response).unwrap();
        let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
        assert_eq!(response.len() - end, length);
    }
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
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
    // A frame has its length, its type, its flags, and its stream.
    let (mut head, mut types) = ([0; 9], Vec::new());
    while http2.read_exact(&mut head).is_ok() {
        let mut payload = vec![0; head[2].into()];
        http2.read_exact(&mut payload).unwrap();
        types.push(head[3]);
        if head[3] == PING {
            http2.write_all(&[&[0, 0, 8, PING, 1, 0, 0, 0, 0], &*payload].concat()).unwrap();
        }
    }
    assert!(types.contains(&GOAWAY), "{types:?}");
    assert_eq!(serving.worker.wait().code(), Some(0), "{:#?}", serving.worker.log());
    assert!(exchange(&serving.api, "GET /hello HTTP/1.0\r\n\r\n").is_err());
}
