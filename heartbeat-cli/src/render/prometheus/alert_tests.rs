//! Unit tests of the alerts, for `promtool test rules`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ALERTS_FILE;
use super::alerts::Alert;
use super::scrape::INTERVAL;
use crate::render::yaml::{Document, YamlError};

/// Time before an alert fires at which it must not yet, in seconds. Versions of Prometheus differ by one
/// scrape in what a range has.
const BEFORE: u64 = 30;

#[derive(Serialize)]
struct TestFile<'a> {
    rule_files: [&'static str; 1],
    evaluation_interval: &'static str,
    tests: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    name: String,
    interval: &'static str,
    input_series: Vec<Series<'a>>,
    alert_rule_test: Vec<Expectation<'a>>,
}

#[derive(Serialize)]
struct Series<'a> {
    series: &'a str,
    values: &'a str,
}

#[derive(Serialize)]
struct Expectation<'a> {
    eval_time: String,
    alertname: &'a str,
    exp_alerts: Vec<Firing<'a>>,
}

#[derive(Serialize)]
struct Firing<'a> {
    exp_labels: BTreeMap<&'a str, &'a str>,
    exp_annotations: BTreeMap<&'static str, String>,
}

pub(super) fn document(alerts: &[Alert]) -> Result<Document, YamlError> {
    let tests = alerts.iter().map(test).collect();
    let tests = TestFile { rule_files: [ALERTS_FILE], evaluation_interval: INTERVAL, tests };
    Document::new(&tests, &[])
}

/// Returns a test that an alert waits, and then fires for the one that it is about.
fn test(alert: &Alert) -> Case<'_> {
    let begins = alert.example.begins_after.as_secs();
    let fires = begins + alert.wait.as_secs();
    let at = |seconds: u64, exp_alerts| Expectation {
        eval_time: format!("{seconds}s"),
        alertname: alert.name,
        exp_alerts,
    };
    Case {
        name: alert.name.to_owned(),
        interval: INTERVAL,
        input_series: (alert.example.series.iter())
            .map(|(series, values)| Series { series, values })
            .collect(),
        alert_rule_test: vec![
            at(fires.saturating_sub(BEFORE), Vec::new()),
            at(fires, firing(alert)),
        ],
    }
}

fn firing(alert: &Alert) -> Vec<Firing<'_>> {
    let alerts = alert.example.firing.iter().map(|labels| {
        let expand = |template: &str| {
            labels.iter().fold(template.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{{ $labels.{name} }}}}"), value)
            })
        };
        let mut exp_labels: BTreeMap<_, _> =
            labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
        exp_labels.insert("severity", alert.severity);
        Firing {
            exp_labels,
            exp_annotations: BTreeMap::from([
                ("description", expand(alert.description)),
                ("summary", expand(alert.summary)),
            ]),
        }
    });
    alerts.collect()
}
