//! The log lines of what changes between two scans.

use std::collections::HashMap;

use crate::log::{Elapsed, lifecycle};
use crate::vitals::{HeartbeatState, ScanReport, Vitals};

/// Logs what began and what ended between two scans, a line each. A change of the verdict without
/// one of these causes gets a line of its own. Nothing recovers during a stop: a beat is only no
/// longer due.
pub(super) fn log_changes(vitals: &Vitals, before: &ScanReport, after: &ScanReport) {
    let mut is_explained = log_failures(before, after);
    if after.ending {
        return;
    }
    is_explained |= log_recoveries(vitals, before, after);
    let change = after.transition.as_ref().filter(|change| !is_explained && change.is_news());
    if let Some(change) = change {
        let (to, from, lasted) = (&change.to, &change.from, Elapsed(change.lasted));
        let cause = without_result(vitals, after);
        lifecycle!(info, to.fields().elapsed(lasted), "{to}, after {lasted} of {from}{cause}");
    }
}

/// Names the checks that make health fail since they have no result yet.
fn without_result(vitals: &Vitals, report: &ScanReport) -> String {
    let reports = vitals.check_reports().into_iter();
    let waiting = reports.filter(|check| !check.passes && !report.has_failed(&check.name));
    waiting.fold(String::new(), |text, check| {
        format!("{text}; check `{}` has no result yet", check.name)
    })
}

/// Logs what began. Returns whether anything did.
fn log_failures(before: &ScanReport, after: &ScanReport) -> bool {
    let mut is_any = false;
    let earlier = before.stalled_names();
    for stall in after.stalled.iter().filter(|stall| !earlier.contains(&*stall.name)) {
        let (name, silent) = (&stall.name, Elapsed(after.at.saturating_sub(stall.since)));
        let excess = if stall.exceeds_allowance { ", longer than its allowance" } else { "" };
        let cause = if stall.is_abandoned {
            format!("`{name}` was dropped without finish")
        } else {
            format!("no beat from `{name}` for {silent}{excess}")
        };
        let fields = after.verdict.fields().heartbeat(name).elapsed(silent);
        lifecycle!(warn, fields, "stalled: {cause} (live and ready fail)");
        is_any = true;
    }
    for failure in after.failing.iter().filter(|failure| !before.has_failed(&failure.name)) {
        let (name, message) = (&failure.name, &failure.message);
        let effect = if failure.critical { "ready fails" } else { "status warn" };
        let fields = after.verdict.fields().check(name);
        lifecycle!(warn, fields, "check `{name}` failed: {message} ({effect})");
        is_any = true;
    }
    is_any
}

/// Logs what ended. Returns whether anything did.
fn log_recoveries(vitals: &Vitals, before: &ScanReport, after: &ScanReport) -> bool {
    let mut is_any = false;
    let later = after.stalled_names();
    let recovered: Vec<_> =
        before.stalled.iter().filter(|stall| !later.contains(&*stall.name)).collect();
    let reports = if recovered.is_empty() { Vec::new() } else { vitals.heartbeat_reports() };
    let states: HashMap<_, _> =
        reports.iter().map(|report| (&*report.name, report.state)).collect();
    for stall in recovered {
        let (name, silent) = (&stall.name, Elapsed(after.at.saturating_sub(stall.since)));
        let now = match states.get(&**name) {
            Some(HeartbeatState::Idle) => "is idle",
            Some(HeartbeatState::Allowed) => "has an allowance",
            Some(HeartbeatState::Beating) => "beats again",
            _ => "finished",
        };
        let fields = after.verdict.fields().heartbeat(name).elapsed(silent);
        lifecycle!(info, fields, "recovered: `{name}` {now}, after {silent}");
        is_any = true;
    }
    for failure in before.failing.iter().filter(|failure| !after.has_failed(&failure.name)) {
        let (name, failed) = (&failure.name, Elapsed(after.at.saturating_sub(failure.since)));
        let fields = after.verdict.fields().check(name).elapsed(failed);
        if vitals.check_reports().iter().any(|check| check.name == *name) {
            lifecycle!(info, fields, "check `{name}` recovered, after {failed}");
        } else {
            lifecycle!(info, fields, "check `{name}` ended, after it had failed for {failed}");
        }
        is_any = true;
    }
    is_any
}
