//! `/metrics`, as read by the tools of Prometheus.

use heartbeat_tests::prometheus::{
    OPENMETRICS, PROMETHEUS_TEXT, Prometheus, parse_openmetrics, promtool, scrape,
};
use heartbeat_tests::{Worker, skip};

use super::{vital_worker, wait_for_status};

/// The metrics that must be there, as named in the text format.
const FAMILIES: [&str; 21] = [
    "heartbeat_build_info",
    "heartbeat_state",
    "heartbeat_live",
    "heartbeat_ready",
    "heartbeat_started",
    "heartbeat_transitions_total",
    "heartbeat_uptime_seconds",
    "heartbeat_task_panics_total",
    "heartbeat_failed_collectors",
    "heartbeat_age_seconds",
    "heartbeat_deadline_seconds",
    "heartbeat_stalled",
    "heartbeat_stalls_total",
    "heartbeat_check_passing",
    "heartbeat_check_duration_seconds",
    "heartbeat_check_age_seconds",
    "heartbeat_canary_lag_seconds",
    "process_start_time_seconds",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "heartbeat_canary_lag_seconds_bucket{le=\"+Inf\"}",
];

fn checked_worker() -> Worker {
    let mut worker = Worker::spawn(&mut vital_worker("check"));
    worker.wait_for_line("checking");
    wait_for_status(&mut worker, "/health", 200);
    worker
}

#[test]
fn promtool_has_no_complaint() {
    let worker = checked_worker();
    let (head, text) = scrape(&worker, "*/*");
    assert!(head.contains(&format!("content-type: {PROMETHEUS_TEXT}")), "{head}");
    for family in FAMILIES {
        assert!(text.lines().any(|line| line.starts_with(family)), "no {family} in\n{text}");
    }
    let Some(complaints) = promtool(&text) else { return skip("promtool is not installed") };
    assert_eq!(complaints, "", "{text}");
}

#[test]
fn a_strict_parser_of_openmetrics_accepts_it() {
    let worker = checked_worker();
    let (head, text) = scrape(&worker, OPENMETRICS);
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
    let Some(parsed) = parse_openmetrics(&text) else {
        return skip("prometheus_client for Python is not installed");
    };
    let families = parsed.unwrap_or_else(|complaint| panic!("{complaint}\n{text}"));
    for family in [
        "info heartbeat_build 1",
        "counter heartbeat_transitions 1",
        "gauge heartbeat_age_seconds 2",
        "gauge heartbeat_check_passing 1",
        "histogram heartbeat_canary_lag_seconds 13",
        "counter process_cpu_seconds 1",
    ] {
        assert!(families.lines().any(|line| line == family), "no {family} in\n{families}\n{text}");
    }
}

#[test]
fn a_real_prometheus_scrapes_it() {
    let worker = checked_worker();
    let Some(prometheus) = Prometheus::start(worker.address()) else {
        return skip("prometheus is not installed");
    };
    for query in [
        "up",
        "heartbeat_live",
        "heartbeat_ready",
        "heartbeat_check_passing",
        "heartbeat_build_info",
        "heartbeat_state{state=\"running\"}",
    ] {
        prometheus.wait_for(query, |value| value == "1");
    }
    // The first canary may return after the first scrape.
    prometheus.wait_for("heartbeat_canary_lag_seconds_count", |count| count != "0");
    prometheus.wait_for("heartbeat_deadline_seconds{heartbeat=\"run\"}", |value| value == "2");
}
