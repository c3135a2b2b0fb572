//! Prometheus and Grafana, by `promtool` and by the metrics that alerts and dashboard name.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Project, everything, has_program, stderr, stdout};

/// Runs `promtool` in a folder of rendered files.
#[track_caller]
pub(crate) fn promtool(folder: &Path, arguments: &[&str]) {
    let output = Command::new("promtool").args(arguments).current_dir(folder).output().unwrap();
    let text = format!("{}{}", stdout(&output), stderr(&output));
    assert!(output.status.success() && !text.contains("FAILED"), "{arguments:?}: {text}");
}

/// Renders for workers that an engine runs.
fn rendered(engine: &str) -> Project {
    let keys = include_str!("everything/heartbeat.toml");
    let project =
        everything().with("heartbeat.toml", &format!("{keys}[prometheus]\nengine = '{engine}'\n"));
    assert_eq!(project.files("prometheus").len(), 3);
    project
}

#[test]
fn files_are_valid_and_alerts_fire() {
    if !has_program("promtool") {
        return;
    }
    for engine in ["compose", "systemd", "kubernetes"] {
        let project = rendered(engine);
        let folder = project.path().join("rendered");
        // Debian builds Prometheus without Kubernetes.
        if engine != "kubernetes" {
            promtool(&folder, &["check", "config", "prometheus.yaml"]);
        }
        promtool(&folder, &["check", "rules", "alerts.yaml"]);
        promtool(&folder, &["test", "rules", "alerts-test.yaml"]);
    }
}

#[test]
fn the_dashboard_is_the_same_at_each_time() {
    let project = everything();
    let dashboard = project.files("grafana").remove("dashboard.json").unwrap();
    assert_eq!(project.files("grafana")["dashboard.json"], dashboard);
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    assert_eq!(dashboard["uid"], "heartbeat-shop");
    let panels = dashboard["panels"].as_array().unwrap();
    for (n, panel) in (1..).zip(panels) {
        assert_eq!(panel["id"], n, "{panel:#}");
        assert!(panel["description"].as_str().unwrap().ends_with('.'), "{panel:#}");
        let query = panel["targets"][0]["expr"].as_str().unwrap();
        assert!(query.contains(r#"{job=~"$job", instance=~"$instance"}"#), "{query}");
    }
    // No two panels are in one place.
    let places: Vec<_> = panels.iter().map(|panel| &panel["gridPos"]).collect();
    for (n, place) in places.iter().enumerate() {
        assert!(places.iter().skip(n + 1).all(|other| other != place), "{place}");
    }
}
