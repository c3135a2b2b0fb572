//! A worker that uses the host without the attribute.

use std::process::Command;

use heartbeat_tests::{Signal, Worker};

fn hand_written_worker(arguments: &[&str]) -> Worker {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hand-written-worker"));
    command.env("HEARTBEAT_ENDPOINT_MANAGEMENT", "127.0.0.1:0");
    let mut worker = Worker::spawn(command.args(arguments));
    worker.wait_for_line("in run");
    worker
}

#[test]
fn drives_a_state_and_futures_that_are_not_send() {
    let mut worker = hand_written_worker(&[]);
    assert_eq!(worker.get("/health").status, 200);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert!(worker.log().contains(&"beat in run: true".to_owned()), "{:#?}", worker.log());
    let last = worker.log().last().unwrap();
    assert!(last.starts_with("heartbeat: stopped cleanly after "), "{last}");
}

#[test]
fn only_the_management_endpoint_shows_details() {
    let worker = hand_written_worker(&[]);
    let line = worker.log().iter().find(|line| line.contains("management on http://")).unwrap();
    let (_, url) = line.split_once("management on http://").unwrap();
    let management = url.split('/').next().unwrap();
    let request = |path: &str| format!("GET {path} HTTP/1.0\r\n\r\n");
    let get =
        |address: &str, path: &str| heartbeat_tests::exchange(address, request(path)).unwrap();
    let public = get(worker.address(), "/health");
    assert!(public.starts_with("HTTP/1.0 200 ") && !public.contains("HandWritten"), "{public}");
    assert!(get(worker.address(), "/metrics").starts_with("HTTP/1.0 404 "));
    let detailed = get(management, "/health");
    assert!(detailed.starts_with("HTTP/1.0 200 "), "{detailed}");
    assert!(detailed.contains(r#""role":"HandWritten""#), "{detailed}");
    let metrics = get(management, "/metrics");
    assert!(metrics.contains("\nheartbeat_ready 1\n"), "{metrics}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_runtime_has_the_requested_number_of_threads() {
    for (arguments, workers) in [(&["0"], 0), (&["3"], 3)] {
        let worker = hand_written_worker(arguments);
        let threads = std::fs::read_dir(format!("/proc/{}/task", worker.id())).unwrap();
        // The main thread, the monitor, the log writer, the canary, and those of the runtime.
        assert_eq!(threads.count(), 4 + workers, "{arguments:?}");
    }
}
