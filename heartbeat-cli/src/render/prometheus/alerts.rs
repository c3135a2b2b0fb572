//! The alerts, each with the series by which its test makes it fire.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{jobs, selector};
use crate::render::service::Service;

/// The file of rules.
#[derive(Serialize)]
pub(super) struct Rules<'a> {
    groups: [Group<'a>; 1],
}

#[derive(Serialize)]
struct Group<'a> {
    name: String,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    alert: &'a str,
    expr: &'a str,
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    wait: Option<String>,
    labels: BTreeMap<&'static str, &'static str>,
    annotations: BTreeMap<&'static str, &'a str>,
}

/// An alert.
pub(super) struct Alert {
    pub(super) name: &'static str,
    expr: String,
    pub(super) severity: &'static str,
    /// How long it must be so.
    pub(super) wait: Duration,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) example: Example,
}

/// Series with which an alert fires.
pub(super) struct Example {
    /// The labels of each alert that fires.
    pub(super) firing: Vec<Vec<(&'static str, String)>>,
    /// Series, with their values in the notation of `promtool`, one each 15 s.
    pub(super) series: Vec<(String, &'static str)>,
    /// How long it takes until the expression is true.
    pub(super) begins_after: Duration,
}

impl<'a> Rules<'a> {
    pub(super) fn new(service: &Service<'_>, alerts: &'a [Alert]) -> Self {
        let rules = alerts.iter().map(|alert| Rule {
            alert: alert.name,
            expr: &alert.expr,
            wait: (!alert.wait.is_zero())
                .then(|| format!("{}m", alert.wait.as_secs().div_ceil(60))),
            labels: BTreeMap::from([("severity", alert.severity)]),
            annotations: BTreeMap::from([
                ("description", alert.description),
                ("summary", alert.summary),
            ]),
        });
        Self { groups: [Group { name: service.name.clone(), rules: rules.collect() }] }
    }
}

/// Returns the alerts of a service that has a job.
pub(super) fn all(service: &Service<'_>) -> Vec<Alert> {
    let of = selector(service);
    let job = jobs(service).next().map(|(job, _)| job).unwrap_or_default();
    let start = service.workers.iter().map(|worker| worker.timing().start_within).max();
    let mut alerts = health(&of, &job, start.unwrap_or_default());
    alerts.extend(restarts(&of, &job));
    alerts.push(missing(&jobs(service).map(|(job, _)| job).collect::<Vec<_>>()));
    alerts
}

fn health(of: &str, job: &str, start_within: Duration) -> Vec<Alert> {
    vec![
        Alert {
            name: "HeartbeatStalled",
            expr: format!("heartbeat_stalled{{{of}}} == 1"),
            severity: "critical",
            // Its own deadline has passed already.
            wait: Duration::ZERO,
            summary: "`{{ $labels.heartbeat }}` of {{ $labels.instance }} is stalled",
            description: "It missed its deadline: live fails, and the worker is about to be restarted.",
            example: instances(
                job,
                "heartbeat_stalled",
                Some(("heartbeat", "run")),
                "0x4 1x80",
                "0x80",
                75,
            ),
        },
        Alert {
            name: "HeartbeatStarved",
            expr: format!("increase(heartbeat_canary_lag_seconds_count{{{of}}}[1m]) == 0"),
            severity: "critical",
            wait: Duration::ZERO,
            summary: "The runtime of {{ $labels.instance }} runs no tasks",
            description: "For a minute not even an empty task has run: blocking code holds every thread.",
            example: instances(
                job,
                "heartbeat_canary_lag_seconds_count",
                None,
                "0+15x4 60x80",
                "0+15x80",
                135,
            ),
        },
        Alert {
            name: "HeartbeatNotReady",
            expr: format!("heartbeat_ready{{{of}}} == 0"),
            severity: "warning",
            // A start may take that long.
            wait: whole_minutes(start_within.max(Duration::from_secs(300))),
            summary: "{{ $labels.instance }} is not ready",
            description: "It has been starting, stopping, busy, stalled, or without a dependency for longer \
                          than a start takes: /health of the instance has the reasons.",
            example: instances(job, "heartbeat_ready", None, "1x4 0x2000", "1x2000", 75),
        },
        Alert {
            name: "HeartbeatNoneReady",
            expr: format!("sum by (job) (heartbeat_ready{{{of}}}) == 0"),
            severity: "critical",
            wait: Duration::from_secs(120),
            summary: "No instance of {{ $labels.job }} is ready",
            description: "Nobody does its work.",
            example: Example {
                firing: vec![vec![("job", job.to_owned())]],
                series: vec![
                    (series("heartbeat_ready", job, "Role_IN_0", None), "0x80"),
                    (series("heartbeat_ready", job, "Role_IN_1", None), "1x4 0x80"),
                ],
                begins_after: Duration::from_secs(75),
            },
        },
        Alert {
            name: "HeartbeatCheckFailing",
            expr: format!("heartbeat_check_passing{{{of}}} == 0"),
            severity: "warning",
            wait: Duration::from_secs(300),
            summary: "Check `{{ $labels.check }}` of {{ $labels.instance }} fails",
            description: "A dependency does not answer: /health of the instance has its message.",
            example: instances(
                job,
                "heartbeat_check_passing",
                Some(("check", "redis")),
                "1x4 0x80",
                "1x80",
                75,
            ),
        },
    ]
}

fn restarts(of: &str, job: &str) -> Vec<Alert> {
    vec![
        Alert {
            name: "HeartbeatRestarts",
            expr: format!("changes(process_start_time_seconds{{{of}}}[15m]) > 3"),
            severity: "critical",
            wait: Duration::ZERO,
            summary: "{{ $labels.instance }} is restarted again and again",
            description: "More than three times in a quarter of an hour: its log ends with the exit code, \
                          and what that means.",
            example: instances(
                job,
                "process_start_time_seconds",
                None,
                "100x3 160x3 220x3 280x3 340x60",
                "100x3 160x3 220x60",
                240,
            ),
        },
        Alert {
            name: "HeartbeatTaskRestarts",
            expr: format!("increase(heartbeat_task_restarts_total{{{of}}}[15m]) > 3"),
            severity: "warning",
            wait: Duration::ZERO,
            summary: "Task `{{ $labels.task }}` of {{ $labels.instance }} is restarted again and again",
            description: "More than three times in a quarter of an hour: the log has its errors.",
            example: instances(
                job,
                "heartbeat_task_restarts_total",
                Some(("task", "consumer-0")),
                "0x4 2x8 5x80",
                "0x40 1x40",
                225,
            ),
        },
        Alert {
            name: "HeartbeatDown",
            expr: format!("up{{{of}}} == 0"),
            severity: "warning",
            wait: Duration::from_secs(120),
            summary: "{{ $labels.instance }} does not answer",
            description: "Its process has ended, its machine is unreachable, or its metrics are not \
                          open to Prometheus.",
            example: instances(job, "up", None, "1x4 0x80", "1x80", 75),
        },
    ]
}

fn missing(jobs: &[String]) -> Alert {
    let absent = jobs.iter().map(|job| format!("absent(up{{job=\"{job}\"}})"));
    Alert {
        name: "HeartbeatMissing",
        expr: absent.collect::<Vec<_>>().join(" or "),
        severity: "critical",
        wait: Duration::from_secs(300),
        summary: "There is no instance of {{ $labels.job }}",
        description: "None is deployed, or Prometheus does not find them.",
        example: Example {
            firing: jobs.iter().map(|job| vec![("job", job.clone())]).collect(),
            series: vec![(series("up", "other", "Role_IN_0", None), "1x80")],
            begins_after: Duration::ZERO,
        },
    }
}

/// Rounds up to minutes, in which rules have their times.
fn whole_minutes(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_secs().div_ceil(60) * 60)
}

/// Returns the series of two instances, of which the alert fires for the first.
fn instances(
    job: &str,
    metric: &str,
    label: Option<(&'static str, &'static str)>,
    firing: &'static str,
    quiet: &'static str,
    begins_after: u64,
) -> Example {
    let mut labels = vec![("instance", "Role_IN_0".to_owned()), ("job", job.to_owned())];
    labels.extend(label.map(|(name, value)| (name, value.to_owned())));
    Example {
        firing: vec![labels],
        series: vec![
            (series(metric, job, "Role_IN_0", label), firing),
            (series(metric, job, "Role_IN_1", label), quiet),
        ],
        begins_after: Duration::from_secs(begins_after),
    }
}

fn series(metric: &str, job: &str, instance: &str, label: Option<(&str, &str)>) -> String {
    let label = label.map(|(name, value)| format!(", {name}=\"{value}\"")).unwrap_or_default();
    format!("{metric}{{job=\"{job}\", instance=\"{instance}\"{label}}}")
}
