//! The spans of the worker arrive at a collector, and its log lines at its subscriber.

#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use heartbeat_tests::{Signal, Worker};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Starts a collector on a free port. Returns its URL, and the spans that it receives.
fn collector() -> (String, Receiver<Span>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (send, spans) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let send = send.clone();
            thread::spawn(move || collect(stream.unwrap(), &send));
        }
    });
    (url, spans)
}

/// Takes requests off a connection until its end.
fn collect(stream: TcpStream, spans: &Sender<Span>) {
    let mut answers = stream.try_clone().unwrap();
    let mut requests = BufReader::new(stream);
    while let Some(body) = read_request(&mut requests) {
        let request = ExportTraceServiceRequest::decode(&*body).unwrap();
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        for span in scopes.flat_map(|scope| scope.spans) {
            // The test may have all that it wants.
            let _ = spans.send(span);
        }
        answers.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    }
}

/// Reads a request of `POST /v1/traces`, and returns its body; `None` at the end of the connection.
fn read_request(stream: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).unwrap() == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    Some(body)
}

fn worker(collector: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telemetry-worker"));
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector).env("NO_COLOR", "1");
    command
}

#[test]
fn a_collector_receives_the_spans_of_a_worker() {
    let (url, spans) = collector();
    // The batch is sent at the stop, long before this time has passed.
    let mut worker = Worker::spawn(worker(&url).env("OTEL_BSP_SCHEDULE_DELAY", "3600000"));
    worker.wait_for_line("ready after ");
    assert_eq!(worker.get("/health").status, 200);
    worker.read_log_for(Duration::from_millis(500));
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());

    let (mut ship, mut label) = (None, None);
    while ship.is_none() || label.is_none() {
        let span = spans.recv_timeout(TIMEOUT).unwrap();
        match span.name.as_str() {
            "ship" => ship = ship.or(Some(span)),
            "label" => label = label.or(Some(span)),
            other => assert!(other.is_empty(), "a span `{other}`"),
        }
    }
    let (ship, label) = (ship.unwrap(), label.unwrap());
    assert_eq!(label.parent_span_id, ship.span_id, "the first of both belong together");
    assert!(ship.attributes.iter().any(|attribute| attribute.key == "order"), "{ship:?}");

    // Every line of the worker's went to the subscriber, the first one too.
    let lines = worker.log();
    assert!(lines.iter().all(|line| line.contains("heartbeat: ")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("is starting") && line.contains("state=")));
}

#[test]
fn a_collector_that_is_away_changes_no_exit_code() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut worker = Worker::spawn(&mut worker(&url));
    worker.wait_for_line("ready after ");
    worker.read_log_for(Duration::from_millis(300));
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}

#[test]
fn an_invalid_endpoint_is_a_configuration_error() {
    let mut worker = Worker::spawn_raw(&mut worker("nowhere"));
    assert_eq!(worker.wait().code(), Some(78), "{:#?}", worker.log());
    let lines = worker.log();
    assert!(lines.iter().any(|line| line.contains("cannot start: init failed: ")), "{lines:#?}");
}
