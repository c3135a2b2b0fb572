//! `application/json`: the public answer, and the details that only trusted clients see. The file
//! `schemas/health.schema.json` is made of these types.

use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::snapshot::Report;
use crate::endpoint::Endpoint;
use crate::vitals::{
    CheckReport, HeartbeatReport, HeartbeatState, ProbeKind, Reason, State, Status, TaskPhase,
    TaskReport, Transition, Verdict,
};

/// The answer without details, which changes only when the verdict or a public fact does.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Public<'a> {
    /// The version of the worker's package.
    pub(super) version: &'a str,
    /// The result of this probe; one that passes may carry a warning.
    pub(super) status: Status,
    /// The state of the instance.
    pub(super) state: State,
    /// The reasons for a status that is not pass.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) reasons: &'a [Reason],
    /// The facts that the worker tells, by name: in the details all, else the public ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, serde_json::Value>"))]
    pub(super) facts: Option<&'a RawValue>,
}

/// The answer with the details. Durations are in seconds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Detailed<'a> {
    #[serde(flatten)]
    public: Public<'a>,
    /// The name of the role in the service definition.
    role: &'a str,
    /// The id of the instance.
    instance: &'a str,
    /// The instance should go on running.
    live: bool,
    /// The instance accepts work.
    ready: bool,
    /// `on_start` has succeeded.
    started: bool,
    /// The start of the process, in seconds since 1970.
    start_time: u64,
    /// The time since the start, without the time in which the process was suspended.
    uptime: f64,
    /// The failure that ended `on_start`, `run`, `on_stop` or a task, and so the worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    /// The endpoints of the role, in the order of the service definition.
    endpoints: Vec<EndpointDetails<'a>>,
    /// The heartbeats, that of `run` first.
    heartbeats: Vec<HeartbeatDetails<'a>>,
    /// The checks of dependencies.
    checks: Vec<CheckDetails<'a>>,
    /// The supervised tasks that have not ended, and the last 64 that failed for good.
    tasks: Vec<TaskDetails<'a>>,
    /// The panics of other tasks and of threads that the worker has spawned.
    panics: PanicDetails<'a>,
    /// The last 64 changes of the verdict, the oldest first.
    history: Vec<TransitionDetails>,
    /// The use of resources by the process, where the system tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<ProcessDetails>,
}

/// An endpoint of the role.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EndpointDetails<'a> {
    name: &'a str,
    /// The declared protocol.
    protocol: &'static str,
    /// `ip:port`, `[ip6]:port` or `unix:/path`: the bound address, once the process listens there.
    address: String,
}

/// A heartbeat.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HeartbeatDetails<'a> {
    name: &'a str,
    state: HeartbeatState,
    /// The time since it was last seen alive.
    age: f64,
    /// The time that may pass without a beat.
    deadline: f64,
    /// The time that is left of its allowance.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_for: Option<f64>,
    /// The number of its stalls so far.
    stalls: u64,
}

/// A check of a dependency.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CheckDetails<'a> {
    name: &'a str,
    /// Pass, fail, or warn where a failure does not affect ready.
    status: Status,
    /// While a critical check fails, the instance is not ready.
    critical: bool,
    /// The time since its last result, or since its registration.
    age: f64,
    /// The duration of its last run.
    duration: f64,
    /// The failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// A supervised task; the heartbeat of its name shows whether it is stalled.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TaskDetails<'a> {
    name: &'a str,
    /// Running, restarting while it waits to be restarted after a failure, or failed for good.
    state: TaskPhase,
    /// The number of its restarts so far.
    restarts: u64,
    /// Its last failure: an error, or the place and the text of a panic.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<&'a str>,
    /// The time since it was last seen alive.
    age: f64,
}

/// The panics of other tasks and of threads that the worker has spawned.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PanicDetails<'a> {
    count: u64,
    /// The place and the text of the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<&'a str>,
}

/// A change of the verdict.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TransitionDetails {
    /// The time since the start.
    at: f64,
    /// The reasons before, separated by spaces, or `pass`.
    from: String,
    /// The reasons after, separated by spaces, or `pass`.
    to: String,
    /// The status of health after.
    status: Status,
    /// The time that the verdict before had lasted.
    lasted: f64,
}

/// The use of resources by the process.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ProcessDetails {
    /// User and system time.
    cpu: f64,
    resident_bytes: u64,
}

impl<'a> Detailed<'a> {
    pub(super) fn new(public: Public<'a>, report: &'a Report) -> Self {
        let (count, last) = &report.panics;
        Self {
            public,
            role: report.info.role,
            instance: &report.info.instance,
            live: report.verdict.live,
            ready: report.verdict.ready,
            started: report.verdict.started,
            start_time: report.info.start_time().as_secs(),
            uptime: seconds(report.uptime),
            failure: report.failure.as_deref(),
            endpoints: report.endpoints.iter().map(Into::into).collect(),
            heartbeats: report.heartbeats.iter().map(Into::into).collect(),
            checks: report.checks.iter().map(Into::into).collect(),
            tasks: report.tasks.iter().map(Into::into).collect(),
            panics: PanicDetails { count: *count, last: last.as_deref() },
            history: report.history.0.iter().map(Into::into).collect(),
            process: report.process.map(|process| ProcessDetails {
                cpu: seconds(process.cpu),
                resident_bytes: process.resident_bytes,
            }),
        }
    }
}

impl<'a> From<&'a Endpoint> for EndpointDetails<'a> {
    fn from(endpoint: &'a Endpoint) -> Self {
        Self {
            name: endpoint.name(),
            protocol: endpoint.protocol().as_str(),
            address: endpoint.address().to_string(),
        }
    }
}

impl<'a> From<&'a HeartbeatReport> for HeartbeatDetails<'a> {
    fn from(report: &'a HeartbeatReport) -> Self {
        Self {
            name: &report.name,
            state: report.state,
            age: seconds(report.age),
            deadline: seconds(report.deadline),
            allowed_for: report.allowed_for.map(seconds),
            stalls: report.stalls,
        }
    }
}

impl<'a> From<&'a CheckReport> for CheckDetails<'a> {
    fn from(report: &'a CheckReport) -> Self {
        Self {
            name: &report.name,
            status: report.status(),
            critical: report.critical,
            age: seconds(report.age),
            duration: seconds(report.took),
            message: report.message.as_deref(),
        }
    }
}

impl<'a> From<&'a TaskReport> for TaskDetails<'a> {
    fn from(report: &'a TaskReport) -> Self {
        Self {
            name: &report.name,
            state: report.phase,
            restarts: report.restarts,
            last_failure: report.last_failure.as_deref(),
            age: seconds(report.age),
        }
    }
}

impl From<&Transition> for TransitionDetails {
    fn from(transition: &Transition) -> Self {
        let word = |verdict: &Verdict| match &verdict.reasons[..] {
            [] => Status::Pass.as_str().to_owned(),
            reasons => codes(reasons),
        };
        Self {
            at: seconds(transition.at),
            from: word(&transition.from),
            to: word(&transition.to),
            status: transition.to.status(ProbeKind::Health),
            lasted: seconds(transition.lasted),
        }
    }
}

/// Rounds to milliseconds, which are fine enough to read.
pub(super) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

/// Lists reasons, separated by spaces.
pub(super) fn codes(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(" ")
}
