//! The messages on the control socket: one question in one line of JSON, and answers in lines of JSON.

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::run::fleet::{InstanceView, Phase, Request};

/// A question to a `run`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Question {
    Status,
    Logs { instances: Vec<String>, lines: usize, follow: bool },
    Stop { names: Vec<String> },
    Restart { names: Vec<String> },
    Scale { role: String, instances: u32 },
}

/// An answer of a `run`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    Status(Status),
    Line {
        instance: String,
        text: String,
    },
    /// Number of lines that a follower was too slow for.
    Skipped(u64),
    Done(String),
    Refused(String),
}

/// The state of a run, as `heartbeat status --json` prints it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Status {
    pub(super) service: String,
    /// The process of `heartbeat run`.
    pub(super) pid: u32,
    pub(super) instances: Vec<InstanceStatus>,
}

/// The state of an instance.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct InstanceStatus {
    pub(crate) role: String,
    pub(crate) id: String,
    /// `waiting`, `starting`, `running`, `stopping`, `restarting`, `stopped` or `ended`.
    pub(crate) phase: String,
    pub(crate) ready: bool,
    /// `None` where the worker does not answer.
    pub(crate) live: Option<bool>,
    /// Neither red nor on its way to be ready.
    pub(crate) well: bool,
    pub(crate) busy: bool,
    /// The worker's own reasons for not being ready.
    pub(crate) reasons: Vec<String>,
    pub(crate) version: Option<String>,
    pub(crate) pid: Option<u32>,
    pub(crate) uptime_seconds: Option<f64>,
    pub(crate) restarts: u32,
    /// Time until the next restart, where one is due.
    pub(crate) restart_in_seconds: Option<f64>,
    pub(crate) last_exit: Option<String>,
    /// Age of what the worker has told.
    pub(crate) seen_seconds_ago: Option<f64>,
    pub(crate) endpoints: Vec<EndpointStatus>,
}

/// An endpoint of an instance.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct EndpointStatus {
    pub(crate) name: String,
    pub(crate) protocol: String,
    pub(crate) address: String,
    /// The address of the load balancer in front of it.
    pub(crate) public: Option<String>,
}

// === impl Question ===

impl Question {
    /// Returns the request to the supervisor, if it is one.
    pub(super) fn into_request(self) -> Option<Request> {
        match self {
            Self::Status | Self::Logs { .. } => None,
            Self::Stop { names } => Some(Request::Stop(names)),
            Self::Restart { names } => Some(Request::Restart(names)),
            Self::Scale { role, instances } => Some(Request::Scale { role, instances }),
        }
    }
}

// === impl InstanceStatus ===

impl From<&InstanceView> for InstanceStatus {
    fn from(view: &InstanceView) -> Self {
        let restart_in = match view.phase {
            Phase::Restarting { at } => Some(at - Instant::now()),
            _ => None,
        };
        let is_done = match view.phase {
            Phase::Stopped => true,
            Phase::Ended => view.ended_well,
            _ => false,
        };
        let uptime = view.started.and_then(|started| started.elapsed().ok());
        Self {
            role: view.role.clone(),
            id: view.id.clone(),
            phase: view.phase.to_string(),
            ready: view.is_ready(),
            live: view.health.answers.then_some(view.health.live),
            well: view.is_ready() || is_done,
            busy: view.busy,
            reasons: reasons(view),
            version: view.version.clone(),
            pid: view.pid,
            uptime_seconds: uptime.map(|it| it.as_secs_f64()),
            restarts: view.restarts,
            restart_in_seconds: restart_in.map(|it| it.as_secs_f64()),
            last_exit: view.last_exit.clone(),
            seen_seconds_ago: view.health.seen.map(|seen| seen.elapsed().as_secs_f64()),
            endpoints: view.endpoints.iter().map(EndpointStatus::from).collect(),
        }
    }
}

impl From<&crate::run::fleet::EndpointView> for EndpointStatus {
    fn from(view: &crate::run::fleet::EndpointView) -> Self {
        Self {
            name: view.name.clone(),
            protocol: view.protocol.clone(),
            address: view.address.to_string(),
            public: view.public.map(|it| it.to_string()),
        }
    }
}

fn reasons(view: &InstanceView) -> Vec<String> {
    let reasons = view.health.report.as_ref().and_then(|it| it.get("reasons")?.as_array());
    let reasons = reasons.into_iter().flatten();
    reasons.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}
