//! The routes that a worker serves itself, beside its health and on endpoints of their own.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod addresses;
mod faults;
mod hostile;
mod mistakes;
mod stops;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use heartbeat_tests::{Worker, exchange};

const TIMEOUT: Duration = Duration::from_secs(60);

/// The two endpoints that serve the routes: one of their own, and that of the heartbeat.
struct Serving {
    worker: Worker,
    api: String,
    inside: String,
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_serving-worker"));
    command
        .env("HEARTBEAT_SETTING_MISTAKE", "")
        .env("HEARTBEAT_ENDPOINT_INSIDE", "127.0.0.1:0")
        .env("HEARTBEAT_ENDPOINT_API", "127.0.0.1:0")
        .env("HEARTBEAT_ENDPOINT_FEED", "127.0.0.1:0")
        .env("TOKIO_WORKER_THREADS", "2");
    command
}

impl Serving {
    fn start(command: &mut Command) -> Self {
        let mut worker = Worker::spawn(command);
        let start = worker.log().last().unwrap().clone();
        let line = worker.wait_for_line("endpoint `Api` is served on ");
        worker.wait_for_line("ready after");
        Self { api: address(&line), inside: address(&start), worker }
    }

    fn endpoints(&self) -> [&str; 2] {
        [&self.api, self.worker.address()]
    }
}

/// Returns the `ip:port` of the last URL in a line.
fn address(line: &str) -> String {
    let (_, url) = line.rsplit_once("http://").expect("a URL");
    url.split('/').next().unwrap().to_owned()
}

fn get(address: &str, path: &str) -> String {
    exchange(address, format!("GET {path} HTTP/1.0\r\n\r\n")).unwrap()
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// Sends a request for a path over HTTP/1.1, and returns the connection.
fn send(address: &str, path: &str) -> TcpStream {
    let mut stream = connect(address);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream
}

/// Reads until the response contains `text`.
fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let (mut response, mut byte) = (String::new(), [0]);
    while !response.contains(text) {
        assert_eq!(stream.read(&mut byte).expect(&response), 1, "no {text:?} in {response}");
        response.push(byte[0].into());
    }
    response
}

#[test]
fn routes_answer_beside_health_and_on_an_endpoint_of_their_own() {
    let serving = Serving::start(&mut command());
    let [api, heartbeat] = serving.endpoints();
    for address in [api, heartbeat, &serving.inside] {
        let hello = get(address, "/hello");
        assert!(hello.starts_with("HTTP/1.0 200 OK\r\n"), "{hello}");
        assert!(hello.ends_with("\r\n\r\nhello\n"), "{hello}");
        assert!(!hello.contains("no-store"), "headers of health are those of health: {hello}");
        assert!(get(address, "/elsewhere").starts_with("HTTP/1.0 404 "));
        let who = get(address, "/who");
        assert!(who.contains("\r\n\r\n127.0.0.1:"), "{who}");
        let head = exchange(address, "HEAD /hello HTTP/1.0\r\n\r\n").unwrap();
        assert!(head.contains("content-length: 6\r\n") && head.ends_with("\r\n\r\n"), "{head}");
        let post = exchange(address, "POST /hello HTTP/1.0\r\n\r\n").unwrap();
        assert!(post.starts_with("HTTP/1.0 405 "), "{post}");
    }
    assert!(get(&serving.api, "/health").starts_with("HTTP/1.0 404 "), "it has no health");
    assert_eq!(serving.worker.get("/health").status, 200);
    assert_eq!(serving.worker.get("/metrics").status, 404, "details stay private");
    assert!(get(&serving.inside, "/metrics").starts_with("HTTP/1.0 200 "));
}

#[test]
fn uploads_arrive_unchanged_on_connections_that_stay_open() {
    let serving = Serving::start(&mut command());
    // Line feeds on their own, as a head must not have them.
    let body: Vec<u8> = (0..1_000_000_u32).map(|n| if n % 7 == 0 { b'\n' } else { b'x' }).collect();
    let sum =
        body.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
    let expected = format!("1000000 {sum}");
    for address in serving.endpoints() {
        let mut stream = connect(address);
        for _ in 0..3 {
            let head = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&body).unwrap();
            read_until(&mut stream, &expected);
        }
        let head = "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        for piece in body.chunks(70_000) {
            write!(stream, "{:x}\r\n", piece.len()).unwrap();
            stream.write_all(piece).unwrap();
            stream.write_all(b"\r\n").unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
        read_until(&mut stream, &expected);
        let too_long = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 2097153\r\n\r\n";
        let mut stream = connect(address);
        stream.write_all(too_long.as_bytes()).unwrap();
        // The response may come before the end of the body.
        let _ = stream.write_all(&body.repeat(3)[..2_097_153]);
        read_until(&mut stream, "HTTP/1.1 413 ");
    }
    // Health refuses a body, as ever.
    let refused = "POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    let refused = exchange(serving.worker.address(), refused).unwrap();
    assert!(refused.starts_with("HTTP/1.1 413 "), "{refused}");
}

/// Two requests that a proxy and a worker could tell apart differently are refused beside health.
#[test]
fn a_head_after_an_upload_is_checked_too() {
    let serving = Serving::start(&mut command());
    let requests = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na\nb\
                    GET /hello HTTP/1.1\nHost: a\r\n\r\n";
    let response = exchange(serving.worker.address(), requests).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert!(response.contains("HTTP/1.1 400 "), "{response}");
}
