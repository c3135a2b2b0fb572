//! The registered heartbeats.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use super::record::{Due, HeartbeatRecord, HeartbeatReport};
use super::scan::Stall;

/// The name of the heartbeat of `run`.
pub(crate) const RUN: &str = "run";

/// The registry of heartbeats, that of `run` first.
pub(crate) struct HeartbeatRegistry {
    run: Arc<HeartbeatRecord>,
    records: Mutex<Vec<Arc<HeartbeatRecord>>>,
    registered: Notify,
    /// The result of the last scan, so that a probe costs the same for any number of heartbeats.
    stalled: AtomicBool,
}

impl HeartbeatRegistry {
    /// Registers the heartbeat of `run`, armed from the start or by its first beat.
    pub(super) fn new(stall_after: Duration, armed: bool) -> Self {
        let run = HeartbeatRecord::new(RUN.to_owned(), stall_after, armed, Duration::ZERO);
        let run = Arc::new(run);
        Self {
            records: Mutex::new(vec![Arc::clone(&run)]),
            run,
            registered: Notify::new(),
            stalled: AtomicBool::new(false),
        }
    }

    pub(crate) fn run(&self) -> &Arc<HeartbeatRecord> {
        &self.run
    }

    /// Registers a heartbeat. Returns false if the name is taken.
    pub(super) fn add(&self, record: &Arc<HeartbeatRecord>) -> bool {
        let Ok(mut records) = self.records.lock() else { return false };
        // If its handle was dropped, a new registration replaces it.
        records.retain(|other| other.name != record.name || !other.is_abandoned());
        let is_new = records.iter().all(|other| other.name != record.name);
        if is_new {
            records.push(Arc::clone(record));
            // The monitor may be waiting for longer than this deadline.
            self.registered.notify_one();
        }
        is_new
    }

    pub(super) fn remove(&self, record: &Arc<HeartbeatRecord>) {
        if let Ok(mut records) = self.records.lock() {
            records.retain(|other| !Arc::ptr_eq(other, record));
        }
    }

    /// Waits for the registration of a heartbeat that no scan has seen.
    pub(super) async fn registered(&self) {
        self.registered.notified().await;
    }

    /// Scans all heartbeats. Returns the stalled ones, and the time until the next scan.
    pub(super) fn scan(&self, due: Due, now: Duration) -> (Vec<Stall>, Duration) {
        let (mut stalled, mut period) = (Vec::new(), Duration::from_secs(1));
        for record in self.records() {
            // Before `run` begins, only the others owe beats.
            let due = if due == Due::NotYet && !self.is_run(&record) { Due::Now } else { due };
            if record.scan(due, now) {
                stalled.push(Stall {
                    name: record.name.clone(),
                    since: record.last_sign(),
                    exceeds_allowance: record.rests_on_allowance(),
                });
            }
            period = period.min(record.period(now));
        }
        self.stalled.store(!stalled.is_empty(), Ordering::Relaxed);
        (stalled, period)
    }

    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    /// Describes each heartbeat that has not finished, for a stop that waits for it.
    pub(super) fn unfinished(&self, is_run_active: bool, now: Duration) -> Vec<String> {
        let is_active = |record: &Arc<HeartbeatRecord>| {
            if self.is_run(record) { is_run_active } else { !record.is_abandoned() }
        };
        let records = self.records();
        let active = records.iter().filter(|record| is_active(record));
        active.filter_map(|record| record.unfinished(now)).collect()
    }

    pub(super) fn reports(&self, now: Duration) -> Vec<HeartbeatReport> {
        self.records().iter().map(|record| record.report(now)).collect()
    }

    fn is_run(&self, record: &Arc<HeartbeatRecord>) -> bool {
        Arc::ptr_eq(record, &self.run)
    }

    fn records(&self) -> Vec<Arc<HeartbeatRecord>> {
        self.records.lock().map(|records| records.clone()).unwrap_or_default()
    }
}
