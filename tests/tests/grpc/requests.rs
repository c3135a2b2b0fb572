//! Requests that are no call, or a wrong one, byte for byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{command, start_running};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const CONTENT: &str = "content-type: application/grpc";

/// Sends a request by curl, and returns the head of the response.
fn curl(address: &str, path: &str, options: &[&str], body: &[u8]) -> String {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--include", "--max-time", "60"]).args(options);
    curl.args(["--data-binary", "@-", &format!("http://{address}{path}")]);
    curl.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut curl = curl.spawn().expect("curl is installed");
    curl.stdin.take().unwrap().write_all(body).unwrap();
    String::from_utf8_lossy(&curl.wait_with_output().unwrap().stdout).into_owned()
}

#[test]
fn a_call_that_cannot_be_answered_has_a_status() {
    let (worker, _) = start_running(&mut command());
    let call = ["--http2-prior-knowledge", "-H", CONTENT];
    let too_long = [&[0, 0, 0, 8, 0][..], &[b'a'; 2048]].concat();
    for (path, body, status) in [
        (CHECK, &b"\0\0\0\0\0"[..], ""),
        (CHECK, b"\0\0\0\0\x03\x0a\x01a", "5"),
        (CHECK, b"\0\0\0\0\x03\x0a\x02a", "3"),
        (CHECK, b"", "3"),
        (CHECK, b"\0\0\0\0\x09", "3"),
        (CHECK, b"\x01\0\0\0\0", "12"),
        (CHECK, &too_long, "8"),
        ("/grpc.health.v1.Health/Set", b"\0\0\0\0\0", "12"),
    ] {
        let response = curl(worker.address(), path, &call, body);
        assert!(response.starts_with("HTTP/2 200"), "{response}");
        assert!(response.contains("content-type: application/grpc\r\n"), "{response}");
        let head = format!("grpc-status: {status}\r\n");
        assert_eq!(response.contains(&head), !status.is_empty(), "{path} {body:?}: {response}");
    }
}

/// As a client with reflection asks first.
#[test]
fn a_call_of_another_service_is_unimplemented() {
    const REFLECT: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let (_worker, inside) = start_running(&mut command());
    let call = ["--http2-prior-knowledge", "-H", CONTENT];
    let response = curl(&inside, REFLECT, &call, b"\0\0\0\0\x02\x3a\0");
    assert!(response.starts_with("HTTP/2 200"), "{response}");
    assert!(response.contains("grpc-status: 12\r\n"), "{response}");
}

#[test]
fn a_request_that_is_no_call_is_refused() {
    let (worker, _) = start_running(&mut command());
    let h2 = "--http2-prior-knowledge";
    for (options, status) in [
        (&["--http1.1", "-H", CONTENT][..], 415),
        (&[h2, "-H", "content-type: application/json"], 415),
        (&[h2, "-H", "content-type: application/grpcs"], 415),
        (&[h2, "-H", CONTENT, "-X", "PUT"], 405),
    ] {
        let response = curl(worker.address(), CHECK, options, b"\0\0\0\0\0");
        let status = format!(" {status} ");
        assert!(response.lines().next().unwrap().contains(&status), "{options:?}: {response}");
    }
    for content in ["application/grpc+proto", "application/grpc;charset=utf-8"] {
        let content = format!("content-type: {content}");
        let response = curl(worker.address(), CHECK, &[h2, "-H", &content], b"\0\0\0\0\0");
        assert!(response.starts_with("HTTP/2 200"), "{response}");
    }
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags, 0, 0, 0, stream]].concat();
    [&head, payload].concat()
}

/// A header that the tables of HPACK do not have (RFC 7541, section 6.2.2).
fn literal((name, value): (&str, &str)) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

#[test]
fn a_call_without_its_message_ends_as_a_head_that_takes_too_long() {
    let (worker, _) = start_running(&mut command());
    let head = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", CHECK),
        (":authority", "w"),
        ("content-type", "application/grpc"),
    ];
    let head = head.map(literal).concat();
    let (settings, headers) = (frame(4, 0, 0, b""), frame(1, 4, 1, &head));
    let mut stream = TcpStream::connect(worker.address()).unwrap();
    let sent = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings, &headers].concat();
    stream.write_all(&sent).unwrap();
    let begun = Instant::now();
    stream.read_to_end(&mut Vec::new()).unwrap();
    assert!((4..30).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}
