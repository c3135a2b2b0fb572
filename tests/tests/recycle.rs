//! `HEARTBEAT_RECYCLE_AFTER`: a stalled worker comes back under a manager that only restarts what exits.

#![cfg(target_os = "linux")]

use std::process::Command;

use heartbeat_tests::{Signal, Worker, exchange, free_address, signal};

/// Starts the worker again and again: it fails in its first life.
const LOOP: &str = r#"
    while :; do
        HEARTBEAT_SETTING_FAIL="$1" "$0"
        code=$?
        echo "exit $code" >&2
        [ $code = 75 ] || exit $code
        set -- "run stop"
    done"#;

#[test]
fn a_stalled_worker_comes_back_by_itself() {
    for (fail, line) in [
        ("run stall", "run did not stop within 400 ms: dropped"),
        ("run stall block", "stop overdue: "),
    ] {
        let address = free_address();
        let mut command = Command::new("sh");
        command.args(["-c", LOOP, env!("CARGO_BIN_EXE_failing-worker"), fail]);
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", &address);
        command.env("HEARTBEAT_STALL_AFTER", "200ms").env("HEARTBEAT_STOP_WITHIN", "500ms");
        let mut manager = Worker::spawn_raw(command.env("HEARTBEAT_RECYCLE_AFTER", "300ms"));

        manager.wait_for_line("heartbeat: stalled: no beat from `run` for ");
        let why = manager.wait_for_line("heartbeat: live has failed for ");
        assert!(why.contains(" ms (no beat from `run`): stopping for a recycle, within"), "{why}");
        manager.wait_for_line(line);
        manager.wait_for_line("exit 75");

        manager.wait_for_line("heartbeat: ready after ");
        let response = exchange(&address, "GET /readyz HTTP/1.0\r\n\r\n").unwrap();
        assert!(response.starts_with("HTTP/1.0 200 "), "{response}");
        let children = format!("/proc/{0}/task/{0}/children", manager.id());
        let worker = std::fs::read_to_string(children).unwrap();
        signal(worker.trim().parse().unwrap(), Signal::TERM);
        assert_eq!(manager.wait().code(), Some(0), "{:#?}", manager.log());
    }
}
