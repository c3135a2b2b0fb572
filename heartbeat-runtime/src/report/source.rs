//! The source of reports: everything that tells of an instance.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::endpoint::Endpoint;
use crate::facts::Facts;
use crate::metrics::{Collected, Metrics};
use crate::vitals::Vitals;

/// Everything that tells of an instance.
pub(crate) struct ReportSource {
    pub(crate) info: InstanceInfo,
    /// The endpoints of the role, in the order of the service definition.
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) metrics: Metrics,
}

/// The identity of the instance.
#[derive(Clone, Debug)]
pub(crate) struct InstanceInfo {
    pub(crate) role: &'static str,
    pub(crate) version: &'static str,
    pub(crate) instance: String,
    pub(crate) started_at: SystemTime,
}

impl ReportSource {
    /// Returns the source of an instance that has told nothing of itself yet.
    pub(crate) fn new(info: InstanceInfo, endpoints: Vec<Endpoint>, vitals: Arc<Vitals>) -> Self {
        let (facts, metrics) = (Arc::default(), Metrics::default());
        Self { info, endpoints, vitals, facts, metrics }
    }

    /// Runs the collectors of user code, which have a time limit, for a scrape.
    pub(crate) async fn collect(&self) -> Arc<Collected> {
        self.metrics.collect(self.vitals.worker_runtime()).await
    }
}

impl InstanceInfo {
    /// Returns the time of the start since 1970.
    pub(super) fn start_time(&self) -> Duration {
        self.started_at.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}
