//! The log line of panics in futures and threads that nothing supervises.

use crate::log::lifecycle;
use crate::vitals::Vitals;

/// Logs the task panics that are not logged yet: at a scan, and before a failure that one causes.
pub(crate) fn log_panics(vitals: &Vitals) {
    vitals.panics().log_new(|count, last| {
        let (fields, plural) = (vitals.verdict().fields(), if count == 1 { "" } else { "s" });
        lifecycle!(
            warn,
            fields,
            "a task {last}: the worker goes on ({count} task panic{plural} so far)"
        );
    });
}
