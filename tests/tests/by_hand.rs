//! The host without the attribute does what it does with it.

use std::process::Command;

use heartbeat_tests::{Signal, Worker};

fn hand_written_worker(arguments: &[&str]) -> Worker {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hand-written-worker"));
    let mut worker = Worker::spawn(command.args(arguments));
    worker.line_with("heartbeat: ready");
    worker
}

#[test]
fn a_state_and_futures_that_are_not_send_are_driven_to_the_end() {
    let mut worker = hand_written_worker(&[]);
    let answer = worker.get("/health");
    assert_eq!(answer.status, 200);
    // An internal endpoint is for the service itself, which may see more.
    assert!(answer.body.contains(r#""role":"HandWritten""#), "{}", answer.body);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert!(worker.log().contains(&"went round: true".to_owned()), "{:#?}", worker.log());
    assert_eq!(worker.log().last().unwrap(), "heartbeat: stopped cleanly, exit code 0");
}

#[cfg(target_os = "linux")]
#[test]
fn the_threads_of_the_worker_are_those_that_were_asked_for() {
    for (arguments, workers) in [(&["0"], 0), (&["3"], 3)] {
        let worker = hand_written_worker(arguments);
        let threads = std::fs::read_dir(format!("/proc/{}/task", worker.id())).unwrap();
        // The main thread, the heart and its pen, and those of the worker's runtime.
        assert_eq!(threads.count(), 3 + workers, "{arguments:?}");
    }
}
