//! The body of a health answer, in the three formats that clients ask for. The public body changes
//! only when the verdict does.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;

use super::Site;
use crate::vitals::{
    CheckReport, LaneReport, LaneState, Question, Reason, Status, Transition, Verdict,
};

/// The formats of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    /// The health check response format for HTTP APIs (draft-inadarei-api-health-check-06).
    HealthJson,
    Text,
}

impl Format {
    /// Chooses the format that an `Accept` header prefers (RFC 9110, section 12.5.1); JSON if it has
    /// no preference, or asks for a format that does not exist here.
    pub(super) fn negotiate(accept: &str) -> Self {
        let mut preferred = (Self::Json, 0.0);
        for range in accept.split(',') {
            let mut parameters = range.split(';').map(str::trim);
            let form = match parameters.next().unwrap_or_default() {
                "application/json" | "application/*" | "*/*" => Self::Json,
                "application/health+json" => Self::HealthJson,
                "text/plain" | "text/*" => Self::Text,
                _ => continue,
            };
            let quality = parameters.find_map(|parameter| parameter.strip_prefix("q="));
            let quality = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
            if quality > preferred.1 {
                preferred = (form, quality);
            }
        }
        preferred.0
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::HealthJson => "application/health+json",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

/// Writes the answer to a probe, with the details if the client may see them.
pub(super) fn render(
    form: Format,
    site: &Site,
    detailed: bool,
    question: Question,
    verdict: &Verdict,
) -> String {
    let status = verdict.status(question);
    let reasons = if status == Status::Pass { &[] } else { &verdict.reasons[..] };
    match form {
        Format::Text => text(status, reasons),
        Format::HealthJson => to_json(&HealthBody::new(site, detailed, status, reasons)),
        Format::Json => {
            let body = Body {
                version: site.identity.version,
                status: status.as_str(),
                state: verdict.state.as_str(),
                reasons: reasons.iter().map(|reason| reason.as_str()).collect(),
            };
            if detailed {
                to_json(&DetailedBody { body, details: Details::new(site) })
            } else {
                to_json(&body)
            }
        }
    }
}

fn to_json(body: &impl Serialize) -> String {
    // Strings, numbers, lists and maps of them cannot fail to be written.
    serde_json::to_string(body).unwrap_or_default()
}

/// One line: the status, then the reasons.
fn text(status: Status, reasons: &[Reason]) -> String {
    let mut line = status.as_str().to_owned();
    for reason in reasons {
        let _ = write!(line, " {}", reason.as_str());
    }
    line.push('\n');
    line
}

fn codes(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(" ")
}

// === JSON ===

/// The public body.
#[derive(Serialize)]
struct Body {
    version: &'static str,
    status: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<&'static str>,
}

#[derive(Serialize)]
struct DetailedBody {
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

impl Details {
    fn new(site: &Site) -> Self {
        let vitals = &site.vitals;
        let (count, last) = vitals.task_panics();
        Self {
            role: site.identity.role,
            instance: site.identity.instance.clone(),
            start_time: start_time(site).as_secs(),
            uptime: seconds(vitals.clock().now()),
            failure: vitals.failure().map(str::to_owned),
            heartbeats: vitals.lane_reports().into_iter().map(Into::into).collect(),
            checks: vitals.check_reports().into_iter().map(Into::into).collect(),
            panics: PanicDetails { count, last },
            history: vitals.transitions().0.iter().map(Into::into).collect(),
        }
    }
}

impl From<LaneReport> for HeartbeatDetails {
    fn from(report: LaneReport) -> Self {
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

fn check_status(check: &CheckReport) -> Status {
    match (check.passes, check.critical) {
        (true, _) => Status::Pass,
        (false, true) => Status::Fail,
        (false, false) => Status::Warn,
    }
}

/// Rounds to milliseconds, which are fine enough to read.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

pub(super) fn start_time(site: &Site) -> Duration {
    site.identity.started_at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

// === health+json ===

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthBody {
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
    fn new(site: &Site, detailed: bool, status: Status, reasons: &[Reason]) -> Self {
        Self {
            status: status.as_str(),
            version: site.identity.version,
            output: (status != Status::Pass).then(|| codes(reasons)),
            details: detailed.then(|| HealthDetails {
                service_id: site.identity.instance.clone(),
                description: site.identity.role,
                checks: measurements(site),
            }),
        }
    }
}

fn measurements(site: &Site) -> BTreeMap<String, [Measurement; 1]> {
    let heartbeats = site.vitals.lane_reports().into_iter().map(|report| {
        let is_stalled = report.state == LaneState::Stalled;
        let status = if is_stalled { Status::Fail } else { Status::Pass };
        let measurement = Measurement::new("component", report.age, status, None);
        (format!("{}:age", report.name), [measurement])
    });
    let checks = site.vitals.check_reports().into_iter().map(|report| {
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

#[cfg(test)]
mod tests;
