//! The recycle of a worker whose live has failed for too long.

use std::time::Duration;

use crate::config::Deadlines;
use crate::log::{Elapsed, lifecycle};
use crate::vitals::{Reason, ScanReport, Vitals};

/// Requests a recycle once live has failed for `recycle_after` without a break. Before, returns the time
/// that is left.
pub(super) fn recycle_when_due(
    vitals: &Vitals,
    report: &ScanReport,
    deadlines: &Deadlines,
) -> Option<Duration> {
    let failing_since = report.not_live_since.filter(|_| !report.ending)?;
    let limit = Some(deadlines.recycle_after).filter(|limit| !limit.is_zero())?;
    let failing = report.at.saturating_sub(failing_since);
    let left = limit.saturating_sub(failing);
    if !left.is_zero() {
        return Some(left);
    }
    let (failing, within) = (Elapsed(failing), Elapsed(deadlines.stop_within));
    let causes = causes(report).join("; ");
    vitals.recycle_and_log(|change| {
        lifecycle!(
            error,
            change.to.fields().elapsed(failing),
            "live has failed for {failing} ({causes}): stopping for a recycle, within {within}"
        );
    });
    None
}

/// Describes each reason for which live fails.
fn causes(report: &ScanReport) -> Vec<String> {
    let stalled = report.stalled.iter().map(|stall| format!("no beat from `{}`", stall.name));
    let is_starved = report.verdict.reasons.contains(&Reason::Starved);
    let starved = is_starved.then(|| "the worker's runtime runs no tasks".to_owned());
    stalled.chain(starved).collect()
}
