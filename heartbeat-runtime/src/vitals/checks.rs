//! The registered checks.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::check_record::{CheckRecord, CheckReport};
use super::scan::CheckFailure;
use super::verdict::CheckSummary;

/// The registry of checks.
#[derive(Default)]
pub(crate) struct CheckRegistry {
    records: Mutex<Vec<Arc<CheckRecord>>>,
    /// The result of the last evaluation, so that a probe costs the same for any number of checks.
    summary: AtomicU8,
}

impl CheckRegistry {
    /// Registers a check. Returns false if the name is taken.
    pub(super) fn add(&self, record: &Arc<CheckRecord>, now: Duration) -> bool {
        let Ok(mut records) = self.records.lock() else { return false };
        let is_new = records.iter().all(|other| other.name != record.name);
        if is_new {
            records.push(Arc::clone(record));
            // It fails until its first result, without waiting for a scan.
            self.evaluate(&records, now);
        }
        is_new
    }

    pub(super) fn remove(&self, record: &Arc<CheckRecord>, now: Duration) {
        if let Ok(mut records) = self.records.lock() {
            records.retain(|other| !Arc::ptr_eq(other, record));
            self.evaluate(&records, now);
        }
    }

    /// Evaluates all checks. Returns those that failed; one without a first result is none yet.
    pub(super) fn scan(&self, now: Duration) -> Vec<CheckFailure> {
        let Ok(records) = self.records.lock() else { return Vec::new() };
        self.evaluate(&records, now);
        let failed = records.iter().filter(|check| check.has_failed(now));
        failed
            .map(|check| CheckFailure {
                name: check.name.clone(),
                critical: check.critical,
                message: check.report(now).message.unwrap_or_default(),
                since: now,
            })
            .collect()
    }

    fn evaluate(&self, records: &[Arc<CheckRecord>], now: Duration) {
        let failing = || records.iter().filter(|check| !check.passes(now));
        let summary = match (failing().any(|check| check.critical), failing().next()) {
            (true, _) => CheckSummary::Fail,
            (false, Some(_)) => CheckSummary::Warn,
            (false, None) => CheckSummary::Pass,
        };
        self.summary.store(summary as u8, Ordering::Relaxed);
    }

    pub(super) fn summary(&self) -> CheckSummary {
        match self.summary.load(Ordering::Relaxed) {
            pass if pass == CheckSummary::Pass as u8 => CheckSummary::Pass,
            warn if warn == CheckSummary::Warn as u8 => CheckSummary::Warn,
            _ => CheckSummary::Fail,
        }
    }

    pub(super) fn reports(&self, now: Duration) -> Vec<CheckReport> {
        let records = self.records.lock().map(|records| records.clone()).unwrap_or_default();
        records.iter().map(|check| check.report(now)).collect()
    }
}
