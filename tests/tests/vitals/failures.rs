//! Workers that hang: their verdict, and the time that it takes.

use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker};
use serde_json::json;

use super::{assert_status_for, get_json, vital_worker, wait_for_status};

/// Asserts a time of about two seconds, the deadline: the last beat was before the line that starts
/// the clock, a scan comes up to a quarter of a second later, and a busy machine takes longer.
fn assert_in_time(took: Duration) {
    assert!(took > Duration::from_millis(1500) && took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn a_heartbeat_that_stops_fails_live_at_its_deadline() {
    for (mode, line, heartbeat) in [
        ("deadlock", "deadlocked", 0),
        ("blocked thread", "blocked", 1),
        ("overlong job", "in a job of two seconds", 0),
    ] {
        let mut worker = Worker::spawn(&mut vital_worker(mode));
        worker.wait_for_line(line);
        let start = Instant::now();
        let (red_at, body) = wait_for_status(&mut worker, "/livez", 503);
        let took = red_at - start;
        println!("{mode}: red after {took:?}");
        assert_in_time(took);
        assert_eq!(body["reasons"], json!(["stalled"]), "{mode}");
        assert_eq!(body["heartbeats"][heartbeat]["state"], "stalled", "{mode}: {body}");
        let name = ["run", "thread"][heartbeat];
        worker.wait_until_logged(&format!("stalled: no beat from `{name}` for "));
        assert_eq!(get_json(&worker, "/readyz").0, 503);
        assert_eq!(get_json(&worker, "/startupz").0, 200, "it has started");
        assert_status_for(&mut worker, "/livez", 503, Duration::from_secs(1));
    }
}

#[test]
fn a_check_that_never_returns_fails_ready() {
    for (mode, last_message) in [
        ("hanging check", "no result within 100ms"),
        // It cannot be aborted, and a second one does not start.
        ("blocking check", "the last result is too old"),
    ] {
        let mut worker = Worker::spawn(&mut vital_worker(mode));
        worker.wait_for_line("checking");
        worker.wait_until_logged("check `peer` failed: ");
        let (_, mut body) = wait_for_status(&mut worker, "/readyz", 503);
        let start = Instant::now();
        while body["checks"][0]["message"] != last_message {
            assert!(start.elapsed() < Duration::from_secs(30), "{body}");
            worker.read_log_for(Duration::from_millis(50));
            body = get_json(&worker, "/readyz").1;
        }
        assert_status_for(&mut worker, "/readyz", 503, Duration::from_secs(1));
        let (status, body) = get_json(&worker, "/livez");
        assert_eq!((status, &body["reasons"]), (200, &json!(["check_failed"])));
        worker.signal(Signal::KILL);
        worker.wait();
    }
}
