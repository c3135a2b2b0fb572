//! Files that `heartbeat render` writes for Prometheus and Grafana, with the metrics of real workers.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use escargot::CargoBuild;
use heartbeat_tests::prometheus::{PROMETHEUS_TEXT, Prometheus, scrape};
use heartbeat_tests::{Worker, skip};
use serde_json::Value;

/// The role of the worker below, on an internal endpoint, which has metrics.
const DEFINITION: &str = r#"<ServiceDefinition name="Trials">
  <WorkerRole name="Orders">
    <Endpoints><InternalEndpoint name="Heartbeat" protocol="http" port="PORT" /></Endpoints>
  </WorkerRole>
</ServiceDefinition>"#;

/// Renders for systemd's addresses, of which the third number is `network`.
fn render(folder: &Path, port: &str, network: &str) {
    let keys = format!("[prometheus]\nengine = 'systemd'\n[systemd]\nnetwork = {network}\n");
    fs::write(folder.join("ServiceDefinition.csdef"), DEFINITION.replace("PORT", port)).unwrap();
    fs::write(folder.join("heartbeat.toml"), keys).unwrap();
    let build = CargoBuild::new().package("heartbeat-cli").bin("heartbeat").current_release();
    let build = build.run().unwrap();
    for target in ["prometheus", "grafana"] {
        let mut command = build.command();
        let output = command.args(["render", target, "-o", "."]).current_dir(folder).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Starts a worker that has checks and tasks at the address of the first instance.
fn worker(address: &str) -> Worker {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shown-worker"));
    command
        .env("HEARTBEAT_ENDPOINT_HEARTBEAT", address)
        .env("HEARTBEAT_DETAILS", "always")
        .env("HEARTBEAT_STALL_AFTER", "2s");
    let mut worker = Worker::spawn_raw(&mut command).at(address);
    worker.wait_for_line("`importer` restarted");
    worker
}

/// Returns the queries of a dashboard, with values in the place of its variables.
fn queries(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let queries = panels.flat_map(|panel| panel["targets"].as_array().unwrap()).map(|target| {
        let query = target["expr"].as_str().unwrap();
        query.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")
    });
    queries.collect()
}

/// Returns the expressions of the alerts.
fn expressions(rules: &str) -> Vec<String> {
    let lines = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    lines.map(|line| line.trim_matches('"').replace("\\\"", "\"")).collect()
}

/// Returns the names of metrics in a query.
fn metrics(query: &str) -> BTreeSet<&str> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("heartbeat_") || word.starts_with("process_")).collect()
}

#[test]
fn a_real_prometheus_answers_every_query() {
    let folder = tempfile::tempdir().unwrap();
    let network = (std::process::id() % 200 + 10).to_string();
    let port = "23017";
    render(folder.path(), port, &network);
    let mut worker = worker(&format!("127.255.{network}.0:{port}"));

    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).unwrap();
    let (queries, expressions) = (queries(&dashboard), expressions(&read("alerts.yaml")));
    assert!(queries.len() > 10 && expressions.len() > 5, "{queries:?} {expressions:?}");

    // Each metric is one that the worker has.
    let (_, scraped) = scrape(&worker, PROMETHEUS_TEXT);
    let names: BTreeSet<&str> = scraped
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    for query in queries.iter().chain(&expressions) {
        for metric in metrics(query) {
            assert!(names.contains(metric), "{metric} of {query:?} is not one of {names:?}");
        }
    }

    let configuration = folder.path().join("prometheus.yaml");
    let Some(prometheus) = Prometheus::with_configuration(&configuration) else {
        return skip("prometheus is not installed");
    };
    let up = r#"up{job="trials-orders", instance="Orders_IN_0"}"#;
    prometheus.wait_for(up, |value| value == "1");
    // Rates need a second scrape.
    prometheus.wait_for("count_over_time(heartbeat_ready[5m])", |count| count != "1");
    for query in &queries {
        let answer = prometheus.query(query);
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        assert_ne!(answer["data"]["result"].as_array().unwrap().len(), 0, "{query}");
    }
    for expression in &expressions {
        assert_eq!(prometheus.query(expression)["status"], "success", "{expression}");
    }
    let firing = prometheus.query("ALERTS");
    assert_eq!(firing["data"]["result"], Value::Array(vec![]));

    // Alerts are about what happens.
    for line in ["lose mail", "stall"] {
        worker.write_line(line);
        worker.wait_for_line(&format!("{line}: done"));
    }
    for (alert, state, label) in [
        ("HeartbeatCheckFailing", "pending", r#"check="mail""#),
        ("HeartbeatStalled", "firing", r#"heartbeat="run""#),
    ] {
        let query = format!(
            r#"ALERTS{{alertname="{alert}", alertstate="{state}", instance="Orders_IN_0", {label}}}"#
        );
        prometheus.wait_for(&query, |value| value == "1");
    }
}
