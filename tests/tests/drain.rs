//! The order of a stop, as seen by a client that polls every millisecond.

#![expect(clippy::expect_used, reason = "in a test, that is how to fail")]

use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, exchange};

fn draining_worker() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", "run stop").env("HEARTBEAT_DRAIN", "300ms");
    command
}

/// The time, path and status of each response.
type Polled = Vec<(Instant, &'static str, u16)>;

/// Polls live and ready every millisecond until nothing listens.
fn poll(address: &str) -> Polled {
    let mut polled = Vec::new();
    let (_pace, pace) = channel::<()>();
    loop {
        for path in ["/livez", "/readyz"] {
            let request = format!("GET {path} HTTP/1.0\r\n\r\n");
            let Ok(response) = exchange(address, &request) else { return polled };
            if response.is_empty() {
                // The listener closed during the connect: no response, so not half of one either.
                return polled;
            }
            let (head, body) = response.split_once("\r\n\r\n").expect("a complete head");
            assert!(head.contains(&format!("content-length: {}", body.len())), "{response}");
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            polled.push((Instant::now(), path, status.expect("a status")));
        }
        assert_eq!(pace.recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    }
}

#[test]
fn ready_fails_first_live_passes_to_the_end_and_the_port_is_free_afterwards() {
    let mut worker = Worker::spawn(&mut draining_worker());
    worker.wait_for_line("in run");
    let address = worker.address().to_owned();
    let client = thread::spawn({
        let address = address.clone();
        move || poll(&address)
    });
    assert_eq!(worker.get("/readyz").status, 200);
    let stopped = Instant::now();
    worker.signal(Signal::TERM);
    worker.wait_for_line("stop noticed");
    assert_eq!(worker.get("/readyz").status, 503, "ready fails before run notices the stop");
    worker.wait_for_line("in on_stop");
    assert!(stopped.elapsed() >= Duration::from_millis(300), "on_stop comes after the drain");
    assert_eq!(worker.wait().code(), Some(0));
    TcpListener::bind(&address).expect("the port is free at once");

    let polled = client.join().unwrap();
    let statuses = |path| polled.iter().filter(move |(_, polled, _)| *polled == path);
    assert!(statuses("/livez").all(|(_, _, status)| *status == 200), "live passes to the end");
    let first_failure = statuses("/readyz").position(|(_, _, status)| *status == 503).unwrap();
    let (passes, failures): (Vec<_>, Vec<_>) =
        statuses("/readyz").enumerate().partition(|(index, _)| *index < first_failure);
    assert!(passes.iter().all(|(_, (_, _, status))| *status == 200));
    assert!(failures.iter().all(|(_, (_, _, status))| *status == 503), "ready fails until the end");
    let (_, (first, ..)) = failures[0];
    let (_, (last, ..)) = failures[failures.len() - 1];
    println!("ready fails {:?} after the signal", first.duration_since(stopped));
    assert!(first.duration_since(stopped) < Duration::from_secs(1));
    let served_for = last.duration_since(*first);
    assert!(served_for > Duration::from_millis(150), "the failure was served for {served_for:?}");
}
