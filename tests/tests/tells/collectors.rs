//! Collectors that break: the scrape has the rest, and nothing else is hurt.

use std::fs::{read_dir, read_to_string};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use heartbeat_tests::prometheus::scrape;
use heartbeat_tests::{Signal, Worker};
use serde_json::Value;

use super::telling_worker;

#[test]
fn a_collector_that_breaks_is_left_out_and_counted() {
    let mut worker = telling_worker("always", "panic error block late label fine");
    for number in 0..3 {
        let start = Instant::now();
        let (_, text) = scrape(&worker, "*/*");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert!(number == 0 || took < Duration::from_millis(500), "it waits only once: {took:?}");
        assert!(text.contains("\nheartbeat_failed_collectors 5\n"), "{text}");
        for line in ["spool_files 9", "broken_fine 9", "jobs_done_total 3", "jobs_waiting 7"] {
            assert_eq!(text.matches(&format!("\n{line}\n")).count(), 1, "{line} in\n{text}");
        }
        for name in ["broken_panic", "broken_error", "broken_block", "broken_late", "broken_label"]
        {
            assert!(!text.contains(name), "{name} in\n{text}");
        }
    }
    assert_eq!(worker.get("/livez").status, 200);
    let body: Value = serde_json::from_str(&worker.get("/health").body).unwrap();
    assert_eq!(body["panics"]["count"], 0, "it is no task's: {body}");
    let stop = Instant::now();
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
    assert!(stop.elapsed() < Duration::from_secs(5), "a stop does not wait for it");
    let lines = worker.log().iter().filter(|line| line.contains("/metrics lacks what"));
    let lines: Vec<_> = lines.map(|line| line.rsplit_once("collects: ").unwrap().1).collect();
    assert_eq!(lines.len(), 5, "each once: {lines:#?}");
    assert!(lines[0].starts_with("panicked at ") && lines[0].ends_with(": a wrong turn"));
    assert_eq!(lines[1], "it returned an error");
    assert_eq!(lines[2], "it takes longer than 500ms");
    assert!(lines[3].ends_with("the name `jobs_waiting` is taken: give it another name"));
    assert!(lines[4].contains("no OpenMetrics: `broken_label{broken-label="), "{lines:#?}");
}

#[test]
fn collectors_run_while_every_thread_of_the_runtime_is_blocked() {
    let mut worker = telling_worker("always", "");
    worker.write_line("block");
    worker.wait_for_line("blocked");
    let (_, text) = scrape(&worker, "*/*");
    assert!(text.contains("\nspool_files 9\n"), "{text}");
    assert!(text.contains("\nheartbeat_failed_collectors 0\n"), "{text}");
}

/// Counts the threads that run collectors.
fn collector_threads(worker: &Worker) -> usize {
    let threads = read_dir(format!("/proc/{}/task", worker.id())).unwrap();
    let names =
        threads.filter_map(|thread| read_to_string(thread.unwrap().path().join("comm")).ok());
    names.filter(|name| name == "collectors\n").count()
}

#[test]
fn clients_that_leave_during_a_scrape_add_no_threads() {
    let worker = telling_worker("always", "slow");
    for _ in 0..200 {
        let mut client = TcpStream::connect(worker.address()).unwrap();
        client.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let threads = collector_threads(&worker);
        assert!(threads <= 2, "{threads} threads");
    }
    let (_, text) = scrape(&worker, "*/*");
    assert!(text.contains("\nbroken_slow 9\n"), "{text}");
}
