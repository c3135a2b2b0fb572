//! `/metrics`, as read by the tools of Prometheus.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use heartbeat_tests::{Worker, free_address, skip};
use serde_json::Value;

use super::{vital_worker, wait_for_status};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";

/// The metrics that must be there, as named in the text format.
const FAMILIES: [&str; 20] = [
    "heartbeat_build_info",
    "heartbeat_state",
    "heartbeat_live",
    "heartbeat_ready",
    "heartbeat_started",
    "heartbeat_transitions_total",
    "heartbeat_uptime_seconds",
    "heartbeat_task_panics_total",
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

/// Returns the head and the body of a scrape.
fn scrape(worker: &Worker, accept: &str) -> (String, String) {
    let request = format!(
        "GET /metrics HTTP/1.1\r\nHost: w\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    );
    let response = worker.exchange(&request);
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// Passes a text to a program; returns whether it succeeds and its output, or `None` if there is no
/// such program.
fn run_with_stdin(command: &mut Command, text: &str) -> Option<(bool, String)> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&printed).into_owned()))
}

#[test]
fn promtool_has_no_complaint() {
    let worker = checked_worker();
    let (head, text) = scrape(&worker, "*/*");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    for family in FAMILIES {
        assert!(text.lines().any(|line| line.starts_with(family)), "no {family} in\n{text}");
    }
    let Some(output) = run_with_stdin(Command::new("promtool").args(["check", "metrics"]), &text)
    else {
        return skip("promtool is not installed");
    };
    assert_eq!(output, (true, String::new()), "{text}");
}

#[test]
fn a_strict_parser_of_openmetrics_accepts_it() {
    let program = "import sys\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
        for family in parse(sys.stdin.read()):\n    \
            print(family.type, family.name, len(family.samples))";
    let worker = checked_worker();
    let (head, text) = scrape(&worker, OPENMETRICS);
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
    // Debian's own Python, which finds Debian's packages, may come second in the PATH.
    let has_parser = |python: &&str| {
        let mut import = Command::new(python);
        import.args(["-c", "import prometheus_client.openmetrics.parser"]).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    };
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(has_parser) else {
        return skip("prometheus_client for Python is not installed");
    };
    let (is_accepted, printed) =
        run_with_stdin(Command::new(python).args(["-c", program]), &text).unwrap();
    assert!(is_accepted, "{printed}\n{text}");
    for family in [
        "info heartbeat_build 1",
        "counter heartbeat_transitions 1",
        "gauge heartbeat_age_seconds 2",
        "gauge heartbeat_check_passing 1",
        "histogram heartbeat_canary_lag_seconds 13",
        "counter process_cpu_seconds 1",
    ] {
        assert!(printed.lines().any(|line| line == family), "no {family} in\n{printed}\n{text}");
    }
}

/// A process that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_real_prometheus_scrapes_it() {
    let worker = checked_worker();
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().join("prometheus.yml");
    let jobs = format!(
        "scrape_configs:\n- job_name: worker\n  scrape_interval: 1s\n  static_configs:\n  \
         - targets: ['{}']\n",
        worker.address()
    );
    fs::write(&configuration, jobs).unwrap();
    let own_address = free_address();
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address={own_address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(server) = command.spawn() else { return skip("prometheus is not installed") };
    let _server = Server(server);

    let query = |metric: &str| -> Option<Value> {
        let url = format!("http://{own_address}/api/v1/query?query={metric}");
        let mut body = Vec::new();
        ureq::get(&url).call().ok()?.into_body().into_reader().read_to_end(&mut body).ok()?;
        let body: Value = serde_json::from_slice(&body).ok()?;
        Some(body["data"]["result"][0]["value"][1].clone())
    };
    let start = Instant::now();
    for metric in [
        "up",
        "heartbeat_live",
        "heartbeat_ready",
        "heartbeat_check_passing",
        "heartbeat_build_info",
        "heartbeat_state%7Bstate%3D%22running%22%7D",
    ] {
        while query(metric).is_none_or(|value| value != "1") {
            assert!(start.elapsed() < Duration::from_secs(60), "{metric}: {:?}", query(metric));
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
    // The first canary may return after the first scrape.
    while query("heartbeat_canary_lag_seconds_count").is_none_or(|count| count == "0") {
        assert!(start.elapsed() < Duration::from_secs(60), "no canary returned");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert_eq!(query("heartbeat_deadline_seconds%7Bheartbeat%3D%22run%22%7D").unwrap(), "2");
}
