//! `application/health+json`: the health check response format for HTTP APIs
//! (draft-inadarei-api-health-check-06).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::json::{check_status, codes, seconds};
use super::state::HealthState;
use crate::vitals::{HeartbeatState, Reason, Status};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HealthBody {
    status: &'static str,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(flatten)]
    details: Option<HealthDetails>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthDetails {
    service_id: String,
    description: &'static str,
    /// By `component:measurement`, each with a list of one.
    checks: BTreeMap<String, [Measurement; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Measurement {
    component_type: &'static str,
    observed_value: f64,
    observed_unit: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

impl HealthBody {
    pub(super) fn new(
        health: &HealthState,
        detailed: bool,
        status: Status,
        reasons: &[Reason],
    ) -> Self {
        Self {
            status: status.as_str(),
            version: health.info.version,
            output: (status != Status::Pass).then(|| codes(reasons)),
            details: detailed.then(|| HealthDetails {
                service_id: health.info.instance.clone(),
                description: health.info.role,
                checks: measurements(health),
            }),
        }
    }
}

fn measurements(health: &HealthState) -> BTreeMap<String, [Measurement; 1]> {
    let heartbeats = health.vitals.heartbeat_reports().into_iter().map(|report| {
        let is_stalled = report.state == HeartbeatState::Stalled;
        let status = if is_stalled { Status::Fail } else { Status::Pass };
        let measurement = Measurement::new("component", report.age, status, None);
        (format!("{}:age", report.name), [measurement])
    });
    let checks = health.vitals.check_reports().into_iter().map(|report| {
        let status = check_status(&report);
        let measurement = Measurement::new("datastore", report.took, status, report.message);
        (format!("{}:responseTime", report.name), [measurement])
    });
    heartbeats.chain(checks).collect()
}

impl Measurement {
    fn new(
        component_type: &'static str,
        observed: Duration,
        status: Status,
        output: Option<String>,
    ) -> Self {
        Self {
            component_type,
            observed_value: seconds(observed),
            observed_unit: "s",
            status: status.as_str(),
            output,
        }
    }
}
