//! The host without the attribute does what it does with it.

use std::process::Command;

use heartbeat_tests::{Signal, Worker};

fn hand_written_worker(arguments: &[&str]) -> Worker {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hand-written-worker"));
    command.env("HEARTBEAT_ENDPOINT_MANAGEMENT", "127.0.0.1:0");
    let mut worker = Worker::spawn(command.args(arguments));
    worker.line_with("first round");
    worker
}

#[test]
fn a_state_and_futures_that_are_not_send_are_driven_to_the_end() {
    let mut worker = hand_written_worker(&[]);
    assert_eq!(worker.get("/health").status, 200);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert!(worker.log().contains(&"went round: true".to_owned()), "{:#?}", worker.log());
    let last = worker.log().last().unwrap();
    assert!(last.starts_with("heartbeat: stopped cleanly after "), "{last}");
}

#[test]
fn the_management_endpoint_shows_what_the_heartbeat_does_not() {
    let worker = hand_written_worker(&[]);
    let line = worker.log().iter().find(|line| line.contains("management on http://")).unwrap();
    let (_, url) = line.split_once("management on http://").unwrap();
    let management = url.split('/').next().unwrap();
    let request = |path: &str| format!("GET {path} HTTP/1.0\r\n\r\n");
    let ask =
        |address: &str, path: &str| heartbeat_tests::exchange(address, request(path)).unwrap();
    let public = ask(worker.address(), "/health");
    assert!(public.starts_with("HTTP/1.0 200 ") && !public.contains("HandWritten"), "{public}");
    assert!(ask(worker.address(), "/metrics").starts_with("HTTP/1.0 404 "));
    let trusted = ask(management, "/health");
    assert!(trusted.starts_with("HTTP/1.0 200 "), "{trusted}");
    assert!(trusted.contains(r#""role":"HandWritten""#), "{trusted}");
    let metrics = ask(management, "/metrics");
    assert!(metrics.contains("\nheartbeat_ready 1\n"), "{metrics}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_threads_of_the_worker_are_those_that_were_asked_for() {
    for (arguments, workers) in [(&["0"], 0), (&["3"], 3)] {
        let worker = hand_written_worker(arguments);
        let threads = std::fs::read_dir(format!("/proc/{}/task", worker.id())).unwrap();
        // The main thread, the heart, its pen and its canaries, and those of the worker's runtime.
        assert_eq!(threads.count(), 4 + workers, "{arguments:?}");
    }
}
