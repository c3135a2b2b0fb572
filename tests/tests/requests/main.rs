//! Requests byte for byte: those of probers that cannot be started here, and malformed ones.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test, that is how to fail"
)]

mod incomplete;
mod malformed;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, exchange};

const BODY: &str = concat!(
    r#"{"version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","status":"pass","state":"running"}"#
);

fn ready_worker() -> Worker {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    let mut worker = Worker::spawn(command.env("HEARTBEAT_SETTING_FAIL", "run stop"));
    worker.wait_for_line("in run");
    worker
}

/// Splits a response into its head, in lower case, and its body.
fn parts(response: &str) -> (String, &str) {
    let (head, body) = response.split_once("\r\n\r\n").expect("a complete head");
    (head.to_ascii_lowercase(), body)
}

#[test]
fn responds_to_the_requests_of_probers_completely_and_at_once() {
    let worker = ready_worker();
    for (prober, request) in [
        (
            "kubelet",
            "GET /livez HTTP/1.1\r\nHost: 10.0.0.4:3000\r\nUser-Agent: kube-probe/1.34\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        ),
        (
            "Envoy, the last request of a connection",
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
        let start = Instant::now();
        let response = worker.exchange(request);
        let (head, body) = parts(&response);
        assert!(
            head.starts_with("http/1.") && head.contains(" 200 ok\r\n"),
            "{prober}: {response}"
        );
        // Consul prefers text.
        let (content_type, expected) = match prober {
            "Consul" => ("text/plain; charset=utf-8", "pass\n"),
            _ => ("application/json", BODY),
        };
        for field in [
            &format!("content-type: {content_type}"),
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "date: ",
            &format!("content-length: {}", expected.len()),
        ] {
            assert!(head.contains(&format!("\r\n{field}")), "{prober}: no {field} in {head}");
        }
        for field in ["server", "transfer-encoding", "location", "content-encoding"] {
            assert!(!head.contains(&format!("\r\n{field}:")), "{prober}: {field} in {head}");
        }
        assert_eq!(body, expected, "{prober}");
        assert!(start.elapsed() < Duration::from_secs(1), "{prober} waited for the close");
    }
}

#[test]
fn every_path_serves_get_and_head_and_lists_the_allowed_methods() {
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
            let response = worker.exchange(format!("{method} {path} HTTP/1.0\r\n\r\n"));
            let (head, sent) = parts(&response);
            assert!(
                head.starts_with(&format!("http/1.0 {status} ")),
                "{method} {path}: {response}"
            );
            assert_eq!(head.contains("\r\nallow: get, head, options"), allow, "{response}");
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
        let response = worker.exchange(format!("{request}\r\n\r\n"));
        assert!(response.starts_with(&format!("HTTP/1.0 {status} ")), "{request}: {response}");
        let (head, _) = parts(&response);
        assert!(head.contains("\r\ncache-control: no-store"), "{request}: {head}");
    }
}

#[test]
fn keeps_a_connection_for_many_requests_and_after_a_half_close() {
    let worker = ready_worker();
    let request = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    let response = worker.exchange(request.repeat(999) + "GET /livez HTTP/1.0\r\n\r\n");
    assert_eq!(response.matches("HTTP/1.1 200 OK").count(), 999, "pipelined requests");

    let mut stream = TcpStream::connect(worker.address()).unwrap();
    for byte in request.as_bytes().chunks(1) {
        stream.write_all(byte).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("an end, and no reset");
    assert!(response.ends_with(BODY), "{response}");
}

#[test]
fn does_not_log_probes() {
    let mut worker = ready_worker();
    for request in ["GET /livez HTTP/1.0\r\n\r\n", "nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"] {
        assert!(exchange(worker.address(), request).is_ok());
    }
    drop(TcpStream::connect(worker.address()));
    let before = worker.log().len();
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    let lines = worker.log()[before..].iter();
    let mut lines: Vec<_> = lines.filter_map(|line| line.split(" after").next()).collect();
    // Two threads print during the stop.
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "heartbeat: SIGTERM: stopping, within 25 s",
            "heartbeat: stopped cleanly",
            "in on_stop",
            "stop noticed",
        ]
    );
}
