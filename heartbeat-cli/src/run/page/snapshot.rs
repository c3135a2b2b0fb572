//! The snapshot of a fleet, as the page shows it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::control::protocol::InstanceStatus;
use crate::run::fleet::{Fleet, InstanceView, Phase};
use crate::run::health::Health;

/// The state of all instances.
#[derive(Debug, Serialize)]
pub(super) struct Snapshot {
    pub(super) service: String,
    /// The process of `heartbeat run`.
    pid: u32,
    pub(super) instances: Vec<Shown>,
}

/// The state of an instance.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    pub(super) status: InstanceStatus,
    #[serde(flatten)]
    pub(super) standing: Standing,
    /// It answers questions about its health at present.
    answers: bool,
    /// It is a worker that can be asked.
    tells_health: bool,
    was_red: bool,
    /// The details of its last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Value>,
}

/// The standing of an instance in one word, and how good or bad that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Standing {
    pub(super) tone: Tone,
    /// Such as `ready`, `stalled` or `no answer`.
    pub(super) word: String,
}

/// The tones of the page, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tone {
    Fail,
    /// Nothing is known.
    None,
    Warn,
    /// Not ready, but on purpose or for now.
    Rest,
    Pass,
}

// === impl Snapshot ===

impl Snapshot {
    pub(super) fn take(fleet: &Fleet) -> Self {
        let instances = fleet.snapshot().iter().map(|view| Shown::from(&**view)).collect();
        Self { service: fleet.service().to_owned(), pid: std::process::id(), instances }
    }

    pub(super) fn to_json(&self) -> String {
        // Strings, numbers, lists and maps of them cannot fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<&InstanceView> for Shown {
    fn from(view: &InstanceView) -> Self {
        Self {
            status: InstanceStatus::from(view),
            standing: Standing::of(view),
            answers: view.health.answers,
            tells_health: view.tells_health,
            was_red: view.was_red,
            report: view.health.report.clone(),
        }
    }
}

// === impl Standing ===

impl Standing {
    pub(super) fn of(view: &InstanceView) -> Self {
        let has_failed = view.was_red || view.restarts > 0 && !view.ended_well;
        let (tone, word) = match view.phase {
            Phase::Restarting { .. } => (Tone::Fail, "restarting"),
            Phase::Ended if !view.ended_well => (Tone::Fail, "failed"),
            Phase::Ended => (Tone::Rest, "finished"),
            Phase::Stopped => (Tone::Rest, "stopped"),
            Phase::Waiting => (Tone::Rest, "waiting"),
            Phase::Stopping if view.was_red => (Tone::Fail, "stopping"),
            Phase::Stopping => (Tone::Rest, "stopping"),
            // In a loop of crashes, it is still in trouble.
            Phase::Starting if !view.health.answers && has_failed => (Tone::Fail, "starting"),
            Phase::Starting if !view.health.answers => (Tone::Rest, "starting"),
            Phase::Running if !view.tells_health => (Tone::Pass, "running"),
            Phase::Starting | Phase::Running => return Self::of_health(view),
        };
        Self { tone, word: word.to_owned() }
    }

    /// Returns the standing of an instance that can be asked.
    fn of_health(view: &InstanceView) -> Self {
        let Health { report, live, ready, answers, .. } = &view.health;
        let report = report.as_ref().unwrap_or(&Value::Null);
        let first = reasons(report).next().unwrap_or("not ready").replace('_', " ");
        let (tone, word) = match report.get("status").and_then(Value::as_str) {
            _ if !answers => (Tone::None, "no answer"),
            Some("fail") if *live && is_on_purpose(report) => (Tone::Rest, &*first),
            Some("fail") => (Tone::Fail, &*first),
            Some("warn") => (Tone::Warn, "warning"),
            _ if !ready => (Tone::Rest, "starting"),
            _ if view.busy => (Tone::Rest, "busy"),
            _ => (Tone::Pass, "ready"),
        };
        Self { tone, word: word.to_owned() }
    }
}

fn reasons(report: &Value) -> impl Iterator<Item = &str> {
    report.get("reasons").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Tells whether an instance is not ready for now or on purpose alone, as its own page does.
fn is_on_purpose(report: &Value) -> bool {
    let fails = |check: &Value| check.get("status").is_some_and(|status| status == "fail");
    let checks = report.get("checks").and_then(Value::as_array);
    let is_critical = checks.is_none_or(|checks| checks.iter().any(fails));
    reasons(report).all(|reason| match reason {
        "starting" | "stopping" | "busy" | "task_failed" => true,
        "check_failed" => !is_critical,
        _ => false,
    })
}

/// Returns what a reader should see at once when it changes, for comparison.
pub(super) fn standings(views: &[Arc<InstanceView>]) -> Vec<(String, Option<u32>, Standing, bool)> {
    views.iter().map(|it| (it.id.clone(), it.pid, Standing::of(it), it.busy)).collect()
}

#[cfg(test)]
pub(super) mod tests;
