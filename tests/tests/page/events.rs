//! The events of the report.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use heartbeat_tests::{Listener, Signal, schema, skip};
use serde_json::Value;

use crate::{program, tell, worker};

fn keys(report: &Value) -> BTreeSet<String> {
    report.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn tells_the_details_each_second_and_each_change_sooner() {
    let mut worker = worker(&mut program());
    let mut listener = Listener::open(worker.address()).unwrap();
    assert!(listener.head.contains("content-type: text/event-stream\r\n"), "{}", listener.head);
    assert!(listener.head.contains("cache-control: no-store\r\n"), "{}", listener.head);
    let first = listener.next_report().unwrap();
    let health = serde_json::from_str(&worker.get("/health").body).unwrap();
    assert_eq!(keys(&first), keys(&health));
    let uptime = |report: &Value| report["uptime"].as_f64().unwrap();
    let later = uptime(&listener.next_report().unwrap()) - uptime(&first);
    assert!(later < 10.0, "nothing has changed for {later} s");
    // The next event without a change comes a second after the last one.
    let soonest = (0..6).map(|turn| {
        let (line, state) = if turn % 2 == 0 { ("busy", "busy") } else { ("free", "running") };
        let begun = Instant::now();
        tell(&mut worker, line);
        listener.wait_for_state(state);
        begun.elapsed()
    });
    let soonest = soonest.min().unwrap();
    assert!(soonest < Duration::from_millis(700), "{soonest:?}");
}

#[test]
fn tells_at_most_ten_of_many_changes_a_second() {
    let mut worker = worker(&mut program());
    let mut listener = Listener::open(worker.address()).unwrap();
    let first = listener.next_report().unwrap();
    worker.write_line("flap");
    let (mut last, mut count) = (first.clone(), 0);
    let changes = |report: &Value| report["history"].as_array().unwrap().len();
    let uptime = |report: &Value| report["uptime"].as_f64().unwrap();
    while uptime(&last) - uptime(&first) < 3.0 {
        last = listener.next_report().unwrap();
        count += 1;
    }
    assert_eq!(changes(&last), 64, "it has flapped");
    let most = (uptime(&last) - uptime(&first)) * 10.0 + 2.0;
    assert!(f64::from(count) <= most, "{count} events, at most {most}");
    assert_eq!(worker.get("/livez").status, 200);
}

#[test]
fn speaks_each_version_of_http() {
    let worker = worker(&mut program());
    for version in ["--http1.0", "--http1.1", "--http2-prior-knowledge"] {
        let url = format!("http://{}/events", worker.address());
        let mut curl = Command::new("curl");
        let curl = curl.args(["--silent", "--no-buffer", version, &url]).stdout(Stdio::piped());
        let Ok(mut curl) = curl.spawn() else { return skip("curl is not installed") };
        let lines = BufReader::new(curl.stdout.take().unwrap()).lines().map_while(Result::ok);
        let reports: Vec<_> = lines
            .filter_map(|line| Some(line.strip_prefix("data: ")?.to_owned()))
            .take(2)
            .collect();
        curl.kill().unwrap();
        curl.wait().unwrap();
        assert_eq!(reports.len(), 2, "{version}");
        for report in &reports {
            schema::assert_valid(report);
        }
    }
}

#[test]
fn a_stop_is_told_to_its_end_and_then_the_events_end() {
    let mut worker = worker(&mut program());
    let mut listener = Listener::open(worker.address()).unwrap();
    listener.wait_for_state("running");
    worker.signal(Signal::TERM);
    worker.wait_for_line("in on_stop");
    listener.wait_for_state("stopping");
    worker.write_line("end");
    listener.wait_for_state("stopped");
    while listener.next_report().is_some() {}
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}
