//! The snapshot of all that a worker tells.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use super::process_stats::ProcessStats;
use super::source::{InstanceInfo, ReportSource};
use crate::endpoint::Endpoint;
use crate::vitals::{
    CertificateReport, CheckReport, HeartbeatReport, TaskReport, Transition, Verdict,
};

/// A snapshot of all that a worker tells. Each form of the details is made of one.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) info: InstanceInfo,
    pub(super) verdict: Verdict,
    /// Time since the start, without the time in which the process was suspended.
    pub(super) uptime: Duration,
    /// The failure of a phase.
    pub(super) failure: Option<String>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) heartbeats: Vec<HeartbeatReport>,
    pub(super) checks: Vec<CheckReport>,
    pub(super) tasks: Vec<TaskReport>,
    pub(super) certificates: Vec<CertificateReport>,
    /// All facts, as one JSON object.
    pub(super) facts: Option<Arc<RawValue>>,
    /// The number of task panics, and the text of the last one.
    pub(super) panics: (u64, Option<String>),
    /// The last changes of the verdict, the oldest first, and their total number.
    pub(super) history: (Vec<Transition>, u64),
    /// The count of canaries in each bucket, and the sum of their lags.
    pub(super) lags: (Vec<u64>, Duration),
    pub(super) process: Option<ProcessStats>,
}

impl Report {
    /// Takes a snapshot beside the verdict that the same answer gives.
    pub(super) fn take(source: &ReportSource, verdict: &Verdict) -> Self {
        let vitals = &source.vitals;
        Self {
            info: source.info.clone(),
            verdict: verdict.clone(),
            uptime: vitals.clock().now(),
            failure: vitals.failure().map(str::to_owned),
            endpoints: source.endpoints.clone(),
            heartbeats: vitals.heartbeat_reports(),
            checks: vitals.check_reports(),
            tasks: vitals.task_reports(),
            certificates: vitals.certificate_reports(),
            facts: source.facts.all(),
            panics: vitals.panics().report(),
            history: vitals.transitions(),
            lags: vitals.starvation().lags().report(),
            process: ProcessStats::read(),
        }
    }
}
