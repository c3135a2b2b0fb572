//! The limits of listeners to events.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use heartbeat_tests::{Listener, Signal, Worker};

use crate::{program, tell, worker};

/// Maximum listeners of an endpoint.
const LISTENERS: usize = 8;
const TIMEOUT: Duration = Duration::from_secs(60);

/// Asks for events, and never reads any.
fn unread(worker: &Worker) -> TcpStream {
    let mut stream = TcpStream::connect(worker.address()).unwrap();
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream
}

/// Tries again and again to listen, until there is room for it.
fn listen(worker: &mut Worker) -> Listener {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let listener = Listener::open(worker.address()).unwrap();
        if listener.head.starts_with("HTTP/1.0 200 ") {
            return listener;
        }
        assert!(Instant::now() < deadline, "{}", listener.head);
        worker.read_log_for(Duration::from_millis(100));
    }
}

#[test]
fn one_more_is_refused_until_another_one_leaves() {
    let mut worker = worker(&mut program());
    let mut listeners: Vec<_> = (0..LISTENERS).map(|_| listen(&mut worker)).collect();
    let refused = worker.exchange("GET /events HTTP/1.0\r\n\r\n");
    assert!(refused.starts_with("HTTP/1.0 503 "), "{refused}");
    assert!(refused.ends_with("\r\n\r\nas many listen to events as may: try again later\n"));
    assert_eq!(worker.get("/health").status, 200);
    for listener in &mut listeners {
        listener.wait_for_state("running");
    }
    listeners.pop();
    listeners.push(listen(&mut worker));
    assert_eq!(listeners.len(), LISTENERS);
}

#[test]
fn one_that_does_not_read_is_dropped() {
    let mut worker = worker(&mut program());
    tell(&mut worker, "flood");
    let _unread: Vec<_> = (0..LISTENERS).map(|_| unread(&worker)).collect();
    listen(&mut worker).wait_for_state("running");
    assert_eq!(worker.get("/health").status, 200);
}

#[test]
fn one_that_does_not_read_does_not_delay_a_stop() {
    // Other programs may take the cores for a while, so that one round in three suffices.
    let soonest = (0..3).map(|_| {
        let mut worker = worker(&mut program());
        tell(&mut worker, "flood");
        let _unread: Vec<_> = (1..LISTENERS).map(|_| unread(&worker)).collect();
        let mut listener = listen(&mut worker);
        // By now, the buffers of the others are full.
        (0..3).for_each(|_| drop(listener.wait_for_state("running")));
        worker.signal(Signal::TERM);
        worker.wait_for_line("in on_stop");
        worker.write_line("end");
        let begun = Instant::now();
        assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
        begun.elapsed()
    });
    let soonest = soonest.min().unwrap();
    // The server waits for others up to a second.
    assert!(soonest < Duration::from_millis(800), "{soonest:?}");
}
