//! The alerts, each with the series by which its test makes it fire.

mod example;
mod health;
mod process;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{jobs, selector};
use crate::render::service::Service;
use example::Example;

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
    let names: Vec<String> = jobs(service).map(|(job, _)| job).collect();
    let job = names.first().map(String::as_str).unwrap_or_default();
    let start_within = service.workers.iter().map(|worker| worker.timing().start_within).max();
    vec![
        health::stalled(&of, job),
        health::starved(&of, job),
        health::not_ready(&of, job, start_within.unwrap_or_default()),
        health::none_ready(&of, job),
        health::check_failing(&of, job),
        process::restarts(&of, job),
        process::task_restarts(&of, job),
        process::down(&of, job),
        process::missing(&names),
    ]
}
