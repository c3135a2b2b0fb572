//! Handlers that block, panic or never answer.

use std::io::Read;
use std::time::{Duration, Instant};

use heartbeat_tests::Signal;

use super::{Serving, command, connect, get, read_until, send};

#[test]
fn health_stays_right_while_handlers_block_every_thread() {
    let mut command = command();
    let mut serving = Serving::start(command.env("HEARTBEAT_STOP_WITHIN", "2s"));
    // Two threads: each endpoint blocks one.
    let blocked = serving.endpoints().map(|address| send(address, "/block"));
    for _ in &blocked {
        serving.worker.wait_for_line("a handler blocks");
    }
    let start = Instant::now();
    assert_eq!(serving.worker.get("/livez").status, 200);
    assert_eq!(serving.worker.get("/readyz").status, 200);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());

    let start = Instant::now();
    let hello = get(serving.worker.address(), "/hello");
    assert!(hello.starts_with("HTTP/1.0 503 "), "{hello}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());

    serving.worker.wait_until_logged("starved: the worker's runtime runs no tasks (status warn)");
    let health = serving.worker.get("/health");
    assert_eq!(health.status, 200);
    assert!(health.body.contains(r#""status":"warn""#), "{health:?}");
    assert!(health.body.contains(r#""reasons":["starved"]"#), "{health:?}");

    serving.worker.signal(Signal::TERM);
    let start = Instant::now();
    assert_eq!(serving.worker.wait().code(), Some(75), "{:#?}", serving.worker.log());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_panic_is_a_500_and_counted() {
    let mut serving = Serving::start(&mut command());
    for address in [serving.api.clone(), serving.worker.address().to_owned()] {
        let panicked = get(&address, "/panic");
        assert!(panicked.starts_with("HTTP/1.0 500 "), "{panicked}");
        serving.worker.wait_for_line("heartbeat: a task panicked at ");
        // A response that has begun must not look complete.
        let mut cut = send(&address, "/panic-later");
        let mut response = String::new();
        let _ = cut.read_to_string(&mut response);
        assert!(!response.ends_with("0\r\n\r\n"), "{response}");
        assert!(get(&address, "/hello").starts_with("HTTP/1.0 200 "));
    }
    assert_eq!(serving.worker.get("/health").status, 200);
    let details = get(&serving.inside, "/health");
    assert!(details.contains(r#""panics":{"count":4,"#), "{details}");
    assert!(details.contains("on purpose"), "{details}");
}

#[test]
fn handlers_and_bodies_without_an_end_are_aborted_by_a_stop() {
    let mut command = command();
    let mut serving = Serving::start(command.env("HEARTBEAT_STOP_WITHIN", "2s"));
    let mut clients = Vec::new();
    for address in [serving.api.clone(), serving.worker.address().to_owned()] {
        clients.push(send(&address, "/never"));
        serving.worker.wait_for_line("a handler waits");
        let mut endless = send(&address, "/endless");
        read_until(&mut endless, "on and on");
        clients.push(endless);
        let mut unending = connect(&address);
        let head = b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx";
        std::io::Write::write_all(&mut unending, head).unwrap();
        clients.push(unending);
    }
    assert_eq!(serving.worker.get("/readyz").status, 200);
    let start = Instant::now();
    serving.worker.signal(Signal::TERM);
    serving.worker.wait_for_line("heartbeat: requests did not finish within 1.6 s: aborted");
    serving.worker.wait_for_line("in on_stop");
    assert_eq!(serving.worker.wait().code(), Some(75), "{:#?}", serving.worker.log());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_client_that_has_gone_ends_its_request() {
    let mut serving = Serving::start(&mut command());
    let client = send(&serving.api, "/never");
    serving.worker.wait_for_line("a handler waits");
    drop(client);
    serving.worker.signal(Signal::TERM);
    assert_eq!(serving.worker.wait().code(), Some(0));
    let log = serving.worker.log();
    assert!(!log.iter().any(|line| line.contains("requests did not finish")), "{log:#?}");
}
