//! The service of a worker's instances.

use std::time::Duration;

use super::addresses::INSTANCE;
use super::environment::{credentials, variables};
use super::quote::{line, literal, word};
use super::unit::Unit;
use super::{hardening, resources, socket_unit, storages, target_name, unit_name};
use crate::render::service::Service;
use crate::render::target::RenderedFile;
use crate::render::worker::Worker;

/// Bounds of the time within which a worker must tell that it lives: below, a busy machine is taken for
/// a dead worker; above, a frozen process is noticed late.
const WATCHDOG: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

const SOCKETS: &str = "The sockets outlive the service: connections wait while it restarts.";
const NO_LIMIT: &str = "It is restarted for ever, at the intervals below.";
const PING: &str = "A worker that is not live, or is frozen, sends no ping: this long after its last one it is killed.";
const ABORT: &str = "Time for a core dump.";
const START: &str = "Time for `on_start`.";
const STOP: &str = "More than the worker's own budget for a stop. Until that has passed, its children get no signal.";
const RESTART: &str = "Not after exit 0: the work is done. systemd before 254 ignores the last two, and waits 1 s each time.";
const FINAL: &str = "A wrong argument or configuration stays wrong.";

pub(super) fn render(service: &Service<'_>, worker: &Worker<'_>) -> RenderedFile {
    let mut unit = Unit::new();
    unit_section(&mut unit, service, worker);
    unit.section("Service");
    process(&mut unit, service, worker);
    budgets(&mut unit, worker);
    restarts(&mut unit);
    for (name, value) in variables(service, worker) {
        unit.set("Environment", word(&format!("{name}={value}")));
    }
    for credential in credentials(service, worker) {
        let path = literal(&credential.path);
        unit.set("LoadCredential", format_args!("{}:{path}", credential.name));
    }
    storages::write(&mut unit, service, worker);
    resources::write(&mut unit, worker);
    hardening::write(&mut unit);
    unit.section("Install");
    unit.set("WantedBy", target_name(service));
    RenderedFile::new(format!("{}@.service", unit_name(service, worker)), unit.into_text())
}

fn unit_section(unit: &mut Unit, service: &Service<'_>, worker: &Worker<'_>) {
    let (role, of) = (line(&worker.role.name), line(&service.definition.name));
    unit.section("Unit");
    unit.set("Description", format_args!("{role}_IN_{INSTANCE} of {of}"));
    unit.set("PartOf", target_name(service));
    unit.set("Wants", "network-online.target");
    unit.set("After", "network-online.target");
    let sockets = socket_unit::names(service, worker);
    if !sockets.is_empty() {
        unit.comment(SOCKETS);
        unit.set("Requires", sockets.join(" "));
    }
    unit.comment(NO_LIMIT);
    unit.set("StartLimitIntervalSec", 0);
}

fn process(unit: &mut Unit, service: &Service<'_>, worker: &Worker<'_>) {
    let program = worker.program();
    let file = program.rsplit('/').next().unwrap_or_default();
    let folder = service.keys.systemd.programs.trim_end_matches('/');
    unit.set("Type", "notify");
    unit.set("ExecStart", word(&literal(&format!("{folder}/{file}"))));
    let sockets = socket_unit::names(service, worker);
    if !sockets.is_empty() {
        unit.set("Sockets", sockets.join(" "));
    }
}

fn budgets(unit: &mut Unit, worker: &Worker<'_>) {
    let timing = worker.timing();
    let [least, most] = WATCHDOG;
    unit.comment(PING);
    unit.set("WatchdogSec", seconds(timing.stall_after.clamp(least, most)));
    unit.comment(ABORT);
    unit.set("TimeoutAbortSec", "5s");
    unit.comment(START);
    unit.set("TimeoutStartSec", seconds(timing.start_within));
    unit.comment(STOP);
    unit.set("TimeoutStopSec", seconds(timing.grace()));
    unit.set("KillMode", "mixed");
}

fn restarts(unit: &mut Unit) {
    unit.comment(RESTART);
    unit.set("Restart", "on-failure");
    unit.set("RestartSec", "1s");
    unit.set("RestartSteps", 5);
    unit.set("RestartMaxDelaySec", "30s");
    unit.comment(FINAL);
    unit.set("RestartPreventExitStatus", "2 78");
}

/// Returns a duration in whole seconds, rounded up.
fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_millis().div_ceil(1000))
}
