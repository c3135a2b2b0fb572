//! The order of a stop, as a poller sees it that asks every millisecond.

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

/// What the poller saw: when, of which path, and the status.
type Seen = Vec<(Instant, &'static str, u16)>;

/// Asks live and ready every millisecond until nobody listens any more.
fn poll(address: &str) -> Seen {
    let mut seen = Vec::new();
    let (_pace, pace) = channel::<()>();
    loop {
        for path in ["/livez", "/readyz"] {
            let request = format!("GET {path} HTTP/1.0\r\n\r\n");
            let Ok(answer) = exchange(address, &request) else { return seen };
            if answer.is_empty() {
                // Connected while the listener closed: no answer, and so no half of one.
                return seen;
            }
            let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
            assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            seen.push((Instant::now(), path, status.expect("a status")));
        }
        assert_eq!(pace.recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    }
}

#[test]
fn ready_turns_red_first_live_stays_green_and_the_port_is_free_in_the_end() {
    let mut worker = Worker::spawn(&mut draining_worker());
    worker.line_with("in run");
    let address = worker.address().to_owned();
    let poller = thread::spawn({
        let address = address.clone();
        move || poll(&address)
    });
    assert_eq!(worker.get("/readyz").status, 200);
    let asked = Instant::now();
    worker.signal(Signal::TERM);
    worker.line_with("stopping is seen");
    assert_eq!(worker.get("/readyz").status, 503, "ready is red before the stop is acted on");
    worker.line_with("in on_stop");
    assert!(asked.elapsed() >= Duration::from_millis(300), "on_stop comes after the drain");
    assert_eq!(worker.wait().code(), Some(0));
    TcpListener::bind(&address).expect("the port is free at once");

    let seen = poller.join().unwrap();
    let statuses = |path| seen.iter().filter(move |(_, seen, _)| *seen == path);
    assert!(statuses("/livez").all(|(_, _, status)| *status == 200), "live is green to the end");
    let red = statuses("/readyz").position(|(_, _, status)| *status == 503).unwrap();
    let (green, red): (Vec<_>, Vec<_>) =
        statuses("/readyz").enumerate().partition(|(index, _)| *index < red);
    assert!(green.iter().all(|(_, (_, _, status))| *status == 200));
    assert!(red.iter().all(|(_, (_, _, status))| *status == 503), "ready does not come back");
    let (_, (first_red, ..)) = red[0];
    let (_, (last_red, ..)) = red[red.len() - 1];
    println!("ready is red {:?} after the signal", first_red.duration_since(asked));
    assert!(first_red.duration_since(asked) < Duration::from_secs(1));
    let answered_for = last_red.duration_since(*first_red);
    assert!(answered_for > Duration::from_millis(150), "and is told for {answered_for:?} only");
}
