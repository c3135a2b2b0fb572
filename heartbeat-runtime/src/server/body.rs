//! What an answer says, in the three forms that are asked for. Nothing in the public view changes
//! unless the verdict does.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use serde_core::ser::{Serialize, SerializeMap, Serializer};
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
    let body = Body { site, status, state: verdict.state, reasons, trusted };
    match form {
        Form::Text => text(status, reasons),
        Form::Json => written(&body),
        Form::HealthJson => written(&HealthBody(body)),
    }
}

fn written(body: &impl Serialize) -> String {
    // Strings, numbers and lists of them cannot fail to be written.
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
//
// Written by hand: what would derive it takes longer to be built than the rest of serde.

struct Body<'a> {
    site: &'a Site,
    status: Status,
    state: State,
    reasons: &'a [Reason],
    trusted: bool,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("version", self.site.identity.version)?;
        body.serialize_entry("status", self.status.as_str())?;
        body.serialize_entry("state", self.state.as_str())?;
        if !self.reasons.is_empty() {
            let reasons: Vec<_> = self.reasons.iter().map(|reason| reason.as_str()).collect();
            body.serialize_entry("reasons", &reasons)?;
        }
        if self.trusted {
            serialize_details(self.site, &mut body)?;
        }
        body.end()
    }
}

/// What only the trusted view shows. Times are in seconds.
fn serialize_details<M: SerializeMap>(site: &Site, body: &mut M) -> Result<(), M::Error> {
    let vitals = &site.vitals;
    body.serialize_entry("role", site.identity.role)?;
    body.serialize_entry("instance", &*site.identity.instance)?;
    // Since 1970, as in Prometheus' `process_start_time_seconds`.
    body.serialize_entry("start_time", &start_time(site).as_secs())?;
    body.serialize_entry("uptime", &seconds(vitals.clock().now()))?;
    if let Some(failure) = vitals.failure() {
        body.serialize_entry("failure", failure)?;
    }
    body.serialize_entry("heartbeats", &vitals.lane_reports())?;
    body.serialize_entry("checks", &vitals.check_reports())?;
    let (count, last) = vitals.task_panics();
    body.serialize_entry("panics", &Panics { count, last })?;
    // The last changes of the verdict, the oldest first.
    body.serialize_entry("history", &vitals.transitions().0)
}

impl Serialize for LaneReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut lane = serializer.serialize_map(None)?;
        lane.serialize_entry("name", &*self.name)?;
        lane.serialize_entry("state", self.state.as_str())?;
        lane.serialize_entry("age", &seconds(self.age))?;
        lane.serialize_entry("deadline", &seconds(self.deadline))?;
        lane.serialize_entry("stalls", &self.stalls)?;
        lane.end()
    }
}

impl Serialize for CheckReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut check = serializer.serialize_map(None)?;
        check.serialize_entry("name", &*self.name)?;
        check.serialize_entry("status", check_status(self).as_str())?;
        check.serialize_entry("critical", &self.critical)?;
        check.serialize_entry("age", &seconds(self.age))?;
        check.serialize_entry("duration", &seconds(self.took))?;
        if let Some(message) = &self.message {
            check.serialize_entry("message", &**message)?;
        }
        check.end()
    }
}

/// The panics of what the worker has spawned.
struct Panics {
    count: u64,
    last: Option<String>,
}

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut panics = serializer.serialize_map(None)?;
        panics.serialize_entry("count", &self.count)?;
        if let Some(last) = &self.last {
            panics.serialize_entry("last", &**last)?;
        }
        panics.end()
    }
}

impl Serialize for Transition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let word = |verdict: &Verdict| {
            if verdict.reasons.is_empty() { "pass".to_owned() } else { codes(&verdict.reasons) }
        };
        let mut change = serializer.serialize_map(None)?;
        change.serialize_entry("at", &seconds(self.at))?;
        change.serialize_entry("from", &*word(&self.from))?;
        change.serialize_entry("to", &*word(&self.to))?;
        change.serialize_entry("lasted", &seconds(self.lasted))?;
        change.end()
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

struct HealthBody<'a>(Body<'a>);

impl Serialize for HealthBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Body { site, status, reasons, trusted, .. } = self.0;
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("status", status.as_str())?;
        body.serialize_entry("version", site.identity.version)?;
        if status != Status::Pass {
            body.serialize_entry("output", &*codes(reasons))?;
        }
        if trusted {
            body.serialize_entry("serviceId", &*site.identity.instance)?;
            body.serialize_entry("description", site.identity.role)?;
            body.serialize_entry("checks", &components(site))?;
        }
        body.end()
    }
}

/// `component:measurement`, each with a list of one.
fn components(site: &Site) -> Map<String, Value> {
    let mut components = Map::new();
    for lane in site.vitals.lane_reports() {
        let status = if lane.state == LaneState::Stalled { Status::Fail } else { Status::Pass };
        let measured = json!([{
            "componentType": "component",
            "observedValue": seconds(lane.age),
            "observedUnit": "s",
            "status": status.as_str(),
        }]);
        components.insert(format!("{}:age", lane.name), measured);
    }
    for check in site.vitals.check_reports() {
        let status = check_status(&check);
        let mut measured = json!({
            "componentType": "datastore",
            "observedValue": seconds(check.took),
            "observedUnit": "s",
            "status": status.as_str(),
        });
        if let (Some(message), Some(fields)) = (check.message, measured.as_object_mut()) {
            fields.insert("output".to_owned(), message.into());
        }
        components.insert(format!("{}:responseTime", check.name), json!([measured]));
    }
    components
}

#[cfg(test)]
mod tests;
