//! `application/json`: the public body, and the details that only trusted clients see.

use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;

use super::state::HealthState;
use crate::vitals::{CheckReport, HeartbeatReport, Reason, State, Status, Transition, Verdict};

/// The public body.
#[derive(Serialize)]
pub(super) struct Body {
    version: &'static str,
    status: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<&'static str>,
}

/// The public body and the details.
#[derive(Serialize)]
pub(super) struct DetailedBody {
    #[serde(flatten)]
    body: Body,
    #[serde(flatten)]
    details: Details,
}

/// The details. Times are in seconds.
#[derive(Serialize)]
struct Details {
    role: &'static str,
    instance: String,
    /// Since 1970, as in Prometheus' `process_start_time_seconds`.
    start_time: u64,
    uptime: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    heartbeats: Vec<HeartbeatDetails>,
    checks: Vec<CheckDetails>,
    panics: PanicDetails,
    /// The last changes of the verdict, the oldest first.
    history: Vec<TransitionDetails>,
}

#[derive(Serialize)]
struct HeartbeatDetails {
    name: String,
    state: &'static str,
    age: f64,
    deadline: f64,
    stalls: u64,
}

#[derive(Serialize)]
struct CheckDetails {
    name: String,
    status: &'static str,
    critical: bool,
    age: f64,
    duration: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The panics of tasks and threads that the worker has spawned.
#[derive(Serialize)]
struct PanicDetails {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

#[derive(Serialize)]
struct TransitionDetails {
    at: f64,
    from: String,
    to: String,
    lasted: f64,
}

impl Body {
    pub(super) fn new(
        health: &HealthState,
        status: Status,
        state: State,
        reasons: &[Reason],
    ) -> Self {
        Self {
            version: health.info.version,
            status: status.as_str(),
            state: state.as_str(),
            reasons: reasons.iter().map(|reason| reason.as_str()).collect(),
        }
    }

    pub(super) fn with_details(self, health: &HealthState) -> DetailedBody {
        DetailedBody { body: self, details: Details::new(health) }
    }
}

impl Details {
    fn new(health: &HealthState) -> Self {
        let vitals = &health.vitals;
        let (count, last) = vitals.panics().report();
        Self {
            role: health.info.role,
            instance: health.info.instance.clone(),
            start_time: start_time(health).as_secs(),
            uptime: seconds(vitals.clock().now()),
            failure: vitals.failure().map(str::to_owned),
            heartbeats: vitals.heartbeat_reports().into_iter().map(Into::into).collect(),
            checks: vitals.check_reports().into_iter().map(Into::into).collect(),
            panics: PanicDetails { count, last },
            history: vitals.transitions().0.iter().map(Into::into).collect(),
        }
    }
}

impl From<HeartbeatReport> for HeartbeatDetails {
    fn from(report: HeartbeatReport) -> Self {
        Self {
            state: report.state.as_str(),
            age: seconds(report.age),
            deadline: seconds(report.deadline),
            stalls: report.stalls,
            name: report.name,
        }
    }
}

impl From<CheckReport> for CheckDetails {
    fn from(report: CheckReport) -> Self {
        Self {
            status: check_status(&report).as_str(),
            critical: report.critical,
            age: seconds(report.age),
            duration: seconds(report.took),
            name: report.name,
            message: report.message,
        }
    }
}

impl From<&Transition> for TransitionDetails {
    fn from(transition: &Transition) -> Self {
        let word = |verdict: &Verdict| {
            if verdict.reasons.is_empty() { "pass".to_owned() } else { codes(&verdict.reasons) }
        };
        Self {
            at: seconds(transition.at),
            from: word(&transition.from),
            to: word(&transition.to),
            lasted: seconds(transition.lasted),
        }
    }
}

pub(super) fn check_status(check: &CheckReport) -> Status {
    match (check.passes, check.critical) {
        (true, _) => Status::Pass,
        (false, true) => Status::Fail,
        (false, false) => Status::Warn,
    }
}

/// Rounds to milliseconds, which are fine enough to read.
pub(super) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

pub(super) fn start_time(health: &HealthState) -> Duration {
    health.info.started_at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub(super) fn codes(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(" ")
}
