//! The facts, the metrics and the check of an instance.

use std::collections::BTreeMap;
use std::time::Duration;

use heartbeat_runtime::prometheus_client::metrics::counter::Counter;
use heartbeat_runtime::prometheus_client::metrics::gauge::Gauge;
use heartbeat_runtime::prometheus_client::metrics::histogram::Histogram;
use heartbeat_runtime::{Check, Error, RoleEnvironment};
use tokio::sync::watch;
use tokio_postgres::Config;

use crate::session;

const BUCKETS: [f64; 6] = [0.1, 1.0, 10.0, 60.0, 600.0, 3600.0];

/// The facts, the metrics and the check of an instance.
#[derive(Debug)]
pub(crate) struct Signs {
    role: RoleEnvironment,
    /// The last error, while the instance can neither lead nor stand by.
    trouble: watch::Sender<Option<String>>,
    /// Without the database nothing can be run: the instance is not ready.
    _check: Check,
    leader: Gauge,
    recorded: Counter,
    failed: Counter,
    missed: Counter,
    seconds: Histogram,
}

// === impl Signs ===

impl Signs {
    pub(crate) fn new(role: &RoleEnvironment, database: &Config) -> Result<Self, Error> {
        let metrics = role.metrics();
        let trouble = watch::Sender::default();
        Ok(Self {
            role: role.clone(),
            _check: check(role, database, trouble.subscribe())?,
            trouble,
            leader: metrics.gauge("schedule_leader", "1 while this instance leads")?,
            recorded: metrics.counter("schedule_runs", "Runs that this instance has recorded")?,
            failed: metrics.counter("schedule_runs_failed", "Those of them that have failed")?,
            missed: metrics.counter("schedule_missed", "Due times that had no run of their own")?,
            seconds: metrics.histogram("schedule_run_seconds", "Time of a run", BUCKETS)?,
        })
    }

    /// Tells that this instance stands by, or would if it could.
    pub(crate) fn stand_by(&self, trouble: Option<String>) {
        self.trouble.send_replace(trouble);
        self.leader.set(0);
        // Facts as short as these are never refused.
        self.role.fact("duty", "standby").ok();
        self.role.fact("next", ()).ok();
    }

    /// Tells that this instance leads.
    pub(crate) fn lead(&self) {
        self.trouble.send_replace(None);
        self.leader.set(1);
        self.role.fact("duty", "leader").ok();
    }

    /// Tells when each job is due next.
    pub(crate) fn set_next(&self, next: &BTreeMap<&str, Option<String>>) {
        self.role.fact("next", next).ok();
    }

    /// Counts a run that is recorded.
    pub(crate) fn count(&self, failed: bool, missed: i32, took: Duration) {
        self.recorded.inc();
        self.failed.inc_by(failed.into());
        self.missed.inc_by(missed.try_into().unwrap_or_default());
        self.seconds.observe(took.as_secs_f64());
    }
}

/// Asks the database every 5 seconds, in a connection of its own. What the instance needs of it beyond an
/// answer fails the check too.
fn check(
    role: &RoleEnvironment,
    database: &Config,
    trouble: watch::Receiver<Option<String>>,
) -> Result<Check, Error> {
    let database = database.clone();
    let check = role.check("database").every(Duration::from_secs(5)).register(move || {
        let (database, trouble) = (database.clone(), trouble.clone());
        async move {
            session::ask(&database).await?;
            let trouble = trouble.borrow().clone();
            trouble.map_or(Ok(()), |trouble| Err(trouble.into()))
        }
    })?;
    Ok(check)
}
