//! The services of the gRPC health checking protocol: the worker as a whole, its probes, and to clients
//! that may see the details each check and task.

use std::collections::BTreeMap;

use super::source::ReportSource;
use crate::vitals::{HeartbeatState, ProbeKind, TaskPhase};

/// The services that everybody may ask for.
const PROBES: [(&str, ProbeKind); 4] = [
    ("", ProbeKind::Health),
    ("live", ProbeKind::Live),
    ("ready", ProbeKind::Ready),
    ("startup", ProbeKind::Startup),
];

/// Returns each service, and whether it serves. Of those with the same name the first counts: a probe, a
/// check, a task.
pub(crate) fn services(source: &ReportSource, detailed: bool) -> BTreeMap<String, bool> {
    let verdict = source.vitals.verdict();
    let mut services = BTreeMap::new();
    if detailed {
        services.extend(tasks(source));
        let checks = source.vitals.check_reports().into_iter();
        services.extend(checks.map(|check| (check.name, check.passes)));
    }
    services.extend(PROBES.map(|(name, kind)| (name.to_owned(), verdict.passes(kind))));
    services
}

/// Tells whether a service serves; `None` if there is none of that name.
pub(crate) fn service(source: &ReportSource, detailed: bool, name: &str) -> Option<bool> {
    let probe = PROBES.iter().find(|(probe, _)| *probe == name);
    match probe {
        Some((_, kind)) => Some(source.vitals.verdict().passes(*kind)),
        None if detailed => services(source, true).remove(name),
        None => None,
    }
}

/// Returns each task, and whether it runs and is not stalled.
fn tasks(source: &ReportSource) -> impl Iterator<Item = (String, bool)> {
    let heartbeats = source.vitals.heartbeat_reports().into_iter();
    let stalled = heartbeats.filter(|heartbeat| heartbeat.state == HeartbeatState::Stalled);
    let stalled: Vec<_> = stalled.map(|heartbeat| heartbeat.name).collect();
    source.vitals.task_reports().into_iter().map(move |task| {
        let serves = task.phase == TaskPhase::Running && !stalled.contains(&task.name);
        (task.name, serves)
    })
}
