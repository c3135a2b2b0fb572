//! What has gone wrong is told as it is, and in time.

use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker};
use serde_json::json;

use super::{always, told, until, vital_worker};

/// The deadline of two seconds, less the last beat's age when the line is read, plus one look of a
/// quarter of a second; and what a busy machine takes.
fn assert_in_time(took: Duration) {
    assert!(took > Duration::from_millis(1500) && took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn what_beats_no_more_is_red_by_its_deadline() {
    for (way, line, lane) in [
        ("deadlock", "deadlocked", 0),
        ("blocked thread", "blocked", 1),
        ("overlong job", "at a job of two seconds", 0),
    ] {
        let mut worker = Worker::spawn(&mut vital_worker(way));
        worker.line_with(line);
        let start = Instant::now();
        let (red_at, body) = until(&mut worker, "/livez", 503);
        let took = red_at - start;
        println!("{way}: red after {took:?}");
        assert_in_time(took);
        assert_eq!(body["reasons"], json!(["stalled"]), "{way}");
        assert_eq!(body["heartbeats"][lane]["state"], "stalled", "{way}: {body}");
        let name = ["run", "thread"][lane];
        worker.until_said(&format!("stalled: no beat from `{name}` for "));
        assert_eq!(told(&worker, "/readyz").0, 503);
        assert_eq!(told(&worker, "/startupz").0, 200, "it did start");
        always(&mut worker, "/livez", 503, Duration::from_secs(1));
    }
}

#[test]
fn a_check_that_never_returns_makes_the_worker_not_ready() {
    for (way, last) in [
        ("hanging check", "no result within 100ms"),
        // Nothing can end it, and no second one is started.
        ("blocking check", "the last result is too old"),
    ] {
        let mut worker = Worker::spawn(&mut vital_worker(way));
        worker.line_with("checking");
        worker.until_said("check `peer` failed: ");
        let (_, mut body) = until(&mut worker, "/readyz", 503);
        let start = Instant::now();
        while body["checks"][0]["message"] != last {
            assert!(start.elapsed() < Duration::from_secs(30), "{body}");
            worker.read_for(Duration::from_millis(50));
            body = told(&worker, "/readyz").1;
        }
        always(&mut worker, "/readyz", 503, Duration::from_secs(1));
        let (status, body) = told(&worker, "/livez");
        assert_eq!((status, &body["reasons"]), (200, &json!(["check_failed"])));
        worker.signal(Signal::KILL);
        worker.wait();
    }
}
