//! `application/health+json`: the health check response format for HTTP APIs
//! (draft-inadarei-api-health-check-06).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::json::{codes, seconds};
use super::snapshot::Report;
use crate::vitals::{HeartbeatState, Reason, Status};

/// The answer, with the details for trusted clients.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    status: Status,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(flatten)]
    details: Option<Details<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    service_id: &'a str,
    description: &'a str,
    /// By `component:measurement`, each with a list of one.
    checks: BTreeMap<String, [Measurement<'a>; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Measurement<'a> {
    component_type: &'static str,
    observed_value: f64,
    observed_unit: &'static str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
}

impl<'a> Answer<'a> {
    /// Returns the public answer.
    pub(super) fn new(version: &'a str, status: Status, reasons: &[Reason]) -> Self {
        let output = (status != Status::Pass).then(|| codes(reasons));
        Self { status, version, output, details: None }
    }

    pub(super) fn with_details(self, report: &'a Report) -> Self {
        let details = Details {
            service_id: &report.info.instance,
            description: report.info.role,
            checks: measurements(report),
        };
        Self { details: Some(details), ..self }
    }
}

fn measurements(report: &Report) -> BTreeMap<String, [Measurement<'_>; 1]> {
    let heartbeats = report.heartbeats.iter().map(|heartbeat| {
        let is_stalled = heartbeat.state == HeartbeatState::Stalled;
        let status = if is_stalled { Status::Fail } else { Status::Pass };
        let measurement = Measurement::new("component", heartbeat.age, status, None);
        (format!("{}:age", heartbeat.name), [measurement])
    });
    let checks = report.checks.iter().map(|check| {
        let message = check.message.as_deref();
        let measurement = Measurement::new("datastore", check.took, check.status(), message);
        (format!("{}:responseTime", check.name), [measurement])
    });
    heartbeats.chain(checks).collect()
}

impl<'a> Measurement<'a> {
    fn new(
        component_type: &'static str,
        observed: Duration,
        status: Status,
        output: Option<&'a str>,
    ) -> Self {
        let observed_value = seconds(observed);
        Self { component_type, observed_value, observed_unit: "s", status, output }
    }
}
