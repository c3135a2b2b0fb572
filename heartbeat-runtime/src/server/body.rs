//! What an answer says, in the three forms that are asked for. Nothing in the public view changes
//! unless the verdict does.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Site;
use crate::vitals::{
    CheckReport, LaneReport, LaneState, Question, Reason, State, Status, Transition, Verdict,
};

/// The forms of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    /// The health check response format for HTTP APIs (draft-inadarei-api-health-check-06).
    HealthJson,
    Text,
}

impl Form {
    /// The form that an `Accept` header prefers (RFC 9110, section 12.5.1); JSON where it does
    /// not care, or wants what there is not.
    pub(super) fn accepted(accept: &str) -> Self {
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

/// The answer to a question; with more for those who are trusted.
pub(super) fn render(
    form: Form,
    site: &Site,
    trusted: bool,
    question: Question,
    verdict: &Verdict,
) -> String {
    let status = verdict.status(question);
    let reasons = if status == Status::Pass { &[] } else { &verdict.reasons[..] };
    match form {
        Form::Text => text(status, reasons),
        Form::Json => written(&Body {
            version: site.identity.version,
            status,
            state: verdict.state,
            reasons,
            details: trusted.then(|| Details::of(site)),
        }),
        Form::HealthJson => written(&HealthBody {
            status,
            version: site.identity.version,
            output: (status != Status::Pass).then(|| codes(reasons)),
            service_id: trusted.then_some(site.identity.instance.as_str()),
            description: trusted.then_some(site.identity.role),
            checks: trusted.then(|| components(site)),
        }),
    }
}

fn written(body: &impl Serialize) -> String {
    // Strings, numbers and lists of codes cannot fail to be written.
    serde_json::to_string(body).unwrap_or_default()
}

/// One line: the status, then the reasons.
fn text(status: Status, reasons: &[Reason]) -> String {
    let mut line = status.to_string();
    for reason in reasons {
        let _ = write!(line, " {reason}");
    }
    line.push('\n');
    line
}

fn codes(reasons: &[Reason]) -> String {
    reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

// === JSON ===

#[derive(Serialize)]
struct Body<'a> {
    version: &'a str,
    status: Status,
    state: State,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reasons: &'a [Reason],
    #[serde(flatten)]
    details: Option<Details<'a>>,
}

/// What only the trusted view shows. Times are in seconds.
#[derive(Serialize)]
struct Details<'a> {
    role: &'a str,
    instance: &'a str,
    /// Since 1970, as in Prometheus' `process_start_time_seconds`.
    start_time: u64,
    uptime: f64,
    /// What a phase failed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    heartbeats: Vec<HeartbeatDetails>,
    checks: Vec<CheckDetails>,
    panics: Panics,
    /// The last changes of the verdict, the oldest first.
    history: Vec<Change>,
}

#[derive(Serialize)]
struct HeartbeatDetails {
    name: String,
    state: LaneState,
    age: f64,
    deadline: f64,
    stalls: u64,
}

#[derive(Serialize)]
struct CheckDetails {
    name: String,
    status: Status,
    critical: bool,
    age: f64,
    duration: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The panics of what the worker has spawned.
#[derive(Serialize)]
struct Panics {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

#[derive(Serialize)]
struct Change {
    /// Since the start of the instance.
    at: f64,
    from: String,
    to: String,
    /// How long the former verdict has lasted.
    lasted: f64,
}

impl<'a> Details<'a> {
    fn of(site: &'a Site) -> Self {
        let vitals = &site.vitals;
        let (count, last) = vitals.task_panics();
        let (history, _) = vitals.transitions();
        Self {
            role: site.identity.role,
            instance: &site.identity.instance,
            start_time: start_time(site).as_secs(),
            uptime: seconds(vitals.clock().now()),
            failure: vitals.failure(),
            heartbeats: vitals.lane_reports().into_iter().map(HeartbeatDetails::from).collect(),
            checks: vitals.check_reports().into_iter().map(CheckDetails::from).collect(),
            panics: Panics { count, last },
            history: history.iter().map(Change::from).collect(),
        }
    }
}

impl From<LaneReport> for HeartbeatDetails {
    fn from(LaneReport { name, state, age, deadline, stalls }: LaneReport) -> Self {
        Self { name, state, age: seconds(age), deadline: seconds(deadline), stalls }
    }
}

impl From<CheckReport> for CheckDetails {
    fn from(report: CheckReport) -> Self {
        let status = check_status(&report);
        let CheckReport { name, critical, age, took, message, .. } = report;
        Self { name, status, critical, age: seconds(age), duration: seconds(took), message }
    }
}

impl From<&Transition> for Change {
    fn from(Transition { at, from, to, lasted }: &Transition) -> Self {
        let word = |verdict: &Verdict| {
            if verdict.reasons.is_empty() { "pass".to_owned() } else { codes(&verdict.reasons) }
        };
        Self { at: seconds(*at), from: word(from), to: word(to), lasted: seconds(*lasted) }
    }
}

fn check_status(check: &CheckReport) -> Status {
    match (check.passes, check.critical) {
        (true, _) => Status::Pass,
        (false, true) => Status::Fail,
        (false, false) => Status::Warn,
    }
}

/// Milliseconds are fine enough to be read.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

pub(super) fn start_time(site: &Site) -> Duration {
    site.identity.started_at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

// === health+json ===

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthBody<'a> {
    status: Status,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Map<String, Value>>,
}

/// `component:measurement`, each with a list of one.
fn components(site: &Site) -> Map<String, Value> {
    let lanes = site.vitals.lane_reports().into_iter().map(|lane| {
        let status = if lane.state == LaneState::Stalled { Status::Fail } else { Status::Pass };
        let measured = json!([{
            "componentType": "component",
            "observedValue": seconds(lane.age),
            "observedUnit": "s",
            "status": status,
        }]);
        (format!("{}:age", lane.name), measured)
    });
    let checks = site.vitals.check_reports().into_iter().map(|check| {
        let status = check_status(&check);
        let mut measured = json!({
            "componentType": "datastore",
            "observedValue": seconds(check.took),
            "observedUnit": "s",
            "status": status,
        });
        if let (Some(message), Some(fields)) = (check.message, measured.as_object_mut()) {
            fields.insert("output".to_owned(), message.into());
        }
        (format!("{}:responseTime", check.name), json!([measured]))
    });
    lanes.chain(checks).collect()
}

#[cfg(test)]
mod tests;
