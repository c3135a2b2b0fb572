//! The registered heartbeats.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::clock::nanoseconds;
use super::record::{Due, HeartbeatRecord, HeartbeatReport};
use super::registry::Registry;
use super::scan::Stall;

/// The name of the heartbeat of `run`.
pub(crate) const RUN: &str = "run";

/// The registry of heartbeats, that of `run` first.
pub(crate) struct HeartbeatRegistry {
    run: Arc<HeartbeatRecord>,
    records: Mutex<Registry<HeartbeatRecord>>,
    /// Notified of what must not wait for the next scan.
    scan_due: Notify,
    /// The time from the last scan to the next one, in nanoseconds; `u64::MAX` during a scan.
    period: AtomicU64,
    /// The result of the last scan, so that a probe costs the same for any number of heartbeats.
    stalled: AtomicBool,
}

impl HeartbeatRegistry {
    /// Registers the heartbeat of `run`, armed from the start or by its first beat.
    pub(super) fn new(stall_after: Duration, armed: bool) -> Self {
        let run = HeartbeatRecord::new(RUN.to_owned(), stall_after, armed, Duration::ZERO);
        let run = Arc::new(run);
        let mut records = Registry::default();
        records.insert(&run);
        Self {
            records: Mutex::new(records),
            run,
            scan_due: Notify::new(),
            period: AtomicU64::new(u64::MAX),
            stalled: AtomicBool::new(false),
        }
    }

    pub(crate) fn run(&self) -> &Arc<HeartbeatRecord> {
        &self.run
    }

    /// Registers heartbeats with names of their own, all or none. Returns the first name that is taken.
    pub(super) fn add<'a>(&self, new: &'a [Arc<HeartbeatRecord>]) -> Result<(), &'a str> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        // If its handle was dropped, a new registration replaces it.
        let is_taken = |name| records.get(name).is_some_and(|other| !other.is_abandoned());
        if let Some(record) = new.iter().find(|record| is_taken(&record.name)) {
            return Err(&record.name);
        }
        for record in new {
            records.insert(record);
        }
        // The monitor may be waiting for longer than these deadlines; but a worker that spawns a task for
        // each job must not keep it busy.
        let shortest = new.iter().map(|record| record.period(record.last_alive())).min();
        let period = Duration::from_nanos(self.period.load(Ordering::Relaxed));
        if shortest.is_some_and(|shortest| shortest < period) {
            self.request_scan();
        }
        Ok(())
    }

    /// Replaces a heartbeat by one of the same name.
    pub(super) fn replace(&self, old: &Arc<HeartbeatRecord>, new: &Arc<HeartbeatRecord>) {
        old.finish();
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.replace(old, new);
    }

    /// Removes a heartbeat whose work is done.
    pub(super) fn remove(&self, record: &Arc<HeartbeatRecord>) {
        // First, as a scan may still hold it.
        record.finish();
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.remove(record);
    }

    /// Records that the handle of a heartbeat was dropped.
    pub(super) fn abandon(&self, record: &HeartbeatRecord) {
        record.abandon();
        if record.is_abandoned() {
            self.request_scan();
        }
    }

    /// Requests a scan at once.
    pub(super) fn request_scan(&self) {
        self.scan_due.notify_one();
    }

    /// Waits until a scan is due at once: none has seen a heartbeat, the end of its handle, or the result of
    /// a check.
    pub(super) async fn scan_due(&self) {
        self.scan_due.notified().await;
    }

    /// Scans all heartbeats. Returns the stalled ones, and the time until the next scan.
    pub(super) fn scan(&self, due: Due, now: Duration) -> (Vec<Stall>, Duration) {
        // First: a heartbeat that is added from here on may be missed.
        self.period.store(u64::MAX, Ordering::Relaxed);
        let (mut stalled, mut period) = (Vec::new(), Duration::from_secs(1));
        for record in self.records() {
            // Before `run` begins, only the others owe beats.
            let due = if due == Due::NotYet && !self.is_run(&record) { Due::Now } else { due };
            if record.scan(due, now) {
                stalled.push(Stall {
                    name: record.name.clone(),
                    since: record.last_sign(),
                    exceeds_allowance: record.rests_on_allowance(),
                    is_abandoned: record.is_abandoned(),
                });
            }
            period = period.min(record.period(now));
        }
        self.stalled.store(!stalled.is_empty(), Ordering::Relaxed);
        self.period.store(nanoseconds(period), Ordering::Relaxed);
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
        self.records.lock().map(|records| records.to_vec()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Waker};

    use super::{Arc, Due, Duration, HeartbeatRecord, HeartbeatRegistry};

    const SECOND: Duration = Duration::from_secs(1);

    /// A worker that spawns a task for each job must not make the monitor scan for each.
    #[test]
    fn only_a_heartbeat_that_cannot_wait_for_the_next_scan_makes_one_due() {
        let registry = HeartbeatRegistry::new(30 * SECOND, false);
        let mut name = 0..;
        let mut is_due_after_adding = |stall_after| {
            let name = name.next().unwrap_or(0).to_string();
            let record = Arc::new(HeartbeatRecord::new(name, stall_after, true, Duration::ZERO));
            registry.add(&[record]).unwrap();
            let mut due = std::pin::pin!(registry.scan_due());
            due.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        };
        assert!(is_due_after_adding(30 * SECOND), "nothing has scanned yet");
        registry.scan(Due::Now, Duration::ZERO);
        assert!(!is_due_after_adding(30 * SECOND));
        assert!(is_due_after_adding(4 * SECOND), "it is looked at every half second");
        registry.scan(Due::Now, Duration::ZERO);
        assert!(!is_due_after_adding(4 * SECOND));
        assert!(is_due_after_adding(SECOND));
    }
}
