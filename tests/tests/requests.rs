//! What the health server makes of requests, byte for byte: those of probers that cannot be
//! started here, and those that no client should send.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test, that is how to fail"
)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use heartbeat_tests::{Worker, exchange};

const BODY: &str = concat!(
    r#"{"version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","status":"pass","state":"running"}"#
);

fn ready_worker() -> Worker {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    let mut worker = Worker::spawn(command.env("HEARTBEAT_SETTING_FAIL", "run stop"));
    worker.line_with("in run");
    worker
}

/// The head of an answer in lower case, and its body.
fn parts(answer: &str) -> (String, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    (head.to_ascii_lowercase(), body)
}

#[test]
fn the_requests_of_probers_are_answered_whole_and_at_once() {
    let worker = ready_worker();
    for (prober, request) in [
        (
            "kubelet",
            "GET /livez HTTP/1.1\r\nHost: 10.0.0.4:3000\r\nUser-Agent: kube-probe/1.34\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        ),
        (
            "Envoy, the last before it closes",
            "GET /readyz HTTP/1.1\r\nhost: orders-cluster\r\nuser-agent: Envoy/HC\r\nx-envoy-internal: true\r\nconnection: close\r\n\r\n",
        ),
        (
            "Azure Load Balancer",
            "GET /health HTTP/1.1\r\nHost: 10.0.0.4:3000\r\nUser-Agent: Load Balancer Agent\r\nAccept: */*\r\nConnection: Close\r\n\r\n",
        ),
        (
            "AWS Application Load Balancer",
            "GET / HTTP/1.1\r\nHost: 10.0.0.4:3000\r\nConnection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n",
        ),
        (
            "Consul",
            "GET /readyz HTTP/1.1\r\nHost: orders.service.consul:3000\r\nUser-Agent: Consul Health Check\r\nAccept: text/plain, text/*, */*\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n",
        ),
        ("HAProxy", "GET /livez HTTP/1.0\r\n\r\n"),
        (
            "HAProxy with its state",
            "GET /livez HTTP/1.1\r\nhost: orders\r\nx-haproxy-server-state: UP; name=workers/w1; node=lb; weight=1/1; scur=0/0; qcur=0\r\nconnection: close\r\n\r\n",
        ),
        (
            "check_http",
            "GET /livez HTTP/1.0\r\nUser-Agent: check_http/v2.3.3 (monitoring-plugins 2.3.3)\r\nConnection: close\r\n\r\n",
        ),
    ] {
        let asked = Instant::now();
        let answer = worker.exchange(request);
        let (head, body) = parts(&answer);
        assert!(head.starts_with("http/1.") && head.contains(" 200 ok\r\n"), "{prober}: {answer}");
        // Consul prefers text, and is given it.
        let (form, whole) = match prober {
            "Consul" => ("text/plain; charset=utf-8", "pass\n"),
            _ => ("application/json", BODY),
        };
        for field in [
            &format!("content-type: {form}"),
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "date: ",
            &format!("content-length: {}", whole.len()),
        ] {
            assert!(head.contains(&format!("\r\n{field}")), "{prober}: no {field} in {head}");
        }
        for field in ["server", "transfer-encoding", "location", "content-encoding"] {
            assert!(!head.contains(&format!("\r\n{field}:")), "{prober}: {field} in {head}");
        }
        assert_eq!(body, whole, "{prober}");
        assert!(asked.elapsed() < Duration::from_secs(1), "{prober} had to wait for the close");
    }
}

#[test]
fn methods_have_their_answers_on_every_path() {
    let worker = ready_worker();
    for path in [
        "/",
        "/health",
        "/health/",
        "/healthz",
        "/health/live",
        "/livez",
        "/health/ready",
        "/readyz",
        "/health/startup",
        "/startupz",
        "/healthz/",
        "/health/live/",
        "/livez/",
        "/health/ready/",
        "/readyz/",
        "/health/startup/",
        "/startupz/",
    ] {
        for (method, status, allow, body) in [
            ("GET", 200, false, BODY),
            ("HEAD", 200, false, ""),
            ("OPTIONS", 200, true, ""),
            ("POST", 405, true, ""),
            ("PUT", 405, true, ""),
            ("DELETE", 405, true, ""),
            ("TRACE", 405, true, ""),
            ("BREW", 405, true, ""),
        ] {
            let answer = worker.exchange(format!("{method} {path} HTTP/1.0\r\n\r\n"));
            let (head, sent) = parts(&answer);
            assert!(head.starts_with(&format!("http/1.0 {status} ")), "{method} {path}: {answer}");
            assert_eq!(head.contains("\r\nallow: get, head, options"), allow, "{answer}");
            assert_eq!(sent, body, "{method} {path}");
            let length = if method == "HEAD" { BODY.len() } else { body.len() };
            assert!(head.contains(&format!("\r\ncontent-length: {length}")), "{method}: {head}");
        }
    }
    for (request, status) in [
        ("OPTIONS * HTTP/1.0", 200),
        ("GET /elsewhere HTTP/1.0", 404),
        ("GET //livez HTTP/1.0", 404),
        ("GET /livez// HTTP/1.0", 404),
        ("GET // HTTP/1.0", 404),
        ("GET /livez/?x=y HTTP/1.0", 200),
        ("GET /livez/../metrics HTTP/1.0", 404),
        ("GET http://elsewhere.example/livez?x=y HTTP/1.0", 200),
    ] {
        let answer = worker.exchange(format!("{request}\r\n\r\n"));
        assert!(answer.starts_with(&format!("HTTP/1.0 {status} ")), "{request}: {answer}");
        let (head, _) = parts(&answer);
        assert!(head.contains("\r\ncache-control: no-store"), "{request}: {head}");
    }
}

#[test]
fn what_is_malformed_is_refused_and_nothing_of_it_comes_back() {
    let worker = ready_worker();
    let header = |line: &str| format!("GET /livez HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
    let long = "x".repeat(9000);
    for (what, request, status) in [
        ("no host", "GET /livez HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("two hosts", header("Host: reflected"), 400),
        ("a bare line feed", "GET /livez HTTP/1.1\nHost: reflected\n\n".to_owned(), 400),
        ("one bare line feed", header("X: reflected\nY: z"), 400),
        ("a bare return", header("X: reflected\rY: z"), 400),
        ("a folded header", header("X: y\r\n reflected"), 400),
        ("a NUL", header("X: reflected\0"), 400),
        ("a space before the colon", header("reflected : y"), 400),
        ("no version", "GET /reflected\r\n\r\n".to_owned(), 400),
        ("a later version", "GET /reflected HTTP/3.0\r\nHost: a\r\n\r\n".to_owned(), 400),
        ("both lengths", header("Content-Length: 9\r\nTransfer-Encoding: chunked"), 400),
        (
            "both lengths, the other way",
            header("Transfer-Encoding: chunked\r\nContent-Length: 9"),
            400,
        ),
        ("two lengths", header("Content-Length: 9\r\nContent-Length: 8"), 400),
        ("a negative length", header("Content-Length: -1"), 400),
        ("an encoding that is none", header("Transfer-Encoding: reflected"), 400),
        (
            "a chunked body",
            header("Transfer-Encoding: chunked") + "9\r\nreflected\r\n0\r\n\r\n",
            413,
        ),
        (
            "a chunked body after an extension",
            header("Transfer-Encoding: chunked") + "1;x=y\r\nr\r\n0\r\n\r\n",
            413,
        ),
        ("a chunk of no size", header("Transfer-Encoding: chunked") + "reflected\r\n", 400),
        (
            "a chunked body to come",
            header("Transfer-Encoding: chunked\r\nExpect: 100-continue"),
            413,
        ),
        (
            "a request in a chunk",
            header("Transfer-Encoding: chunked")
                + "23\r\nGET /livez?reflected HTTP/1.0\r\n\r\n\r\n0\r\n\r\n",
            413,
        ),
        (
            "two lengths behind an empty body",
            header("Transfer-Encoding: chunked")
                + "0\r\nTransfer-Encoding: x\r\nContent-Length: 9\r\n\r\nreflected",
            400,
        ),
        ("a body", header("Content-Length: 9") + "reflected", 413),
        ("a body to come", header("Content-Length: 9\r\nExpect: 100-continue"), 413),
        ("a long body", header("Content-Length: 900000") + &"reflected".repeat(25_000), 413),
        ("a long header", header(&format!("reflected: {long}")), 431),
        ("a long path", format!("GET /reflected{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 431),
        ("many headers", header(&"reflected: x\r\n".repeat(150)), 431),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}reflected\n".to_owned(), 400),
    ] {
        let answer = worker.exchange(request);
        let (head, body) = parts(&answer);
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{what}: {answer}");
        assert!(head.contains("\r\nconnection: close"), "{what}: {answer}");
        assert!(!answer.contains("reflected") && body.is_empty(), "{what}: {answer}");
    }
    assert_eq!(worker.get("/livez").status, 200);
}

#[test]
fn a_connection_is_kept_for_many_requests_and_through_a_half_close() {
    let worker = ready_worker();
    let request = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = worker.exchange(request.repeat(999) + "GET /livez HTTP/1.0\r\n\r\n");
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 999, "pipelined requests are answered");

    let mut stream = TcpStream::connect(worker.address()).unwrap();
    for byte in request.as_bytes().chunks(1) {
        stream.write_all(byte).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an end, and no reset");
    assert!(answer.ends_with(BODY), "{answer}");
}

/// A body of length 0 is no body, however that is said, and the connection is kept.
#[test]
fn an_empty_body_is_no_body() {
    let worker = ready_worker();
    let empty = [
        "Content-Length: 0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n000;x=y\r\nTrailer: z\r\n\r\n",
    ];
    for body in empty {
        let request = format!("GET /livez HTTP/1.1\r\nHost: a\r\n{body}");
        let answer = worker.exchange(request.repeat(3) + "GET /livez HTTP/1.0\r\n\r\n");
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{body:?}: {answer}");
        assert_eq!(answer.matches(BODY).count(), 4, "{body:?}: {answer}");
    }
    // Over HTTP/2 a frame of no data ends the request.
    let mut stream = TcpStream::connect(worker.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(HTTP2.strip_suffix(HTTP2_REQUEST).unwrap()).unwrap();
    stream.write_all(b"\0\0\x03\x01\x04\0\0\0\x01\x82\x84\x86").unwrap();
    stream.write_all(b"\0\0\0\0\x01\0\0\0\x01").unwrap();
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains(BODY) {
        let mut piece = [0; 1024];
        let count = stream.read(&mut piece).unwrap();
        assert_ne!(count, 0, "an answer: {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&piece[..count]);
    }
}

const CHUNKED: &[u8] =
    b"GET /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
const NO_CHUNK: &[u8] = b"0\r\n\r\n";
const HTTP1: &[u8] = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
/// The same for `/` by prior knowledge.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
    \0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86";

/// Its last frame: the headers, after which nothing comes.
const HTTP2_REQUEST: &[u8] = b"\0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86";

/// Sends the second part after the answer to the first, if there is a second.
fn send(worker: &Worker, first: &[u8], second: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(worker.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(first).unwrap();
    let mut answer = Vec::new();
    while !second.is_empty() && !String::from_utf8_lossy(&answer).contains(BODY) {
        let mut piece = [0; 1024];
        let count = stream.read(&mut piece).unwrap();
        assert_ne!(count, 0, "an answer");
        answer.extend_from_slice(&piece[..count]);
    }
    stream.write_all(second).unwrap();
    stream
}

#[test]
fn a_head_that_does_not_end_is_given_up_after_five_seconds() {
    let worker = ready_worker();
    let http2_unended = b"\0\0\x03\x01\x01\0\0\0\x03\x82\x84\x86";
    let (http1_twice, http2_twice) =
        ([HTTP1, b"GET /liv"].concat(), [HTTP2, http2_unended].concat());
    let begun = Instant::now();
    let streams = [
        ("nothing", &b""[..], &b""[..]),
        ("a byte", b"G", b""),
        ("not all of a preface", b"PRI * HTT", b""),
        ("not all of a head", b"GET /livez HTTP/1.1\r\nHost: a\r\n", b""),
        ("no chunk", b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b""),
        ("no chunk of a second request", HTTP1, CHUNKED.strip_suffix(NO_CHUNK).unwrap()),
        ("HTTP/2, no data", HTTP2, b"\0\0\x03\x01\x04\0\0\0\x03\x82\x84\x86"),
        ("a second request, later", HTTP1, b"GET /liv"),
        ("a second request, at once", &http1_twice, b""),
        ("HTTP/2, later", HTTP2, http2_unended),
        ("HTTP/2, at once", &http2_twice, b""),
    ]
    .map(|(what, first, second)| (what, first, send(&worker, first, second)));
    // One that owes nothing stays: what a client of HTTP/2 still says then is no request.
    let settings_are_known = b"\0\0\0\x04\x01\0\0\0\0";
    let http2_no_data = [
        HTTP2.strip_suffix(HTTP2_REQUEST).unwrap(),
        b"\0\0\x03\x01\x04\0\0\0\x01\x82\x84\x86\0\0\0\0\x01\0\0\0\x01",
    ]
    .concat();
    let idle = [
        ("a request", send(&worker, HTTP1, b"\r\n")),
        ("an empty body", send(&worker, CHUNKED, b"\r\n")),
        ("HTTP/2", send(&worker, HTTP2, settings_are_known)),
        ("HTTP/2, an empty body", send(&worker, &http2_no_data, settings_are_known)),
    ];
    for (what, first, mut stream) in streams {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an end, and no reset");
        assert!(answer.is_empty() || first.starts_with(HTTP1) || first.starts_with(HTTP2));
        let after = begun.elapsed();
        assert!(after >= Duration::from_secs(5), "{what}: {after:?}");
        assert!(after < Duration::from_secs(20), "{what}: {after:?}");
    }
    for (what, mut stream) in idle {
        stream.set_read_timeout(Some(Duration::from_millis(1500))).unwrap();
        let end = io::copy(&mut stream, &mut io::sink()).map_err(|error| error.kind());
        assert_eq!(end, Err(io::ErrorKind::WouldBlock), "{what}: an idle connection stays");
    }
}

/// A client that has announced a body and sent none of it is not waited for.
#[test]
fn a_body_that_does_not_come_does_not_hold_up_the_end() {
    let mut worker = ready_worker();
    let mut client = send(&worker, CHUNKED.strip_suffix(NO_CHUNK).unwrap(), b"");
    assert_eq!(worker.get("/livez").status, 200);
    let asked = Instant::now();
    worker.signal(heartbeat_tests::Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_millis(900), "{:?}", asked.elapsed());
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an end, and no reset");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn nothing_is_logged_for_a_probe() {
    let mut worker = ready_worker();
    for request in ["GET /livez HTTP/1.0\r\n\r\n", "nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"] {
        assert!(exchange(worker.address(), request).is_ok());
    }
    drop(TcpStream::connect(worker.address()));
    let before = worker.log().len();
    worker.signal(heartbeat_tests::Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    let said = worker.log()[before..].iter();
    let mut said: Vec<_> = said.filter_map(|line| line.split(" after").next()).collect();
    // Two threads tell of the stop.
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "heartbeat: SIGTERM: stopping, within 25 s",
            "heartbeat: stopped cleanly",
            "in on_stop",
            "stopping is seen",
        ]
    );
}
